"""Rows that a SED answers with in JSON: their times, and the error of a row that makes no sense."""

from datetime import UTC, datetime

from config.i18n import _


class UnreadableRowError(Exception):
    """A row makes no sense; the text, a sentence, names the field."""


def moment(value: object) -> datetime:
    """Return a time in ISO 8601 as UTC, which one without a zone is. Raises UnreadableRowError."""
    try:
        found = datetime.fromisoformat(str(value))
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:  # the year 1 of another zone is no time of ours
        raise UnreadableRowError(_("not a time: {value}").format(value=str(value)[:40])) from error
