"""Strict reading of OData's system query options: what real engines refuse is refused here too (sed.md 4)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from stand.directum.model import LARGE, Type

Row = Mapping[str, Any]
Test = Callable[[Row], bool]
_OPTIONS = frozenset({"$filter", "$select", "$expand", "$orderby", "$top"})
_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<time>\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d))|(?P<number>-?\d+)"
    r"|(?P<name>[A-Za-z_][\w/]*)|(?P<sign>[(),]))"
)
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": lambda left, right: left == right,
    "ne": lambda left, right: left != right,
    "gt": lambda left, right: left is not None and right is not None and left > right,
    "ge": lambda left, right: left is not None and right is not None and left >= right,
    "lt": lambda left, right: left is not None and right is not None and left < right,
    "le": lambda left, right: left is not None and right is not None and left <= right,
}


class QueryError(Exception):
    """A query that the service refuses; the text is what it says."""


@dataclass(frozen=True)
class Query:
    """What a list is asked for. `expand`: navigation → the navigations inside it."""

    test: Test
    select: tuple[str, ...]
    expand: Mapping[str, tuple[str, ...]]
    top: int | None


def read_query(text: str, name: str, kind: Type, *, nested: bool = True) -> Query:
    """Read a query string, as it came. Raises QueryError."""
    options = _split(text)
    if name in LARGE and "$filter" not in options:
        raise QueryError("Превышено максимальное количество сущностей в запросе. Используйте фильтрацию")
    if options.get("$orderby", "Id") not in ("Id", "Id asc"):
        raise QueryError("$orderby: only Id")
    select = tuple(one for one in options.get("$select", "").split(",") if one)
    for one in select:
        if one not in kind.properties:
            raise QueryError(f"Could not find a property named '{one}' on type '{kind.name}'")
    top = options.get("$top", "")
    if top and not top.isdecimal():
        raise QueryError("$top: not a number")
    expand = _expand(options.get("$expand", ""), kind, nested=nested)
    return Query(_Filter(options.get("$filter", "")).read(), select, expand, int(top) if top else None)


def _split(text: str) -> dict[str, str]:
    if "+" in text:
        raise QueryError("The query is malformed: '+' is not a space")
    found: dict[str, str] = {}
    for part in filter(None, text.split("&")):
        name, _equals, value = part.partition("=")
        name = unquote(name)
        if name not in _OPTIONS or name in found:
            raise QueryError(f"The query option '{name}' is not supported")
        if " " in value:
            raise QueryError("The query is malformed: a bare space")
        found[name] = unquote(value)
    return found


def _expand(text: str, kind: Type, *, nested: bool) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for part in re.findall(r"[^,(]+(?:\([^)]*\))?", text):
        name, _bracket, inner = part.strip().partition("(")
        if name not in {**kind.single, **kind.inside}:
            raise QueryError(f"Could not find a navigation named '{name}' on type '{kind.name}'")
        if inner and not nested:
            raise QueryError("Nested $expand is not supported")
        if inner and not re.fullmatch(r"\$expand=\w+(,\w+)*\)", inner):
            raise QueryError("The $expand is malformed")
        found[name] = tuple(inner[:-1].removeprefix("$expand=").split(",")) if inner else ()
    return found


class _Filter:
    """A recursive descent over the tokens of a $filter."""

    def __init__(self, text: str) -> None:
        self._tokens: list[tuple[str, str]] = []
        at = 0
        while at < len(text.rstrip()):
            match = _TOKEN.match(text, at)
            if not match:
                raise QueryError(f"Syntax error at position {at} of the filter")
            self._tokens.append((match.lastgroup or "", match[match.lastgroup or 0]))
            at = match.end()

    def read(self) -> Test:
        if not self._tokens:
            return lambda _row: True
        test = self._any()
        if self._tokens:
            raise QueryError(f"Unexpected '{self._tokens[0][1]}' in the filter")
        return test

    def _any(self) -> Test:
        tests = [self._all()]
        while self._take("or"):
            tests.append(self._all())
        return lambda row: any(test(row) for test in tests)

    def _all(self) -> Test:
        tests = [self._one()]
        while self._take("and"):
            tests.append(self._one())
        return lambda row: all(test(row) for test in tests)

    def _one(self) -> Test:
        if self._take("("):
            test = self._any()
            self._want(")")
            return test
        path = self._name()
        if path == "startswith":
            self._want("(")
            path = self._name()
            self._want(",")
            start = str(self._literal())
            self._want(")")
            return lambda row: str(_value(row, path) or "").startswith(start)
        compare = _COMPARE.get(self._name())
        if compare is None:
            raise QueryError("An operator is expected in the filter")
        right = self._literal()
        return lambda row: compare(_typed(_value(row, path), right), right)

    def _literal(self) -> object:
        kind, word = self._next()
        if kind == "text":
            return word[1:-1].replace("''", "'")
        if kind == "number":
            return int(word)
        if kind == "time":
            return _moment(word)
        words = {"true": True, "false": False, "null": None}
        if word not in words:
            raise QueryError(f"'{word}' is not a literal")
        return words[word]

    def _name(self) -> str:
        kind, word = self._next()
        if kind != "name":
            raise QueryError(f"'{word}' where a name is expected")
        return word

    def _next(self) -> tuple[str, str]:
        if not self._tokens:
            raise QueryError("The filter ends too early")
        return self._tokens.pop(0)

    def _take(self, word: str) -> bool:
        if self._tokens and self._tokens[0][1] == word:
            self._tokens.pop(0)
            return True
        return False

    def _want(self, word: str) -> None:
        if not self._take(word):
            raise QueryError(f"'{word}' is expected in the filter")


def _value(row: Row, path: str) -> object:
    value: object = row
    for name in path.split("/"):
        if not isinstance(value, Mapping):
            return None
        if name not in value:
            raise QueryError(f"Could not find a property named '{name}'")
        value = value[name]
    return value


def _typed(value: object, like: object) -> object:
    return _moment(str(value)) if isinstance(like, datetime) and value else value


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise QueryError(f"'{text}' is not a DateTimeOffset") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)
