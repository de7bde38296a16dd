"""One load: read the source once, look at every row, publish the batch or hold it back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from config.i18n import N_
from exporter.marts import Batch, BatchKind, BatchState, Mart, Spooled
from exporter.sources import Source
from exporter.spool import Spool
from exporter.survey import Survey

Step = Callable[[str], None]  # told what is being done, in words to be translated


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load came to."""

    batch: Batch
    survey: Survey

    @property
    def held(self) -> bool:
        """Whether too many rows were refused, so that nothing was published."""
        return self.batch.state is BatchState.HELD


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
        step(N_("rows read"))
        spool.fill(source.rows(), as_of, ahead)
        step(N_("publishing"))
        spooled = spooled_of(spool)
        total = spool.written + spool.survey.refused
        if total and spool.survey.refused / total > max_refused:
            done = mart.hold(batch, spooled)
        else:
            done = mart.publish(batch, spooled)
        return Loaded(done, spool.survey)


def changed_from(mart: Mart, source: str, look_back: timedelta) -> datetime | None:
    """Return since when changes are to be read: some time before the last load; None = everything."""
    last = mart.last(source)
    return None if last is None else last.as_of - look_back


def spooled_of(spool: Spool) -> Spooled:
    """Return what a mart is given of a batch."""
    return Spooled(spool.facts, spool.quarantine, spool.hash, spool.written, spool.survey.refused)
