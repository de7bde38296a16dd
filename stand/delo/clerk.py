"""ДЕЛО at work: takes messages from the folder, registers each document once, reports its clerks' steps."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
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
from stand.faults import Fault, FaultPlan
from stand.ledger import Ledger, utc_now
from stand.office import Card, Office, Paper
from stand.pump import Workplace
from stand.seds import Plans
from stand.words import Decision, DecisionKind

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


@dataclass(slots=True)
class _File:
    """What ДЕЛО keeps of a card: the document and what happened to it (step, kind, fact)."""

    incoming: Incoming
    facts: list[tuple[int, DecisionKind, Fact]] = field(default_factory=list)


class Delo(Workplace):
    """The other side of the folder exchange. `step` does what can be done now; `start` does so in a thread.

    `pace` is the time in seconds between two steps of a clerk.
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
        self._ledger = ledger
        self._faults = faults or FaultPlan()
        self._schemas = schemas
        self._rejected = rejected
        self._clock = clock
        self._files: dict[str, _File] = {}
        office = Office(self._tell, plans=plans, ledger=ledger, faults=self._faults, pace=pace, clock=clock)
        super().__init__("stand-delo", office)
        self._post = Post(
            self.out, self.identity, self._faults, ledger, clock=clock, later=self._office.later
        )

    # ---- for tests that decide step by step

    @property
    def documents(self) -> Mapping[str, Incoming]:
        """The documents that were taken, by UID."""
        return {uid: kept.incoming for uid, kept in self._files.items()}

    def repeat(self) -> None:
        """Send the last message again, in a new envelope."""
        self._post.repeat()

    # ---- the pump

    @property
    def idle(self) -> bool:
        """Whether nothing lies in the folder and nothing is due later."""
        return self._office.idle and not any(self.to_sed.glob("*.env"))

    def step(self) -> int:
        """Take every message that lies in the folder, do everything that is due; return how much was done."""
        done = 0
        for path in sorted(self.to_sed.glob("*.env")):
            self._take(path)
            done += 1
        return done + self._office.run_due()

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
        files = tuple(one.sha256 for one in incoming.files)
        admitted = self._office.admit(Paper(incoming.uid, incoming.hints, incoming.text, files))
        if admitted is None:
            raise WrongMessageError(50, "no message of the platform is named in the document")
        card, fresh = admitted
        self._post.send(incoming, ReportWriter(incoming, self.identity).reception(self._clock()), "Reception")
        if fresh:
            self._files[incoming.uid] = _File(incoming)
            self._office.begin(card)

    # ---- what the clerks do

    def _tell(self, card: Card, step: int, decision: Decision, made: datetime) -> None:
        incoming = self._files[card.uid].incoming
        if _SUBSCRIPTION[decision.kind] not in incoming.subscriptions:
            self._office.unsubscribed(card, step, decision.kind)
        elif decision.kind is DecisionKind.REFUSE:
            seen = partial(self._office.seen, card, [(step, decision.kind)])
            passport = ReportWriter(incoming, self.identity).failure(made, decision.code, decision.text)
            self._post.send(incoming, passport, "Failure", {}, seen)
        else:
            self._report(card, step, decision, made)

    def _report(self, card: Card, step: int, decision: Decision, made: datetime) -> None:
        card.deadline = decision.deadline or card.deadline
        kept = self._files[card.uid]
        writer = ReportWriter(kept.incoming, self.identity)
        latest = (step, decision.kind, self._fact(writer, card, decision, decision.at or made))
        before = [one for one in kept.facts if one[2].answer is None]
        key = f"{card.name} report {len(kept.facts)}"
        whole = before and self._faults.pick(key, [Fault.ACCUMULATED_REPORT])
        told = [*before, latest] if whole else [latest]
        kept.facts.append(latest)
        facts = [fact for _step, _kind, fact in told]
        moved = [one for one in before if one[1] is DecisionKind.PROLONG]  # any later report shows the date
        if decision.kind is DecisionKind.PROLONG:  # it restates the resolution that it moves
            moved += [one for one in before if one[1] is DecisionKind.ASSIGN]
        seen = partial(self._office.seen, card, [(one, kind) for one, kind, _fact in (*moved, *told)])
        files = {file_name(n, spec): spec.content() for n, spec in enumerate(latest[2].files, start=1)}
        passport = writer.report(facts, made)
        # where a date will move, the number and the first date come whole: a report that restates all
        # would otherwise show the moved date as the first one, and nobody could know better
        careful = decision.kind is DecisionKind.REGISTER and _will_move(card)
        self._post.send(kept.incoming, passport, "Report", files, seen, whole=careful)
        if self._faults.pick(f"{key} again", [Fault.DUPLICATE_REPORT]):
            self._ledger.note("fault", kind=str(Fault.DUPLICATE_REPORT), call=key)
            same = self._faults.chance("same", key) < 0.5
            again = passport if same else writer.report(facts, made)
            pause = self._office.pace + self._faults.pains.duplicate
            self._office.later(pause, lambda: self._post.send(kept.incoming, again, "Report", files, seen))

    def _fact(self, writer: ReportWriter, card: Card, decision: Decision, at: datetime) -> Fact:
        kind, state = decision.kind, _state(card)
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


def _will_move(card: Card) -> bool:
    return any(one.kind is DecisionKind.PROLONG for one in card.assignment.decisions)


def _state(card: Card) -> tuple[str, date, date | None]:
    return card.number, card.registered, card.deadline
