"""From rows of lists to what they tell: fetches the objects whole and finds whose message each belongs to.

1С goes on working while it is read, and an answer that were told without the number that came before it
would close the message too early. So what happens last is fetched first: tasks and answers, then their cards
anew, then, for cards that are being closed, all of their tasks.
"""

import threading
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from config.i18n import _, speaking
from connector.appeal import EventKind
from connector.errors import PermanentError, RetryableError
from connector.sed.dms1c.events import Reader, Reading
from connector.sed.dms1c.listing import TASK, Condition, Lists, Row
from connector.sed.dms1c.objects import DmObject, children
from connector.sed.dms1c.settings import Dms1cSettings
from connector.sed.dms1c.soap import DmService, reading
from connector.sed.dms1c.template import INCOMING

OUTGOING = "DMOutgoingDocument"
_CLOSING = frozenset({EventKind.REFUSED, EventKind.REDIRECTED, EventKind.ANSWER, EventKind.CLOSED})
_REMEMBERED = 100_000  # cards whose message is known; told to be foreign is remembered too


@dataclass(slots=True)
class _Catch:
    """What one reading fetched."""

    told: Reading = field(default_factory=Reading)
    tasks: dict[str, DmObject] = field(default_factory=dict)
    answers: list[tuple[DmObject, str]] = field(default_factory=list)  # document, its card's id
    cards: dict[str, DmObject] = field(default_factory=dict)  # ours


class Gathering:
    """Reads rows of cards, tasks and outgoing documents. Thread-safe."""

    def __init__(self, service: DmService, lists: Lists, settings: Dms1cSettings) -> None:
        self._service = service
        self._lists = lists
        self._settings = settings
        self._reader = Reader(settings)
        self._keys: dict[str, str] = {}  # card's id → key of its message, "" for a card that is not ours
        self._tasks_by_card = settings.read_tasks
        self._lock = threading.Lock()

    def __call__(self, rows: Sequence[Row]) -> Reading:
        """Return the events of rows, unordered. Raises ChannelError."""
        with self._lock:
            catch = _Catch()
            listed = [row.object for row in rows if row.kind == TASK]
            self._fetch_tasks(catch, (one for one in listed if self._keys.get(target_of(one)) != ""))
            self._fetch_answers(catch, (row.object for row in rows if row.kind == OUTGOING))
            named = [row.object.id for row in rows if row.kind == INCOMING]
            named += [target_of(task) for task in catch.tasks.values()]
            named += [card for _answer, card in catch.answers]
            self._fetch_cards(catch, named)
            with speaking(self._settings.language):
                for card in catch.cards.values():
                    self._reader.card(self._keys[card.id], card, catch.told)
            for answer, card_id in catch.answers:
                self._read_answer(catch, answer, card_id)
            self._fetch_tasks(catch, self._tasks_of_closed(catch))
            self._read_tasks(catch)
            return catch.told

    # -- fetching

    def _fetch_tasks(self, catch: _Catch, listed: Iterable[DmObject]) -> None:
        wanted = [(one.type, one.id) for one in listed if one.id not in catch.tasks]
        for task in self._lists.retrieve(wanted, catch.told.notes):
            if target_of(task):
                catch.tasks[task.id] = task

    def _fetch_answers(self, catch: _Catch, listed: Iterable[DmObject]) -> None:
        for one in self._lists.retrieve(((one.type, one.id) for one in listed), catch.told.notes):
            card = self._reader.linked_card(one)
            if card:
                catch.answers.append((one, card))

    def _fetch_cards(self, catch: _Catch, ids: Iterable[str]) -> None:
        wanted = ((INCOMING, id_) for id_ in ids if id_ and self._keys.get(id_) != "")
        for card in self._lists.retrieve(wanted, catch.told.notes):
            if self._learn(card):
                catch.cards[card.id] = card

    def _tasks_of_closed(self, catch: _Catch) -> list[DmObject]:
        """Return the tasks of cards that something closes: they were made before, whenever they changed."""
        closed = {event.key for event in catch.told.events if event.kind in _CLOSING}
        found: list[DmObject] = []
        for card in catch.cards.values():
            if self._keys[card.id] in closed and self._tasks_by_card:
                found += self._tasks_of(card, catch)
        return found

    def _tasks_of(self, card: DmObject, catch: _Catch) -> Sequence[DmObject]:
        about = Condition("target", self._lists.object_id(card.id, INCOMING))
        try:
            listed = self._lists.once(
                TASK, [about, Condition("withExecuted", value=True)], (), self._settings.list_limit_most
            )
        except RetryableError as error:
            if error.code != "dm-error":
                raise
            self._tasks_by_card = False  # this 1С does not list tasks by what they are about
            catch.told.notes.append(error.sentence)
            return ()
        return listed.objects

    # -- reading

    def _read_answer(self, catch: _Catch, answer: DmObject, card: str) -> None:
        if card not in catch.cards:
            return
        try:
            files = self._files(answer)
        except PermanentError as error:  # of this document alone; it comes again when it changes
            catch.told.notes.append(error.sentence)
            return
        with speaking(self._settings.language):
            self._reader.answer(self._keys[card], answer, files, catch.told)

    def _read_tasks(self, catch: _Catch) -> None:
        """Read tasks by processes: one order to several people is one thing that happened."""
        processes: dict[tuple[str, str], list[DmObject]] = defaultdict(list)
        for task in catch.tasks.values():
            process = task.reference("parentBusinessProcess")
            processes[target_of(task), process.id if process else task.id].append(task)
        for (card, order), tasks in processes.items():
            if card in catch.cards:
                self._reader.tasks(self._keys[card], order, tasks, catch.told)

    def _files(self, answer: DmObject) -> list[DmObject]:
        make = self._service.schema.make
        identity = make("DMObjectID", id=answer.id, type=answer.type)
        call = reading(_("files of document {id}").format(id=answer.id), item=True)
        told = self._service.execute(
            "DMGetFileListByOwnerRequest", call,
            owners=[make("DMObject", name=answer.name, objectID=identity)],
            columnSet=["objectId", "name", "extension", "size"],
        )  # fmt: skip
        return [DmObject(one) for one in children(told, "files")]

    def _learn(self, card: DmObject) -> str:
        """Remember whose a card is; return the key of its message, "" when it is not ours."""
        if len(self._keys) >= _REMEMBERED:
            self._keys = {id_: key for id_, key in self._keys.items() if key}
        key = self._keys[card.id] = card.external_id(self._settings.external_type)
        return key


def target_of(task: DmObject) -> str:
    """Return the id of the incoming document that a task is about, "" when it is about something else."""
    target = task.reference("target")
    return target.id if target is not None and target.type == INCOMING else ""
