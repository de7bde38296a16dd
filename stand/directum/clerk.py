"""Directum's clerks: take every card that left draft, carry out the plan's steps on it."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from stand.directum.app import DirectumApp
from stand.directum.store import Row, Store
from stand.faults import FaultPlan
from stand.http_faults import HttpFaults
from stand.ledger import Ledger, utc_now
from stand.office import Card, Office, Paper
from stand.seds import Plans
from stand.served import ServedWorkplace
from stand.server import HttpServer
from stand.words import Decision, DecisionKind

USER, PASSWORD = "sedlink", "stand-directum"
ZONE = ZoneInfo("Europe/Moscow")
RUBRICS = {
    "0005.0005.0056.1159": "Уличное освещение",
    "0003.0009.0099.0732": "Содержание дорог",
}
APPLICATIONS = ("txt", "pdf", "png", "jpg", "jpeg", "docx", "xlsx", "bin")


class File(Protocol):
    """A file of an answer."""

    @property
    def name(self) -> str: ...  # noqa: D102 - a name

    def content(self) -> bytes: ...  # noqa: D102 - its bytes


class Directum(ServedWorkplace[int]):
    """The service and its clerks. `step` does what can be done now; `start` does so in threads."""

    def __init__(
        self,
        *,
        plans: Plans,
        ledger: Ledger,
        faults: FaultPlan | None = None,
        rubrics: Mapping[str, str] | None = None,
        host: str = "127.0.0.1",
        pace: float = 0.0,
        nested_expand: bool = True,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        """Wire the parts. `rubrics`: code → name of the questions that the directory holds."""
        faults = faults or FaultPlan()
        self.store = Store(clock)
        self._ledger = ledger
        office = Office(self._tell, plans=plans, ledger=ledger, faults=faults, pace=pace, clock=clock)
        self._taken: set[int] = set()
        self._last: Callable[[], object] = lambda: None
        app = DirectumApp(
            self.store, HttpFaults(faults, ledger), user=USER, password=PASSWORD, hear=self._hear,
            nested_expand=nested_expand,
        )  # fmt: skip
        super().__init__("stand-directum", office, HttpServer(app, host=host))
        self._fill(rubrics or RUBRICS)

    @property
    def url(self) -> str:
        """The address of the Integration Service."""
        return f"{self.http.base_url}/Integration/odata"

    def _fill(self, rubrics: Mapping[str, str]) -> None:
        for code, name in rubrics.items():
            self.store.create("IQuestions", {"FullCode": code, "Name": name, "Status": "Active"})
        for extension in APPLICATIONS:
            told = {"Name": extension.upper(), "Extension": extension}
            self.store.create("IAssociatedApplications", told)
        register = self.store.create("IDocumentRegisters", {"Name": "Обращения ПОС", "Status": "Active"})
        self._register: int = register["Id"]
        self._employees: dict[str, int] = {}

    def repeat(self) -> None:
        """Touch the card of the last step again: it will be read again though nothing is new."""
        self._last()

    # ---- what comes

    def cards_of(self, key: str) -> list[Row]:
        """Return the cards that people see under a key."""
        return [
            row
            for row in self.store.rows("IRequests")
            if row["PosKey"] == key and row["LifeCycleState"] == "Active"
        ]

    def files_of(self, number: int) -> list[tuple[str, bytes]]:
        """Return the attachments of a card, by name."""
        rows = [row for row in self.store.rows("IAddendums") if row["LeadingDocument"] == number]
        return [(row["Name"], self._newest(row)) for row in rows]

    def _newest(self, row: Row) -> bytes:
        versions = row["Versions"]
        return (self.store.body(versions[-1]["Id"]) or b"") if versions else b""

    def _take(self, number: int) -> None:
        row = self.store.row("IRequests", number)
        if row["LifeCycleState"] != "Active" or not row["PosKey"] or number in self._taken:
            return
        self._taken.add(number)
        text = "\n".join(
            [self._newest(row).decode(errors="replace"), str(row["Subject"]), str(row["Note"] or "")]
        )
        hashes = tuple(hashlib.sha256(body).hexdigest() for _name, body in self.files_of(number))
        paper = Paper(str(number), (row["PosKey"],), text, hashes)
        admitted = self._office.admit(paper)
        if admitted is None:
            wrong = "no message of the platform is named in the card"
            self._ledger.note("sed_rejected", file=f"IRequests({number})", code=0, wrong=wrong)
        elif admitted[1]:
            self._office.begin(admitted[0])

    # ---- what the clerks do

    def _tell(self, card: Card, step: int, decision: Decision, made: datetime) -> None:
        number = int(card.uid)
        with self.store.lock:
            self._office.seen(card, [(step, decision.kind)])
            self.store.change("IRequests", number, self._effect(card, decision, decision.at or made))
        self._last = lambda: self.store.change("IRequests", number, {})

    def _effect(self, card: Card, decision: Decision, at: datetime) -> dict[str, Any]:
        """Return what a decision changes in the card, after making what it leads to."""
        match decision.kind:
            case DecisionKind.REGISTER:
                return {
                    "RegistrationNumber": card.number, "RegistrationDate": _day(card.registered),
                    "DocumentRegister": {"Id": self._register}, "ExecutionState": "OnReview",
                }  # fmt: skip
            case DecisionKind.ASSIGN:
                return {"Assignee": self._employee(decision), "ExecutionState": "OnExecution"}
            case DecisionKind.PROGRESS:
                return {"ExecutionState": "OnControl"}
            case DecisionKind.PROLONG:
                return {"Deadline": _day(decision.deadline or at.date())}
        return self._ending(card, decision, at)

    def _ending(self, card: Card, decision: Decision, at: datetime) -> dict[str, Any]:
        if decision.kind is DecisionKind.REDIRECT:
            company = self.store.create("ICompanies", {"Name": decision.organisation})
            self._review(int(card.uid), "Transferred")
            return {"TransferredTo": {"Id": company["Id"]}, "ExecutionState": "Executed"}
        if decision.kind is DecisionKind.REFUSE:
            code, text = str(decision.code), decision.text
            return {"ExecutionState": "Aborted", "PosRefusalCode": code, "PosRefusalText": text}
        letter = self._letter(card, decision, at)
        answered = decision.kind is DecisionKind.ANSWER
        if answered:
            self._review(int(card.uid), "ActionsTaken" if decision.solved else "NotSupported")
        done = {"ExecutionState": "Executed", "ResponseDate": _moment(at)} if answered else {}
        return {"AnswerLetter": {"Id": letter}, **done}

    def _employee(self, decision: Decision) -> dict[str, int] | None:
        if not decision.executors:
            return None
        who = decision.executors[0]
        if who.full_name not in self._employees:
            told = {"Name": who.full_name, "Email": who.email, "Phone": who.phone}
            self._employees[who.full_name] = self.store.create("IEmployees", told)["Id"]
        return {"Id": self._employees[who.full_name]}

    def _review(self, number: int, result: str) -> None:
        """Write how each question ended; a card that came without one gets it from the clerk."""
        if not self.store.row("IRequests", number)["Questions"]:
            question = next(self.store.rows("IQuestions"))
            told = {"Question": {"Id": question["Id"]}}
            self.store.create_inside("IRequests", number, "Questions", told)
        for one in self.store.row("IRequests", number)["Questions"]:
            self.store.change_inside("IRequests", number, "Questions", one["Id"], {"ReviewResult": result})

    def _letter(self, card: Card, decision: Decision, at: datetime) -> int:
        """Make the answer: the first file is its body, the others are documents added to it."""
        first = decision.files[0].name.rpartition(".")[0] if decision.files else "Ответ заявителю"
        letter = self.store.create(
            "IOutgoingRequestLetters",
            {
                "Name": first, "Subject": decision.text, "LifeCycleState": "Active",
                "RegistrationNumber": decision.number or f"{card.number}/исх",
                "RegistrationDate": _day(at.astimezone(ZONE).date()),
                "PosSend": decision.kind is DecisionKind.ANSWER,
            },
        )  # fmt: skip
        for place, file in enumerate(decision.files):
            if place == 0:
                self._body("IOutgoingRequestLetters", letter["Id"], file)
            else:
                told = {"Name": file.name, "LeadingDocument": {"Id": letter["Id"]}}
                self._body("IAddendums", self.store.create("IAddendums", told)["Id"], file)
        number: int = letter["Id"]
        return number

    def _body(self, name: str, number: int, file: File) -> None:
        extension = file.name.rpartition(".")[2].lower()
        known = {row["Extension"]: row["Id"] for row in self.store.rows("IAssociatedApplications")}
        application = {"Id": known.get(extension, known["bin"])}
        told = {"Number": 1, "AssociatedApplication": application}
        version = self.store.create_inside(name, number, "Versions", told)
        self.store.keep(version["Id"], file.content())


def _day(day: date) -> str:
    return _moment(datetime.combine(day, time(), ZONE))


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
