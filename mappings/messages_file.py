"""Messages for trying a crosswalk on, read from a file: JSON lines, CSV, or the platform's own XLSX export.

Only what decides about a category is taken; names, phones and addresses of applicants are not looked at.
"""

import datetime as dt
import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from config.i18n import _
from mappings.errors import FileError
from mappings.grid import Sheet, Workbook, as_text
from mappings.jsontext import parse, read_text
from mappings.model import Kind, Message
from mappings.vocab import read_word
from mappings.words import clean, same_key
from mappings.workbook.convert import Bad
from mappings.workbook.convert import date as read_date

_TIMES = re.compile(r"[0-9]{1,9}")
_EMPTY = {"", "-"}  # the platform's export writes a dash for nothing
_ALIASES: dict[str, tuple[str, ...]] = {
    "category": ("category", "категория", "subjectname"),
    "subcategory": ("subcategory", "подкатегория", "subsubjectname"),
    "fact": ("fact", "факт", "factname"),
    "category_id": ("category_id", "subjectid"),
    "subcategory_id": ("subcategory_id", "subsubjectid"),
    "fact_id": ("fact_id", "factid"),
    "cabinet": ("cabinet", "opaname", "организация, в которой находится сообщение", "лко"),
    "kind": ("kind", "вид"),
    "region": ("region", "регион", "regionname"),
    "date": ("date", "дата поступления", "createdat"),
    "text": ("text", "текст", "description"),
    "times": ("times", "count", "количество"),
}
_FIELDS = {alias: field for field, aliases in _ALIASES.items() for alias in aliases}


def read_messages(path: Path, *, last: int | None = None) -> list[Message]:
    """Return the messages of a file, or the last so many of them.

    Raises FileError when the file cannot be read or has no column of categories.
    """
    rows = _json_rows(path) if path.suffix.lower() in {".jsonl", ".ndjson", ".json"} else _table_rows(path)
    found = (message for row in rows if (message := _message(row)).names or message.ids)
    return list(deque(found, maxlen=last)) if last is not None else list(found)


def _json_rows(path: Path) -> Iterator[Mapping[str, object]]:
    for number, line in enumerate(read_text(path).split("\n"), 1):
        if line.strip():
            row = _json_row(line, path, number)
            yield {_FIELDS[key]: row[name] for name in row if (key := same_key(name)) in _FIELDS}


def _json_row(line: str, path: Path, number: int) -> dict[str, object]:
    try:
        row = parse(line)
    except ValueError as problem:
        raise FileError(
            _("{file}, line {line}: it cannot be read as JSON: {reason}").format(
                file=path, line=number, reason=problem
            )
        ) from problem
    if not isinstance(row, dict):
        raise FileError(
            _("{file}, line {line}: not a JSON object; one object on each line is expected").format(
                file=path, line=number
            )
        )
    return row


def _table_rows(path: Path) -> Iterator[Mapping[str, object]]:
    for sheet in Workbook(path).sheets():
        header = _header(sheet.rows)
        if header is not None:
            yield from _sheet_rows(sheet, *header)
            return
    raise FileError(_("{file}: no sheet has a column «Категория»").format(file=path))


def _header(rows: Sequence[Sequence[object]]) -> tuple[int, dict[str, int]] | None:
    for number, row in enumerate(rows[:30]):
        found: dict[str, int] = {}
        for index, cell in enumerate(row):
            field = _FIELDS.get(same_key(cell)) if isinstance(cell, str) else None
            if field:
                found.setdefault(field, index)
        if "category" in found or "category_id" in found:
            return number, found
    return None


def _sheet_rows(sheet: Sheet, header: int, columns: dict[str, int]) -> Iterator[Mapping[str, object]]:
    for row in sheet.rows[header + 1 :]:
        yield {field: row[index] for field, index in columns.items() if index < len(row)}


def _message(row: Mapping[str, object]) -> Message:
    def text(field: str) -> str:
        value = clean(as_text(row[field])) if row.get(field) is not None else ""
        return "" if value in _EMPTY else value

    names = _until_empty([text("category"), text("subcategory"), text("fact")])
    ids = [text("category_id"), text("subcategory_id"), text("fact_id")]
    while ids and not ids[-1]:
        ids.pop()
    times = text("times")
    return Message(
        names,
        tuple(ids),
        text("cabinet"),
        str(read_word(Kind, text("kind")) or ""),
        text("region"),
        _date(row.get("date")),
        text("text"),
        int(times) if _TIMES.fullmatch(times) else 1,
    )


def _until_empty(names: list[str]) -> tuple[str, ...]:
    end = names.index("") if "" in names else len(names)
    return tuple(names[:end])


def _date(value: object) -> dt.date | None:
    """Take a date or the date part of a moment; what is neither is no date, as if the column were absent."""
    read = read_date(value[:10] if isinstance(value, str) else value)
    return None if isinstance(read, Bad) or not isinstance(read, dt.date) else read
