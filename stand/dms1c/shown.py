"""Objects of the infobase as elements of answers, in the order of the service's schema."""

import base64
from collections.abc import Collection, Iterator
from datetime import datetime

from lxml import etree

from stand.dms1c.infobase import EMPTY, FILE, PROPERTIES, TASK, Infobase, Stored
from stand.dms1c.xmlform import el

_NAMESPACE_OF_PROPERTIES = "d5b0c1de-0000-4000-8000-"
# The fields of each kind between the common ones, in their order; @ a reference, # a moment.
_FIELDS = {
    "document": (
        "@organization", "@responsible", "comment", "@subdivision", "@status", "regNumber", "#regDate",
        "#modificationDate", "summary", "title", "*", "@author", "@documentType", "@folder",
    ),
    FILE: (
        "binaryData", "#creationDate", "extension", "#modificationDate", "#modificationDateUniversal", "size",
    ),
    TASK: (
        "@author", "#beginDate", "description", "#dueDate", "#endDate", "executed", "executionComment",
        "#modificationDate", "@parentBusinessProcess", "performer", "@target",
    ),
    "process": (
        "@author", "#beginDate", "#endDate", "@target", "started", "description", "@businessProcessTemplate",
    ),
}  # fmt: skip


def property_id(name: str) -> str:
    """Return the GUID of an additional property."""
    number = sum(ord(letter) * place for place, letter in enumerate(name, start=1)) % 16**12
    return f"{_NAMESPACE_OF_PROPERTIES}{number:012x}"


class Showing:
    """Turns objects into elements."""

    def __init__(self, base: Infobase) -> None:
        self._base = base

    def whole(self, tag: str, one: Stored, *, content: bool = False) -> etree._Element:
        """Return an object with all its fields; a file's bytes only when they are asked for."""
        parts = [el("name", one.name), self._identity(one)]
        if one.external:
            named = zip(("name", "id", "type"), one.external, strict=True)
            parts.append(el("externalObject", *(el(name, value) for name, value in named)))
        for name in _FIELDS.get(_family(one.kind), ()):
            parts += self._field(name, one, content=content)
        return el(tag, *parts, kind=one.kind)

    def row(self, one: Stored, columns: Collection[str]) -> etree._Element:
        """Return an object as a list shows it: its name, its id, the columns that were asked for."""
        parts = [el("name", one.name), self._identity(one)]
        for name in _FIELDS.get(_family(one.kind), ()):
            if name.lstrip("@#") in columns:
                parts += self._field(name, one, content=False)
        return el("object", *parts, kind=one.kind)

    def empty(self, kind: str) -> etree._Element:
        """Return a new document that is not written yet, with its additional properties empty."""
        identity = el("objectID", el("id", ""), el("type", kind))
        parts = [el("name", ""), identity, *self._properties(Stored(kind, id=""))]
        return el("object", *parts, kind=kind)

    def reference(self, tag: str, kind: str, id_: str) -> etree._Element:
        """Return a reference, with the name of what it leads to."""
        found = self._base.get(id_)
        name = found.name if found else ""
        identity = el("objectID", el("id", id_), el("presentation", name), el("type", kind))
        return el(tag, el("name", name), identity)

    def _identity(self, one: Stored) -> etree._Element:
        link = f"e1cib/data/{one.kind}?ref={one.id.replace('-', '')}"
        parts = (("id", one.id), ("presentation", one.name), ("type", one.kind), ("navigationRef", link))
        return el("objectID", *(el(name, value) for name, value in parts))

    def _field(self, name: str, one: Stored, *, content: bool) -> Iterator[etree._Element]:
        plain = name.lstrip("@#")
        if name == "*":
            yield from self._properties(one)
        elif name == "binaryData":
            if content:
                yield el("binaryData", base64.b64encode(one.content).decode())
        elif name == "performer":
            yield el("performer", self.reference("user", *one.references["performer"]))
        elif name.startswith("@"):
            if plain in one.references:
                yield self.reference(plain, *one.references[plain])
        elif name.startswith("#"):
            yield el(plain, one.moments.get(plain, EMPTY).isoformat())
        elif plain in one.fields:
            yield el(plain, one.fields[plain])

    def _properties(self, one: Stored) -> Iterator[etree._Element]:
        for name, kind in PROPERTIES.get(one.kind, {}).items():
            identity = el("objectID", el("id", property_id(name)), el("type", "DMAdditionalProperty"))
            yield el("additionalProperties", el("name", name), identity, self._value(one, name, kind))

    def _value(self, one: Stored, name: str, kind: str) -> etree._Element:
        value = one.properties.get(name)
        if kind == "object":
            reference = value if isinstance(value, tuple) else ("", "")
            return self.reference("propertyObjectValue", *reference)
        return el("propertySimpleValue", _written(value, kind), kind=f"xs:{kind}")


def _written(value: object, kind: str) -> str:
    if kind == "dateTime":
        return (value if isinstance(value, datetime) else EMPTY).isoformat()
    if kind == "boolean":
        return "true" if value is True else "false"
    if kind == "decimal":
        return str(value or 0)
    return str(value or "")


def _family(kind: str) -> str:
    if kind.endswith("Document"):
        return "document"
    return "process" if kind.startswith(("DMBusinessProcessPerf", "DMComplex")) else kind
