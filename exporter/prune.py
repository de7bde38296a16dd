"""Tombstones for what the mart holds of a source and the source holds no more: cards gone from the SED.

What was not read is not gone: of a card that could not be read nothing is taken for gone, and of a source
that could not be read whole nothing at all.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from exporter.fact import Fact
from exporter.load import load, spooled_of
from exporter.marts import Batch, BatchKind, Difference, Mart
from exporter.reasons import refuses
from exporter.reconcile import Watch
from exporter.row import Row
from exporter.sources import Source
from exporter.spool import Spool
from exporter.survey import Survey

# After these nobody knows which card was meant, or how many there were.
_NOT_WHOLE = ("card-file-refused", "unreadable-row", "no-key")
_EVERY = (1 << 62) - 1  # differences wanted: all of them


@dataclass(frozen=True, slots=True)
class Gone:
    """What a source holds no more."""

    source: str
    facts: list[Difference]
    in_mart: int  # facts of the source that the mart holds, tombstones not counted
    survey: Survey

    @property
    def share(self) -> float:
        """Which part of the mart's facts of this source would go, 0..1."""
        return len(self.facts) / self.in_mart if self.in_mart else 0.0

    @property
    def not_read(self) -> int:
        """Rows because of which the source was not read whole; with one of them nothing may be removed."""
        told = self.survey.by_reason()
        return sum(told.get(code, 0) for code in _NOT_WHOLE)


def gone(mart: Mart, source: Source, as_of: datetime, watch: Watch = lambda rows: rows) -> Gone:
    """Read the whole source and say which facts of it only the mart holds; nothing is changed."""
    unread = _Unread()
    with Spool() as spool:
        spool.fill(unread.passing(watch(source.rows())), as_of)
        tallies, differences = mart.compare(source.name, spooled_of(spool), _EVERY)
        found = [one for one in differences if one.kind == "extra" and one.card not in unread.cards]
        return Gone(source.name, found, sum(one.in_mart for one in tallies), spool.survey)


def bury(mart: Mart, found: Gone, as_of: datetime) -> Batch:
    """Load a tombstone for each fact that is gone: a batch of its own. A newer state in the mart stays."""
    graves = _Graves(found.source, found.facts)
    return load(mart, graves, as_of, max_refused=0, kind=BatchKind.PRUNE).batch


@dataclass(slots=True)
class _Unread:
    """Remembers the cards that are there but cannot go: their old facts are not gone."""

    cards: set[str] = field(default_factory=set)

    def passing(self, rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            if any(refuses(problem.code) for problem in row.problems):
                self.cards.add(row.fact.card)
            yield row


@dataclass(frozen=True, slots=True)
class _Graves:
    """Tombstones, as a source. Each bears the version it removes: a card that comes back is judged later."""

    name: str
    gone: list[Difference]

    def rows(self) -> Iterator[Row]:
        for one in self.gone:
            yield Row(
                Fact(
                    source=one.source,
                    card=one.card,
                    question=one.question,
                    version=one.version,
                    cabinet=one.cabinet,
                    deleted=True,
                )
            )
