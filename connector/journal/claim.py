"""Which lanes are handed out: fair over (channel, cabinet), one statement on PostgreSQL.

Conditions that a partial index serves are written as literals; values are bound.
"""

import random
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Connection, Text, TextClause, bindparam, text

from connector.journal.schema import READY
from connector.journal.types import Utc

_SPREAD = 1_000_003  # a prime above any number of flows: `id * a + b` modulo it is a shuffle

# Every flow whose channel is open, in an order that changes from claim to claim.
_FLOWS = f"""
    SELECT id, channel, opa_id FROM flow
    WHERE channel NOT IN (SELECT name FROM channel WHERE failures > 0 OR needs_person)
      AND (:every OR channel IN :channels)
    ORDER BY (id * :factor + :shift) % {_SPREAD}"""  # noqa: S608 - constants only

_DUE = f"l.{READY} AND l.channel = f.channel AND l.opa_id = f.opa_id AND l.due_at <= :now"

# The first flows that have something due share the batch evenly; what a shallow one leaves is not
# handed on: the next claim, a moment later, no longer meets it.
_POSTGRES = f"""
    WITH found AS MATERIALIZED (
        SELECT f.id, f.channel, f.opa_id FROM ({_FLOWS}) f
        CROSS JOIN LATERAL (SELECT 1 FROM lane l WHERE {_DUE} LIMIT 1) something
        LIMIT :limit
    ), picked AS MATERIALIZED (
        SELECT head.id, row_number() OVER (PARTITION BY f.id ORDER BY head.due_at) AS place FROM found f
        CROSS JOIN LATERAL (
            SELECT l.id, l.due_at FROM lane l WHERE {_DUE} ORDER BY l.due_at
            LIMIT (SELECT (:limit + count(*) - 1) / greatest(count(*), 1) FROM found)
            FOR UPDATE SKIP LOCKED
        ) head
    ), chosen AS (SELECT id FROM picked ORDER BY place LIMIT :limit)
    UPDATE lane SET token = :token, worker = :worker, due_at = :until
    FROM chosen WHERE lane.id = chosen.id RETURNING lane.id"""  # noqa: S608 - constants only

_SQLITE_FOUND = f"""
    SELECT f.id FROM ({_FLOWS}) f WHERE EXISTS (SELECT 1 FROM lane l WHERE {_DUE}) LIMIT :limit
"""  # noqa: S608 - constants only
_SQLITE_PICKED = f"""
    SELECT lane.id, row_number() OVER (PARTITION BY f.id ORDER BY lane.due_at) AS place
    FROM flow f JOIN lane ON lane.id IN (
        SELECT l.id FROM lane l WHERE {_DUE} ORDER BY l.due_at LIMIT :share
    ) WHERE f.id IN :flows ORDER BY place LIMIT :limit"""  # noqa: S608 - constants only
_SQLITE_TAKE = "UPDATE lane SET token = :token, worker = :worker, due_at = :until WHERE id IN :lanes"

_PROBE = f"""
    SELECT l.id FROM lane l WHERE l.{READY} AND l.channel = :channel AND l.due_at <= :now
    ORDER BY l.due_at LIMIT 1 FOR UPDATE SKIP LOCKED"""  # noqa: S608 - constants only


@dataclass(frozen=True, slots=True)
class Claim:
    """What one claim asks for."""

    worker: str
    token: str
    limit: int
    now: datetime
    until: datetime
    channels: Collection[str] | None


def _statement(sql: str, *expanding: BindParameter[Any]) -> TextClause:
    moments = [bindparam(name, type_=Utc()) for name in ("now", "until") if f":{name}" in sql]
    return text(sql).bindparams(*moments, *expanding)


_channels = bindparam("channels", type_=Text(), expanding=True)
_postgres = _statement(_POSTGRES, _channels)
_sqlite_found = _statement(_SQLITE_FOUND, _channels)
_sqlite_picked = _statement(_SQLITE_PICKED, bindparam("flows", expanding=True))
_take = _statement(_SQLITE_TAKE, bindparam("lanes", expanding=True))
_probe = {True: _statement(_PROBE), False: _statement(_PROBE.replace("FOR UPDATE SKIP LOCKED", ""))}


def take_lanes(connection: Connection, claim: Claim, rng: random.Random) -> list[int]:
    """Lease due lanes of open channels; return their ids."""
    values = {
        "every": claim.channels is None,
        "channels": list(claim.channels or ()),
        "factor": rng.randrange(1, _SPREAD),
        "shift": rng.randrange(_SPREAD),
        "limit": claim.limit,
        "now": claim.now,
    }
    if connection.dialect.name == "postgresql":
        lease = {"token": claim.token, "worker": claim.worker, "until": claim.until}
        return list(connection.scalars(_postgres, {**values, **lease}))
    flows = list(connection.scalars(_sqlite_found, values))
    if not flows:
        return []
    share = -(-claim.limit // len(flows))
    picked = connection.execute(
        _sqlite_picked, {"flows": flows, "share": share, "limit": claim.limit, "now": claim.now}
    )
    return _lease(connection, claim, [lane_id for lane_id, _place in picked])


def take_probe(connection: Connection, claim: Claim, channel: str) -> list[int]:
    """Lease the one lane that tries whether a channel works again."""
    statement = _probe[connection.dialect.name == "postgresql"]
    found = connection.scalars(statement, {"channel": channel, "now": claim.now})
    return _lease(connection, claim, list(found))


def _lease(connection: Connection, claim: Claim, lanes: Iterable[int]) -> list[int]:
    taken = list(lanes)
    if taken:
        connection.execute(
            _take,
            {"token": claim.token, "worker": claim.worker, "until": claim.until, "lanes": taken},
        )
    return taken
