"""What happened in Mayan: its events by id tell which documents moved, their workflow logs tell what.

An event names a workflow instance and not its document (tried), so the cursor remembers which is whose
until the workflow has come to a final state.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from config.i18n import _
from connector.appeal import Event
from connector.errors import PermanentError
from connector.sed import ChangePage
from connector.sed.http import StatusError
from connector.sed.mayan.client import Rest, Row
from connector.sed.mayan.reading import events
from connector.sed.mayan.settings import MayanSettings
from connector.sed.mayan.words import key_of
from connector.sed.rows import UnreadableRowError

_KEYED = "metadata.document_metadata_added"  # the last step of a registration
_MOVED = "document_states.workflow_instance_transitioned"


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where reading stands: the highest event id, those read in the window below it, open workflows."""

    last: int = 0
    read: frozenset[int] = frozenset()
    open: Mapping[str, int] = field(default_factory=dict)  # workflow instance → document

    def dump(self) -> str:
        """Return the text that the journal keeps; "" for the beginning."""
        body = {"last": self.last, "read": sorted(self.read), "open": dict(self.open)}
        return "" if self == Cursor() else json.dumps({"v1": body}, separators=(",", ":"), sort_keys=True)


def load(text: str) -> Cursor:
    """Return the cursor of a text. Raises PermanentError for one that is not ours."""
    if not text:
        return Cursor()
    try:
        body = json.loads(text)["v1"]
        opened = {str(instance): int(document) for instance, document in body["open"].items()}
        return Cursor(int(body["last"]), frozenset(map(int, body["read"])), opened)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PermanentError(_("the cursor of this SED is not readable"), code="cursor") from error


@dataclass(slots=True)
class _Look:
    """A look in progress."""

    opened: dict[str, int]
    read: set[int]
    last: int
    events: list[Event] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    told: set[int] = field(default_factory=set)  # documents
    closed: set[str] = field(default_factory=set)  # instances


class Incoming:
    """The reading half of the adapter. Keeps nothing: everything stands in the cursor."""

    def __init__(self, settings: MayanSettings, rest: Rest) -> None:
        self._settings = settings
        self._rest = rest

    def changes(self, cursor: str, limit: int) -> ChangePage:
        """Return what documents that moved tell, at most `limit` documents."""
        here = load(cursor)
        fresh = self._fresh(here)
        look = _Look(dict(here.open), set(here.read), here.last)
        rest = len(fresh)
        for row in fresh:
            if len(look.told) >= max(1, limit):
                break
            rest -= 1
            self._take(row, look)
            look.read.add(row["id"])
            look.last = max(look.last, row["id"])
        for instance in look.closed:
            look.opened.pop(instance, None)
        floor = look.last - self._settings.window
        after = Cursor(look.last, frozenset(one for one in look.read if one > floor), look.opened)
        return ChangePage(tuple(look.events), after.dump(), rest > 0, tuple(look.notes))

    def _fresh(self, here: Cursor) -> list[Row]:
        """Return the events after the cursor and those that came late below it, the oldest first.

        The list is read from its newest end: what is added meanwhile shifts rows to later pages, so one may
        be seen twice and none is missed.
        """
        found: dict[int, Row] = {}
        for row in self._rest.rows("events/", _("the events"), _ordering="-id"):
            if row["id"] <= here.last - self._settings.window:
                break
            verb = row.get("verb")
            name = verb.get("id") if isinstance(verb, dict) else None
            if name in (_KEYED, _MOVED) and row["id"] not in here.read:
                found[row["id"]] = row
        return [found[one] for one in sorted(found)]

    def _take(self, row: Row, look: _Look) -> None:
        target = str(row.get("target_object_id", ""))
        if row["verb"]["id"] == _KEYED:
            if target.isdecimal() and _type_of(row) == self._settings.document_type:
                for instance in self._instances(int(target)):
                    look.opened[instance] = int(target)
                    self._tell(int(target), instance, look)  # a hasty clerk may have moved it before
            return
        document = look.opened.get(target)
        if document is not None:
            self._tell(document, target, look)

    def _tell(self, document: int, target: str, look: _Look) -> None:
        if document in look.told:
            return
        look.told.add(document)
        try:
            told, final = self._told(document, target)
        except UnreadableRowError as error:
            look.notes.append(_("document {id}: {error}").format(id=document, error=error))
            return
        look.events += told
        if final:
            look.closed.add(target)

    def _instances(self, document: int) -> list[str]:
        """Return the workflow instances of ours on a document; none for one that is gone."""
        return [
            str(row["id"])
            for row in self._gone_is_empty(f"documents/{document}/workflow_instances/")
            if row["workflow_template"].get("internal_name") == self._settings.workflow
        ]

    def _told(self, document: int, instance: str) -> tuple[Sequence[Event], bool]:
        """Return everything that a document tells, and whether its workflow is over."""
        path = f"documents/{document}/workflow_instances/{instance}/log_entries/"
        entries = list(self._gone_is_empty(path))
        if not entries:
            return (), True
        [card] = self._documents(document) or [{}]
        files = list(self._rest.rows(f"documents/{document}/files/", _("the files of a document")))
        key = key_of(str(card.get("label", "")))
        transition = entries[-1].get("transition") or {}
        final = bool((transition.get("destination_state") or {}).get("final"))
        return events(key, document, entries, files, self._settings), final

    def _documents(self, document: int) -> list[Row]:
        try:
            return [self._rest.one(f"documents/{document}/", _("a document"))]
        except StatusError as error:
            if error.status != 404:
                raise
            return []

    def _gone_is_empty(self, path: str) -> Iterator[Row]:
        try:
            yield from self._rest.rows(path, _("the workflow of a document"))
        except StatusError as error:
            if error.status != 404:  # it was thrown away meanwhile
                raise


def _type_of(row: Row) -> str:
    target = row.get("target")
    kind = target.get("document_type") if isinstance(target, dict) else None
    return str(kind.get("label", "")) if isinstance(kind, dict) else ""
