"""Lists of objects as 1С makes them: conditions it knows, columns it has, cut at its limit."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from fnmatch import fnmatchcase

from lxml import etree

from stand.dms1c.infobase import INCOMING, OUTGOING, TASK, Infobase, Stored
from stand.dms1c.xmlform import RefusedError, child, children, kind_of, text

_MOMENTS = {
    INCOMING: ("modificationDate", "regDate"),
    OUTGOING: ("modificationDate", "regDate"),
    TASK: ("modificationDate", "beginDate"),
}
_REFERENCES = {INCOMING: ("documentType", "folder"), TASK: ("target",)}
_FLAGS = ("byUser", "typed", "withExecuted")  # of tasks
_LIKED = str.maketrans({"%": "*", "_": "?"})
_COMPARE: Mapping[str, Callable[[object, object], bool]] = {
    "": lambda one, other: one == other,
    "=": lambda one, other: one == other,
    "<>": lambda one, other: one != other,
    "<": lambda one, other: one < other,  # type: ignore[operator]  # of one type by `_wanted`
    "<=": lambda one, other: one <= other,  # type: ignore[operator]
    ">": lambda one, other: one > other,  # type: ignore[operator]
    ">=": lambda one, other: one >= other,  # type: ignore[operator]
    "LIKE": lambda one, other: fnmatchcase(str(one).casefold(), str(other).casefold().translate(_LIKED)),
}


def select(base: Infobase, kind: str, query: etree._Element | None, most: int) -> tuple[list[Stored], bool]:
    """Return the objects of a list and whether it was cut. Raises RefusedError for what 1С refuses."""
    conditions = [] if query is None else children(query, "conditions")
    tests = [_test(kind, one) for one in conditions]
    asked = text(query, "limit")
    limit = most if kind == TASK or not asked else min(int(asked), most)  # this edition ignores tasks' limit
    with_executed = any(
        text(one, "property") == "withExecuted" and text(one, "value") == "true" for one in conditions
    )
    found = [
        one
        for one in base.all(kind)
        if all(test(one) for test in tests)
        and (kind != TASK or with_executed or one.fields.get("executed") != "true")
    ]
    return found[:limit], len(found) > limit


def check_columns(kind: str, columns: Iterable[str]) -> None:
    """Refuse a column that the objects do not have; a document's name is none, nor its properties."""
    documents = kind in (INCOMING, OUTGOING)
    for name in columns:
        if documents and name in ("name", "additionalProperties"):
            raise RefusedError("Получение списка", f"Поле объекта не обнаружено ({name})")


def _test(kind: str, condition: etree._Element) -> Callable[[Stored], bool]:
    name, operator = text(condition, "property"), text(condition, "comparisonOperator")
    value = child(condition, "value")
    if operator not in _COMPARE:
        raise RefusedError("Получение списка", f"Неизвестный оператор сравнения ({operator})")
    if value is None or not kind_of(value):
        raise RefusedError("Получение списка", f"Тип значения условия не указан ({name})")
    compare = _COMPARE[operator]
    if name == "externalObject" and kind_of(value) == "DMExternalObject":
        wanted = (text(value, "id"), text(value, "type"))
        return lambda one: one.external is not None and one.external[1:] == wanted
    if name in _REFERENCES.get(kind, ()) and kind_of(value) == "DMObjectID":
        id_ = text(value, "id")
        return lambda one: one.references.get(name, ("", ""))[1] == id_
    if name in _MOMENTS.get(kind, ()) and kind_of(value) == "dateTime":
        moment = datetime.fromisoformat(value.text or "")
        return lambda one: name in one.moments and compare(one.moments[name], moment)
    if name in _FLAGS and kind == TASK and kind_of(value) == "boolean":
        return lambda _one: True
    if name == "name" and kind_of(value) == "string" and kind not in _MOMENTS:
        words = value.text or ""
        return lambda one: compare(one.name, words)
    raise RefusedError("Получение списка", f"Поле не найдено ({name})")
