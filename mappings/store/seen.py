"""How often each category came in: counts by cabinet, kind and region; no texts, no persons."""

import datetime as dt
import hashlib
import json
from collections import Counter
from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from mappings.model import Message
from mappings.store import schema


def count_seen(connection: sa.Connection, messages: Iterable[Message]) -> None:
    """Add messages to the counts, in the transaction of the step that is done once for each of them."""
    times: Counter[Message] = Counter()
    latest: dict[Message, dt.date] = {}
    for message in messages:
        key = message._replace(text="", date=None, times=1)
        times[key] += message.times
        if message.date:
            latest[key] = max(message.date, latest.get(key, message.date))
    for key, number in times.items():
        _add(connection, key, number, latest.get(key))


def seen(connection: sa.Connection) -> list[Message]:
    """Return the counted categories, the most frequent first, each with `times`."""
    columns = schema.seen.c
    query = sa.select(schema.seen).order_by(columns.times.desc(), columns.fingerprint)
    return [
        Message(tuple(r.names), tuple(r.ids), r.cabinet, r.kind, r.region, r.last_seen, times=r.times)
        for r in connection.execute(query)
    ]


def _add(connection: sa.Connection, key: Message, number: int, last_seen: dt.date | None) -> None:
    identity = json.dumps([key.cabinet, key.kind, key.region, key.names, key.ids], ensure_ascii=False)
    values = {
        "fingerprint": hashlib.sha256(identity.encode()).hexdigest(),
        "cabinet": key.cabinet,
        "kind": key.kind,
        "region": key.region,
        "names": list(key.names),
        "ids": list(key.ids),
        "times": number,
        "last_seen": last_seen,
    }
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    insert = dialect.insert(schema.seen).values(**values)
    fresh = sa.func.coalesce(insert.excluded.last_seen, schema.seen.c.last_seen)
    update = {"times": schema.seen.c.times + insert.excluded.times, "last_seen": fresh}
    connection.execute(insert.on_conflict_do_update(index_elements=["fingerprint"], set_=update))
