"""Payloads as JSON: the frozen words of the domain, types checked both ways.

A field that a newer sedlink added is passed over when read; one that is missing takes its default.
"""

import json
import logging
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from connector.appeal import Event, Reply
from connector.journal.types import clean

T = TypeVar("T")
log = logging.getLogger(__name__)


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:  # noqa: ANN401 - building one takes milliseconds
    return TypeAdapter(kind)


def dump(value: object) -> str:
    """Return a dataclass as JSON. Raises ValueError when a field does not hold its declared type."""
    shape: Any = type(value)
    adapter = _adapter(shape)
    try:
        return _dump(adapter, value)
    except ValueError:
        return _dump_cleaned(adapter, value)


def _dump(adapter: TypeAdapter[Any], value: object) -> str:
    payload = adapter.dump_json(value, warnings="error")
    adapter.validate_json(payload)  # the serializer lets None pass for a text: what is kept must be readable
    return payload.decode()


def load(kind: type[T], text: str) -> T:
    """Read a dataclass. Raises ValueError that names the field which cannot be read."""
    shape: Any = kind
    try:
        value: T = _adapter(shape).validate_json(text)
    except ValidationError as error:  # its own text shows the values: personal data
        wrong = ", ".join(".".join(map(str, one["loc"])) + f" ({one['type']})" for one in error.errors())
        raise ValueError(f"{kind.__name__}: {wrong}") from None
    return value


def load_or_none(kind: type[T], payload: str | None, key: str) -> T | None:
    """Read a payload; one that this version cannot read spoils its own round only, never a batch."""
    if payload is None:
        return None
    try:
        return load(kind, payload)
    except ValueError as error:
        log.error("the journal's record of %s cannot be read by this version: %s", key, error)  # noqa: TRY400
        return None


def _dump_cleaned(adapter: TypeAdapter[Any], value: object) -> str:
    """Try again without characters that are no Unicode text (half a surrogate pair)."""
    try:
        tree = _clean_tree(adapter.dump_python(value, warnings="error"))
        return _dump(adapter, adapter.validate_python(tree))
    except ValueError:  # its own text shows the values: personal data
        raise ValueError(f"{type(value).__name__}: a field does not hold its declared type") from None


def _clean_tree(value: Any) -> Any:  # noqa: ANN401 - a tree of JSON and domain values
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        return {_clean_tree(key): _clean_tree(part) for key, part in value.items()}
    if isinstance(value, (tuple, list)):
        return [_clean_tree(part) for part in value]
    return value


def dump_event(event: Event) -> str:
    """Return an event as JSON; what its raw form holds beyond JSON is kept as text."""
    raw = json.loads(json.dumps(event.raw, default=str))
    return dump(type(event)(**{**_fields(event), "raw": raw}))


def _fields(event: Event) -> dict[str, Any]:
    return {name: getattr(event, name) for name in event.__slots__}


def dump_detail(detail: Mapping[str, object]) -> str:
    """Return the detail of an audit line as JSON."""
    return json.dumps(detail, ensure_ascii=False, default=str) if detail else "{}"


def raw_bytes(raw: str) -> bytes:
    """Return a received text as the bytes that are kept, whatever it holds."""
    return raw.encode("utf-8", "surrogatepass")


def raw_text(raw: bytes) -> str:
    """Return a kept text exactly as it was received."""
    return raw.decode("utf-8", "surrogatepass")


def raw_digest(raw: str) -> str:
    """Return the sha256 by which two received texts are told apart."""
    return sha256(raw_bytes(raw)).hexdigest()


def look(reply: Reply) -> str:
    """Return what a reply looks like in the platform's history: kind, status words and comment."""
    parts = (reply.kind.value, reply.status, reply.status_text, reply.comment)
    return sha256(raw_bytes("\0".join(parts))).hexdigest()
