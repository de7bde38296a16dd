"""Source, journal and mart side by side: counted by day, cabinet and category, every difference named."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime

from config.settings import Settings
from connector.journal.opening import open_journal
from exporter.crosscheck import Crosscheck, scope_of
from exporter.load import spooled_of
from exporter.marts import Difference, Mart, Tally
from exporter.opening import cabinets_of
from exporter.row import Row
from exporter.sources import Source
from exporter.sources.cards import CardSource
from exporter.sources.journal import JournalSource
from exporter.spool import Spool
from exporter.survey import Survey

Watch = Callable[[Iterable[Row]], Iterable[Row]]  # rows passed through a progress bar


@dataclass(frozen=True, slots=True)
class Line:
    """One day, cabinet and category on all sides. The journal's are None where it has no say."""

    day: date | None  # UTC
    cabinet: int | None
    category: str
    in_source: int
    in_mart: int
    exchanged: int | None = None  # of the source's, those that came from the platform
    in_journal: int | None = None

    @property
    def equal(self) -> bool:
        """Whether every side says the same."""
        return self.in_source == self.in_mart and self.exchanged == self.in_journal


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What a reconciliation found."""

    lines: list[Line]
    differences: list[Difference]
    survey: Survey

    def total(self, side: str) -> int | None:
        """Return the sum of a side; None where it has no say."""
        told = [getattr(line, side) for line in self.lines]
        return None if None in told else sum(told)


def reconcile(
    mart: Mart,
    source: Source,
    as_of: datetime,
    limit: int = 1000,
    watch: Watch = lambda rows: rows,
    third: Crosscheck | None = None,
) -> Reconciled:
    """Compare a source with the mart inside the mart's engine, and with the journal's rounds on the way."""
    with Spool() as spool:
        rows = watch(source.rows())
        spool.fill(third.passing(rows, as_of, limit) if third else rows, as_of)
        tallies, differences = mart.compare(source.name, spooled_of(spool), limit)
        if third is not None:
            differences += third.differences(limit - len(differences))
        return Reconciled(list(_lines(tallies, source, third)), differences, spool.survey)


def _lines(tallies: list[Tally], source: Source, third: Crosscheck | None) -> Iterator[Line]:
    told = {
        (t.day, t.cabinet, t.category): Line(t.day, t.cabinet, t.category, t.in_source, t.in_mart)
        for t in tallies
    }
    if third is None:
        own = isinstance(source, JournalSource)  # then both are one side
        for line in told.values():
            yield replace(line, exchanged=line.in_source, in_journal=line.in_source) if own else line
        return
    keys = sorted({*told, *third.expected, *third.found}, key=lambda key: (str(key[0]), key[1] or 0, key[2]))
    for key in keys:
        line = told.get(key) or Line(*key, 0, 0)
        yield replace(line, exchanged=third.expected[key], in_journal=third.found[key])


@contextmanager
def third_side(settings: Settings | None, source: Source) -> Iterator[Crosscheck | None]:
    """Open the journal's side for a source that is not the journal itself; None where it has no say.

    Raises JournalError.
    """
    if settings is None or isinstance(source, JournalSource) or not settings.cabinet:
        yield None
        return
    cabinets = None
    if isinstance(source, CardSource):
        cabinets = [
            cabinet.opa_id
            for cabinet in cabinets_of(settings, source.name)
            if not source.card_files or cabinet.card_file in source.card_files
        ]
    if cabinets == []:
        yield None
        return
    with Crosscheck(scope_of(cabinets)) as third:
        with open_journal(settings) as journal:
            third.learn(journal)
        yield third
