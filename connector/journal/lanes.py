"""Lanes: one queue per conversation and direction, head first, handed out under leases."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import Connection, select, text, update

from config.i18n import _
from connector.appeal import Reply
from connector.errors import ItemError
from connector.journal import breaker, codec
from connector.journal.claim import Claim, take_lanes, take_probe
from connector.journal.finish import apply, held_lanes
from connector.journal.outcomes import Changes
from connector.journal.part import Part
from connector.journal.records import Failed, Lease, Outcome, Work
from connector.journal.schema import SENT, lane, message, step, task
from connector.journal.work import begin


class Lanes(Part):
    """Hands out work and takes back outcomes."""

    def claim(
        self, worker: str, limit: int, lease: timedelta, channels: Collection[str] | None = None
    ) -> list[Work]:
        """Return at most `limit` heads of lanes that are due and whose channel is open, now leased.

        Fair across (channel, cabinet). A channel whose pause ended gives one task until it succeeds.
        A task whose attempts ran out without an outcome is parked instead of being handed out again.
        """
        if limit < 1 or (channels is not None and not channels):
            return []
        return self._db.write(self._claim, worker, limit, lease, channels)

    def _claim(
        self,
        connection: Connection,
        worker: str,
        limit: int,
        lease: timedelta,
        wanted: Collection[str] | None,
    ) -> list[Work]:
        now = self._now()
        request = Claim(worker, uuid.uuid4().hex, limit, now, now + lease, wanted)
        taken = self._probes(connection, request)
        rest = replace(request, limit=limit - len(taken))
        if rest.limit:
            taken += take_lanes(connection, rest, self._context.rng)
        handed = begin(connection, taken, request)
        spent = {one.lease: one for one in handed if one.attempt > self._context.retry.attempts}
        self._park_spent(connection, spent.values())
        return [one for one in handed if one.lease not in spent]

    def _park_spent(self, connection: Connection, spent: Collection[Work]) -> None:
        """Park what was handed out as often as allowed and never came back: it may be what kills us."""
        if not spent:
            return
        held = held_lanes(connection, [one.lease for one in spent])
        changes = self._changes()
        for one in spent:
            error = ItemError(
                _("{attempts} attempts were begun and none came to an end").format(attempts=one.attempt - 1),
                code="attempts-spent",
            )
            changes.add(held[one.lease.lane_id], Failed(one.lease, error, park=True, unsure=one.unsure))
        apply(connection, self._db, changes)

    def _probes(self, connection: Connection, request: Claim) -> list[int]:
        """Let each channel whose pause ended be tried by one task."""
        taken: list[int] = []
        for name in breaker.half_open(connection, request):
            if len(taken) == request.limit:
                break
            if breaker.reserve_probe(connection, name, request):
                lanes = take_probe(connection, request, name)
                if not lanes:
                    breaker.free_probes(connection, {name})
                taken += lanes
        return taken

    def renew(self, leases: Sequence[Lease], lease: timedelta) -> list[Lease]:
        """Prolong leases from now; return the prolonged ones, without those that were lost meanwhile."""
        return self._db.write(self._renew, leases, lease)

    def _renew(self, connection: Connection, leases: Sequence[Lease], lease: timedelta) -> list[Lease]:
        until = self._now() + lease
        renewed = []
        for held in sorted(leases, key=lambda one: one.lane_id):
            mine = (lane.c.id == held.lane_id) & (lane.c.token == held.token)
            changed = connection.execute(
                update(lane).where(mine, lane.c.head_id == held.task_id).values(due_at=until)
            )
            if changed.rowcount:
                renewed.append(Lease(held.lane_id, held.task_id, held.token, until))
        return renewed

    def holds(self, lease: Lease) -> bool:
        """Whether nobody has taken the lane over since this lease was given; its time may be over."""
        return self._db.read(_holds, lease)

    def step(self, work: Work, name: str, result: str) -> None:
        """Record, at once, a remote step that succeeded; a retry finds it in `Work.steps`.

        Also of a holder whose lease was lost: the step happened. The first result of a name stays.
        """
        row = {"task_id": work.lease.task_id, "name": name, "result": result, "at": self._now()}
        insert = self._db.insert(step).on_conflict_do_nothing()
        self._db.write(lambda connection: connection.execute(insert, [row]))

    def finish(self, outcomes: Sequence[Outcome]) -> list[Lease]:
        """Write outcomes in one transaction; return the lost leases (not written)."""
        if not outcomes:
            return []
        return self._db.write(self._finish, outcomes)

    def _finish(self, connection: Connection, outcomes: Sequence[Outcome]) -> list[Lease]:
        held = held_lanes(connection, [outcome.lease for outcome in outcomes])
        changes = self._changes()
        lost = []
        for outcome in outcomes:
            row = held.pop(outcome.lease.lane_id, None)
            if row is None or (row.token, row.task_id) != (outcome.lease.token, outcome.lease.task_id):
                lost.append(outcome.lease)
            else:
                changes.add(row, outcome)
        apply(connection, self._db, changes)
        return lost

    def _changes(self) -> Changes:
        return Changes(self._now(), self._who(), self._context.retry, self._context.rng)

    def confirmed_sent(self, message_id: int, reply: Reply) -> list[Reply]:
        """Return the replies of the same kind and status words that were confirmed sent before.

        Over all rounds of the conversation, as the platform's history is. One whose words were purged is
        given as this reply itself: what it said is not known any more.
        """
        found = self._db.read(_confirmed_sent, message_id, codec.look(reply))
        return [codec.load(Reply, payload) if payload else reply for payload in found]


def _holds(connection: Connection, lease: Lease) -> bool:
    mine = (lane.c.id == lease.lane_id) & (lane.c.token == lease.token) & (lane.c.head_id == lease.task_id)
    return connection.execute(select(lane.c.id).where(mine)).first() is not None


def _confirmed_sent(connection: Connection, message_id: int, look: str) -> list[str | None]:
    conversation = select(message.c.conversation_id).where(message.c.id == message_id).scalar_subquery()
    rounds = select(message.c.id).where(message.c.conversation_id == conversation)
    same = select(task.c.reply).where(task.c.message_id.in_(rounds), task.c.look == look, text(SENT))
    return list(connection.scalars(same))
