"""How much of what there was is erased: the numbers of the reconciliation outlive their rows."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, func, select, text

from connector.journal.engine import Database
from connector.journal.schema import DROPPED, SENT, erased, message, task

STATE, ACCEPTED, ANSWERED, SENT_KIND, DROPPED_TASK = "state", "accepted", "answered", "sent", "dropped"
Place = tuple[str, str]  # what, name


def add(connection: Connection, db: Database, conversations: Collection[int]) -> int:
    """Count what is about to be erased; return how many rounds."""
    found = _found(connection, conversations)
    rows = [
        {"opa_id": opa_id, "what": what, "name": name, "count": count}
        for (opa_id, what, name), count in sorted(found.items())
        if count
    ]
    put = db.insert(erased)
    more = {"count": erased.c.count + put.excluded.count}
    connection.execute(put.on_conflict_do_update(index_elements=["opa_id", "what", "name"], set_=more), rows)
    return sum(count for (_opa_id, what, _name), count in found.items() if what == STATE)


def read(connection: Connection, opa_id: int | None) -> dict[Place, int]:
    """Return the numbers of one cabinet or of all."""
    query = select(erased.c.what, erased.c.name, func.sum(erased.c.count)).group_by(
        erased.c.what, erased.c.name
    )
    query = query if opa_id is None else query.where(erased.c.opa_id == opa_id)
    return {(what, name): int(count) for what, name, count in connection.execute(query)}


def _found(connection: Connection, conversations: Collection[int]) -> dict[tuple[int, str, str], int]:
    found: dict[tuple[int, str, str], int] = {}
    rounds = select(
        message.c.opa_id,
        message.c.state,
        func.count(),
        func.count(message.c.accepted_at),
        func.count(message.c.answered_at),
    ).where(message.c.conversation_id.in_(conversations))
    for opa_id, state, count, accepted, answered in connection.execute(
        rounds.group_by(message.c.opa_id, message.c.state)
    ):
        found[opa_id, STATE, state] = count
        found[opa_id, ACCEPTED, ""] = found.get((opa_id, ACCEPTED, ""), 0) + accepted
        found[opa_id, ANSWERED, ""] = found.get((opa_id, ANSWERED, ""), 0) + answered
    for opa_id, kind, count in connection.execute(_tasks(SENT, conversations, task.c.kind)):
        found[opa_id, SENT_KIND, kind] = count
    for opa_id, _status, count in connection.execute(_tasks(DROPPED, conversations, task.c.status)):
        found[opa_id, DROPPED_TASK, ""] = count
    return found


def _tasks(condition: str, conversations: Collection[int], by: Any) -> Any:  # noqa: ANN401 - SQLAlchemy's own
    return (
        select(task.c.opa_id, by, func.count())
        .join(message, message.c.id == task.c.message_id)
        .where(text(condition.replace("status", "task.status")), message.c.conversation_id.in_(conversations))
        .group_by(task.c.opa_id, by)
    )
