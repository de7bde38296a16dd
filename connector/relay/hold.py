"""Holds a lease while its step runs: prolongs it in time, and stops whoever lost it before it acts."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from connector.journal.journal import Journal
from connector.journal.records import Lease


class LeaseLostError(Exception):
    """Another worker has taken the conversation over: whatever is left of this step is its business now."""


class Hold:
    """The lease of one step. Not shared between threads."""

    def __init__(
        self,
        journal: Journal,
        lease: Lease,
        *,
        clock: Callable[[], datetime],
        length: timedelta,
        margin: timedelta,
    ) -> None:
        """`length` is how long a prolonged lease lasts, `margin` how much must be left to go on."""
        self._journal = journal
        self._lease = lease
        self._clock = clock
        self._length = length
        self._margin = margin

    def keep(self) -> None:
        """Prolong the lease when little is left of it. Raises LeaseLostError. Cheap when much is left."""
        while self._clock() + self._margin > self._lease.until:  # again: it may have slept in the question
            renewed = self._journal.renew([self._lease], self._length)
            if not renewed:
                raise LeaseLostError
            [self._lease] = renewed

    def assure(self) -> None:
        """Ask the journal whether the lease is still ours, right before what cannot be taken back.

        Raises LeaseLostError. A process that slept, or whose machine did, learns here that others went on.
        """
        self.keep()
        if not self._journal.holds(self._lease):
            raise LeaseLostError

    def kept(self, body: Iterator[bytes]) -> Iterator[bytes]:
        """Pass a long stream on and keep the lease meanwhile."""
        for chunk in body:
            self.keep()
            yield chunk
