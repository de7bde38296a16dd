"""ДЕЛО at work: takes messages from the folder, registers each document once, reports its clerks' steps."""

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Protocol
from uuid import uuid4

from lxml import etree

from stand.delo.checks import Schemas, check
from stand.delo.folder import MessageFolder, Outgoing, envelope, take_away
from stand.delo.reading import (
    PASSPORT,
    Envelope,
    Incoming,
    WrongMessageError,
    parse,
    read_document,
    read_envelope,
)
from stand.delo.reports import Fact, Identity, ReportWriter, file_name, return_address
from stand.desk import Assignment, squeeze
from stand.faults import Fault, FaultPlan
from stand.ledger import Ledger, utc_now
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


class Plans(Protocol):
    """Tells what the clerks do with a document: `stand.desk.Desk` or `SampleDesk`."""

    def find(self, hints: Iterable[str], uid: str) -> tuple[Assignment | None, bool]:
        """Return the assignment for what may name a message, and whether that round came before."""
        ...


@dataclass(slots=True)
class _Card:
    incoming: Incoming
    assignment: Assignment
    number: str
    registered: date
    deadline: date | None = None
    facts: list[Fact] = field(default_factory=list)

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
        self._seen: set[str] = set()
        self._numbers = itertools.count(1)
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._pump, name="stand-delo")

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
            self._publish_failure(incoming, wrong.code, wrong.sentence)
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
        known = again or incoming.uid in self._seen
        self._ledger.note("arrived_again" if known else "arrived", message_id, round_, **detail)
        self._seen.add(incoming.uid)
        now = self._clock()
        self._publish(incoming, ReportWriter(incoming, self.identity).reception(now), "Reception")
        if not known:
            number = next((one.number for one in assignment.decisions if one.number), "")
            number = number or f"{next(self._numbers)}/{now.year}-ОГ"
            self._plan(_Card(incoming, assignment, number, now.date()))

    # ---- what the clerks do

    def _plan(self, card: _Card) -> None:
        steps = list(enumerate(card.assignment.decisions, start=1))
        for place in range(len(steps) - 1):
            pair = {steps[place][1].kind, steps[place + 1][1].kind}
            key = f"{card.assignment.message.id}/{card.assignment.round} order {place}"
            if pair <= _MAY_SWAP and self._faults.pick(key, [Fault.OUT_OF_ORDER]):
                self._ledger.note("fault", kind=str(Fault.OUT_OF_ORDER), call=key)
                steps[place], steps[place + 1] = steps[place + 1], steps[place]
        for place, (step, decision) in enumerate(steps, start=1):
            self._later(place * self.pace, lambda one=decision, n=step: self._decide(card, n, one))  # type: ignore[misc]

    def _decide(self, card: _Card, step: int, decision: Decision) -> None:
        message_id, round_ = card.assignment.message.id, card.assignment.round
        self._ledger.note("decided", message_id, round_, step=step)
        if decision.kind is DecisionKind.REGISTER:
            self._ledger.note("registered", message_id, round_, number=card.number, uid=card.incoming.uid)
            if self.on_number:
                self.on_number(message_id, round_, card.number)
        if _SUBSCRIPTION[decision.kind] not in card.incoming.subscriptions:
            self._ledger.note("unsubscribed", message_id, round_, step=step, kind=str(decision.kind))
            return

        def seen() -> None:
            self._ledger.note("reported", message_id, round_, step=step, kind=str(decision.kind))

        if decision.kind is DecisionKind.REFUSE:
            self._publish_failure(card.incoming, decision.code, decision.text, seen)
        else:
            self._report(card, decision, seen)

    def _report(self, card: _Card, decision: Decision, seen: Callable[[], None]) -> None:
        now = self._clock()
        card.deadline = decision.deadline or card.deadline
        writer = ReportWriter(card.incoming, self.identity)
        fact = self._fact(writer, card, decision, decision.at or now)
        before = [one for one in card.facts if one.answer is None]
        key = f"{card.assignment.message.id}/{card.assignment.round} report {len(card.facts)}"
        whole = before and self._faults.pick(key, [Fault.ACCUMULATED_REPORT])
        facts = [*before, fact] if whole else [fact]
        card.facts.append(fact)
        files = {file_name(n, spec): spec.content() for n, spec in enumerate(fact.files, start=1)}
        passport = writer.report(facts, now)
        self._publish(card.incoming, passport, "Report", files, seen)
        if self._faults.pick(f"{key} again", [Fault.DUPLICATE_REPORT]):
            self._ledger.note("fault", kind=str(Fault.DUPLICATE_REPORT), call=key)
            same = self._faults.chance("same", key) < 0.5
            again = passport if same else writer.report(facts, now)
            pause = self.pace + self._faults.pains.duplicate
            self._later(pause, lambda: self._publish(card.incoming, again, "Report", files))

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

    # ---- what goes out

    def _publish_failure(
        self, incoming: Incoming | None, code: int, sentence: str, seen: Callable[[], None] | None = None
    ) -> None:
        passport = ReportWriter(incoming, self.identity).failure(self._clock(), code, sentence)
        self._publish(incoming, passport, "Failure", {}, seen)

    def _publish(
        self,
        incoming: Incoming | None,
        passport: bytes,
        subject: str,
        files: Mapping[str, bytes] = MappingProxyType({}),
        seen: Callable[[], None] | None = None,
    ) -> None:
        """Write a message; `seen` is called just before the whole of it can be read."""
        message = self._outgoing(incoming, passport, subject, files)
        fault = self._faults.pick(
            f"publish {incoming.uid if incoming else 'unknown'}", [Fault.HALF_WRITTEN, Fault.STRAY_FILE]
        )

        def whole() -> None:
            if seen:
                seen()
            if fault is Fault.HALF_WRITTEN:
                self.out.complete(message)
            else:
                self.out.put(message)

        if fault:
            self._ledger.note("fault", kind=str(fault), call=subject)
        if fault is Fault.STRAY_FILE:
            self.out.put_stray(f"{message.uid}.tmp~")
        if fault is Fault.HALF_WRITTEN:
            self.out.put_part(message)
            self._later(self._faults.pains.half_written, whole)
        else:
            whole()

    def _outgoing(
        self, incoming: Incoming | None, passport: bytes, subject: str, files: Mapping[str, bytes]
    ) -> Outgoing:
        uid = str(uuid4())
        sheet = envelope(
            uid,
            address=return_address(incoming) if incoming else "",
            sender=self.identity.address,
            subject=subject,
            at=self._clock(),
        )
        return Outgoing(uid, {"Report.xml": passport, **files}, sheet)
