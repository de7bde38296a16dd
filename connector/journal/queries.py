"""What operators, metrics and the exporter ask of the journal."""

from collections import Counter
from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Connection, Select, Table, case, func, literal_column, select, text

from connector.appeal import Event, EventKind
from connector.journal import tally
from connector.journal.codec import load_or_none
from connector.journal.engine import at_one_moment
from connector.journal.part import Part
from connector.journal.records import QueueDepth, Stage, StoredRound
from connector.journal.reports import Counts, OldestAge
from connector.journal.rounds import stored_round, stored_rounds
from connector.journal.schema import DROPPED, LIVE, PARKED, READY, SENT, event, lane, message, task
from connector.lifecycle import State

_PAGE = 500


class Queries(Part):
    """Read-only questions; none holds a lock that work would wait for."""

    def depths(self) -> list[QueueDepth]:
        """Return, per cabinet and channel, what waits, is in work and is parked."""
        return self._db.read(_depths, self._now())

    def counts(self, opa_id: int | None = None) -> Counts:
        """Return the numbers of the reconciliation, of one cabinet or of all."""
        return self._db.read(_counts, opa_id)

    def oldest(self) -> list[OldestAge]:
        """Return how long the oldest round of each cabinet and unfinished state has been there."""
        return self._db.read(_oldest)

    def rounds(
        self,
        *,
        opa_ids: Collection[int] = (),
        states: Collection[State] = (),
        changed_from: datetime | None = None,
        message_ids: Collection[int] = (),
    ) -> Iterator[StoredRound]:
        """Yield rounds in the order of receipt, streamed; an empty condition does not restrict.

        `changed_from`: only those whose state is younger.
        """
        query = stored_rounds().order_by(message.c.id).limit(_PAGE)
        if opa_ids:
            query = query.where(message.c.opa_id.in_(opa_ids))
        if states:
            query = query.where(message.c.state.in_(states))
        if message_ids:
            query = query.where(message.c.id.in_(message_ids))
        if changed_from is not None:
            query = query.where(message.c.state_since >= changed_from)
        after = 0
        while page := self._db.read(_page, query.where(message.c.id > after)):
            yield from page
            after = page[-1].message_id

    def events_of(
        self, message_ids: Collection[int], kinds: Collection[EventKind]
    ) -> list[tuple[int, Event]]:
        """Return what the SEDs told about some rounds (a page of them), in the order of the telling."""
        return self._db.read(_events_of, message_ids, kinds)


def _page(connection: Connection, query: Select[Any]) -> list[StoredRound]:
    return [stored_round(row) for row in connection.execute(query)]


def _events_of(
    connection: Connection, message_ids: Collection[int], kinds: Collection[EventKind]
) -> list[tuple[int, Event]]:
    rows = connection.execute(
        select(event.c.message_id, event.c.payload, event.c.key_uuid)
        .where(event.c.message_id.in_(message_ids), event.c.kind.in_([str(kind) for kind in kinds]))
        .order_by(event.c.id)
    )
    read = ((row.message_id, load_or_none(Event, row.payload, row.key_uuid)) for row in rows)
    return [(message_id, told) for message_id, told in read if told is not None]


def _depths(connection: Connection, now: datetime) -> list[QueueDepth]:
    leased = (
        select(lane.c.head_id).where(text(f"lane.{READY}"), lane.c.token.is_not(None), lane.c.due_at > now)
    ).subquery()
    is_parked = literal_column(f"task.{PARKED}", Boolean)
    in_work = leased.c.head_id.is_not(None)
    rows = connection.execute(
        select(
            task.c.opa_id,
            task.c.channel,
            func.count().label("live"),
            func.count(leased.c.head_id).label("in_work"),
            func.sum(case((is_parked, 1), else_=0)).label("parked"),
            func.min(case((is_parked | in_work, None), else_=task.c.created_at)).label("oldest"),
        )
        .outerjoin(leased, leased.c.head_id == task.c.id)
        .where(text(f"task.{LIVE}"))
        .group_by(task.c.opa_id, task.c.channel)
        .order_by(task.c.opa_id, task.c.channel)
    )
    return [
        QueueDepth(
            opa_id=row.opa_id,
            channel=row.channel,
            waiting=row.live - row.in_work - row.parked,
            in_work=row.in_work,
            parked=row.parked,
            oldest=row.oldest,
        )
        for row in rows
    ]


def _counts(connection: Connection, opa_id: int | None) -> Counts:
    at_one_moment(connection)
    gone = tally.read(connection, opa_id)
    states = {state: gone.pop((tally.STATE, state), 0) for state in State}
    erased = sum(states.values())
    accepted, answered = gone.pop((tally.ACCEPTED, ""), 0), gone.pop((tally.ANSWERED, ""), 0)
    dropped = gone.pop((tally.DROPPED_TASK, ""), 0)
    for state, count, count_accepted, count_answered in connection.execute(
        _of(
            opa_id,
            message,
            message.c.state,
            func.count(),
            func.count(message.c.accepted_at),
            func.count(message.c.answered_at),
        ).group_by(message.c.state)
    ):
        states[State(state)] += count
        accepted += count_accepted
        answered += count_answered
    sent = Counter({kind: count for (_sent, kind), count in gone.items()})
    sent.update(
        _pairs(
            connection, _of(opa_id, task, task.c.kind, func.count()).where(text(SENT)).group_by(task.c.kind)
        )
    )
    parked = _of(opa_id, task, task.c.stage, func.count()).where(text(PARKED)).group_by(task.c.stage)
    live = _of(opa_id, task, func.count()).where(text(LIVE))
    given_up = _of(opa_id, task, func.count()).where(text(DROPPED))
    stuck = {Stage(stage): count for stage, count in _pairs(connection, parked).items()}
    orphans = select(func.count()).where(event.c.message_id.is_(None))
    return Counts(
        received=sum(states.values()),
        by_state=states,
        accepted=accepted,
        answered=answered,
        sent=dict(sent),
        parked=stuck,
        dropped=dropped + connection.execute(given_up).scalar_one(),
        waiting=connection.execute(live).scalar_one() - sum(stuck.values()),
        orphans=connection.execute(orphans).scalar_one(),
        erased=erased,
    )


def _pairs(connection: Connection, query: Select[Any]) -> dict[str, int]:
    return {row[0]: row[1] for row in connection.execute(query)}


def _of(opa_id: int | None, table: Table, *columns: Any) -> Select[Any]:  # noqa: ANN401 - any column
    query = select(*columns).select_from(table)
    return query if opa_id is None else query.where(table.c.opa_id == opa_id)


def _oldest(connection: Connection) -> list[OldestAge]:
    unfinished = [state for state in State if not state.final]
    rows = connection.execute(
        select(message.c.opa_id, message.c.state, func.count(), func.min(message.c.state_since))
        .where(message.c.state.in_(unfinished))
        .group_by(message.c.opa_id, message.c.state)
        .order_by(message.c.opa_id, message.c.state)
    )
    return [OldestAge(opa_id, State(state), count, since) for opa_id, state, count, since in rows]
