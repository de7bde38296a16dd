"""Addresses of OData v4: literals and filters, quoted so that an engine reads what was meant (sed.md 4)."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import quote

_SAFE = "(),'/$=;:*"  # of a parameter's value: a space becomes %20 and never +, a plus %2B


def text(value: str) -> str:
    """Return a text literal."""
    return "'" + value.replace("'", "''") + "'"


def moment(value: datetime) -> str:
    """Return a time literal, UTC."""
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def every(*conditions: str) -> str:
    """Return the conjunction of those conditions that are not empty."""
    return " and ".join(one for one in conditions if one)


def any_of(conditions: Sequence[str]) -> str:
    """Return the disjunction in brackets."""
    return "(" + " or ".join(conditions) + ")"


def address(path: str, options: Mapping[str, str]) -> str:
    """Return a path with its system query options, those that are empty left out."""
    told = "&".join(f"${name}={quote(value, safe=_SAFE)}" for name, value in options.items() if value)
    return f"{path}?{told}" if told else path


def created_id(json: object, headers: Mapping[str, str]) -> int | None:
    """Return the id of a new entity, from the answer's body or, when it is minimal, from its headers."""
    if isinstance(json, dict) and isinstance(json.get("Id"), int):
        return int(json["Id"])
    lower = {name.lower(): value for name, value in headers.items()}
    for name in ("odata-entityid", "location"):
        if found := re.search(r"\((?:Id=)?(\d{1,18})\)/?$", lower.get(name, "")):
            return int(found[1])
    return None
