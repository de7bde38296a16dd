"""Cuts of the audit trail: its oldest lines go, up to a seal, and the chain goes on from that seal.

Seals are never erased, one small row an hour: the digest of the cut's own is what the chain begins with,
and a digest that somebody kept from an older one is still found. A cut is a row and a line of the trail.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Select, delete, exists, func, insert, or_, select, text

from connector.journal import audit as trail
from connector.journal import ratings
from connector.journal.schema import audit, audit_cut, audit_seal
from connector.journal.types import AnyRow

CUT = "cut"  # the line of the trail that tells of one
_LINES = 2000  # deleted in one transaction


@dataclass(frozen=True, slots=True)
class Cut:
    """Where the trail begins: behind the line `upto`, with the digest of the seal that vouched for it."""

    seal: int
    upto: int
    lines: int  # that this cut took out
    digest: str
    at: datetime
    actor: str
    until: datetime | None = None  # when the seal was made: every line before it is gone


def cuts(connection: Connection) -> list[Cut]:
    """Return every cut, the oldest first."""
    return [_cut(row) for row in connection.execute(_all.order_by(audit_cut.c.upto))]


def newest(connection: Connection) -> Cut | None:
    """Return the cut that the trail begins behind, None when it is whole."""
    row = connection.execute(_all.order_by(audit_cut.c.upto.desc()).limit(1)).first()
    return _cut(row) if row else None


def due(connection: Connection, before: datetime, *, sealed: bool = True) -> Cut | None:
    """Return the cut that is due: at the newest seal made before a moment that has a newer one.

    `sealed` False: as if the newest lines were sealed now.
    """
    seal = audit_seal.alias("newer")
    newer: ColumnElement[bool] = exists().where(seal.c.id > audit_seal.c.id)
    if not sealed:
        newer = or_(newer, exists().where(audit.c.id > audit_seal.c.upto))
    old = select(audit_seal).where(audit_seal.c.at < before, newer)
    found = connection.execute(old.order_by(audit_seal.c.id.desc()).limit(1)).first()
    done = newest(connection)
    if found is None or (done is not None and done.upto >= found.upto):
        return None
    gone = select(func.sum(audit_seal.c.lines)).where(
        audit_seal.c.id > (done.seal if done else 0), audit_seal.c.id <= found.id
    )
    lines = int(connection.execute(gone).scalar_one())
    return Cut(found.id, found.upto, lines, found.digest, before, "", found.at)


def make(connection: Connection, before: datetime, now: datetime, actor: str) -> Cut | None:
    """Write down the cut that is due, with its line in the trail; nothing is deleted yet."""
    _take_turn(connection)
    cut = due(connection, before)
    if cut is None:
        return None
    row = {"seal": cut.seal, "upto": cut.upto, "lines": cut.lines, "digest": cut.digest}
    connection.execute(insert(audit_cut), [{**row, "at": now, "actor": actor}])
    trail.write(connection, [trail.line(now, actor, CUT, detail={**row, "until": cut.until})])
    return cut


def delete_lines(connection: Connection, after: int) -> tuple[int, int]:
    """Delete the next lines that lie before the newest cut; return how many and the number of the last.

    A rating that such a line tells of outlives it: the mart asks for it as long as the round is there.
    """
    _take_turn(connection)
    cut = newest(connection)
    if cut is None:
        return 0, after
    lines = select(audit.c.id).where(audit.c.id > after, audit.c.id <= cut.upto)
    ids = connection.scalars(lines.order_by(audit.c.id).limit(_LINES)).all()
    if not ids:
        return 0, after
    ratings.outlive(connection, ids[0], ids[-1])
    connection.execute(delete(audit).where(audit.c.id >= ids[0], audit.c.id <= ids[-1]))
    return len(ids), ids[-1]


def _take_turn(connection: Connection) -> None:
    """Let one daemon at a time cut and delete: the second finds it done."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE audit_cut IN SHARE ROW EXCLUSIVE MODE"))


def left(connection: Connection, cut: Cut | None) -> int:
    """Return how many lines lie before a cut still: somebody died between it and their deletion."""
    if cut is None:
        return 0
    return connection.execute(select(func.count()).where(audit.c.id <= cut.upto)).scalar_one()


_all: Select[AnyRow] = select(audit_cut, audit_seal.c.at.label("until")).outerjoin(
    audit_seal, audit_seal.c.id == audit_cut.c.seal
)


def _cut(row: AnyRow) -> Cut:
    return Cut(row.seal, row.upto, row.lines, row.digest, row.at, row.actor, row.until)
