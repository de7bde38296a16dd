"""From rows of lists to what they tell: fetches the objects whole and finds whose message each belongs to."""

import threading
from collections import defaultdict
from collections.abc import Iterable, Sequence

from config.i18n import _, speaking
from connector.errors import PermanentError
from connector.sed.dms1c.events import Reader, Reading
from connector.sed.dms1c.listing import Lists, Row
from connector.sed.dms1c.objects import DmObject, children
from connector.sed.dms1c.settings import Dms1cSettings
from connector.sed.dms1c.soap import DmService, reading
from connector.sed.dms1c.template import INCOMING

_REMEMBERED = 100_000  # cards whose message is known; told to be foreign is remembered too


class Gathering:
    """Reads rows of cards, tasks and outgoing documents. Thread-safe."""

    def __init__(self, service: DmService, lists: Lists, settings: Dms1cSettings) -> None:
        self._service = service
        self._lists = lists
        self._settings = settings
        self._reader = Reader(settings)
        self._keys: dict[str, str] = {}  # card's id → key of its message, "" for a card that is not ours
        self._lock = threading.Lock()

    def __call__(self, rows: Sequence[Row]) -> Reading:
        """Return the events of rows, unordered. Raises ChannelError."""
        found = Reading()
        with speaking(self._settings.language), self._lock:
            self._cards([row.object for row in rows if row.kind == INCOMING], found)
            self._tasks([row.object for row in rows if row.kind == "DMBusinessProcessTask"], found)
            self._answers([row.object for row in rows if row.kind == "DMOutgoingDocument"], found)
        return found

    def _cards(self, listed: Sequence[DmObject], found: Reading) -> None:
        wanted = [one.id for one in listed if self._keys.get(one.id) != ""]
        for card in self._lists.retrieve(((INCOMING, id_) for id_ in wanted), found.notes):
            key = self._learn(card)
            if key:
                self._reader.card(key, card, found)

    def _tasks(self, listed: Sequence[DmObject], found: Reading) -> None:
        """Read tasks by processes: one order to several people is one thing that happened."""
        about = {one.id: _target(one) for one in listed}
        keys = self._keys_of(filter(None, about.values()), found)
        ours = [one for one in listed if not about[one.id] or keys.get(about[one.id])]
        processes: dict[tuple[str, str], list[DmObject]] = defaultdict(list)
        for task in self._lists.retrieve(((one.type, one.id) for one in ours), found.notes):
            process = task.reference("parentBusinessProcess")
            processes[_target(task), process.id if process else task.id].append(task)
        keys = self._keys_of((card for card, _process in processes if card), found)
        for (card, order), tasks in processes.items():
            if keys.get(card):
                self._reader.tasks(keys[card], order, tasks, found)

    def _answers(self, listed: Sequence[DmObject], found: Reading) -> None:
        documents = self._lists.retrieve(((one.type, one.id) for one in listed), found.notes)
        linked = [(one, card) for one in documents if (card := self._reader.linked_card(one))]
        keys = self._keys_of((card for _answer, card in linked), found)
        for answer, card in linked:
            if keys.get(card):
                try:
                    files = self._files(answer)
                except PermanentError as error:  # of this document alone; it comes again when it changes
                    found.notes.append(error.sentence)
                    continue
                self._reader.answer(keys[card], answer, files, found)

    def _files(self, answer: DmObject) -> list[DmObject]:
        make = self._service.schema.make
        owner = make(
            "DMObject", name=answer.name, objectID=make("DMObjectID", id=answer.id, type=answer.type)
        )
        call = reading(_("files of document {id}").format(id=answer.id), item=True)
        told = self._service.execute(
            "DMGetFileListByOwnerRequest", call, owners=[owner],
            columnSet=["objectId", "name", "extension", "size"],
        )  # fmt: skip
        return [DmObject(one) for one in children(told, "files")]

    def _keys_of(self, cards: Iterable[str], found: Reading) -> dict[str, str]:
        """Return the messages of cards by the cards' ids, "" for cards that are not ours."""
        wanted = set(cards)
        unknown = ((INCOMING, id_) for id_ in sorted(wanted - self._keys.keys()))
        for card in self._lists.retrieve(unknown, found.notes):
            self._learn(card)
        return {id_: self._keys[id_] for id_ in wanted if id_ in self._keys}

    def _learn(self, card: DmObject) -> str:
        if len(self._keys) >= _REMEMBERED:
            self._keys.clear()
        key = self._keys[card.id] = card.external_id(self._settings.external_type)
        return key


def _target(task: DmObject) -> str:
    """Return the id of the incoming document that a task is about, "" when it is about something else."""
    target = task.reference("target")
    return target.id if target is not None and target.type == INCOMING else ""
