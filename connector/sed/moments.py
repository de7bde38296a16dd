"""Which of a SED's own times may carry its reading on."""

from datetime import UTC, datetime, timedelta

_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)  # an empty date of .NET is the year 1
_AHEAD = timedelta(days=1)  # clocks need not agree; a year that has not come is no time of a change
ALWAYS = "9999"  # later than any time: what is remembered under it is never forgotten


def carries(when: datetime | None, now: datetime) -> bool:
    """Whether reading may go on after this time of change (UTC).

    A clock that stood in another century for an hour must not make everything after it look read.
    """
    return when is not None and _EARLIEST <= when <= now + _AHEAD
