"""Lists of objects: by conditions, whole although 1С cuts them (tooManyObjects) and knows no pages.

A list that comes cut is asked again over a narrower stretch of the property that orders it. The cut list
itself tells where to part: at the middle of what it shows. Where a stretch cannot be narrowed (many
objects of one second), more are asked for; an error names it when even that is not enough.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from config.i18n import _
from connector.errors import PermanentError, RetryableError
from connector.sed.dms1c.objects import DmObject, child, children, is_true, text
from connector.sed.dms1c.schema import CONDITION, QUERY
from connector.sed.dms1c.settings import Dms1cSettings
from connector.sed.dms1c.soap import DmService, reading

_SECOND = timedelta(seconds=1)  # the step of 1С's clock
# What a list shows beside the time of change. Additional properties come with whole objects only, and a
# document's name is no column at all.
TASK = "DMBusinessProcessTask"
_MORE_COLUMNS = {TASK: ("target",)}


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition of a list; `value` is text, a flag, a time, or a value of the service's types."""

    property: str
    value: Any
    operator: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """One list as it came: its objects, and whether it was cut."""

    objects: tuple[DmObject, ...]
    cut: bool


@dataclass(frozen=True, slots=True)
class Stretch:
    """The objects of one stretch of time, none left out; `next` begins the following one, None at the end."""

    rows: tuple["Row", ...]
    next: datetime | None


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a list: the kind that was asked for, the object, when it changed by 1С's clock."""

    kind: str
    object: DmObject
    changed: datetime | None


class Lists:
    """Asks one DMService for lists and objects."""

    def __init__(self, service: DmService, settings: Dms1cSettings) -> None:
        self._service = service
        self._settings = settings

    def once(self, kind: str, conditions: Iterable[Condition], columns: Sequence[str], limit: int) -> Listed:
        """Return one list, perhaps cut."""
        schema = self._service.schema
        asked = [
            schema.part(
                CONDITION,
                property=one.property,
                value=schema.simple(one.value)
                if isinstance(one.value, str | bool | datetime)
                else schema.typed(one.value),
                comparisonOperator=one.operator or None,
            )
            for one in conditions
        ]
        query = schema.part(QUERY, conditions=asked, limit=limit, columnSet=list(columns))
        call = reading(_("list of {kind}").format(kind=kind))
        answer = self._service.execute("DMGetObjectListRequest", call, type=kind, query=query)
        found = [child(item, "object") for item in children(answer, "items")]
        objects = tuple(DmObject(one) for one in found if one is not None)
        return Listed(objects, is_true(text(answer, "tooManyObjects")))

    def stretch(
        self, kinds: Sequence[str], conditions: Callable[[str], Iterable[Condition]], begin: datetime | None
    ) -> Stretch:
        """Return everything that changed from a moment on, or the part before `next`.

        One stretch holds all kinds, so that what happened to a card comes together. Raises RetryableError
        when more objects changed within one second than 1С gives.
        """
        end: datetime | None = None
        limit = self._settings.list_limit
        while True:
            lists = [self._between(kind, conditions(kind), begin, end, limit) for kind in kinds]
            if not any(one.cut for one in lists):
                rows = tuple(
                    Row(kind, item, item.moment(self.ordered_by(kind)))
                    for kind, one in zip(kinds, lists, strict=True)
                    for item in one.objects
                )
                return Stretch(rows, end + _SECOND if end else None)
            middle = self._middle(zip(kinds, lists, strict=True))
            if middle is None or (end is not None and middle >= end):
                middle = end and end - _SECOND
            if middle is not None and (begin is None or middle >= begin):
                end = middle
            elif limit < self._settings.list_limit_most:
                limit = min(limit * 4, self._settings.list_limit_most)
            else:
                raise self._too_many(begin, limit)

    def names(self, kind: str) -> Iterator[DmObject]:
        """Yield a whole dictionary, by stretches of names. Raises RetryableError as `stretch`."""
        after: str | None = None
        until: str | None = None
        limit = self._settings.list_limit
        tried: set[str] = set()  # 1С sorts by rules of its own: no bound is tried twice
        while True:
            bounds = [Condition("name", after, ">")] if after is not None else []
            bounds += [Condition("name", until, "<=")] if until is not None else []
            listed = self.once(kind, bounds, (), limit)
            if not listed.cut:
                yield from listed.objects
                if until is None:
                    return
                after, until, limit, tried = until, None, self._settings.list_limit, set()
                continue
            names = sorted({one.name for one in listed.objects if one.name})
            narrower = [name for name in names if name != after and name not in tried]
            if narrower:
                until = narrower[(len(narrower) - 1) // 2]
                tried.add(until)
            elif limit < self._settings.list_limit_most:
                limit = min(limit * 4, self._settings.list_limit_most)
            else:
                raise self._too_many(after, limit)

    def retrieve(
        self, objects: Iterable[tuple[str, str]], notes: list[str] | None = None
    ) -> Iterator[DmObject]:
        """Yield objects whole, by (type, id), in batches; one that is gone meanwhile does not come.

        With `notes`, what 1С refuses of a batch is noted there and the others come; without, it is an error.
        """
        wanted = list(dict.fromkeys(objects))
        for start in range(0, len(wanted), self._settings.batch):
            yield from self._batch(wanted[start : start + self._settings.batch], notes)

    def _batch(self, wanted: Sequence[tuple[str, str]], notes: list[str] | None) -> Iterator[DmObject]:
        make = self._service.schema.make
        ids = [make("DMObjectID", id=id_, type=kind) for kind, id_ in wanted]
        call = reading(_("objects {ids}").format(ids=", ".join(id_ for _kind, id_ in wanted[:1])), item=True)
        try:
            answer = self._service.execute("DMRetrieveRequest", call, objectIds=ids)
        except PermanentError as error:
            if notes is None:
                raise
            if len(wanted) > 1:
                for half in (wanted[: len(wanted) // 2], wanted[len(wanted) // 2 :]):
                    yield from self._batch(half, notes)
            else:
                notes.append(error.sentence)
            return
        yield from map(DmObject, children(answer, "objects"))

    def object_id(self, id_: str, kind: str) -> Any:  # noqa: ANN401 - zeep's own values
        """Return a reference to compare with in a condition."""
        return self._service.schema.make("DMObjectID", id=id_, type=kind)

    def ordered_by(self, kind: str) -> str:
        """Return the property by which objects of a kind are listed: when they changed."""
        return self._settings.task_changed_property if kind == TASK else self._settings.changed_property

    def _between(
        self,
        kind: str,
        conditions: Iterable[Condition],
        begin: datetime | None,
        end: datetime | None,
        limit: int,
    ) -> Listed:
        name = self.ordered_by(kind)
        bounds = [Condition(name, begin, ">=")] if begin else []
        bounds += [Condition(name, end, "<=")] if end else []
        return self.once(kind, [*conditions, *bounds], (name, *_MORE_COLUMNS.get(kind, ())), limit)

    def _middle(self, lists: Iterable[tuple[str, Listed]]) -> datetime | None:
        """Return the moment that parts what the lists that came cut show."""
        moments = sorted(
            moment
            for kind, listed in lists
            if listed.cut
            for one in listed.objects
            if (moment := one.moment(self.ordered_by(kind)))
        )
        return moments[(len(moments) - 1) // 2] if moments else None

    def _too_many(self, place: object, limit: int) -> RetryableError:
        return RetryableError(
            _(
                "1С gives at most {limit} objects of a list, and more stand at one place of it ({place}): "
                "raise list_limit_most here and the limit of lists in 1С"
            ).format(limit=limit, place=place),
            code="too-many-objects",
        )
