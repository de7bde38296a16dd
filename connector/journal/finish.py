"""Writes a batch of outcomes: the rows they hold are locked first, then everything changes at once.

Locks are taken in one order everywhere (messages, lanes, tasks), each table by id: no two writers wait
for each other.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from connector.journal import audit, breaker, tasks
from connector.journal.engine import Database
from connector.journal.outcomes import Changes
from connector.journal.records import Lease
from connector.journal.schema import attachment, lane, message, task
from connector.journal.types import AnyRow, among

_held = (
    select(
        lane.c.id.label("lane_id"),
        lane.c.conversation_id,
        lane.c.token,
        task.c.id.label("task_id"),
        task.c.opa_id,
        task.c.stage,
        task.c.channel,
        task.c.attempts,
        task.c.was_unsure,
        task.c.error_code,
        task.c.sentence,
        task.c.kind,
        message.c.id.label("message_id"),
        message.c.round,
        message.c.state,
        message.c.state_since,
        message.c.accepted_at,
        message.c.answered_at,
        message.c.card_id,
        message.c.card_number,
        message.c.card_date,
        message.c.appeal.is_(None).label("unread"),
    )
    .join(task, task.c.id == lane.c.head_id)
    .join(message, message.c.id == task.c.message_id)
    .where(among(lane.c.id, "lanes"))
)
_lock_messages = (
    select(message.c.id)
    .where(message.c.id.in_(select(task.c.message_id).where(among(task.c.id, "tasks"))))
    .order_by(message.c.id)
    .with_for_update()
)
_lock_lanes = select(lane.c.id).where(among(lane.c.id, "lanes")).order_by(lane.c.id).with_for_update()


def _by_id(table: Any, **values: str) -> Any:  # noqa: ANN401 - SQLAlchemy's own generics
    """Return an UPDATE for many rows at once: each column from the parameter of the given name."""
    return update(table).values({name: bindparam(parameter) for name, parameter in values.items()})


def _same(*names: str) -> dict[str, str]:
    return {name: f"new_{name}" for name in names}


_TASK = (
    "stage",
    "channel",
    "status",
    "attempts",
    "unsure",
    "error_code",
    "sentence",
    "parked_at",
    "ended_at",
)
_LANE = ("channel", "status", "due_at")
_MESSAGE = ("state", "state_since", "accepted_at", "answered_at", "card_id", "card_number", "card_date")
_FILE = ("sha256", "size", "name", "media_type")

_update_task = _by_id(task, **_same(*_TASK)).where(task.c.id == bindparam("of"))
_update_lane = (
    _by_id(lane, **_same(*_LANE)).where(lane.c.id == bindparam("of")).values(token=None, worker=None)
)
_update_message = _by_id(message, **_same(*_MESSAGE)).where(message.c.id == bindparam("of"))
_update_appeal = _by_id(message, **_same("appeal", "number")).where(message.c.id == bindparam("of"))
_update_file = _by_id(attachment, **_same(*_FILE)).where(
    attachment.c.message_id == bindparam("of"), attachment.c.place == bindparam("at")
)


def held_lanes(connection: Connection, leases: Sequence[Lease]) -> dict[int, AnyRow]:
    """Lock what the leases are about and return it by lane; who holds what is for the caller to compare."""
    lanes = [one.lane_id for one in leases]
    if connection.dialect.name == "postgresql":
        connection.execute(_lock_messages, {"tasks": [one.task_id for one in leases]})
        connection.execute(_lock_lanes, {"lanes": lanes})
    return {row.lane_id: row for row in connection.execute(_held, {"lanes": lanes})}


def apply(connection: Connection, db: Database, changes: Changes) -> None:
    """Write everything that a batch of outcomes changes."""
    _execute(connection, _update_task, changes.tasks)
    _execute(connection, _update_lane, changes.lanes)
    _execute(connection, _update_message, sorted(changes.messages.values(), key=lambda row: row["of"]))
    _execute(connection, _update_appeal, changes.appeals)
    if changes.attachments:
        connection.execute(db.insert(attachment).on_conflict_do_nothing(), changes.attachments)
    _execute(connection, _update_file, changes.files)
    tasks.settle(connection, changes.finished, changes.now)
    tasks.know_flows(connection, db, changes.flows)
    audit.write(connection, changes.lines)
    breaker.worked(connection, db, changes.worked, changes.now)
    breaker.free_probes(connection, changes.tried - changes.worked)


def _execute(connection: Connection, statement: Any, rows: Sequence[dict[str, Any]]) -> None:  # noqa: ANN401
    if rows:
        keyed = [{k if k in ("of", "at") else f"new_{k}": v for k, v in row.items()} for row in rows]
        connection.execute(statement, keyed)
