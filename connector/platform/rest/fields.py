"""Typed reading of a JSON object by the names of the wire profile; what cannot be read names its field.

The same rules read SMEV's elements, whose values are all text: "true", "12".
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from config.i18n import _
from connector.platform.rest.jsontext import Doubled, Unreadable

# No database and no XML holds a NUL or half a surrogate pair; JSON's escapes can bring both.
_UNHOLDABLE = re.compile("[\0\ud800-\udfff]")
_FLAGS = {"true": True, "false": False}
_LARGEST = 2**63
_YEARS = range(1900, 3000)


class FieldProblemError(ValueError):
    """A field that cannot be understood: where it is and why, without its value (it may be personal)."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field} {reason}")
        self.field = field
        self.reason = reason


def clean(text: str) -> str:
    """Return the text with what no store can hold replaced by U+FFFD."""
    return _UNHOLDABLE.sub("\ufffd", text)


def _members(values: object, place: str) -> dict[str, object]:
    """Return the members of an object. Raises FieldProblemError for what is none."""
    if isinstance(values, Unreadable):
        raise FieldProblemError(place or "JSON", values.why)
    if not isinstance(values, dict):
        raise FieldProblemError(place or "JSON", _("must be an object"))
    return values


class Fields:
    """A JSON object. A null and an absent member are the same; paths go inwards with a dot."""

    def __init__(self, values: object, place: str = "") -> None:
        self._place = place
        self._values = _members(values, place)

    def where(self, path: str) -> str:
        """Return the full name of a member, for a person."""
        return f"{self._place}.{path}" if self._place else path

    def value(self, path: str) -> object:
        """Return what stands at a path, None when nothing does."""
        inside: object = self._values
        walked: list[str] = []
        for word in path.split("."):
            members = _members(inside, self.where(".".join(walked)))
            if isinstance(members, Doubled) and word in members.names:
                reason = _("stands twice, with different values")
                raise FieldProblemError(self.where(".".join([*walked, word])), reason)
            inside = members.get(word)
            if inside is None:
                return None
            walked.append(word)
        return inside

    def has(self, path: str) -> bool:
        """Whether anything but null stands at a path."""
        return self.value(path) is not None

    def text(self, path: str) -> str:
        """Return a text, empty when absent; a number is taken as its text."""
        value = self.value(path)
        if value is None:
            return ""
        if isinstance(value, str):
            return clean(value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
        raise FieldProblemError(self.where(path), _("must be text"))

    def required_text(self, path: str) -> str:
        """Return a text that must be there; it may be empty."""
        self._must_have(path)
        return self.text(path)

    def integer(self, path: str) -> int | None:
        """Return a whole number of 64 bits, None when absent."""
        value = self.value(path)
        if value is None or value == "":
            return None
        if isinstance(value, str) and re.fullmatch(r"-?\d{1,19}", value.strip(), re.ASCII):
            value = int(value)
        if isinstance(value, int) and not isinstance(value, bool) and -_LARGEST <= value < _LARGEST:
            return value
        raise FieldProblemError(self.where(path), _("must be a whole number"))

    def flag(self, path: str) -> bool:
        """Return a yes or no, absent = no."""
        value = self.value(path)
        if isinstance(value, str):
            value = _FLAGS.get(value.strip().lower(), value)
        if value is None or value == "":
            return False
        if isinstance(value, bool):
            return value
        raise FieldProblemError(self.where(path), _("must be true or false"))

    def time(self, path: str) -> datetime | None:
        """Return a time in UTC, None when absent. A time without a zone is UTC (platform.md 1.1)."""
        value = self.value(path)
        if value is None or value == "":
            return None
        reason = _("must be a time like 2026-01-31T09:30:00Z")
        if not isinstance(value, str) or not re.match(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d", value, re.ASCII):
            raise FieldProblemError(self.where(path), reason)
        try:
            moment = datetime.fromisoformat(value.strip())
            moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise FieldProblemError(self.where(path), reason) from error
        if moment.year not in _YEARS:  # near the ends of the calendar no zone and no deadline can be added
            raise FieldProblemError(
                self.where(path),
                _("must be a time of the years {first} to {last}").format(first=_YEARS[0], last=_YEARS[-1]),
            )
        return moment

    def required_time(self, path: str) -> datetime:
        """Return a time that must be there."""
        self._must_have(path)
        if (moment := self.time(path)) is None:
            raise FieldProblemError(self.where(path), _("is empty"))
        return moment

    def inside(self, path: str) -> "Fields":
        """Return the object at a path, which must be there."""
        self._must_have(path)
        return Fields(self.value(path), self.where(path))

    def items(self, path: str) -> Iterator[tuple[str, object]]:
        """Yield the elements of a list with their full names."""
        value = self.value(path)
        if value is None:
            return
        if not isinstance(value, list):
            raise FieldProblemError(self.where(path), _("must be a list"))
        for index, item in enumerate(value):
            yield f"{self.where(path)}[{index}]", item

    def objects(self, path: str) -> Iterator["Fields"]:
        """Yield the objects of a list."""
        for place, item in self.items(path):
            yield Fields(item, place)

    def _must_have(self, path: str) -> None:
        if not self.has(path):
            raise FieldProblemError(self.where(path), _("is missing"))
