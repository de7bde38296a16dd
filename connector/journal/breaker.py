"""The circuit breaker's rows: which channel may be tried, what a success or a failure makes of it."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, or_, select, update

from connector.journal.claim import Claim
from connector.journal.engine import Database
from connector.journal.schema import channel
from connector.journal.types import among

_FRESH = timedelta(seconds=10)  # how exact `last_success` is: not a write for every success

# What a channel that works looks like. `since` and the words of the error stay until the mail about the
# recovery, if one is due, has gone out.
_WELL = {"failures": 0, "paused_until": None, "probing_until": None}
_FORGOTTEN = {"since": None, "error_code": "", "sentence": "", "alerted_at": None, "recovered_at": None}


_ripe = (
    (channel.c.failures > 0)
    & channel.c.needs_person.is_(False)
    & (channel.c.paused_until <= bindparam("now"))
    & or_(channel.c.probing_until.is_(None), channel.c.probing_until <= bindparam("now"))
)
_half_open = select(channel.c.name).where(_ripe).order_by(channel.c.name)
_reserve = (
    update(channel)
    .where(channel.c.name == bindparam("which"), _ripe)
    .values(probing_until=bindparam("until"))
)


def half_open(connection: Connection, claim: Claim) -> Sequence[str]:
    """Return the wanted channels whose pause is over and that nobody is trying at the moment."""
    names = connection.scalars(_half_open, {"now": claim.now}).all()
    return [name for name in names if claim.channels is None or name in claim.channels]


def reserve_probe(connection: Connection, name: str, claim: Claim) -> bool:
    """Take the right to try a channel; of several daemons one gets it."""
    changed = connection.execute(_reserve, {"which": name, "now": claim.now, "until": claim.until})
    return changed.rowcount == 1


def free_probes(connection: Connection, names: Collection[str]) -> None:
    """Let channels be tried again at once: the task that tried them came back without an answer."""
    if names:
        connection.execute(
            update(channel)
            .where(channel.c.name.in_(names), channel.c.probing_until.is_not(None))
            .values(probing_until=None)
        )


_up_to_date = select(channel.c.name).where(
    among(channel.c.name, "names"),
    channel.c.last_success > bindparam("young"),
    or_(channel.c.failures == 0, channel.c.needs_person),
)


def needs_success(connection: Connection, names: Collection[str], now: datetime) -> bool:
    """Whether a success of these channels would change what is written about them."""
    fresh = connection.scalars(_up_to_date, {"names": list(names), "young": now - _FRESH}).all()
    return len(fresh) < len(names)


def worked(connection: Connection, db: Database, names: Collection[str], now: datetime) -> None:
    """Open channels that did their part. One that waits for a person stays as it is."""
    if not names or not needs_success(connection, names, now):
        return
    rows = [{"name": name, "last_success": now} for name in sorted(names)]
    connection.execute(db.insert(channel).on_conflict_do_nothing(), rows)
    for row in connection.execute(
        select(channel).where(channel.c.name.in_(names)).order_by(channel.c.name).with_for_update()
    ).all():
        well = (
            {}
            if row.needs_person or not row.failures
            else _recovered(alerted=row.alerted_at is not None, now=now)
        )
        connection.execute(update(channel).where(channel.c.name == row.name).values(last_success=now, **well))


def _recovered(*, alerted: bool, now: datetime) -> dict[str, object]:
    return {**_WELL, "recovered_at": now} if alerted else {**_WELL, **_FORGOTTEN}


def opened(*, alerted: bool, now: datetime) -> dict[str, object]:
    """Return the values of a channel that a person or new credentials opened."""
    return {**_recovered(alerted=alerted, now=now), "needs_person": False}


def forgotten() -> dict[str, object]:
    """Return the values of a channel whose failure and recovery have both been told."""
    return dict(_FORGOTTEN)
