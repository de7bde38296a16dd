"""Column types that behave alike on both databases: UTC times, text that any database takes."""

from datetime import UTC, datetime
from typing import Any, TypeAlias

from sqlalchemy import Column, ColumnElement, DateTime, Dialect, Row, Text, bindparam
from sqlalchemy.types import TypeDecorator

# A row whose columns the reader knows by name; a string, so that only type checkers look at it.
AnyRow: TypeAlias = "Row[*tuple[Any, ...]]"


class Utc(TypeDecorator[datetime]):
    """A moment: timezone-aware outside; `timestamptz` on PostgreSQL, sortable UTC text on SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a time without zone: it would mean another moment on another machine."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the moment back in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


class CleanText(TypeDecorator[str]):
    """Text from outside: what no database stores (NUL, half a surrogate pair) shows as U+FFFD.

    The exact text is never lost by this: messages are kept raw, as bytes.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Replace what cannot be stored."""
        return None if value is None else clean(value)


def among(column: Column[Any], name: str) -> ColumnElement[bool]:
    """Return `column IN (…)` with the list as a parameter: the statement is made once, not for every call."""
    return column.in_(bindparam(name, expanding=True))


def clean(value: str) -> str:
    """Return text that any database and any UTF-8 file takes."""
    if value.isascii():
        return value.replace("\0", "\ufffd") if "\0" in value else value
    return value.replace("\0", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
