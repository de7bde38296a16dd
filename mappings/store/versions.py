"""Versions of the crosswalk: written once, activated, rolled back; never changed."""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa

from config.i18n import _
from mappings.errors import RefusedError, StoreError
from mappings.model import Content, Direction, Kind, Policy, Relation, Rule, Status, StatusPair, Unmapped
from mappings.store import schema

_BATCH = 5_000


class Activation(NamedTuple):
    """One line of the history: which version came into force, when, by whom, from which file."""

    id: int
    version: int
    action: str
    at: dt.datetime
    by: str
    comment: str
    file_name: str
    sha256: str
    rules: int
    verified: int


def active_version(connection: sa.Connection) -> tuple[int, int]:
    """Return (activation id, version) in force; (0, 0) when nothing was ever applied. One tiny query."""
    row = connection.execute(
        sa.select(schema.activation.c.id, schema.activation.c.version)
        .order_by(schema.activation.c.id.desc())
        .limit(1)
    ).first()
    return (row.id, row.version) if row else (0, 0)


def apply(
    connection: sa.Connection,
    content: Content,
    *,
    by: str,
    at: dt.datetime,
    file_name: str = "",
    sha256: str = "",
    comment: str = "",
    base: int | None = None,
) -> int:
    """Store a version and put it into force, in the caller's transaction. Returns its number.

    `base` is the version that the workbook was made from: RefusedError when another one came into force
    since, because its changes would be lost without a word.
    """
    _lock(connection)
    current = active_version(connection)[1]
    if base is not None and base != current:
        raise RefusedError(
            _(
                "the workbook was made from version {base}, but version {current} is in force now: its "
                "changes would be lost. Export version {current}, repeat your changes there, "
                "or apply with --force"
            ).format(base=base, current=current)
        )
    number = _insert_version(
        connection, content, by=by, at=at, file_name=file_name, sha256=sha256, comment=comment
    )
    _insert_content(connection, number, content)
    _activate(connection, number, "apply", by=by, at=at, comment=comment)
    return number


def rollback(
    connection: sa.Connection, *, by: str, at: dt.datetime, to: int | None = None, comment: str = ""
) -> int:
    """Put an earlier version into force again: the given one, else the one before the present.

    Raises StoreError when there is none.
    """
    _lock(connection)
    current = active_version(connection)[1]
    if to is None:
        to = connection.scalar(
            sa.select(sa.func.max(schema.version.c.number)).where(schema.version.c.number < current)
        )
        if to is None:
            raise StoreError(_("there is no earlier version to go back to"))
    _require(connection, to)
    if to == current:
        raise RefusedError(_("version {version} is in force already").format(version=to))
    _activate(connection, to, "rollback", by=by, at=at, comment=comment)
    return to


def history(connection: sa.Connection) -> list[Activation]:
    """Return every activation, the latest first."""
    act, ver = schema.activation.c, schema.version.c
    columns = (act.id, act.version, act.action, act.at, act.by, act.comment)
    query = sa.select(*columns, ver.file_name, ver.sha256, ver.rules, ver.verified)
    joined = query.join_from(schema.activation, schema.version).order_by(act.id.desc())
    return [Activation(**row._mapping) for row in connection.execute(joined)]  # noqa: SLF001 - public


def load(connection: sa.Connection, number: int) -> Content:
    """Read a version. Raises StoreError when there is no such version."""
    _require(connection, number)
    rules = connection.execute(
        sa.select(*(schema.rule.c[field] for field in Rule._fields))
        .where(schema.rule.c.version == number)
        .order_by(schema.rule.c.ordinal)
    )
    policies = connection.execute(
        sa.select(schema.policy.c.cabinet, schema.policy.c.action, schema.policy.c.code)
        .where(schema.policy.c.version == number)
        .order_by(schema.policy.c.cabinet)
    )
    statuses = connection.execute(
        sa.select(schema.status.c.sstu, schema.status.c.pos, schema.status.c.comment)
        .where(schema.status.c.version == number)
        .order_by(schema.status.c.ordinal)
    )
    return Content(
        tuple(_rule(row) for row in rules),
        tuple(Policy(row.cabinet, Unmapped(row.action), row.code) for row in policies),
        tuple(StatusPair(*row) for row in statuses),
    )


def _rule(row: sa.Row[tuple[object, ...]]) -> Rule:
    read = Rule(*row)  # type: ignore[arg-type]  # the columns are the fields, in their order
    return read._replace(
        direction=Direction(read.direction),
        path=tuple(read.path),
        relation=Relation(read.relation),
        cabinets=tuple(read.cabinets),
        kinds=tuple(map(Kind, read.kinds)),
        regions=tuple(read.regions),
        words=tuple(read.words),
        status=Status(read.status),
    )


def _require(connection: sa.Connection, number: int) -> None:
    if not connection.scalar(sa.select(sa.func.count()).where(schema.version.c.number == number)):
        raise StoreError(_("there is no version {version}; see `mapping history`").format(version=number))


def _lock(connection: sa.Connection) -> None:
    """Let one administrator at a time change the version in force."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext('mapping_activation'))"))
    else:  # SQLite: the first write takes the lock, before anything is read
        connection.execute(sa.delete(schema.activation).where(schema.activation.c.id < 0))


def _insert_version(
    connection: sa.Connection,
    content: Content,
    *,
    by: str,
    at: dt.datetime,
    file_name: str,
    sha256: str,
    comment: str,
) -> int:
    editions = connection.scalars(sa.select(schema.edition.c.id).where(schema.edition.c.state == "current"))
    result = connection.execute(
        sa.insert(schema.version).values(
            created_at=at,
            created_by=by,
            file_name=file_name,
            sha256=sha256,
            comment=comment,
            editions=sorted(editions),
            rules=len(content.rules),
            verified=sum(rule.acts for rule in content.rules),
        )
    )
    return int(result.inserted_primary_key[0]) if result.inserted_primary_key else 0


def _insert_content(connection: sa.Connection, number: int, content: Content) -> None:
    rules = [{"version": number, "ordinal": i, **rule._asdict()} for i, rule in enumerate(content.rules, 1)]
    policies = [{"version": number, **policy._asdict()} for policy in content.policies]
    statuses = [{"version": number, "ordinal": i, **p._asdict()} for i, p in enumerate(content.statuses, 1)]
    for table, rows in ((schema.rule, rules), (schema.policy, policies), (schema.status, statuses)):
        _insert_many(connection, table, rows)


def _insert_many(connection: sa.Connection, table: sa.Table, rows: Sequence[dict[str, object]]) -> None:
    for start in range(0, len(rows), _BATCH):
        connection.execute(sa.insert(table), list(rows[start : start + _BATCH]))


def _activate(
    connection: sa.Connection, number: int, action: str, *, by: str, at: dt.datetime, comment: str
) -> None:
    connection.execute(
        sa.insert(schema.activation).values(version=number, action=action, at=at, by=by, comment=comment)
    )
