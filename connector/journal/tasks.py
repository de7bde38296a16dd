"""Plumbing of the lanes that every writer shares: make lanes, append tasks, point lanes at their heads.

Whoever appends to a lane or moves its head holds the lane's row lock: on PostgreSQL task ids then grow
in the order of commits within a lane; SQLite has one writer anyway.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, literal_column, select, text, update

from connector.journal.engine import Database
from connector.journal.schema import LIVE, flow, lane, task
from connector.journal.types import among

IN, OUT = "in", "out"


def platform_channel(opa_id: int) -> str:
    """Return the channel of a cabinet's way to the platform."""
    return f"platform:{opa_id}"


_lanes_of = (
    select(lane.c.conversation_id, lane.c.id)
    .where(among(lane.c.conversation_id, "conversations"), lane.c.direction == bindparam("wanted_direction"))
    .order_by(lane.c.id)
    .with_for_update()
)


def locked_lanes(
    connection: Connection, db: Database, conversations: Mapping[int, int], direction: str, now: datetime
) -> dict[int, int]:
    """Return and lock the lane of each conversation (id → opa_id given), making those that are missing."""
    if not conversations:
        return {}
    rows = [
        {
            "conversation_id": conversation_id,
            "direction": direction,
            "opa_id": opa_id,
            "status": "idle",
            "channel": "",
            "due_at": now,
        }
        for conversation_id, opa_id in sorted(conversations.items())
    ]
    connection.execute(db.insert(lane).on_conflict_do_nothing(), rows)
    found = connection.execute(
        _lanes_of, {"conversations": list(conversations), "wanted_direction": direction}
    )
    return {row.conversation_id: row.id for row in found}


def append(connection: Connection, db: Database, rows: Sequence[Mapping[str, Any]], now: datetime) -> None:
    """Add tasks at the end of their (locked) lanes and wake the lanes that were idle."""
    if not rows:
        return
    connection.execute(db.insert(task), list(rows))
    know_flows(connection, db, {(row["channel"], row["opa_id"]) for row in rows})
    wake(connection, (row["lane_id"] for row in rows), now)


_resting = (
    select(lane.c.id)
    .where(among(lane.c.id, "lanes"), text("lane.status <> 'ready'"))
    .order_by(lane.c.id)
    .with_for_update()
)


def wake(connection: Connection, lane_ids: Iterable[int], now: datetime) -> None:
    """Let lanes go on that have no head at work: idle ones, and parked ones whose head was dealt with."""
    settle(connection, connection.scalars(_resting, {"lanes": sorted(set(lane_ids))}).all(), now)


def know_flows(connection: Connection, db: Database, flows: Collection[tuple[str, int]]) -> None:
    """Make sure that claims look at these (channel, cabinet) pairs."""
    rows = [{"channel": channel, "opa_id": opa_id} for channel, opa_id in sorted(flows)]
    if rows:
        connection.execute(db.insert(flow).on_conflict_do_nothing(), rows)


_first_live = (
    select(task.c.id)
    .where(task.c.lane_id == lane.c.id, text(f"task.{LIVE}"))
    .order_by(task.c.id)
    .limit(1)
    .correlate(lane)
    .scalar_subquery()
)
_heads = (
    select(lane.c.id, task.c.id, task.c.channel, task.c.status)
    .join(task, task.c.id == _first_live)
    .where(among(lane.c.id, "lanes"))
)
_fall_idle = (
    update(lane)
    .where(among(lane.c.id, "lanes"))
    .values(head_id=None, status=literal_column("'idle'"), token=None, worker=None, due_at=bindparam("due"))
)
_set_head = (
    update(lane)
    .where(lane.c.id == bindparam("lane"))
    .values(
        head_id=bindparam("head"),
        channel=bindparam("way"),
        status=bindparam("now_status"),
        due_at=bindparam("due"),
        token=None,
        worker=None,
    )
)


def settle(connection: Connection, lane_ids: Iterable[int], now: datetime) -> None:
    """Point (locked) lanes at their first live task, due now and free; without one they fall idle."""
    wanted = sorted(set(lane_ids))
    if not wanted:
        return
    heads = {row[0]: row[1:] for row in connection.execute(_heads, {"lanes": wanted})}
    moves = [
        {
            "lane": lane_id,
            "head": head_id,
            "way": channel,
            "now_status": "parked" if status == "parked" else "ready",
            "due": now,
        }
        for lane_id, (head_id, channel, status) in sorted(heads.items())
    ]
    if moves:
        connection.execute(_set_head, moves)
    idle = [lane_id for lane_id in wanted if lane_id not in heads]
    if idle:
        connection.execute(_fall_idle, {"lanes": idle, "due": now})
