"""Joins the two sides of the stand: which plan belongs to which message, what is still to come.

The platform asks it what a citizen does after an answer, the SED what its clerks decide.
"""

import json
import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from stand.ledger import Ledger
from stand.words import Case, Decision, Kind, Message, Round

_KEY = re.compile(r"pos:\d+:(\d+):\d+")
_NOT_TEXT = re.compile(r"[\s\x00-\x1f\x7f\ufffd-\uffff]+")


@dataclass(frozen=True, slots=True)
class Assignment:
    """What the SED's clerks are going to do with one round of a message."""

    message: Message
    round: int
    decisions: tuple[Decision, ...]
    texts: tuple[str, ...]  # squeezed: what must be found in the SED, word for word


@dataclass(slots=True)
class _Course:
    case: Case
    round: int = 1
    arrived: str = ""  # the uid under which the current round came to the SED
    replies: int = 0  # to the current round
    over: bool = False  # the current round has its final answer

    @property
    def plan(self) -> Round:
        return self.case.rounds[self.round - 1]

    @property
    def settled(self) -> bool:
        wanted = [decision for decision in self.plan.decisions if decision.expects]
        return self.over or (self.replies >= len(wanted) and not any(_final(one) for one in wanted))


class Desk:
    """The plans of all messages. Thread-safe."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._courses: dict[int, _Course] = {}
        self._by_number: dict[str, int] = {}
        self._open: set[int] = set()
        self._lock = threading.Lock()

    def add(self, case: Case) -> None:
        """Take a message and its plan."""
        with self._lock:
            course = _Course(case)
            self._courses[case.message.id] = course
            self._by_number[case.message.number] = case.message.id
            self._begin(course)

    def begin_round(self, message_id: int, comment: str) -> None:
        """Open the next round; a citizen's rework that no plan foresaw repeats the first round's plan."""
        with self._lock:
            course = self._courses[message_id]
            if course.round == len(course.case.rounds):
                again = Round(course.case.rounds[0].decisions, comment)
                course.case = Case(course.case.message, (*course.case.rounds, again))
            course.round += 1
            course.arrived, course.replies, course.over = "", 0, False
            self._begin(course)

    def heard(self, message_id: int, kind: Kind) -> tuple[int | None, str]:
        """Note that the platform took a reply; return what the citizen does: a rating, a rework comment."""
        with self._lock:
            course = self._courses.get(message_id)
            if course is None:
                return None, ""
            course.replies += 1
            course.over = course.over or kind.final
            if course.settled:
                self._open.discard(message_id)
            if not kind.final:
                return None, ""
            more = course.case.rounds[course.round :]
            return course.plan.rating, more[0].comment if more else ""

    def find(self, hints: Iterable[str], uid: str) -> tuple[Assignment | None, bool]:
        """Return what is to be done with a document that names its message, and whether it came before."""
        with self._lock:
            course = next((found for hint in hints if (found := self._course(hint))), None)
            if course is None:
                return None, False
            again = bool(course.arrived)
            course.arrived = course.arrived or uid
            plan, message = course.plan, course.case.message
            return Assignment(message, course.round, plan.decisions, _texts(message, plan)), again

    def settled(self) -> bool:
        """Whether the platform heard everything that the plans foresee, as far as numbers tell."""
        with self._lock:
            return not self._open

    def unsettled(self) -> list[int]:
        """Return the messages of which something is still to come."""
        with self._lock:
            return sorted(self._open)

    def _course(self, hint: str) -> _Course | None:
        key = _KEY.search(hint)
        message_id = self._by_number.get(hint) or (int(key[1]) if key else 0)
        if not message_id and hint.isascii() and hint.isdigit() and len(hint) < 19:
            message_id = int(hint)
        return self._courses.get(message_id)

    def _begin(self, course: _Course) -> None:
        message_id = course.case.message.id
        if not course.settled:
            self._open.add(message_id)
        steps = [_step(decision) for decision in course.plan.decisions]
        self._ledger.note("planned", message_id, course.round, steps=steps)


@dataclass(slots=True)
class SampleDesk:
    """A desk without a platform: every document that comes gets the same decisions."""

    decisions: tuple[Decision, ...]
    _ids: dict[str, int] = field(default_factory=dict)

    def find(self, hints: Iterable[str], uid: str) -> tuple[Assignment | None, bool]:
        """Return the decisions; message ids are counted from 1."""
        again = uid in self._ids
        message_id = self._ids.setdefault(uid, len(self._ids) + 1)
        number = next(iter(hints), str(message_id))
        return Assignment(Message(message_id, 0, number, "{}"), 1, self.decisions, ()), again


def squeeze(text: str) -> str:
    """Return a text without white space and without what XML cannot carry, to compare it by."""
    return _NOT_TEXT.sub("", text)


def _texts(message: Message, plan: Round) -> tuple[str, ...]:
    wire: dict[str, Any] = json.loads(message.wire)
    parts = [wire.get("description", ""), plan.comment]
    parts += [question.get("description", "") for question in wire.get("questions", [])]
    return tuple(squeezed for part in parts if (squeezed := squeeze(part)))


def _final(decision: Decision) -> bool:
    return decision.expects is not None and decision.expects.final


def _step(decision: Decision) -> dict[str, Any]:
    step: dict[str, Any] = {"kind": str(decision.kind), "expects": str(decision.expects or "")}
    if decision.expects is Kind.POSTPONED and decision.deadline:
        step["deadline"] = decision.deadline.isoformat()
    if decision.expects in (Kind.SOLVED, Kind.NOT_SOLVED):
        step["files"] = sorted(spec.sha256 for spec in decision.files)
    return step
