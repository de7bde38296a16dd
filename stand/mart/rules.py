"""The strict reading of a file: every rule of the uploader's CSV, each breach named by line and column.

Written apart from the exporter on purpose: the two meet on the wire only.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

Row = dict[str, str | None]

_CELL = re.compile(r'"((?:[^"]|"")*)"|')
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class Field:
    """A column of the table. Types: text, integer, boolean, date, datetime."""

    name: str
    type: str = "text"
    required: bool = False
    max_length: int | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the mart; `key` is the name of its key column."""

    name: str
    key: str
    fields: tuple[Field, ...]


class BrokenFileError(Exception):
    """A file that breaks the format-logical control: the reasons, the first ones only."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__("; ".join(reasons[:10]))
        self.reasons = tuple(reasons)


def read(table: Table, operation: str, body: bytes) -> list[Row]:
    """Return the rows of a file. Raises BrokenFileError."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BrokenFileError([f"not UTF-8 at byte {error.start}"]) from error
    if text.endswith("\n"):
        raise BrokenFileError(["a line end after the last record"])
    if "\r" in text or _CONTROL.search(text):
        raise BrokenFileError(["control characters"])
    head, *lines = text.split("\n")
    fields = _fields(table, operation, head)
    reasons: list[str] = []
    rows = [_row(fields, line, number, reasons) for number, line in enumerate(lines, start=2)]
    reasons += _doubles(table, rows)
    if not lines:
        reasons.append("no records")
    if reasons:
        raise BrokenFileError(reasons)
    return rows


def _fields(table: Table, operation: str, head: str) -> tuple[Field, ...]:
    wanted = (
        table.fields if operation == "upload" else tuple(one for one in table.fields if one.name == table.key)
    )
    if head != ";".join(field.name for field in wanted):
        raise BrokenFileError([f"line 1: the header must be {';'.join(field.name for field in wanted)}"])
    return wanted


def _row(fields: tuple[Field, ...], line: str, number: int, reasons: list[str]) -> Row:
    cells, at = [], 0
    while True:
        found = _CELL.match(line, at)
        assert found is not None  # noqa: S101 - the pattern matches the empty text
        cells.append(None if found[0] == "" else found[1].replace('""', '"'))
        at = found.end()
        if at == len(line):
            break
        if line[at] != ";":
            reasons.append(f"line {number}: a value without quotes in column {len(cells)}")
            return {}
        at += 1
    if len(cells) != len(fields):
        reasons.append(f"line {number}: {len(cells)} values, {len(fields)} wanted")
        return {}
    for field, cell in zip(fields, cells, strict=True):
        reasons.extend(f"line {number}, column {field.name}: {why}" for why in _wrong(field, cell))
    return {field.name: cell for field, cell in zip(fields, cells, strict=True)}


def _wrong(field: Field, cell: str | None) -> list[str]:
    if cell is None:
        return ["is required"] if field.required else []
    if cell == "":
        return [] if field.required and field.type == "text" else ["an empty optional value must be nothing"]
    if field.max_length is not None and len(cell) > field.max_length:
        return [f"longer than {field.max_length}"]
    return [] if _TYPES[field.type](cell) else [f"not a {field.type}: {cell[:40]}"]


def _is_date(cell: str) -> bool:
    return _parses(lambda: date.fromisoformat(cell)) and bool(re.fullmatch(r"\d{4}-\d\d-\d\d", cell))


def _is_moment(cell: str) -> bool:
    shape = re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", cell)
    return bool(shape) and _parses(lambda: datetime.fromisoformat(cell))


def _parses(parse: object) -> bool:
    try:
        parse()  # type: ignore[operator]  # one of the two above
    except ValueError:
        return False
    return True


_TYPES = {
    "text": lambda cell: bool(cell.strip()),
    "integer": lambda cell: bool(re.fullmatch(r"-?\d+", cell)),
    "boolean": lambda cell: cell in ("true", "false"),
    "date": _is_date,
    "datetime": _is_moment,
}


def _doubles(table: Table, rows: Sequence[Row]) -> list[str]:
    seen: set[str | None] = set()
    found = []
    for number, row in enumerate(rows, start=2):
        key = row.get(table.key)
        if key in seen:
            found.append(f"line {number}: a second state of key {key}")
        seen.add(key)
    return found
