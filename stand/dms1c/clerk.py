"""1С at work: takes each card once its files are there, lets its clerks do what the plans foresee."""

import heapq
import itertools
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from config.i18n import _
from stand.desk import squeeze
from stand.dms1c.app import PATH, DmApp
from stand.dms1c.desk import Card, Clerk
from stand.dms1c.engine import Engine, digest
from stand.dms1c.infobase import Infobase, Stored
from stand.faults import FaultPlan
from stand.ledger import Ledger
from stand.seds import Place, Plans, Setting
from stand.server import HttpServer
from stand.words import Decision, DecisionKind

ZONE = ZoneInfo("Europe/Moscow")
SECRET = "dms1c"  # noqa: S105 - the name of the file that holds it


class Dms1c:
    """The other side of DMService. `start` serves and works in threads; `step` does what is due now.

    `pace` is the time in seconds between two steps of a clerk.
    """

    def __init__(
        self,
        *,
        plans: Plans,
        ledger: Ledger,
        faults: FaultPlan | None = None,
        pace: float = 0.0,
        host: str = "127.0.0.1",
        most: int = 1000,
        clock: Callable[[], datetime] = lambda: datetime.now(ZONE),
    ) -> None:
        self.on_number: Callable[[int, int, str], None] | None = None
        self.base = Infobase(clock)
        self.engine = Engine(self.base, most=most)
        self.engine.on_change, self.engine.on_double = self._consider, self._doubled
        self._faults = faults or FaultPlan()
        self.app = DmApp(self.engine, self._faults, ledger)
        self._http = HttpServer(self.app, host=host)
        self._plans = plans
        self._ledger = ledger
        self._pace = pace
        self._clerk = Clerk(self.base, self._faults)
        self._cards: dict[str, Card] = {}
        self._numbers = itertools.count(1)
        self._unplanned = itertools.count(1001)  # steps that no plan numbered
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._pump, name="stand-dms1c")

    # ---- where it is

    @property
    def url(self) -> str:
        """The service's address."""
        return f"{self._http.base_url}{PATH}"

    @property
    def places(self) -> tuple[Place, ...]:
        """Where it is reached."""
        return (Place("dms1c_url", _("service of 1С"), self.url),)

    @property
    def secrets(self) -> Mapping[str, str]:
        """The password of sedlink's user."""
        return {SECRET: self.app.password}

    def settings(self, folder: Path) -> Mapping[str, object]:
        """Return sedlink's section."""
        return {
            "kind": "dms1c", "poll": "2s", "url": self.url, "user": self.app.user,
            "password": f"file:{folder}/secrets/{SECRET}", "zone": ZONE.key,
            "document_type": self._reference("DMIncomingDocumentType", "Обращение гражданина"),
            "folder": self._reference("DMIncomingDocumentFolder", "Обращения граждан"),
        }  # fmt: skip

    def _reference(self, kind: str, name: str) -> Mapping[str, str]:
        return {"id": self.base.named(kind, name).id, "name": name}

    def hurry(self) -> Mapping[str, str]:
        """Return what a demo sets."""
        return {"poll": "1s"}

    # ---- the pump

    def start(self) -> None:
        """Begin to serve and to work."""
        self._http.start()
        self._thread.start()

    def stop(self) -> None:
        """Stop; what is not done stays undone."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        self._http.stop()

    @property
    def idle(self) -> bool:
        """Whether nothing is due later."""
        return not self._due

    def step(self) -> None:
        """Do everything that is due."""
        with self.base.lock:
            while self._due and self._due[0][0] <= time.monotonic():
                heapq.heappop(self._due)[2]()

    def _pump(self) -> None:
        while not self._stopping.wait(0.02):
            self.step()

    # ---- what comes

    def document(self, key: str) -> Stored | None:
        """Return the card that was taken under an external id."""
        card = self._cards.get(key)
        return card.document if card else None

    def decide(self, key: str, decision: Decision) -> None:
        """Let a clerk decide something that no plan foresaw about a card that was taken, now."""
        with self.base.lock:
            self._decide(self._cards[key], next(self._unplanned), decision)

    def repeat(self) -> None:
        """Write every object again as it is: it is listed as changed."""
        with self.base.lock:
            for card in self._cards.values():
                self.base.touch(card.document)

    def _doubled(self, document: Stored) -> None:
        """Note that a card, a file of it or its process was made a second time."""
        assignment, _again = self._plans.find(_hints(document), _key(document))
        if assignment is not None:
            self._ledger.note("arrived_again", assignment.message.id, assignment.round, uid=_key(document))

    def _consider(self, document: Stored) -> None:
        """Take a card when as many files lie in it as its property says."""
        files = self.base.files(document.id)
        if _key(document) in self._cards or len(files) < int(str(document.properties.get("Файлов ПОС", 0))):
            return
        assignment, again = self._plans.find(_hints(document), _key(document))
        if assignment is None:
            self._ledger.note(
                "sed_rejected", file=document.id, code=50, wrong="no message is named in the card"
            )
            return
        words = squeeze(" ".join(_words(document, files)))
        self._ledger.note(
            "arrived_again" if again else "arrived", assignment.message.id, assignment.round,
            uid=_key(document), files=sorted(digest(one.content) for one in files),
            text=all(text in words for text in assignment.texts),
        )  # fmt: skip
        if not again:
            number = next((one.number for one in assignment.decisions if one.number), "")
            number = number or f"{next(self._numbers)}/{self.base.now().year}-ОГ"
            card = self._cards[_key(document)] = Card(document, assignment, number)
            for place, decision in enumerate(assignment.decisions, start=1):
                self._later(place * self._pace, partial(self._decide, card, place, decision))

    def _later(self, seconds: float, action: Callable[[], None]) -> None:
        heapq.heappush(self._due, (time.monotonic() + seconds, next(self._order), action))

    # ---- what the clerks do

    def _decide(self, card: Card, step: int, decision: Decision) -> None:
        """Write a decision into the infobase; from this moment on it can be read."""
        message_id, round_ = card.assignment.message.id, card.assignment.round
        self._ledger.note("decided", message_id, round_, step=step)
        if decision.kind is DecisionKind.REGISTER:
            card.number = decision.number or card.number
            self._ledger.note("registered", message_id, round_, number=card.number, uid=_key(card.document))
            if self.on_number:
                self.on_number(message_id, round_, card.number)
        self._ledger.note("reported", message_id, round_, step=step, kind=str(decision.kind))
        self._clerk.write(card, decision)


def play(setting: Setting) -> Dms1c:
    """Return 1С of the stand."""
    return setting.served(Dms1c)


def _key(document: Stored) -> str:
    return document.external[1] if document.external else document.id


def _hints(document: Stored) -> list[str]:
    return [_key(document), str(document.properties.get("Сообщение ПОС №", ""))]


def _words(document: Stored, files: list[Stored]) -> Iterator[str]:
    yield from document.fields.values()
    yield from (value for value in document.properties.values() if isinstance(value, str))
    for one in files:
        if one.fields["extension"].casefold() == "txt":
            yield one.content.decode(errors="replace")


if TYPE_CHECKING:
    from stand.seds import Emulator

    _made: Callable[[Setting], Emulator] = play
