"""ДЕЛО at work: takes messages from the folder, registers each document once, reports its clerks' steps."""

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path

from lxml import etree

from stand.delo.checks import Schemas, check
from stand.delo.folder import MessageFolder, take_away
from stand.delo.post import Post
from stand.delo.reading import (
    PASSPORT,
    Envelope,
    Incoming,
    WrongMessageError,
    parse,
    read_document,
    read_envelope,
)
from stand.delo.reports import Fact, Identity, ReportWriter, file_name
from stand.desk import Assignment, squeeze
from stand.faults import Fault, FaultPlan
from stand.ledger import Ledger, utc_now
from stand.seds import Plans
from stand.words import Decision, DecisionKind

log = logging.getLogger("stand.delo")

_SUBSCRIPTION = {
    DecisionKind.REGISTER: "Registration",
    DecisionKind.REFUSE: "Registration",
    DecisionKind.ASSIGN: "Consideration",
    DecisionKind.PROLONG: "Consideration",
    DecisionKind.PROGRESS: "Report",
    DecisionKind.REDIRECT: "Redirection",
    DecisionKind.DRAFT: "Answer",
    DecisionKind.ANSWER: "Answer",
}
_MAY_SWAP = frozenset({DecisionKind.REGISTER, DecisionKind.ASSIGN, DecisionKind.PROGRESS})


@dataclass(slots=True)
class _Card:
    incoming: Incoming
    assignment: Assignment
    number: str
    registered: date
    deadline: date | None = None
    facts: list[tuple[int, DecisionKind, Fact]] = field(default_factory=list)  # step, kind, what happened
    told: set[int] = field(default_factory=set)  # steps that could be read at least once

    @property
    def state(self) -> tuple[str, date, date | None]:
        return self.number, self.registered, self.deadline


class Delo:
    """The other side of the folder exchange. `step` does what can be done now; `start` does so in a thread.

    `pace` is the time in seconds between two steps of a clerk. `on_number` hears of each card's number
    (message, round, number) before it is reported.
    """

    def __init__(
        self,
        to_sed: Path,
        from_sed: Path,
        *,
        plans: Plans,
        ledger: Ledger,
        identity: Identity | None = None,
        faults: FaultPlan | None = None,
        schemas: Schemas | None = None,
        rejected: Path | None = None,
        pace: float = 0.0,
        fsync: bool = True,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        to_sed.mkdir(parents=True, exist_ok=True)
        self.to_sed = to_sed
        self.out = MessageFolder(from_sed, fsync=fsync)
        self.identity = identity or Identity()
        self.on_number: Callable[[int, int, str], None] | None = None
        self.pace = pace
        self._plans = plans
        self._ledger = ledger
        self._faults = faults or FaultPlan()
        self._schemas = schemas
        self._rejected = rejected
        self._clock = clock
        self._cards: dict[str, _Card] = {}
        self._numbers = itertools.count(1)
        self._unplanned = itertools.count(1001)  # steps that no plan numbered
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._post = Post(self.out, self.identity, self._faults, ledger, clock=clock, later=self._later)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._pump, name="stand-delo")

    # ---- for tests that decide step by step

    @property
    def documents(self) -> Mapping[str, Incoming]:
        """The documents that were taken, by UID."""
        return {uid: card.incoming for uid, card in self._cards.items()}

    def decide(self, uid: str, decision: Decision) -> None:
        """Let a clerk decide something that no plan foresaw about a document that was taken, now."""
        card = self._cards[uid]
        self._decide(card, next(self._unplanned), decision, self._clock())

    def repeat(self) -> None:
        """Send the last message again, in a new envelope."""
        self._post.repeat()

    # ---- the pump

    def start(self) -> None:
        """Begin to work in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """Stop working; what is not done stays undone."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    @property
    def idle(self) -> bool:
        """Whether nothing lies in the folder and nothing is due later."""
        return not self._due and not any(self.to_sed.glob("*.env"))

    def step(self) -> int:
        """Take every message that lies in the folder, do everything that is due; return how much was done."""
        done = 0
        for path in sorted(self.to_sed.glob("*.env")):
            self._take(path)
            done += 1
        while self._due and self._due[0][0] <= time.monotonic():
            heapq.heappop(self._due)[2]()
            done += 1
        return done

    def _pump(self) -> None:
        while not self._stopping.is_set():
            try:
                busy = self.step()
            except OSError:  # a full disk, a folder that was removed: say so and go on
                log.exception("the stand's ДЕЛО could not use its folders")
                busy = 0
            self._stopping.wait(0.0 if busy else 0.03)

    def _later(self, seconds: float, action: Callable[[], None]) -> None:
        heapq.heappush(self._due, (time.monotonic() + seconds, next(self._order), action))

    # ---- what comes

    def _take(self, path: Path) -> None:
        incoming: Incoming | None = None
        sheet: Envelope | None = None
        try:
            sheet = read_envelope(path)
            self._against_schema("Envelop", parse(path, "the envelope"))
            root = parse(sheet.folder / PASSPORT, "the passport")
            self._against_schema("DocumentInfo", root)
            check(root, sheet.folder, self.identity.index)
            incoming = read_document(root, sheet.folder)
            self._admit(incoming)
        except WrongMessageError as wrong:
            self._ledger.note("sed_rejected", file=path.name, code=wrong.code, wrong=wrong.sentence)
            writer = ReportWriter(incoming, self.identity)
            passport = writer.failure(self._clock(), wrong.code, wrong.sentence)
            self._post.send(incoming, passport, "Failure")
            take_away(path, sheet.folder if sheet else None, self._rejected)
        else:
            take_away(path, sheet.folder, None)

    def _against_schema(self, name: str, root: etree._Element) -> None:
        problem = self._schemas.complaint(name, root) if self._schemas else ""
        if problem:
            raise WrongMessageError(19, f"the message is not valid by {name}.xsd: {problem}")

    def _admit(self, incoming: Incoming) -> None:
        assignment, again = self._plans.find(incoming.hints, incoming.uid)
        if assignment is None:
            raise WrongMessageError(50, "no message of the platform is named in the document")
        message_id, round_ = assignment.message.id, assignment.round
        detail = {
            "uid": incoming.uid,
            "files": sorted(one.sha256 for one in incoming.files),
            "text": all(text in squeeze(incoming.text) for text in assignment.texts),
        }
        known = again or incoming.uid in self._cards
        self._ledger.note("arrived_again" if known else "arrived", message_id, round_, **detail)
        now = self._clock()
        self._post.send(incoming, ReportWriter(incoming, self.identity).reception(now), "Reception")
        if not known:
            number = next((one.number for one in assignment.decisions if one.number), "")
            number = number or f"{next(self._numbers)}/{now.year}-ОГ"
            self._cards[incoming.uid] = _Card(incoming, assignment, number, now.date())
            self._plan(self._cards[incoming.uid])

    # ---- what the clerks do

    def _plan(self, card: _Card) -> None:
        steps = list(enumerate(card.assignment.decisions, start=1))
        for place in range(len(steps) - 1):
            pair = {steps[place][1].kind, steps[place + 1][1].kind}
            key = f"{card.assignment.message.id}/{card.assignment.round} order {place}"
            if pair <= _MAY_SWAP and self._faults.pick(key, [Fault.OUT_OF_ORDER]):
                self._ledger.note("fault", kind=str(Fault.OUT_OF_ORDER), call=key)
                steps[place], steps[place + 1] = steps[place + 1], steps[place]
        began = self._clock()
        for place, (step, decision) in enumerate(steps, start=1):
            # a report that is late still bears the time at which it was made
            made = began + timedelta(seconds=step * self.pace, milliseconds=step)
            self._later(place * self.pace, partial(self._decide, card, step, decision, made))

    def _decide(self, card: _Card, step: int, decision: Decision, made: datetime) -> None:
        message_id, round_ = card.assignment.message.id, card.assignment.round
        self._ledger.note("decided", message_id, round_, step=step)
        if decision.kind is DecisionKind.REGISTER:
            card.number = decision.number or card.number
            card.registered = decision.at.date() if decision.at else card.registered
            self._ledger.note("registered", message_id, round_, number=card.number, uid=card.incoming.uid)
            if self.on_number:
                self.on_number(message_id, round_, card.number)
        if _SUBSCRIPTION[decision.kind] not in card.incoming.subscriptions:
            self._ledger.note("unsubscribed", message_id, round_, step=step, kind=str(decision.kind))
            return
        if decision.kind is DecisionKind.REFUSE:
            seen = partial(self._seen_now, card, [(step, decision.kind)])
            passport = ReportWriter(card.incoming, self.identity).failure(made, decision.code, decision.text)
            self._post.send(card.incoming, passport, "Failure", {}, seen)
        else:
            self._report(card, step, decision, made)

    def _seen_now(self, card: _Card, steps: Iterable[tuple[int, DecisionKind]]) -> None:
        """Note, once per step, that a reader can know of it from now on."""
        for step, kind in steps:
            if step not in card.told:
                card.told.add(step)
                message_id, round_ = card.assignment.message.id, card.assignment.round
                self._ledger.note("reported", message_id, round_, step=step, kind=str(kind))

    def _report(self, card: _Card, step: int, decision: Decision, made: datetime) -> None:
        card.deadline = decision.deadline or card.deadline
        writer = ReportWriter(card.incoming, self.identity)
        latest = (step, decision.kind, self._fact(writer, card, decision, decision.at or made))
        before = [one for one in card.facts if one[2].answer is None]
        key = f"{card.assignment.message.id}/{card.assignment.round} report {len(card.facts)}"
        whole = before and self._faults.pick(key, [Fault.ACCUMULATED_REPORT])
        told = [*before, latest] if whole else [latest]
        card.facts.append(latest)
        facts = [fact for _step, _kind, fact in told]
        moved = [one for one in before if one[1] is DecisionKind.PROLONG]  # any later report shows the date
        if decision.kind is DecisionKind.PROLONG:  # it restates the resolution that it moves
            moved += [one for one in before if one[1] is DecisionKind.ASSIGN]
        seen = partial(self._seen_now, card, [(one, kind) for one, kind, _fact in (*moved, *told)])
        files = {file_name(n, spec): spec.content() for n, spec in enumerate(latest[2].files, start=1)}
        passport = writer.report(facts, made)
        # where a date will move, the number and the first date come whole: a report that restates all
        # would otherwise show the moved date as the first one, and nobody could know better
        careful = decision.kind is DecisionKind.REGISTER and _will_move(card)
        self._post.send(card.incoming, passport, "Report", files, seen, whole=careful)
        if self._faults.pick(f"{key} again", [Fault.DUPLICATE_REPORT]):
            self._ledger.note("fault", kind=str(Fault.DUPLICATE_REPORT), call=key)
            same = self._faults.chance("same", key) < 0.5
            again = passport if same else writer.report(facts, made)
            pause = self.pace + self._faults.pains.duplicate
            self._later(pause, lambda: self._post.send(card.incoming, again, "Report", files, seen))

    def _fact(self, writer: ReportWriter, card: _Card, decision: Decision, at: datetime) -> Fact:
        kind, state = decision.kind, card.state
        if kind is DecisionKind.REGISTER:
            return writer.registration(state, at)
        if kind is DecisionKind.PROGRESS:
            return writer.progress(state, decision, at)
        if kind is DecisionKind.REDIRECT:
            return writer.redirection(state, decision, at)
        if kind in (DecisionKind.ASSIGN, DecisionKind.PROLONG):
            return writer.consideration(state, decision, at)
        number = decision.number or f"{card.number}/исх"
        chance = self._faults.chance("mark", number)
        if kind is DecisionKind.DRAFT:
            mark = "0" if chance < 0.5 else ""
        else:
            mark = "1" if chance < 0.5 else "true"
        return writer.answer(state, decision, number, at, mark=mark)


def _will_move(card: _Card) -> bool:
    return any(one.kind is DecisionKind.PROLONG for one in card.assignment.decisions)
