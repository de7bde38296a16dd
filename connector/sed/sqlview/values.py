"""One value of a row as what its column means, whichever way a database keeps it. Pure."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from math import isfinite
from zoneinfo import ZoneInfo

# What systems write where there is no date.
_NO_DATE = {date(1, 1, 1), date(1753, 1, 1), date(1899, 12, 30), date(1900, 1, 1)}
_FORMATS = ("%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y")


class ValueProblemError(ValueError):
    """The value is not what its column means; the text is what stands there."""


def as_text(value: object) -> str:
    """Return a value as text: a whole number without a point, a row version in hex."""
    if value is None:
        return ""
    if isinstance(value, float | Decimal) and isfinite(value) and value == int(value):
        return str(int(value))
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value).strip()


def as_moment(value: object, zone: ZoneInfo, *, end_of_day: bool = False) -> datetime | None:
    """Return an instant in UTC; a day is its first local second, or its last. Raises ValueProblemError."""
    if isinstance(value, str):
        value = _read(value.strip())
    if value is None:
        return None
    if isinstance(value, datetime):
        if value.date() in _NO_DATE:
            return None
        return _utc(value if value.tzinfo else value.replace(tzinfo=zone))
    if isinstance(value, date):
        if value in _NO_DATE:
            return None
        return _utc(datetime.combine(value, time(23, 59, 59) if end_of_day else time(), zone))
    raise ValueProblemError(str(value))


def as_day(value: object, zone: ZoneInfo) -> date | None:
    """Return a local day. Raises ValueProblemError."""
    moment = as_moment(value, zone)
    try:
        return None if moment is None else moment.astimezone(zone).date()
    except OverflowError as error:  # the last night of the year 9999 ends in no year
        raise ValueProblemError(str(value)) from error


def _read(text: str) -> datetime | date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
    except ValueError:
        for pattern in _FORMATS:
            try:
                read = datetime.strptime(text, pattern)  # noqa: DTZ007 - the zone is the database's
            except ValueError:
                continue
            return read if ":" in pattern else read.date()
    raise ValueProblemError(text)


def _utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueProblemError(moment.isoformat()) from None
