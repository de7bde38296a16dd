"""Tables in: categories to find codes for, and rows already checked, from a .csv or a workbook."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from config.i18n import _
from mappings.codes import read_code
from mappings.errors import FileError
from mappings.findings import Place
from mappings.grid import Sheet, Workbook, as_text
from mappings.suggest.asking import Asked
from mappings.suggest.learned import Example
from mappings.words import same_key

_HEADERS = {
    "category": frozenset({"category", "категория", "subject", "категория пос"}),
    "subcategory": frozenset({"subcategory", "подкатегория", "subsubject", "подкатегория пос"}),
    "fact": frozenset({"fact", "факт"}),
    "themes": frozenset({"themes", "theme", "тема", "темы"}),
    "code": frozenset({"code", "код", "код классификатора", "код рубрики"}),
}
_HEADER_ROWS = 30


@dataclass(frozen=True, slots=True)
class Row:
    """One category of the table, its names as they were written, with its place."""

    asked: Asked
    themes: str
    place: Place


def where(place: Place) -> str:
    """Return file and cell in words."""
    return f"{place.file}: {place}" if place.file and place.file != str(place) else str(place)


def read_asked(path: Path) -> list[Row]:
    """Read the categories to find codes for: columns category, subcategory, optional fact and themes.

    Raises FileError when no sheet has the columns.
    """
    return [
        Row(Asked(cells["category"], cells["subcategory"], cells["fact"]), cells["themes"], place)
        for place, cells in _table(path, ("category", "subcategory"))
    ]


def single(category: str, subcategory: str, fact: str, themes: str) -> Row:
    """Return the row of a category given by hand."""
    return Row(Asked(category, subcategory, fact), themes, Place(_("command line")))


def read_limits(path: Path) -> list[Row]:
    """Read theme limits: columns category, optional subcategory, themes. Raises FileError without them."""
    return [
        Row(Asked(cells["category"], cells["subcategory"], cells["fact"]), cells["themes"], place)
        for place, cells in _table(path, ("category", "themes"))
    ]


def read_checked(path: Path) -> tuple[list[Example], list[Place]]:
    """Read rows that people checked: category, subcategory, optional fact, code.

    Returns them and the places of codes that cannot be read; rows without a code are not checked yet.
    Raises FileError when no sheet has the columns.
    """
    examples, unreadable = [], []
    for place, cells in _table(path, ("category", "subcategory", "code")):
        if not cells["code"].strip():
            continue
        reading = read_code(cells["code"])
        if reading is None or reading.rest:
            unreadable.append(place)
        else:
            examples.append(
                Example(Asked(cells["category"], cells["subcategory"], cells["fact"]), reading.code)
            )
    return examples, unreadable


def _table(path: Path, needed: Sequence[str]) -> Iterator[tuple[Place, dict[str, str]]]:
    for sheet in Workbook(path).sheets():
        found = _columns(sheet, needed)
        if found is not None:
            first, columns = found
            for number, row in enumerate(sheet.rows[first:], first):
                cells = {name: as_cell(row, columns.get(name)) for name in _HEADERS}
                if any(cell.strip() for cell in cells.values()):
                    yield sheet.place(number, columns.get("themes", columns[needed[-1]])), cells
            return
    raise FileError(
        _("{file}: no sheet with the columns {columns}").format(file=path, columns=", ".join(needed))
    )


def _columns(sheet: Sheet, needed: Sequence[str]) -> tuple[int, dict[str, int]] | None:
    for number, row in enumerate(sheet.rows[:_HEADER_ROWS]):
        headers = [same_key(cell) if isinstance(cell, str) else "" for cell in row]
        columns = {
            name: next(at for at, header in enumerate(headers) if header in known)
            for name, known in _HEADERS.items()
            if known.intersection(headers)
        }
        if all(name in columns for name in needed):
            return number + 1, columns
    return None


def as_cell(row: Sequence[object], column: int | None) -> str:
    """Return a cell as text, spaces at its ends kept: a category is echoed as it was written."""
    if column is None or column >= len(row):
        return ""
    value = row[column]
    return value if isinstance(value, str) else as_text(value)
