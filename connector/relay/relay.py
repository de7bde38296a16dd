"""The relay: claims work, performs its steps, writes the outcomes; one error never stops the rest."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from connector.appeal import Appeal
from connector.crashpoints import reach
from connector.errors import ChannelError, ItemError, MappingError, OutcomeUnknownError, PendingError
from connector.journal.journal import Journal
from connector.journal.records import Advanced, Failed, Outcome, Released, Stage, Work
from connector.relay.hold import Hold, LeaseLostError
from connector.relay.intake import IntakeCount, intake
from connector.relay.links import Links, sed_channel
from connector.relay.steps import Steps
from connector.relay.track import TrackCount, track

log = logging.getLogger(__name__)

_COUNTED = "counted"  # the step that says that the item is among the counts by category
# What a person must look at; every other error of an item is tried again until its attempts are spent.
_RETRIED = frozenset({"outcome-unknown", "item", "file-missing", "internal"})


@dataclass(frozen=True, slots=True)
class WorkCount:
    """What one batch came to."""

    claimed: int = 0
    advanced: int = 0
    failed: int = 0


class Relay:
    """All steps over one journal and the links of the moment. Safe to use from several threads."""

    def __init__(
        self,
        journal: Journal,
        links: Links,
        *,
        worker: str,
        clock: Callable[[], datetime],
        batch: int = 32,
        lease: timedelta = timedelta(minutes=10),
        margin: timedelta = timedelta(minutes=3),
    ) -> None:
        """Wire the relay. `margin` is how much of a lease must be left to begin another step."""
        self._journal = journal
        self._links = links
        self._worker = worker
        self._clock = clock
        self._batch = batch
        self._lease = lease
        self._margin = margin
        self._steps = {
            opa_id: Steps(journal, cabinet, links.seds[cabinet.sed], links.classify)
            for opa_id, cabinet in links.cabinets.items()
        }
        self._channels = frozenset(
            name for cabinet in links.cabinets.values() for name in (cabinet.channel, cabinet.sed_channel)
        )

    def intake(self, opa_id: int) -> IntakeCount:
        """Step 1 for one cabinet; a closed channel brings nothing and is not knocked at."""
        cabinet = self._links.cabinets[opa_id]
        if self._paused(cabinet.channel):
            return IntakeCount()
        try:
            return intake(self._journal, cabinet)
        except ChannelError as error:
            self._close(cabinet.channel, error)
        except PendingError as error:  # what came before it is stored; the next visit goes on
            log.info("cabinet %s: %s", opa_id, error.sentence)
        return IntakeCount()

    def track(self, sed: str) -> TrackCount:
        """Step 3 for one SED; a closed channel brings nothing and is not knocked at."""
        if self._paused(sed_channel(sed)):
            return TrackCount()
        try:
            return track(self._journal, sed, self._links.seds[sed], self._links.cabinets)
        except ChannelError as error:
            self._close(sed_channel(sed), error)
            return TrackCount()

    def work(self, *, stopping: Callable[[], bool] = lambda: False) -> WorkCount:
        """Steps 2 and 4 for one batch of conversations; `stopping` lets the step in hand be the last."""
        batch = self._journal.claim(self._worker, self._batch, self._lease, self._channels)
        if not batch:
            return WorkCount()
        closed: set[str] = set()
        outcomes: list[Outcome] = []
        try:
            outcomes.extend(self._outcome(work, closed, stopping) for work in batch)
        finally:  # what was done is written even when this thread is being torn down
            for lease in self._journal.finish(outcomes):
                log.warning("lease of task %s was lost before its outcome was written", lease.task_id)
            reach("work.finished")
        # A count may miss a batch whose process dies here: it orders a work list, nothing hangs on it.
        self._links.classify.count(self._met(batch, outcomes))
        for channel in {work.channel for work in batch} - closed:
            self._journal.channel_ok(channel)
        failed = sum(isinstance(outcome, Failed) for outcome in outcomes)
        released = sum(isinstance(outcome, Released) for outcome in outcomes)
        return WorkCount(len(batch), len(batch) - failed - released, failed)

    def _outcome(self, work: Work, closed: set[str], stopping: Callable[[], bool]) -> Outcome:
        if work.channel in closed or stopping() or self._clock() + self._margin > work.lease.until:
            return Released(work.lease, unsure=work.unsure)
        try:
            return self._steps[work.opa_id].perform(work, self._hold(work))
        except ChannelError as error:
            closed.add(work.channel)
            self._close(work.channel, error)
        except LeaseLostError:
            log.debug("task %s is another worker's by now", work.lease.task_id)
        except PendingError as error:
            return Released(work.lease, unsure=work.unsure, after=timedelta(seconds=error.after))
        except ItemError as error:
            return self._failed(work, error)
        except Exception as error:
            log.exception("internal error at stage %s of %s", work.stage, work.key)
            return self._failed(work, ItemError(f"internal error: {type(error).__name__}", code="internal"))
        return Released(work.lease, unsure=work.unsure)  # of a lost lease the journal refuses it

    def _hold(self, work: Work) -> Hold:
        return Hold(self._journal, work.lease, clock=self._clock, length=self._lease, margin=self._margin)

    def _failed(self, work: Work, error: ItemError) -> Failed:
        unsure = isinstance(error, OutcomeUnknownError)
        park = error.code not in _RETRIED
        log.warning("%s of %s failed (%s): %s", work.stage, work.key, error.code, error.sentence)
        return Failed(work.lease, error, park, unsure=unsure or work.unsure)

    def _met(self, batch: Sequence[Work], outcomes: Sequence[Outcome]) -> list[Appeal]:
        """Return the items that met the table in this batch, each once in its life.

        What waits for the table is counted when it begins to wait: it is what the work list is about.
        """
        found = []
        for work, outcome in zip(batch, outcomes, strict=False):
            if work.stage is not Stage.REGISTER or work.appeal is None or _COUNTED in work.steps:
                continue
            held = isinstance(outcome, Failed) and isinstance(outcome.error, MappingError)
            if held:
                self._journal.step(work, _COUNTED, "yes")
            if held or isinstance(outcome, Advanced):
                found.append(work.appeal)
        return found

    def _paused(self, channel: str) -> bool:
        """Whether the breaker holds a channel closed now; wrong credentials hold it until a person acts."""
        now = self._clock()
        return any(
            state.name == channel
            and (state.needs_person or (state.paused_until is not None and state.paused_until > now))
            for state in self._journal.channels()
        )

    def _close(self, channel: str, error: ChannelError) -> None:
        state = self._journal.channel_failed(channel, error)
        if state.failures == 1:  # once on loss; the return is logged once too, by the journal's state
            log.warning("channel %s paused (%s): %s", channel, error.code, error.sentence)
