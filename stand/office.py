"""The clerks of a SED of the stand: what is decided about each document and when, whatever the wire.

An emulator hands papers in (`admit`, then `begin`) and is told of every step (`tell`), which it makes
readable in its own way and then reports as `seen`. The record that a run is reconciled from is kept here.
"""

import heapq
import itertools
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial

from stand.desk import Assignment, squeeze
from stand.faults import Fault, FaultPlan
from stand.ledger import Ledger, utc_now
from stand.seds import Plans
from stand.words import Decision, DecisionKind

_MAY_SWAP = frozenset({DecisionKind.REGISTER, DecisionKind.ASSIGN, DecisionKind.PROGRESS})


@dataclass(frozen=True, slots=True)
class Paper:
    """A document that came, as far as the clerks need it."""

    uid: str  # the SED's own id of the document
    hints: tuple[str, ...]  # what may name the platform's message
    text: str  # everything readable of the document
    file_hashes: tuple[str, ...]  # sha256 in lower-case hex


@dataclass(slots=True)
class Card:
    """A registered document; `number` and `registered` hold from the step `register` on."""

    uid: str
    assignment: Assignment
    number: str
    registered: date
    deadline: date | None = None
    told: set[int] = field(default_factory=set)  # steps that could be read at least once

    @property
    def name(self) -> str:
        """The stand's name of the round that the card is about: `1001/1`."""
        return f"{self.assignment.message.id}/{self.assignment.round}"


class Office:
    """The clerks at work. Safe to use from several threads; `tell` is called by `run_due`.

    `tell(card, step, decision, made)` hears of a step; `made` is the time at which it was made, also when
    it is told late. `pace` is the time in seconds between two steps. `on_number` hears of each card's number
    (message, round, number) before it is told.
    """

    def __init__(
        self,
        tell: Callable[[Card, int, Decision, datetime], None],
        *,
        plans: Plans,
        ledger: Ledger,
        faults: FaultPlan | None = None,
        pace: float = 0.0,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.on_number: Callable[[int, int, str], None] | None = None
        self.pace = pace
        self._tell = tell
        self._plans = plans
        self._ledger = ledger
        self._faults = faults or FaultPlan()
        self._clock = clock
        self._cards: dict[str, Card] = {}
        self._numbers = itertools.count(1)
        self._unplanned = itertools.count(1001)  # steps that no plan numbered
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._lock = threading.RLock()

    @property
    def cards(self) -> Mapping[str, Card]:
        """The cards by the SED's own id of the document."""
        return self._cards

    # ---- what comes

    def admit(self, paper: Paper) -> tuple[Card, bool] | None:
        """Note that a document came; return its card and whether it is a new one.

        None when it names no message of the platform. A document that came before, under this or another
        id, is noted as doubled and gets no second card: the card of the first one is returned.
        """
        with self._lock:
            assignment, again = self._plans.find(paper.hints, paper.uid)
            if assignment is None:
                return None
            known = again or paper.uid in self._cards
            self._ledger.note(
                "arrived_again" if known else "arrived", assignment.message.id, assignment.round,
                uid=paper.uid, files=sorted(paper.file_hashes),
                text=all(text in squeeze(paper.text) for text in assignment.texts),
            )  # fmt: skip
            if known:
                first = self._cards.get(paper.uid) or self._card_of(assignment)
                return first or Card(paper.uid, assignment, "", self._clock().date()), False
            today = self._clock().date()
            number = next((one.number for one in assignment.decisions if one.number), "")
            number = number or f"{next(self._numbers)}/{today.year}-ОГ"
            card = self._cards[paper.uid] = Card(paper.uid, assignment, number, today)
            return card, True

    def _card_of(self, assignment: Assignment) -> Card | None:
        name = f"{assignment.message.id}/{assignment.round}"
        return next((card for card in self._cards.values() if card.name == name), None)

    def begin(self, card: Card) -> None:
        """Put the steps of a new card into the clerks' diary."""
        steps = list(enumerate(card.assignment.decisions, start=1))
        for place in range(len(steps) - 1):
            pair = {steps[place][1].kind, steps[place + 1][1].kind}
            key = f"{card.name} order {place}"
            if pair <= _MAY_SWAP and self._faults.pick(key, [Fault.OUT_OF_ORDER]):
                self._ledger.note("fault", kind=str(Fault.OUT_OF_ORDER), call=key)
                steps[place], steps[place + 1] = steps[place + 1], steps[place]
        began = self._clock()
        for place, (step, decision) in enumerate(steps, start=1):
            # a report that is late still bears the time at which it was made
            made = began + timedelta(seconds=step * self.pace, milliseconds=step)
            self.later(place * self.pace, partial(self._decide, card, step, decision, made))

    # ---- what the clerks do

    def decide(self, uid: str, decision: Decision) -> None:
        """Let a clerk decide something that no plan foresaw about a document that was taken, now."""
        self._decide(self._cards[uid], next(self._unplanned), decision, self._clock())

    def _decide(self, card: Card, step: int, decision: Decision, made: datetime) -> None:
        message_id, round_ = card.assignment.message.id, card.assignment.round
        self._ledger.note("decided", message_id, round_, step=step)
        if decision.kind is DecisionKind.REGISTER:
            card.number = decision.number or card.number
            card.registered = decision.at.date() if decision.at else card.registered
            self._ledger.note("registered", message_id, round_, number=card.number, uid=card.uid)
            if self.on_number:
                self.on_number(message_id, round_, card.number)
        self._tell(card, step, decision, made)

    def seen(self, card: Card, steps: Iterable[tuple[int, DecisionKind]]) -> None:
        """Note, once per step, that a reader can know of it from now on."""
        message_id, round_ = card.assignment.message.id, card.assignment.round
        with self._lock:
            for step, kind in steps:
                if step not in card.told:
                    card.told.add(step)
                    self._ledger.note("reported", message_id, round_, step=step, kind=str(kind))

    def unsubscribed(self, card: Card, step: int, kind: DecisionKind) -> None:
        """Note that nobody wanted to hear of a step."""
        message_id, round_ = card.assignment.message.id, card.assignment.round
        self._ledger.note("unsubscribed", message_id, round_, step=step, kind=str(kind))

    # ---- the diary

    @property
    def idle(self) -> bool:
        """Whether nothing is due later."""
        with self._lock:  # what is being done is not yet done
            return not self._due

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        """Have something done after so many seconds."""
        with self._lock:
            heapq.heappush(self._due, (time.monotonic() + seconds, next(self._order), action))

    def run_due(self) -> int:
        """Do everything that is due; return how much was done."""
        done = 0
        while True:
            with self._lock:
                if not self._due or self._due[0][0] > time.monotonic():
                    return done
                action = heapq.heappop(self._due)[2]
                action()
            done += 1
