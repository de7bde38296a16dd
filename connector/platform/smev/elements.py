"""PosEdms as XML ↔ plain values by the rule that all of it follows: a JSON object is an element. Pure.

A list is its element repeated, null is absence; names are spelt as the profile says.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias, cast

from lxml import etree

from config.i18n import _
from connector.platform.rest.names import MessageNames, Part
from smev.errors import SmevError
from smev.signature.octets import canonicalize, parse

Element: TypeAlias = etree._Element  # noqa: SLF001 - lxml has no public name for it
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"


class NotPosEdmsError(ValueError):
    """The XML is not of the expected shape; the message says what it looks like, never what it holds."""


def request(root: str, namespace: str, env: str, operation: str, members: Mapping[str, object]) -> bytes:
    """Return a request: the root with `env`, the operation's element, its members in the order given."""
    top = etree.Element(f"{{{namespace}}}{root}", nsmap=cast("dict[str, str]", {None: namespace}), env=env)
    _put(etree.SubElement(top, f"{{{namespace}}}{operation}"), namespace, members)
    octets: bytes = etree.tostring(top, encoding="utf-8")
    return octets


def _put(parent: etree._Element, namespace: str, members: Mapping[str, object]) -> None:
    for name, value in members.items():
        for one in value if isinstance(value, list | tuple) else [value]:
            child = etree.SubElement(parent, f"{{{namespace}}}{name}")
            if isinstance(one, Mapping):
                _put(child, namespace, one)
            else:
                child.text = _NOT_XML.sub("\ufffd", _text(one))


def _text(value: object) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


@dataclass(frozen=True, slots=True)
class Shapes:
    """Which elements are lists and which are objects even when they are empty: XML itself does not say."""

    lists: frozenset[str]
    objects: frozenset[str]

    @classmethod
    def of(cls, names: MessageNames, *more: str) -> "Shapes":
        """Return the shapes of a message by its profile, and of some more lists of objects."""
        lists = {names.attachments, names.co_applicants, names.questions, *more}
        inner = {word for path in _paths(names) for word in path.split(".")[:-1]}
        return cls(
            frozenset(path.rpartition(".")[2] for path in lists),
            frozenset({*inner, *lists, names.applicant}),
        )


def _paths(part: Part) -> Iterable[str]:
    for key in type(part).model_fields:
        value = getattr(part, key)
        if isinstance(value, Part):
            yield from _paths(value)
        elif isinstance(value, tuple | str):
            yield from (value,) if isinstance(value, str) else value


def load(octets: bytes) -> etree._Element:
    """Return the root of a document without DTD and entities. Raises NotPosEdmsError."""
    try:
        return parse(octets)
    except SmevError as error:
        raise NotPosEdmsError(_("XML that cannot be read")) from error


def local(element: etree._Element) -> str:
    """Return an element's name without its namespace."""
    return etree.QName(element).localname


def children(element: etree._Element, name: str) -> list[etree._Element]:
    """Return the direct children of a name, whatever their namespace: editions differ."""
    return [child for child in element.iterchildren("{*}*") if local(child) == name]


def text(element: etree._Element, name: str) -> str:
    """Return the text of a direct child, empty when there is none."""
    found = children(element, name)
    return "".join(map(str, found[0].itertext())).strip() if found else ""


def value(element: etree._Element, shapes: Shapes) -> object:
    """Return what an element means: an object, a text, or None for nil."""
    if element.get(_NIL) in ("true", "1"):
        return None
    if not any(True for _child in element.iterchildren("{*}*")):
        return {} if local(element) in shapes.objects else element.text or ""
    found: dict[str, object] = {}
    for child in element.iterchildren("{*}*"):
        name, inside = local(child), value(child, shapes)
        before = found.get(name)
        if name in shapes.lists:
            found[name] = [*(before if isinstance(before, list) else []), inside]
        elif name in found:  # an extra field that we do not know comes as a list
            found[name] = [*before, inside] if isinstance(before, list) else [before, inside]
        else:
            found[name] = inside
    return found


def source(element: etree._Element) -> str:
    """Return an element's own text, complete in itself: its canonical form."""
    return canonicalize(element).decode("utf-8")
