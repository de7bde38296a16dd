"""Lists of the public API: filters over fields and constants, order, pages. Unknown words are refused."""

import operator
from collections.abc import Callable, Mapping
from typing import Any

from stand.elma365.store import RefusedError, Row

MOST = 100  # rows at once
_KNOWN = {"active", "filter", "from", "size", "sortExpressions", "ids", "statusCode", "fields"}
Test = Callable[[Row], bool]
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq, "neq": operator.ne, "gt": operator.gt, "gte": operator.ge, "lt": operator.lt,
    "lte": operator.le,
}  # fmt: skip


def listed(rows: list[Row], told: Mapping[str, Any]) -> dict[str, Any]:
    """Return `result` of a list: the page that was asked for and how many there are."""
    if unknown := sorted(set(told) - _KNOWN):
        raise RefusedError(400, f"unknown parameters: {', '.join(unknown)}")
    size, start = told.get("size", 10), told.get("from", 0)
    if not isinstance(size, int) or not 0 <= size <= MOST or not isinstance(start, int) or start < 0:
        raise RefusedError(400, f"size must be at most {MOST}")
    test = _test(told.get("filter") or {})
    ids = told.get("ids")
    found = [row for row in rows if test(row) and (ids is None or row["__id"] in ids)]
    for order in reversed(told.get("sortExpressions") or []):
        if set(order) != {"ascending", "field"}:
            raise RefusedError(400, "sortExpressions: {ascending, field} is expected")
        found.sort(key=lambda row: str(row.get(order["field"]) or ""), reverse=not order["ascending"])
    return {"result": found[start : start + size], "total": len(found)}


def _test(told: object) -> Test:
    if not isinstance(told, dict) or len(told) > 1:
        raise RefusedError(400, "filter: one operator is expected")
    if not told:
        return lambda _row: True
    [(word, parts)] = told.items()
    if not isinstance(parts, list):
        raise RefusedError(400, f"filter: {word} takes a list")
    if word in ("and", "or"):
        tests = [_test(part) for part in parts]
        every = all if word == "and" else any
        return lambda row: every(test(row) for test in tests)
    return _comparison(word, parts)


def _comparison(word: str, parts: list[Any]) -> Test:
    match parts:
        case [{"field": str(field)}, dict(right)]:
            pass
        case _:
            raise RefusedError(400, f"filter: {word} takes a field and a value")
    if word == "in" and set(right) == {"list"}:
        wanted = right["list"]
        return lambda row: row.get(field) in wanted
    if word not in _COMPARE or set(right) != {"const"}:
        raise RefusedError(400, f"filter: unknown operator {word}")
    compare, value = _COMPARE[word], right["const"]

    def test(row: Row) -> bool:
        have = row.get(field)
        return type(have) is type(value) and compare(_comparable(have), _comparable(value))

    return test


def _comparable(value: object) -> object:
    """Return times of any precision in a form that compares: 10:00:00Z and 10:00:00.000Z are one moment."""
    if isinstance(value, str) and len(value) >= 20 and value[10:11] == "T" and value.endswith("Z"):
        return value[:-1] if "." in value else f"{value[:-1]}.000"
    return value
