"""Looks at every row before it goes: what is wrong with it, and the fact as it may go. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from exporter.fact import UNKNOWN, Fact
from exporter.reasons import refuses, withholds
from exporter.row import Problem, Row

_WITHOUT_A_FACT = {"unreadable-card", "unreadable-row", "card-file-refused", "no-question"}
_SLACK = timedelta(hours=26)  # a date without a zone may lie in tomorrow of the farthest one
_CODE = re.compile(r"\d{4}(?:\.\d{4}){0,4}")


@dataclass(frozen=True, slots=True)
class Checked:
    """A row after the look: `fact` is what goes, None when the row may not."""

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
    problems = (*row.problems, *_found(row, as_of))
    if not problems:
        return Checked(row, (), row.fact)
    stays = any(refuses(problem.code) or withholds(problem.code) for problem in problems)
    return Checked(row, problems, None if stays else defined(row.fact))


def defined(fact: Fact) -> Fact:
    """Return the fact with «не определено» where its territory or category is not known."""
    if (fact.region_name or fact.region) and fact.category:
        return fact
    region_name = fact.region_name or (UNKNOWN if not fact.region else "")
    return replace(fact, region_name=region_name, category=fact.category or UNKNOWN)


def _found(row: Row, as_of: datetime) -> Iterator[Problem]:
    fact = row.fact
    told = {problem.code for problem in row.problems}
    if not fact.card and "unreadable-row" not in told:
        yield Problem("no-key")
    if fact.deleted or told & _WITHOUT_A_FACT:
        return
    yield from _dates(row, as_of)
    if not (fact.region or fact.region_name):
        yield Problem("territory-missing")
    if not fact.category:
        yield Problem("category-missing")
    yield from _code(fact)
    if not fact.status and "status-unknown" not in told:
        yield Problem("status-missing")


def _dates(row: Row, as_of: datetime) -> Iterator[Problem]:
    fact = row.fact
    received, due, answered = fact.received_at, fact.due_at, fact.answered_at
    if received is None:
        yield Problem("no-received")
    else:
        if received > as_of + _SLACK:
            yield Problem("received-in-future", _day(received))
        if answered is not None and answered < received:
            yield Problem("answered-before-received", f"{_day(answered)} < {_day(received)}")
        if due is not None and due < received:
            yield Problem("due-before-received", f"{_day(due)} < {_day(received)}")
    if due is None:
        yield Problem("due-missing")
    if answered is not None and answered > as_of + _SLACK:
        yield Problem("answered-in-future", _day(answered))
    yield from _closing(row)


def _closing(row: Row) -> Iterator[Problem]:
    answered = row.fact.answered_at
    if answered is None and row.closed and not row.withdrawn:
        yield Problem("closed-without-date")
    if answered is not None and not row.closed:
        yield Problem("open-with-date", row.fact.status)
    if row.fact.overdue and answered is None and row.fact.due_at is not None:
        yield Problem("open-past-due", _day(row.fact.due_at))


def _code(fact: Fact) -> Iterator[Problem]:
    if not fact.code:
        yield Problem("code-missing", fact.category)
    elif not _CODE.fullmatch(fact.code):
        yield Problem("code-malformed", fact.code)


def _day(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M")
