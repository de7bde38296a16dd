"""The SED behind МЭДО at work: takes documents, registers each once, sends what its clerks decide."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path

from stand.faults import Fault, FaultPlan
from stand.ledger import Ledger, utc_now
from stand.medo.mail import MailService
from stand.medo.reading import Incoming, Receipt, Schemas, WrongMessageError, read_message
from stand.medo.writing import Defects, Identity, Letter, Writer
from stand.office import Card, Office, Paper
from stand.pump import Workplace
from stand.seds import Plans
from stand.words import Decision, DecisionKind

_VERSIONS = ("2.6", "2.2", "1.0", "")  # what real messages bear


class MedoStand(Workplace):
    """The other side of the transport folders. `step` does what can be done now, `start` in a thread."""

    def __init__(
        self,
        folder: Path,
        *,
        plans: Plans,
        ledger: Ledger,
        identity: Identity | None = None,
        faults: FaultPlan | None = None,
        schemas: Schemas | None = None,
        pace: float = 0.0,
        fsync: bool = True,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.identity = identity or Identity()
        self.receipts: list[Receipt] = []  # what sedlink acknowledged
        self._ledger = ledger
        self._faults = faults or FaultPlan()
        self._schemas = schemas
        self._clock = clock
        self._papers: dict[str, Incoming] = {}
        self._sent = 0
        self._last: Callable[[], None] | None = None
        office = Office(self._tell, plans=plans, ledger=ledger, faults=self._faults, pace=pace, clock=clock)
        super().__init__("stand-medo", office)
        self.mail = MailService(
            folder, self.identity.box, self._faults, ledger,
            clock=clock, later=self._office.later, fsync=fsync,
        )  # fmt: skip

    # ---- for tests that decide step by step

    @property
    def documents(self) -> Mapping[str, Incoming]:
        """The documents that were taken, by uid."""
        return self._papers

    def repeat(self) -> None:
        """Send the last message again."""
        if self._last:
            self._last()

    # ---- the pump

    @property
    def idle(self) -> bool:
        """Whether nothing lies in the folder to send and nothing is due later."""
        return self._office.idle and not self.mail.waiting

    def step(self) -> int:
        """Take every message that lies in the folder, do everything that is due; return how much was done."""
        done = 0
        for folder, sheet in self.mail.take():
            self._take(folder, sheet.files)
            done += 1
        return done + self._office.run_due()

    # ---- what comes

    def _take(self, folder: Path, files: tuple[str, ...]) -> None:
        try:
            found = read_message(folder, files, self._schemas)
            if isinstance(found, Receipt):
                self.receipts.append(found)
            else:
                self._admit(found)
        except WrongMessageError as wrong:
            self._ledger.note("sed_rejected", file=folder.name, code=0, wrong=wrong.sentence)
            if wrong.receipt_to:
                writer = Writer(self.identity)
                letter = writer.receipt(wrong.receipt_to, self._clock(), self._defects(), wrong.sentence)
                self._send(letter, "receipt", lambda: None)

    def _admit(self, incoming: Incoming) -> None:
        paper = Paper(incoming.uid, incoming.hints, incoming.text, incoming.file_hashes)
        admitted = self._office.admit(paper)
        if admitted is None:
            raise WrongMessageError(
                "no message of the platform is named in the document", incoming.message_uid
            )
        card, fresh = admitted
        letter = Writer(self.identity).receipt(incoming.message_uid, self._clock(), self._defects())
        self._send(letter, f"{card.name} receipt", lambda: None)
        if fresh:
            self._papers[incoming.uid] = incoming
            self._office.begin(card)

    # ---- what the clerks do

    def _tell(self, card: Card, step: int, decision: Decision, made: datetime) -> None:
        card.deadline = decision.deadline or card.deadline
        seen = partial(self._office.seen, card, [(step, decision.kind)])
        key = f"{card.name} {step}"
        writer, at = Writer(self.identity, self._papers[card.uid]), decision.at or made
        write: Callable[[Defects], Letter]
        if decision.kind not in (DecisionKind.DRAFT, DecisionKind.ANSWER):
            write = partial(writer.notice, decision, card.number, card.registered, made)
        else:
            write = self._answer(writer, card, decision, at, key)
        self._send(write(self._defects()), key, seen)
        if self._faults.pick(f"{key} again", [Fault.DUPLICATE_REPORT]):
            self._ledger.note("fault", kind=str(Fault.DUPLICATE_REPORT), call=key)
            pause = self._office.pace + self._faults.pains.duplicate
            self._office.later(pause, lambda: self._send(write(self._defects()), f"{key} again", seen))

    def _answer(
        self, writer: Writer, card: Card, decision: Decision, at: datetime, key: str
    ) -> Callable[[Defects], Letter]:
        number = decision.number or f"{card.number}/исх"
        mark = ""
        if decision.kind is DecisionKind.ANSWER:
            mark = "mark" if self._faults.chance("mark", number) < 0.5 else "line"
            for letter in writer.about_answer(decision, number, at, self._defects()):
                self._send(letter, f"{key} {letter.subject}", lambda: None)
        return partial(writer.answer, decision, number, at, mark)

    def _send(self, letter: Letter, key: str, seen: Callable[[], None]) -> None:
        self._last = partial(self.mail.unload, letter, f"{key} repeat", lambda: None, whole=True)
        self.mail.unload(letter, key, seen)

    def _defects(self) -> Defects:
        """Return the defects of the next message: real ones have them whatever the fault plan."""
        self._sent += 1
        return Defects(
            version=_VERSIONS[int(self._faults.chance("version", self._sent) * len(_VERSIONS))],
            utf8_as_1251=self._faults.chance("encoding", self._sent) < 0.2,
            without_created=self._faults.chance("created", self._sent) < 0.1,
        )
