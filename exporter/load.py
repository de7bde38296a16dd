"""One load: read the source once, look at every row, publish the batch or hold it back."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from exporter.marts import Batch, BatchKind, BatchState, Difference, Mart, Spooled, Tally
from exporter.row import Row
from exporter.sources import Source
from exporter.spool import Spool
from exporter.survey import Survey

Watch = Callable[[Iterable[Row]], Iterable[Row]]  # rows passed through a progress bar
Step = Callable[[str], None]  # told where the load is: read, publish, done


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load came to."""

    batch: Batch
    survey: Survey

    @property
    def held(self) -> bool:
        """Whether too many rows were refused, so that nothing was published."""
        return self.batch.state is BatchState.HELD


@dataclass(frozen=True, slots=True)
class Reconciled:
    """Source and mart side by side."""

    tallies: list[Tally]
    differences: list[Difference]
    survey: Survey


def load(
    mart: Mart,
    source: Source,
    as_of: datetime,
    *,
    max_refused: float,
    kind: BatchKind = BatchKind.LOAD,
    step: Step = lambda _: None,
) -> Loaded:
    """Bring a source into the mart. Killed anywhere and run again it comes to the same."""
    batch = mart.begin(source.name, as_of, kind)
    with Spool() as spool, mart.ahead() as ahead:
        step("read")
        spool.fill(source.rows(), as_of, ahead)
        step("publish")
        spooled = _spooled(spool)
        total = spool.written + spool.survey.refused
        if total and spool.survey.refused / total > max_refused:
            done = mart.hold(batch, spooled)
        else:
            done = mart.publish(batch, spooled)
        step("done")
        return Loaded(done, spool.survey)


def reconcile(
    mart: Mart, source: Source, as_of: datetime, limit: int = 1000, watch: Watch = lambda rows: rows
) -> Reconciled:
    """Compare a source with the mart, row by row, inside the mart's engine."""
    with Spool() as spool:
        spool.fill(watch(source.rows()), as_of)
        tallies, differences = mart.compare(source.name, _spooled(spool), limit)
        return Reconciled(tallies, differences, spool.survey)


def changed_from(mart: Mart, source: str, look_back: timedelta) -> datetime | None:
    """Return since when changes are to be read: some time before the last load; None = everything."""
    last = mart.last(source)
    return None if last is None else last.as_of - look_back


def _spooled(spool: Spool) -> Spooled:
    return Spooled(spool.facts, spool.quarantine, spool.hash, spool.written, spool.survey.refused)
