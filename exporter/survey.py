"""Counts what a pass over a source met: rows, refusals, and each reason by cabinet and card file."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from exporter.fact import Fact
from exporter.quality import Checked, check
from exporter.reasons import REASONS, text_of
from exporter.row import Row

Where = tuple[int | None, str, str]  # cabinet, card file, code of the reason
NAMED = 1000  # cards named per reason; the others are counted


@dataclass(slots=True)
class Example:
    """A card that a reason names, so that a person can open it."""

    card: str
    question: str
    place: str
    link: str
    value: str


@dataclass(slots=True)
class Survey:
    """What was met so far; its size does not grow with the source."""

    rows: int = 0
    refused: int = 0
    withheld: int = 0
    counts: Counter[Where] = field(default_factory=Counter)
    named: dict[Where, list[Example]] = field(default_factory=dict)

    def take(self, checked: Checked) -> None:
        """Count one row."""
        self.rows += 1
        if not checked.problems:
            return
        if checked.fact is None or checked.fact.deleted:
            self.withheld += checked.withheld
            self.refused += checked.fact is None and not checked.withheld
        fact = checked.row.fact
        counted = set()
        for problem in checked.problems:
            where = (fact.cabinet, fact.card_file, problem.code)
            if where not in counted:
                counted.add(where)
                self.counts[where] += 1
            cards = self.named.setdefault(where, [])
            if len(cards) < NAMED:
                place = ", ".join(filter(None, (checked.row.place, problem.place)))
                cards.append(Example(fact.card, fact.question, place, checked.row.link, problem.value))

    def by_reason(self) -> dict[str, int]:
        """Return the number of rows by reason, in the order of the list of reasons."""
        total: Counter[str] = Counter()
        for (_cabinet, _card_file, code), number in self.counts.items():
            total[code] += number
        return {code: total[code] for code in REASONS if total[code]}

    def by_text(self) -> Iterator[tuple[str, int]]:
        """Return the same in the language of the moment."""
        for code, number in self.by_reason().items():
            yield text_of(code), number

    def details(self) -> Iterator[dict[str, Any]]:
        """Yield each reason by cabinet and card file with the cards named, for `--json`."""
        for (cabinet, card_file, code), number in self.counts.items():
            named = [asdict(one) for one in self.named[cabinet, card_file, code]]
            yield {"cabinet": cabinet, "card_file": card_file, "code": code, "rows": number, "cards": named}

    def as_dict(self) -> dict[str, Any]:
        """Return the counts for `--json`."""
        return {
            "rows": self.rows,
            "refused": self.refused,
            "withheld": self.withheld,
            "reasons": self.by_reason(),
        }


def surveyed(rows: Iterable[Row], as_of: datetime) -> Survey:
    """Look at every row and let none go."""
    survey = Survey()
    for row in rows:
        survey.take(check(row, as_of))
    return survey


def passing(rows: Iterable[Row], survey: Survey, as_of: datetime) -> Iterator[Fact]:
    """Yield the facts that may go, counting everything."""
    for row in rows:
        checked = check(row, as_of)
        survey.take(checked)
        if checked.fact is not None and not checked.fact.deleted:
            yield checked.fact
