"""Codes and names out of a sheet of unknown shape: which sheet, which columns, row by row."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from config.i18n import _
from mappings.codes import CodeReading, read_code
from mappings.errors import FileError
from mappings.findings import Finding, Place, error, warning
from mappings.grid import Sheet, Value, Workbook, as_text
from mappings.words import clean, same_key

_CODE_HEADERS = frozenset(
    {"код", "code", "код вопроса", "код классификатора", "код рубрики", "шифр", "код ссту"}
)
_NAME_HEADERS = frozenset(
    {"наименование", "название", "name", "наименование вопроса", "наименование рубрики", "текст"}
)
_HEADER_ROWS = 30
_SAMPLE_ROWS = 3000


@dataclass(frozen=True, slots=True)
class Columns:
    """Indexes of the columns; `name` is None where codes and names share one column."""

    code: int
    name: int | None
    first_row: int


def read_names(path: Path) -> tuple[dict[str, str], list[Finding]]:
    """Return names by canonical code, in the order of the list, and what was wrong. Raises FileError."""
    best: tuple[int, Sheet, Columns] | None = None
    for sheet in Workbook(path).sheets():
        columns = find_columns(sheet.rows)
        if columns is None:
            continue
        score = _codes_in(sheet.rows[columns.first_row :], columns.code)
        if best is None or score > best[0]:
            best = score, sheet, columns
    if best is None or best[0] == 0:
        raise FileError(
            _("{file}: no column with codes like 0003.0009.0097.0689 was found on any sheet").format(
                file=path
            )
        )
    return _collect(best[1], best[2])


def find_columns(rows: Sequence[Sequence[Value]]) -> Columns | None:
    """Find the columns by their headers, else by the cells that read as codes; None without any."""
    return _by_headers(rows) or _by_content(rows)


def _by_headers(rows: Sequence[Sequence[Value]]) -> Columns | None:
    for number, row in enumerate(rows[:_HEADER_ROWS]):
        headers = [same_key(cell) if isinstance(cell, str) else "" for cell in row]
        codes = [i for i, header in enumerate(headers) if header in _CODE_HEADERS]
        names = [i for i, header in enumerate(headers) if header in _NAME_HEADERS]
        if codes and _codes_in(rows[number + 1 :], codes[0]):
            return Columns(codes[0], names[0] if names else None, number + 1)
    return None


def _by_content(rows: Sequence[Sequence[Value]]) -> Columns | None:
    width = max((len(row) for row in rows[:_SAMPLE_ROWS]), default=0)
    counts = [_codes_in(rows, column) for column in range(width)]
    if not counts or max(counts) == 0:
        return None
    code = counts.index(max(counts))
    texts = [_names_in(rows, column) if column != code else 0 for column in range(width)]
    alone = sum(1 for row in rows[:_SAMPLE_ROWS] if len(row) > code and _is_bare(row[code]))
    name = texts.index(max(texts)) if max(texts) and alone * 2 > counts[code] else None
    return Columns(code, name, 0)


def _codes_in(rows: Sequence[Sequence[Value]], column: int) -> int:
    return sum(
        1
        for row in rows[:_SAMPLE_ROWS]
        if len(row) > column and (r := read_code(row[column])) and "." in r.code
    )


def _names_in(rows: Sequence[Sequence[Value]], column: int) -> int:
    return sum(1 for row in rows[:_SAMPLE_ROWS] if len(row) > column and _is_name(row[column]))


def _is_bare(value: Value) -> bool:
    reading = read_code(value)
    return reading is not None and not reading.rest


def _is_name(value: Value) -> bool:
    return isinstance(value, str) and len(value.strip()) > 2 and read_code(value) is None


def _collect(sheet: Sheet, columns: Columns) -> tuple[dict[str, str], list[Finding]]:
    names: dict[str, str] = {}
    places: dict[str, Place] = {}
    findings: list[Finding] = []
    for place, reading, name in _rows(sheet, columns, findings):
        code = reading.code
        if reading.footnote:
            findings.append(warning("footnote-cut", place, code=code, footnote=reading.footnote))
        if code not in names:
            names[code], places[code] = name, place
        elif same_key(names[code]) == same_key(name):
            findings.append(warning("code-repeated", place, code=code))
        else:
            findings.append(error("code-twice", place, code=code, name=name))
    findings += [
        warning("parent-missing", places[code], code=code, parent=parent)
        for code in names
        if (parent := code.rpartition(".")[0]) and parent not in names
    ]
    return names, findings


def _rows(
    sheet: Sheet, columns: Columns, findings: list[Finding]
) -> Iterator[tuple[Place, CodeReading, str]]:
    """Yield place, code and name of each row that has both; report the others."""
    started = False  # titles above the first code are no entries
    for number, row in enumerate(sheet.rows[columns.first_row :], columns.first_row):
        code_cell = row[columns.code] if len(row) > columns.code else ""
        name_cell = row[columns.name] if columns.name is not None and len(row) > columns.name else ""
        reading = read_code(code_cell)
        place = sheet.place(number, columns.code)
        if reading is None:
            text = clean(f"{as_text(code_cell)} {as_text(name_cell)}")
            if text and started:
                findings.append(warning("row-without-code", place, text=text[:80]))
            continue
        started = True
        # a name merged with its code's cell comes with the code; a separate cell wins
        name = clean(as_text(name_cell)) or clean(reading.rest)
        if name:
            yield place, reading, name
        else:
            findings.append(error("entry-without-name", place, code=reading.code))
