"""Looks at every row before it goes: what is wrong with it, and the fact as it may go. Pure."""

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache

from exporter.fact import UNKNOWN, Fact
from exporter.reasons import refuses, withholds
from exporter.row import Problem, Row

_WITHOUT_A_FACT = {"unreadable-card", "unreadable-row", "card-file-refused", "no-question"}
_SLACK = timedelta(hours=26)  # a date without a zone may lie in tomorrow of the farthest one
_NOTHING: frozenset[str] = frozenset()
_CODE = re.compile(r"\d{4}(?:\.\d{4}){0,4}")


@dataclass(frozen=True, slots=True)
class Checked:
    """A row after the look: `fact` is what goes, None when the row may not.

    Of a withheld row a tombstone goes: what an earlier load brought of it leaves the mart.
    """

    row: Row
    problems: tuple[Problem, ...]
    fact: Fact | None

    @property
    def withheld(self) -> bool:
        """Whether it stays here on purpose: such a row is refused nowhere and quarantined nowhere."""
        return any(withholds(problem.code) for problem in self.problems)

    @property
    def refusals(self) -> tuple[Problem, ...]:
        """Why it cannot go."""
        return tuple(problem for problem in self.problems if refuses(problem.code))


def check(row: Row, as_of: datetime) -> Checked:
    """Look at one row. The codes are those of reasons.py, each at most once but for odd cells."""
    return judged(row, problems_of(row, latest(as_of)))


def judged(row: Row, problems: tuple[Problem, ...]) -> Checked:
    """Say what becomes of a row with these problems."""
    if not problems:
        return Checked(row, (), row.fact)
    if any(withholds(problem.code) for problem in problems):
        return Checked(row, problems, tombstone(row.fact) if row.fact.card else None)
    stays = any(refuses(problem.code) for problem in problems)
    return Checked(row, problems, None if stays else defined(row.fact))


def tombstone(fact: Fact) -> Fact:
    """Return what is left of a fact that must not be in the mart: its key, and whose it was."""
    return Fact(
        source=fact.source,
        card=fact.card,
        question=fact.question,
        version=fact.version,
        cabinet=fact.cabinet,
        deleted=True,
    )


def latest(as_of: datetime) -> datetime:
    """Return the instant after which nothing can have happened yet."""
    return as_of + _SLACK


def defined(fact: Fact) -> Fact:
    """Return the fact with «не определено» where its territory or category is not known."""
    if (fact.region_name or fact.region) and fact.category:
        return fact
    region_name = fact.region_name or (UNKNOWN if not fact.region else "")
    return replace(fact, region_name=region_name, category=fact.category or UNKNOWN)


def problems_of(row: Row, limit: datetime) -> tuple[Problem, ...]:
    """Return everything that is odd about a row; `limit`: what is later lies in the future."""
    fact, told = row.fact, _NOTHING
    if row.problems:
        told = frozenset(problem.code for problem in row.problems)
    found: list[Problem] = []
    if not fact.card and "unreadable-row" not in told:
        found.append(Problem("no-key"))
    if not fact.deleted and (not told or not told & _WITHOUT_A_FACT):
        if not _in_order(row, limit):
            _dates(row, limit, found)
        if not (fact.region or fact.region_name):
            found.append(Problem("territory-missing"))
        if not fact.category:
            found.append(Problem("category-missing"))
        if not _well_formed(fact.code):
            problem = Problem("code-malformed", fact.code)
            found.append(problem if fact.code else Problem("code-missing", fact.category))
        if not fact.status and "status-unknown" not in told:
            found.append(Problem("status-missing"))
    return (*row.problems, *found) if found else row.problems


def _in_order(row: Row, limit: datetime) -> bool:
    """Whether nothing at all is odd about the dates, as with most rows: `_dates` says what is."""
    fact = row.fact
    received, due, answered = fact.received_at, fact.due_at, fact.answered_at
    if received is None or due is None:
        return False
    if answered is None:
        return (
            received <= due and received <= limit and not fact.overdue and (not row.closed or row.withdrawn)
        )
    return received <= due and received <= answered <= limit and row.closed


def _dates(row: Row, limit: datetime, found: list[Problem]) -> None:
    """Name what is odd about the dates."""
    fact = row.fact
    received, due, answered = fact.received_at, fact.due_at, fact.answered_at
    if received is None:
        found.append(Problem("no-received"))
    else:
        if received > limit:
            found.append(Problem("received-in-future", _day(received)))
        if answered is not None and answered < received:
            found.append(Problem("answered-before-received", f"{_day(answered)} < {_day(received)}"))
        if due is not None and due < received:
            found.append(Problem("due-before-received", f"{_day(due)} < {_day(received)}"))
    if due is None:
        found.append(Problem("due-missing"))
    if answered is not None and answered > limit:
        found.append(Problem("answered-in-future", _day(answered)))
    _closing(row, found)


def _closing(row: Row, found: list[Problem]) -> None:
    fact = row.fact
    if fact.answered_at is None and row.closed and not row.withdrawn:
        found.append(Problem("closed-without-date"))
    if fact.answered_at is not None and not row.closed:
        found.append(Problem("open-with-date", fact.status))
    if fact.overdue and fact.answered_at is None and fact.due_at is not None:
        found.append(Problem("open-past-due", _day(fact.due_at)))


@lru_cache(maxsize=10_000)
def _well_formed(code: str) -> bool:
    return _CODE.fullmatch(code) is not None


def _day(moment: datetime) -> str:
    return moment.isoformat(" ", "minutes")[:16]
