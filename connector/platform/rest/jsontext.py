"""JSON as it came: one pass that gives the values of a list and the exact text of each of its elements."""

import json
import re
from dataclasses import dataclass

from config.i18n import _

_SPACE = re.compile(r"[ \t\n\r]*")
_MARKS = re.compile(r'"(?:[^"\\]|\\.)*+"|[\[{]|[\]}]', re.DOTALL)
_MANY = 10_000
_LONGEST_NUMBER = 400  # digits; Python itself refuses to read thousands


class NotJsonError(ValueError):
    """The text is not JSON of the expected shape; the message says what it looks like."""


class Doubled(dict[str, object]):
    """An object in which `names` stand twice with different values: which one is meant is not guessed."""

    def __init__(self, pairs: list[tuple[str, object]]) -> None:
        super().__init__(pairs)
        self.names = frozenset(name for name, value in pairs if self[name] != value)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Stands for the value of an element that is no JSON, or nested too deep."""

    why: str


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a list: its text, unchanged, and its value."""

    text: str
    value: object


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    value = dict(pairs)
    if len(value) == len(pairs) or all(value[name] == told for name, told in pairs):
        return value
    return Doubled(pairs)


def _whole_number(digits: str) -> int | str:
    return int(digits) if len(digits) <= _LONGEST_NUMBER else digits


# Literal control characters inside strings are tolerated: one odd message must not hide its whole page.
_DECODER = json.JSONDecoder(strict=False, object_pairs_hook=_object, parse_int=_whole_number)


def decode_text(body: bytes) -> str:
    """Return a body as text that a database can hold: bad UTF-8 becomes U+FFFD, NUL its JSON escape."""
    text = body.decode("utf-8-sig", errors="replace")
    # An escape is six letters: a body of nothing but NULs must not grow to six times its limit.
    return text.replace("\0", "\\u0000" if text.count("\0") < _MANY else "\ufffd")


def parse(text: str) -> object:
    """Return the value of a JSON text. Raises NotJsonError, whatever is wrong with it."""
    try:
        return _DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        raise NotJsonError(looks_like(text)) from error


def split(text: str, name: str) -> tuple[dict[str, object], list[Element]]:
    """Return the members of a JSON object and, of the member `name`, the elements with their own text.

    Raises NotJsonError when the text is not such an object.
    """
    try:
        members, elements = _split(text, name)
    except (ValueError, RecursionError) as error:
        raise NotJsonError(looks_like(text)) from error
    if elements is None:
        raise NotJsonError(_("JSON without the list {name}").format(name=name))
    return members, elements


def looks_like(text: str) -> str:
    """Return a word for what came instead of JSON; never the text itself, which may hold personal data."""
    start = text.lstrip()[:200].lower()
    if not start:
        return _("an empty body")
    if start.startswith(("<!doctype html", "<html")) or "<html" in start:
        return _("an HTML page")
    if start.startswith("<"):
        return "XML"
    if start[0] in "{[":
        return _("broken or cut JSON of {count} characters").format(count=len(text))
    return _("text of {count} characters that is not JSON").format(count=len(text))


def _split(text: str, name: str) -> tuple[dict[str, object], list[Element] | None]:
    members: dict[str, object] = {}
    elements: list[Element] | None = None
    at = _expect(text, 0, "{")
    while text[at : at + 1] != "}":
        key, at = _DECODER.raw_decode(text, at)
        at = _expect(text, at, ":")
        if key == name and text[at : at + 1] == "[":
            elements, at = _elements(text, at)
        else:
            members[key], at = _DECODER.raw_decode(text, at)
        at = _next(text, at, "}")
    if _skip(text, at + 1) != len(text):
        raise ValueError("text after the object")
    return members, elements


def _elements(text: str, start: int) -> tuple[list[Element], int]:
    found: list[Element] = []
    at = _expect(text, start, "[")
    while text[at : at + 1] != "]":
        value, end = _one(text, at)
        found.append(Element(text[at:end], value))
        at = _next(text, end, "]")
    return found, at + 1


def _one(text: str, at: int) -> tuple[object, int]:
    """Return an element and where it ends; one that cannot be read ends where its brackets do."""
    try:
        return _DECODER.raw_decode(text, at)
    except RecursionError:
        why = _("is nested too deep")
    except ValueError:
        why = _("is broken JSON")
    return Unreadable(why), _end_of(text, at)


def _end_of(text: str, at: int) -> int:
    """Return where the bracket that opens here is closed. Raises ValueError when it is not."""
    depth = 0
    for mark in _MARKS.finditer(text, at):
        if mark.start() == at and mark[0] not in "[{":
            break
        depth += (mark[0] in "[{") - (mark[0] in "]}")
        if depth == 0:
            return mark.end()
    raise ValueError(f"no end of what begins at {at}")


def _next(text: str, at: int, closing: str) -> int:
    at = _skip(text, at)
    return at if text[at : at + 1] == closing else _expect(text, at, ",")


def _expect(text: str, at: int, mark: str) -> int:
    at = _skip(text, at)
    if text[at : at + 1] != mark:
        raise ValueError(f"{mark!r} expected at {at}")
    return _skip(text, at + 1)


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at
