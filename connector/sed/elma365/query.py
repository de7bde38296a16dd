"""Filters of the public API's lists, as public clients write them: operators over fields. Pure."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

Filter = Mapping[str, object]
UPDATED = "__updatedAt"


def equal(field: str, value: object) -> Filter:
    """Return the rows whose field has the value."""
    return {"eq": [{"field": field}, {"const": value}]}


def one_of(field: str, values: Iterable[str]) -> Filter:
    """Return the rows whose field has one of the values."""
    return {"in": [{"field": field}, {"list": list(values)}]}


def changed_since(when: str) -> Filter:
    """Return the rows that changed at a moment or later."""
    return {"gte": [{"field": UPDATED}, {"const": when}]}


def every(conditions: Iterable[Filter]) -> Filter:
    """Return the conjunction; of nothing, everything."""
    told = list(conditions)
    return {"and": told} if told else {}


def moment(value: datetime) -> str:
    """Return a time as the API writes it, UTC."""
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
