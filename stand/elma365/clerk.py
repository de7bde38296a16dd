"""ELMA365's clerks: take every row that is ready, fill its fields as the plan's steps say."""

import hashlib
import secrets
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from stand.elma365.app import ElmaApp
from stand.elma365.model import APPEALS, QUESTIONS
from stand.elma365.store import Row, Store
from stand.faults import FaultPlan
from stand.http_faults import HttpFaults
from stand.ledger import Ledger, utc_now
from stand.office import Card, Office, Paper
from stand.seds import Plans
from stand.served import ServedWorkplace
from stand.server import HttpServer
from stand.words import Decision, DecisionKind


class Elma(ServedWorkplace[str]):
    """The API and its clerks. `step` does what can be done now; `start` does so in threads."""

    def __init__(
        self, *, plans: Plans, ledger: Ledger, faults: FaultPlan | None = None, host: str = "127.0.0.1",
        pace: float = 0.0, clock: Callable[[], datetime] = utc_now,
    ) -> None:  # fmt: skip
        faults = faults or FaultPlan()
        self.store = Store(clock)
        self.token = secrets.token_hex(16)
        self._ledger = ledger
        self._taken: set[str] = set()
        app = ElmaApp(self.store, HttpFaults(faults, ledger), token=self.token, hear=self._heard)
        office = Office(self._tell, plans=plans, ledger=ledger, faults=faults, pace=pace, clock=clock)
        super().__init__("stand-elma365", office, HttpServer(app, host=host))

    def touch(self, number: str) -> None:
        """Save a row as it is: it will be read again though nothing is new."""
        self.store.update(APPEALS, number, {})

    # ---- what comes

    def cards_of(self, key: str) -> list[Row]:
        """Return the rows that are cards of a key."""
        return [row for row in self.store.rows(APPEALS) if row["pos_key"] == key and row["pos_ready"] is True]

    def _heard(self, app: str, number: str) -> None:
        if app == APPEALS:
            self._hear(number)

    def _take(self, number: str) -> None:
        row = self.store.row(APPEALS, number)
        if row["pos_ready"] is not True or number in self._taken:
            return
        self._taken.add(number)
        hashes = tuple(hashlib.sha256(self.store.files[one][1]).hexdigest() for one in row["pos_files"] or [])
        admitted = self._office.admit(Paper(number, (row["pos_key"],), str(row["pos_text"]), hashes))
        if admitted is None:
            wrong = "no message of the platform is named in the row"
            self._ledger.note("sed_rejected", file=f"{APPEALS}/{number}", code=0, wrong=wrong)
        elif admitted[1]:
            self._office.begin(admitted[0])

    # ---- what the clerks do

    def _tell(self, card: Card, step: int, decision: Decision, made: datetime) -> None:
        fields, status = self._effect(card, decision, decision.at or made)
        with self.store.lock:
            self._office.seen(card, [(step, decision.kind)])
            self.store.update(APPEALS, card.uid, fields, status=status)

    def _effect(self, card: Card, decision: Decision, at: datetime) -> tuple[dict[str, Any], str]:
        """Return what a decision changes in the row: fields and the status."""
        match decision.kind:
            case DecisionKind.REGISTER:
                return {"reg_number": card.number, "reg_date": _day(card.registered)}, ""
            case DecisionKind.ASSIGN | DecisionKind.PROGRESS:
                assigned = decision.kind is DecisionKind.ASSIGN  # a report on the way names no executor anew
                return _executor(decision) if assigned else {}, "in_progress"
            case DecisionKind.PROLONG:
                return {"deadline": _day(decision.deadline or at.date())}, ""
            case DecisionKind.REDIRECT:
                return {"redirected_to": decision.organisation}, "closed"
            case DecisionKind.REFUSE:
                return {"refusal_code": str(decision.code), "refusal_text": decision.text}, "refused"
        return self._answer(card, decision, at)

    def _answer(self, card: Card, decision: Decision, at: datetime) -> tuple[dict[str, Any], str]:
        commanded = decision.kind is DecisionKind.ANSWER
        result = [{"code": "solved" if decision.solved else "not_solved"}]
        fields = {
            "answer_text": decision.text, "answer_number": decision.number or f"{card.number}/исх",
            "answer_date": _day(at.date()), "answer_send": commanded,
            "answer_files": [self.store.keep(file.name, file.content()) for file in decision.files],
            "answer_result": result if commanded else None,
        }  # fmt: skip
        for row in self.store.rows(QUESTIONS) if commanded else []:
            if row["appeal_id"] == card.uid:
                self.store.update(QUESTIONS, row["__id"], {"result": result})
        return fields, "closed" if commanded else ""


def _executor(decision: Decision) -> dict[str, Any]:
    if not decision.executors:
        return {}
    who = decision.executors[0]
    return {"executor": {"lastname": who.surname, "firstname": who.name, "middlename": who.patronymic}}


def _day(day: date) -> str:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).strftime("%Y-%m-%dT00:00:00Z")
