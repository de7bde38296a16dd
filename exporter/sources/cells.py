"""One cell of a list file as a value of a fact; what cannot be read raises CellError."""

import datetime as dt
import re
from collections.abc import Callable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from exporter.sources.columnmap import Column, ColumnMap
from mappings.grid import as_text
from mappings.words import same_key

_YES = {"да", "yes", "true", "1", "+", "истина"}
_NO = {"нет", "no", "false", "0", "ложь", ""}
_MAX_TEXT = 1000  # characters of a category's or organisation's name
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")

TIMES = {"received_at", "due_at", "answered_at", "changed_at"}
FLAGS = {"repeated", "fast_track", "closed", "withdrawn", "confidential", "withheld", "removed"}
NUMBERS = {"cabinet", "round", "rating", "mapping_version"}

Reader = Callable[[object], Any]


class CellError(ValueError):
    """The value cannot be read as what its column means; its text is what stands there."""


def reader(name: str, column: Column, whole: ColumnMap) -> Reader:
    """Return the function that reads the cells of a column: value of the sheet → value, None for nothing."""
    empty = {same_key(word) for word in (*whole.empty, *column.empty)}
    formats = column.formats or whole.formats
    zone = ZoneInfo(whole.timezone)
    if name in TIMES:
        return lambda cell: _time(cell, empty, formats, zone)
    convert = _flag_reader(column) if name in FLAGS else _number if name in NUMBERS else _text

    def read(cell: object) -> object:
        text = _word(cell, column)
        return None if same_key(text) in empty else convert(_meaning(text, column))

    return read


def _word(cell: object, column: Column) -> str:
    text = "" if cell is None else cell.strip() if isinstance(cell, str) else as_text(cell)
    if column.expression is not None:
        match = column.expression.search(text)
        text = match["value"].strip() if match else ""
    return text


def _meaning(text: str, column: Column) -> str:
    known = column.known
    if known is None:
        return text
    meaning = known.get(same_key(text))
    if meaning is None:
        raise CellError(text)
    return meaning


def _text(text: str) -> str | None:
    return _CONTROL.sub(" ", text)[:_MAX_TEXT] or None


def _flag_reader(column: Column) -> Callable[[str], bool]:
    yes = {same_key(word) for word in column.yes}

    def read(text: str) -> bool:
        word = same_key(text)
        if word in yes or (word in _YES and not yes):
            return True
        if word in _NO or yes:  # where a map names the words for yes, every other one is a no
            return False
        raise CellError(text)

    return read


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise CellError(text) from None


def _time(cell: object, empty: set[str], formats: Sequence[str], zone: ZoneInfo) -> dt.datetime | None:
    if isinstance(cell, dt.datetime):
        return _utc(cell, zone)
    if isinstance(cell, dt.date):
        return _utc(dt.datetime.combine(cell, dt.time()), zone)
    text = "" if cell is None else str(cell).strip()
    if same_key(text) in empty:
        return None
    for pattern in formats:
        try:
            return _utc(dt.datetime.strptime(text, pattern), zone)  # noqa: DTZ007 - the zone is the map's
        except ValueError:
            continue
    raise CellError(text)


def _utc(moment: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    try:
        return aware.astimezone(dt.UTC)
    except OverflowError:
        raise CellError(moment.isoformat()) from None
