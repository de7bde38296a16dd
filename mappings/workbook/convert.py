"""Cells to values of a rule: one converter for each column; what it cannot take is a `Bad` cell."""

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from config.i18n import N_, _
from mappings.grid import as_text
from mappings.model import Direction, Kind, Relation, Status
from mappings.vocab import labels, read_word
from mappings.words import clean
from mappings.workbook.resolve import Problem

_EXPECTED = {
    "text": N_("a text"),
    "date": N_("a date like 31.12.2026"),
    "whole": N_("a whole number"),
    "share": N_("a number from 0 to 1"),
    "id": N_("an id"),
}
_RUSSIAN_DATE = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_MAX_PRIORITY = 1_000_000


@dataclass(frozen=True, slots=True)
class Bad:
    """A cell that the converter does not take: a wrong type, or a word that the list does not have."""

    value: object
    expected: str
    words: type[StrEnum] | None = None

    def problem(self) -> Problem:
        """Return the reason in the language of the moment."""
        value = as_text(self.value)[:80]
        if self.words is not None:
            return Problem("unknown-word", {"value": value, "words": ", ".join(labels(self.words))})
        return Problem("wrong-type", {"value": value, "expected": _(_EXPECTED[self.expected])})


def text(value: object) -> object:
    """Take a text or a number as text; dates and truth values are slips of a spreadsheet."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool) or not isinstance(value, int | float):
        return Bad(value, "text")
    return as_text(value)


def identifier(value: object) -> object:
    """Take an id: text, or a whole number."""
    if isinstance(value, float) and not value.is_integer():
        return Bad(value, "id")
    return Bad(value, "id") if isinstance(text(value), Bad) else text(value)


def raw(value: object) -> object:
    """Leave a code as it is: numbers get their zeros back where codes are read."""
    if isinstance(value, str):
        return value.strip()
    return value if isinstance(value, int | float) and not isinstance(value, bool) else Bad(value, "text")


def date(value: object) -> object:
    """Take a date cell, dd.mm.yyyy or yyyy-mm-dd; a bare number is not guessed to be a date."""
    if type(value) is dt.date:
        return value
    if isinstance(value, dt.datetime):
        return value.date()
    if not isinstance(value, str):
        return Bad(value, "date")
    try:
        match = _RUSSIAN_DATE.fullmatch(value.strip())
        if match:
            day, month, year = map(int, match.groups())
            return dt.date(year, month, day)
        return dt.date.fromisoformat(value.strip()) if value.strip() else ""
    except ValueError:
        return Bad(value, "date")


def whole(value: object) -> object:
    """Take a whole number."""
    number = _number(value)
    if number is None or not number.is_integer() or abs(number) > _MAX_PRIORITY:
        return "" if value == "" else Bad(value, "whole")
    return int(number)


def share(value: object) -> object:
    """Take 0 to 1, or per cent written with the sign."""
    if type(value) is float and 0 <= value <= 1:
        return value
    number = _number(value)
    if number is not None and isinstance(value, str) and value.strip().endswith("%"):
        number /= 100
    return number if number is not None and 0 <= number <= 1 else Bad(value, "share")


def several(divider: str) -> Callable[[object], object]:
    """Make a converter of a list in one cell."""

    def convert(value: object) -> object:
        read = text(value)
        if isinstance(read, Bad):
            return read
        parts = (clean(part) for part in re.split(divider, str(read)))
        return tuple(dict.fromkeys(filter(None, parts))) or ""

    return convert


def word(kind: type[StrEnum]) -> Callable[[object], object]:
    """Make a converter of a word of a list."""

    def convert(value: object) -> object:
        found = read_word(kind, value) if isinstance(value, str) else None
        if found is None:
            return "" if isinstance(value, str) and not value.strip() else Bad(value, "", kind)
        return found

    return convert


def kinds(value: object) -> object:
    """Take one or both kinds of items."""
    parts = several("[;,\n]")(value)
    if not isinstance(parts, tuple):
        return parts
    found = tuple(read_word(Kind, part) for part in parts)
    return Bad(value, "", Kind) if None in found else found


def _number(value: object) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value)
    try:
        return float(value.strip().rstrip("%").replace(",", ".")) if isinstance(value, str) else None
    except ValueError:
        return None


CONVERTERS: dict[str, Callable[[object], object]] = {
    "direction": word(Direction),
    "category": text,
    "id": identifier,
    "code": raw,
    "relation": word(Relation),
    "status": word(Status),
    "cabinets": several("[;\n]"),
    "kinds": kinds,
    "regions": several("[;\n]"),
    "since": date,
    "until": date,
    "words": several("[,;\n]"),
    "priority": whole,
    "confidence": share,
    "reason": text,
    "author": text,
    "reviewer": text,
    "created": date,
    "reviewed": date,
    "comment": text,
}
