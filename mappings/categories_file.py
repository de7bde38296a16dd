"""Lists of the platform's categories («Категории_ПОС.xls» and its kin) read from a spreadsheet.

Accepted shapes: one column per level (an upper name may stand once for the rows below it), or a table of
id, name and the id of the upper category.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from config.i18n import _
from mappings.categories import Categories, Category
from mappings.errors import FileError
from mappings.findings import Finding, Place, error, warning
from mappings.grid import Sheet, Value, Workbook, as_text
from mappings.words import clean, same_key

_LEVEL_HEADERS = (
    frozenset({"категория", "category", "subject", "категория пос", "наименование категории", "тема"}),
    frozenset({"подкатегория", "subcategory", "subsubject", "подкатегория пос", "наименование подкатегории"}),
    frozenset({"факт", "fact", "наименование факта"}),
)
_LEVEL_IDS = (
    frozenset({"id категории", "subjectid", "код категории", "идентификатор категории"}),
    frozenset({"id подкатегории", "subsubjectid", "код подкатегории", "идентификатор подкатегории"}),
    frozenset({"id факта", "factid", "код факта", "идентификатор факта"}),
)
_ID = frozenset({"id", "pos_id", "ид", "идентификатор", "код", "ид пос"})
_NAME = frozenset({"наименование", "название", "name"})
_PARENT = frozenset(
    {"родитель", "id родителя", "parent", "parent_id", "parentid", "ид родителя", "верхний уровень"}
)
_REGION = frozenset({"регион", "region", "regionid"})
_HEADER_ROWS = 30


@dataclass(frozen=True, slots=True)
class _Columns:
    row: int
    levels: tuple[int, ...]
    ids: tuple[int, ...]
    id: int
    name: int
    parent: int
    region: int


def read_categories(path: Path | str, *, region: str = "") -> Categories:
    """Read a list of categories. `region` holds for rows that do not name theirs.

    Raises FileError when no sheet has the columns; smaller troubles are `findings` of the result.
    """
    path = Path(path)
    findings: list[Finding] = []
    found: list[tuple[Place, Category]] = []
    recognised = False
    for sheet in Workbook(path).sheets():
        columns = _find_columns(sheet)
        if columns is not None:
            recognised = True
            rows = _by_levels if columns.levels else _by_parents
            found += rows(sheet, columns, findings)
    if not recognised:
        raise FileError(
            _(
                "{file}: no sheet with the columns «Категория» and «Подкатегория», or with an id, a name and "
                "the id of the upper category"
            ).format(file=path)
        )
    entries = _distinct(found, region, findings)
    return Categories(tuple(entries), tuple(findings))


def _find_columns(sheet: Sheet) -> _Columns | None:
    for number, row in enumerate(sheet.rows[:_HEADER_ROWS]):
        headers = [same_key(cell) if isinstance(cell, str) else "" for cell in row]
        levels = tuple(_index(headers, names) for names in _LEVEL_HEADERS)
        known = tuple(index for index in levels if index >= 0)
        ids = tuple(_index(headers, names) for names in _LEVEL_IDS)
        flat = tuple(_index(headers, names) for names in (_ID, _NAME, _PARENT, _REGION))
        if levels[0] >= 0 and (levels[1] >= 0 or flat[0] >= 0 or ids[0] >= 0):
            return _Columns(number + 1, known, ids, *flat)
        if min(flat[:3]) >= 0:
            return _Columns(number + 1, (), ids, *flat)
    return None


def _index(headers: Sequence[str], names: frozenset[str]) -> int:
    return next((i for i, header in enumerate(headers) if header in names), -1)


def _cell(row: Sequence[Value], column: int) -> str:
    return clean(as_text(row[column])) if 0 <= column < len(row) else ""


def _by_levels(sheet: Sheet, columns: _Columns, findings: list[Finding]) -> Iterator[tuple[Place, Category]]:
    """Yield the rows of a list with one column per level; upper names hold for the rows below them."""
    above: tuple[str, ...] = ()
    for number, row in enumerate(sheet.rows[columns.row :], columns.row):
        cells = [_cell(row, column) for column in columns.levels]
        depth = max((i + 1 for i, cell in enumerate(cells) if cell), default=0)
        if depth == 0:
            continue
        path = tuple(cell or (above[i] if i < len(above) else "") for i, cell in enumerate(cells[:depth]))
        place = sheet.place(number, columns.levels[depth - 1])
        if "" in path:
            findings.append(error("category-without-parent", place, name=path[-1]))
            continue
        above = path
        own_id = _cell(row, columns.ids[depth - 1]) or _cell(row, columns.id)
        yield place, Category(path, own_id, _cell(row, columns.region))


def _by_parents(sheet: Sheet, columns: _Columns, findings: list[Finding]) -> Iterator[tuple[Place, Category]]:
    """Yield the rows of a table of id, name and upper id."""
    rows = {
        _cell(row, columns.id): (number, row)
        for number, row in enumerate(sheet.rows[columns.row :], columns.row)
        if _cell(row, columns.id) and _cell(row, columns.name)
    }
    for own_id, (number, row) in rows.items():
        path, step, seen = [_cell(row, columns.name)], _cell(row, columns.parent), {own_id}
        while step in rows and step not in seen:
            seen.add(step)
            path.insert(0, _cell(rows[step][1], columns.name))
            step = _cell(rows[step][1], columns.parent)
        place = sheet.place(number, columns.name)
        if step and step != "0":
            findings.append(error("category-without-parent", place, name=path[-1]))
            continue
        yield place, Category(tuple(path), own_id, _cell(row, columns.region))


def _distinct(
    found: Iterable[tuple[Place, Category]], region: str, findings: list[Finding]
) -> Iterator[Category]:
    """Yield each entry once; a path without an id twice, or one id on two paths, is reported."""
    seen: dict[tuple[object, ...], Category] = {}
    ids: dict[tuple[int, str, str], Category] = {}
    for place, read in found:
        entry = read._replace(region=read.region or region)
        key = (entry.key, entry.id, entry.region)
        other = ids.get((len(entry.path), entry.id, entry.region)) if entry.id else None
        if key in seen:
            findings.append(warning("category-twice", place, path=entry.title))
        elif other is not None:
            findings.append(error("id-twice", place, id=entry.id, path=entry.title, other=other.title))
        else:
            seen[key] = entry
            ids[(len(entry.path), entry.id, entry.region)] = entry
            yield entry
