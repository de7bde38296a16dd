"""Fills a journal as years of work leave it, straight into the tables: through the API it takes hours."""

from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Table, insert, text

from connector.appeal import conversation_key, key_uuid
from connector.journal.codec import dump
from connector.journal.engine import Database, unhurried
from connector.journal.schema import conversation, flow, lane, message, task
from tests.connector.journal.support import appeal

NOW = datetime.now(UTC)
_CHUNK = 5000


@dataclass(frozen=True)
class Size:
    """How much lies in the journal. The blocked conversation is the last one."""

    done: int = 300_000
    ready: int = 50_000
    followers: int = 20_000
    cabinets: int = 300

    def divided(self, by: int) -> "Size":
        """Return a smaller one of the same shape; as many cabinets."""
        small = {one.name: getattr(self, one.name) // by for one in fields(self)}
        return Size(**{**small, "cabinets": self.cabinets})


def fill(url: str, size: Size) -> None:
    """Write the rows and let the database know how they are spread."""
    with closing(Database(url)) as db:
        db.write(_fill, size)
        db.write(lambda connection: connection.execute(text("ANALYZE")))


def _fill(connection: Connection, size: Size) -> None:
    unhurried(connection)
    count = size.done + size.ready + 1
    payload = dump(replace(appeal(), text="Просим отремонтировать дорогу у школы. " * 10))
    channels = {cabinet: f"platform:{cabinet}" for cabinet in range(size.cabinets)}
    _insert(connection, flow, ({"channel": way, "opa_id": cabinet} for cabinet, way in channels.items()))
    _insert(
        connection,
        conversation,
        ({"id": n, "opa_id": n % size.cabinets, "platform_id": str(n)} for n in range(1, count + 1)),
    )
    _insert(connection, message, (_message(n, size, payload) for n in range(1, count + 1)))
    _insert(connection, lane, (_lane(n, size, channels) for n in range(1, count + 1)))
    _insert(connection, task, (_task(n, n, size, channels) for n in range(1, count + 1)))
    followers = range(count + 1, count + 1 + size.followers)
    _insert(connection, task, (_task(n, count, size, channels) for n in followers))
    if connection.dialect.name == "postgresql":
        for table in ("conversation", "message", "lane", "task"):
            connection.execute(text(f"SELECT setval('{table}_id_seq', (SELECT max(id) FROM {table}))"))


def _insert(connection: Connection, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    iterator = iter(rows)
    while chunk := list(islice(iterator, _CHUNK)):
        connection.execute(insert(table), chunk)


def _message(n: int, size: Size, payload: str) -> dict[str, Any]:
    key = conversation_key(n % size.cabinets, str(n), 1)
    return {
        "id": n,
        "conversation_id": n,
        "opa_id": n % size.cabinets,
        "round": 1,
        "key": key,
        "key_uuid": str(key_uuid(key)),
        "state": "registered" if n <= size.done else "received",
        "state_since": NOW - timedelta(days=1),
        "received_at": NOW - timedelta(days=2),
        "raw": payload.encode(),
        "raw_sha256": "0" * 64,
        "appeal": payload,
    }


def _status(n: int, size: Size) -> str:
    """Whether a conversation is done, ready or the blocked one; its head stands for it."""
    return "done" if n <= size.done else "ready" if n <= size.done + size.ready else "parked"


def _lane(n: int, size: Size, channels: dict[int, str]) -> dict[str, Any]:
    status = _status(n, size)
    return {
        "id": n,
        "conversation_id": n,
        "direction": "in",
        "opa_id": n % size.cabinets,
        "status": "idle" if status == "done" else status,
        "channel": channels[n % size.cabinets],
        "head_id": None if status == "done" else n,
        "due_at": NOW - timedelta(seconds=n % 10_000),
    }


def _task(n: int, lane_id: int, size: Size, channels: dict[int, str]) -> dict[str, Any]:
    status = _status(lane_id, size) if n == lane_id else "ready"
    return {
        "id": n,
        "lane_id": lane_id,
        "message_id": lane_id,
        "opa_id": lane_id % size.cabinets,
        "stage": "accept",
        "channel": channels[lane_id % size.cabinets],
        "status": "open" if status == "ready" else status,
        "created_at": NOW - timedelta(days=2),
        "parked_at": NOW if status == "parked" else None,
    }
