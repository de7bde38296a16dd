"""Retention: what finished rounds hold of people is taken out after a time; the trail says that it was.

A purged round keeps its key, its digest, its numbers and dates: it is recognised when it is listed again,
counted in every report, and never handed over a second time.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Insert,
    Select,
    Table,
    TextClause,
    bindparam,
    exists,
    func,
    insert,
    select,
    text,
    update,
)

from connector.appeal import Appeal, Event
from connector.journal import audit, codec
from connector.journal.part import Part
from connector.journal.schema import KEPT, LIVE, attachment, event, message, revision, task
from connector.journal.types import AnyRow
from connector.redaction import redacted_appeal, redacted_event

_BATCH = 200


@dataclass(frozen=True, slots=True)
class Purgeable:
    """What a purge would take out."""

    rounds: int
    oldest: datetime | None


class Retention(Part):
    """Takes personal data out of rounds that ended before a moment."""

    def purgeable(self, before: datetime) -> Purgeable:
        """Count what `purge` would change."""
        query = select(func.count().label("rounds"), func.min(message.c.state_since).label("oldest")).where(
            *_ended(before)
        )
        found = self._db.read(lambda connection: connection.execute(query).one())
        return Purgeable(found.rounds, found.oldest)

    def purge(self, before: datetime) -> int:
        """Take the content out, a transaction per batch, each round with its line in the trail.

        Returns how many rounds. A round with a reply that is not sent yet, or parked, is left whole. The
        files themselves go with the next sweep of the store: nothing names them any more.
        """
        count = 0
        while done := self._db.write(self._batch, before):
            count += done
        return count

    def _batch(self, connection: Connection, before: datetime) -> int:
        now, who = self._now(), self._who()
        rows = connection.execute(_due(before)).all()
        ids = [row.id for row in rows]
        if not ids:
            return 0
        files = _file_counts(connection, ids)
        change = _rewrite_message if connection.dialect.name == "sqlite" else _update_message
        connection.execute(change, [_emptied(row, now) for row in rows])
        connection.execute(update(revision).where(revision.c.message_id.in_(ids)).values(raw=b""))
        connection.execute(update(task).where(task.c.message_id.in_(ids)).values(reply=None))
        values = {"sha256": None, "size": None, "name": None, "media_type": None}
        connection.execute(update(attachment).where(attachment.c.message_id.in_(ids)).values(values))
        _redact_events(connection, ids)
        audit.write(
            connection,
            [
                audit.line(
                    now,
                    who,
                    "purged",
                    conversation_id=row.conversation_id,
                    round_=row.round,
                    detail={"sha256": row.raw_sha256, "files": files.get(row.id, 0)},
                )
                for row in rows
            ],
        )
        return len(ids)


def _ended(before: datetime) -> tuple[ColumnElement[bool] | TextClause, ...]:
    """Return the conditions of rounds that ended before a moment and have nothing left to do."""
    live = exists().where(task.c.message_id == message.c.id, text(f"task.{LIVE}"))
    return text(KEPT), message.c.state_since < before, ~live


def _due(before: datetime) -> Select[AnyRow]:
    columns = (
        message.c.id,
        message.c.conversation_id,
        message.c.round,
        message.c.key,
        message.c.raw_sha256,
        message.c.appeal,
    )
    return select(*columns).where(*_ended(before)).order_by(message.c.state_since).limit(_BATCH)


def _rewritten(table: Table, **new: BindParameter[Any]) -> Insert:
    """Return a statement that takes a row out and puts it in again with other values, for SQLite.

    A row that only becomes shorter leaves its page half empty for ever: new rows go to the end of a table.
    """
    values = [new.get(column.name, column) for column in table.c]
    source = select(*values).where(table.c.id == bindparam("of"))
    return insert(table).prefix_with("OR REPLACE").from_select([column.name for column in table.c], source)


_emptied_columns = {
    "raw": bindparam("new_raw", type_=message.c.raw.type),
    "appeal": bindparam("new_appeal", type_=message.c.appeal.type),
    "purged_at": bindparam("new_purged_at", type_=message.c.purged_at.type),
}
_update_message = update(message).where(message.c.id == bindparam("of")).values(_emptied_columns)
_rewrite_message = _rewritten(message, **_emptied_columns)
_payload = bindparam("new_payload", type_=event.c.payload.type)
_update_event = update(event).where(event.c.id == bindparam("of")).values(payload=_payload)
_rewrite_event = _rewritten(event, payload=_payload)


def _emptied(row: AnyRow, now: datetime) -> dict[str, object]:
    appeal = codec.load_or_none(Appeal, row.appeal, row.key)
    kept = codec.dump(redacted_appeal(appeal)) if appeal else None
    return {"of": row.id, "new_raw": b"", "new_appeal": kept, "new_purged_at": now}


def _file_counts(connection: Connection, ids: list[int]) -> dict[int, int]:
    rows = connection.execute(select(attachment.c.message_id).where(attachment.c.message_id.in_(ids)))
    counts: dict[int, int] = {}
    for (message_id,) in rows:
        counts[message_id] = counts.get(message_id, 0) + 1
    return counts


def _redact_events(connection: Connection, ids: list[int]) -> None:
    query = select(event.c.id, event.c.payload, event.c.key_uuid).where(event.c.message_id.in_(ids))
    change = _rewrite_event if connection.dialect.name == "sqlite" else _update_event
    redacted = []
    for row in connection.execute(query).all():
        read = codec.load_or_none(Event, row.payload, row.key_uuid)
        redacted.append(
            {"of": row.id, "new_payload": codec.dump_event(redacted_event(read)) if read else "{}"}
        )
    if redacted:
        connection.execute(change, redacted)
