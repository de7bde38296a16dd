"""Mayan's clerks: take every document that bears a key, carry out the plan's steps by its workflow."""

import hashlib
from collections.abc import Callable
from datetime import datetime

import httpx

from stand.faults import FaultPlan
from stand.ledger import Ledger, utc_now
from stand.mayan.desk import MayanDesk, Row
from stand.mayan.words import ANSWER_COMMENT, DRAFT_COMMENT, EMPTY_FILE
from stand.office import Card, Office, Paper
from stand.pump import Pump
from stand.seds import Plans
from stand.words import Decision, DecisionKind

_LABELS = {
    DecisionKind.REGISTER: "Регистрация",
    DecisionKind.ASSIGN: "Назначение исполнителя",
    DecisionKind.PROGRESS: "Ход работы",
    DecisionKind.PROLONG: "Перенос срока",
    DecisionKind.REDIRECT: "Перенаправление",
    DecisionKind.REFUSE: "Отказ в регистрации",
    DecisionKind.DRAFT: "Проект ответа",
}
_EMPTY = hashlib.sha256(b"").hexdigest()


class MayanClerk:
    """The clerks over a desk. `step` does what can be done now; `start` does so in a thread."""

    def __init__(
        self, desk: MayanDesk, *, plans: Plans, ledger: Ledger, faults: FaultPlan, pace: float = 0.0,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:  # fmt: skip
        self.desk = desk
        self._ledger = ledger
        self.office = Office(self._tell, plans=plans, ledger=ledger, faults=faults, pace=pace, clock=clock)
        self._waiting: dict[int, Row] = {}  # documents that bear no key yet
        self._last = 0
        self._busy = False
        self.pump = Pump("stand-mayan", self.step)

    @property
    def idle(self) -> bool:
        """Whether no document waits for a clerk and nothing is due later."""
        return not self._busy and self.office.idle

    def skip_old(self) -> None:
        """Leave the documents of earlier runs alone."""
        self._last = max((row["id"] for row in self.desk.documents_after(0)), default=0)

    def step(self) -> int:
        """Take the documents that became cards, do everything that is due; return how much was done."""
        self._busy = True
        try:
            return self._take_all() + self.office.run_due()
        except httpx.HTTPError as error:
            raise OSError(f"the stand's Mayan: {type(error).__name__}") from error
        finally:
            self._busy = False

    def _take_all(self) -> int:
        for row in self.desk.documents_after(self._last):
            self._waiting[row["id"]] = row
            self._last = row["id"]
        done = 0
        for number, row in list(self._waiting.items()):
            key = self.desk.key_of(number)
            if key:
                del self._waiting[number]
                self._take(row, key)
                done += 1
        return done

    def _take(self, row: Row, key: str) -> None:
        """Admit a card; an empty file cannot lie in Mayan, its name in the description stands for it."""
        hashes = [str(file["checksum"]) for file in self.desk.files_of(row["id"])]
        text = str(row["description"])
        hashes += [_EMPTY] * sum(line.startswith(EMPTY_FILE) for line in text.splitlines())
        admitted = self.office.admit(Paper(str(row["id"]), (key,), text, tuple(hashes)))
        if admitted is None:
            wrong = "no message of the platform is named in the document"
            self._ledger.note("sed_rejected", file=f"documents/{row['id']}", code=0, wrong=wrong)
        elif admitted[1]:
            self.office.begin(admitted[0])

    # ---- what the clerks do

    def _tell(self, card: Card, step: int, decision: Decision, made: datetime) -> None:
        number, kind = int(card.uid), decision.kind
        comment = ANSWER_COMMENT if kind is DecisionKind.ANSWER else DRAFT_COMMENT
        for file in decision.files:
            self.desk.attach(number, file.name, file.content(), comment)
        label = _LABELS.get(kind) or ("Ответ: решено" if decision.solved else "Ответ: не решено")
        fields = self._fields(card, decision, made)
        self.office.seen(card, [(step, kind)])
        self.desk.move(number, label, decision.text, fields)

    @staticmethod
    def _fields(card: Card, decision: Decision, made: datetime) -> dict[str, str]:
        who = decision.executors[0].full_name if decision.executors else ""
        day = (decision.at or made).date().isoformat()
        match decision.kind:
            case DecisionKind.REGISTER:
                return {"number": card.number, "date": card.registered.isoformat()}
            case DecisionKind.REFUSE:
                return {"code": str(decision.code)}
            case DecisionKind.REDIRECT:
                return {"organisation": decision.organisation}
            case DecisionKind.PROLONG:
                return {"deadline": decision.deadline.isoformat() if decision.deadline else day}
            case DecisionKind.ANSWER | DecisionKind.DRAFT:
                return {"number": decision.number or f"{card.number}/исх", "date": day}
        return {"executor": who}
