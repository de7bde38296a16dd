"""Rows that a SED answers with in JSON: their times, and the error of a row that makes no sense."""

from datetime import UTC, datetime, timedelta

from config.i18n import _

_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)  # an empty date of .NET is the year 1
_AHEAD = timedelta(days=1)  # clocks need not agree; a year that has not come is no time of a change
ALWAYS = "9999"  # later than any time: what is remembered under it is never forgotten


class UnreadableRowError(Exception):
    """A row makes no sense; the text, a sentence, names the field."""


def moment(value: object) -> datetime:
    """Return a time in ISO 8601 as UTC, which one without a zone is. Raises UnreadableRowError."""
    try:
        found = datetime.fromisoformat(str(value))
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:  # the year 1 of another zone is no time of ours
        raise UnreadableRowError(_("not a time: {value}").format(value=str(value)[:40])) from error


def carries(when: datetime | None, now: datetime) -> bool:
    """Whether reading may go on after this time of change (UTC).

    A clock that stood in another century for an hour must not make everything after it look read.
    """
    return when is not None and _EARLIEST <= when <= now + _AHEAD
