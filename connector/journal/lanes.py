"""Lanes: one queue per conversation and direction, head first, handed out under leases."""

from collections.abc import Collection, Sequence
from datetime import timedelta

from connector.appeal import Reply
from connector.journal.part import Part
from connector.journal.records import Lease, Outcome, Work


class Lanes(Part):
    """Hands out work and takes back outcomes."""

    def claim(
        self, worker: str, limit: int, lease: timedelta, channels: Collection[str] | None = None
    ) -> list[Work]:
        """Return at most `limit` heads of lanes that are due and whose channel is open, now leased.

        Fair across (channel, cabinet). A channel whose pause ended gives one task until it succeeds.
        A task whose attempts ran out without an outcome is parked instead of being handed out again.
        """
        raise NotImplementedError

    def renew(self, leases: Sequence[Lease], lease: timedelta) -> list[Lease]:
        """Prolong leases from now; return the prolonged ones, without those that were lost meanwhile."""
        raise NotImplementedError

    def step(self, work: Work, name: str, result: str) -> None:
        """Record, at once, a remote step that succeeded; a retry finds it in `Work.steps`.

        Also of a holder whose lease was lost: the step happened. The first result of a name stays.
        """
        raise NotImplementedError

    def finish(self, outcomes: Sequence[Outcome]) -> list[Lease]:
        """Write outcomes in one transaction; return the lost leases (not written)."""
        raise NotImplementedError

    def confirmed_sent(self, message_id: int, reply: Reply) -> int:
        """Return how many replies that look the same to the platform were confirmed sent before."""
        raise NotImplementedError
