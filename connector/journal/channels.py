"""Channels: the circuit breaker per way to a peer, and the one alert on its failure and its return."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from connector.errors import AuthError, ChannelError, RetryableError
from connector.journal import audit, breaker
from connector.journal.part import Part
from connector.journal.records import ChannelState
from connector.journal.reports import Alert, AlertKind
from connector.journal.schema import channel
from connector.journal.types import AnyRow


class Channels(Part):
    """Pauses and opens channels (`platform:{opa_id}`, `sed:{name}`)."""

    def channel_failed(self, name: str, error: ChannelError) -> ChannelState:
        """Pause a channel: exponential with jitter and a cap, not shorter than the peer's own wish.

        An AuthError pauses it until `resume` or until its credentials change. Failures that arrive while
        it is paused already (others were on the way) do not make the pause longer.
        """
        return self._db.write(self._failed, name, error)

    def _failed(self, connection: Connection, name: str, error: ChannelError) -> ChannelState:
        now = self._now()
        row = self._locked(connection, name)
        paused = row.paused_until is not None and row.paused_until > now
        failures = row.failures if paused else row.failures + 1
        until = row.paused_until if paused else now + self._context.pause.pause(failures, self._context.rng)
        if isinstance(error, RetryableError) and error.after is not None:
            until = max(until, now + timedelta(seconds=error.after))
        values = {
            "failures": failures,
            "paused_until": until,
            "needs_person": row.needs_person or isinstance(error, AuthError),
            "probing_until": None,
            "recovered_at": None,  # not so well after all: one mail for the whole trouble
            "since": row.since or now,
        }
        if not row.needs_person or isinstance(error, AuthError):
            values |= {"error_code": error.code, "sentence": error.sentence}
        connection.execute(update(channel).where(channel.c.name == name).values(values))
        if failures == 1 or values["needs_person"] != row.needs_person:
            self._tell(connection, "channel-failed", name, code=error.code, sentence=error.sentence)
        return _state(self._locked(connection, name))

    def channel_ok(self, name: str) -> None:
        """Say that a channel works; cheap to call after every success."""
        now = self._now()
        if self._db.read(breaker.needs_success, (name,), now):
            self._db.write(breaker.worked, self._db, (name,), now)

    def channel_configured(self, name: str, fingerprint: str) -> bool:
        """Say which credentials (a digest of them) a channel uses now; return True if that resumed it."""
        return self._db.write(self._configured, name, fingerprint)

    def _configured(self, connection: Connection, name: str, fingerprint: str) -> bool:
        row = self._locked(connection, name)
        if row.fingerprint == fingerprint:
            return False
        connection.execute(update(channel).where(channel.c.name == name).values(fingerprint=fingerprint))
        return self._open(connection, row, "channel-reconfigured") if row.needs_person else False

    def resume(self, name: str) -> bool:
        """Open a channel by a person's word; return False when it was not paused."""
        return self._db.write(self._resume, name)

    def _resume(self, connection: Connection, name: str) -> bool:
        row = connection.execute(select(channel).where(channel.c.name == name).with_for_update()).first()
        if row is None or not (row.failures or row.needs_person):
            return False
        return self._open(connection, row, "channel-resumed")

    def _open(self, connection: Connection, row: AnyRow, what: str) -> bool:
        values = breaker.opened(alerted=row.alerted_at is not None, now=self._now())
        connection.execute(update(channel).where(channel.c.name == row.name).values(values))
        self._tell(connection, what, row.name)
        return True

    def channels(self) -> list[ChannelState]:
        """Return every known channel, by name."""
        query = select(channel).order_by(channel.c.name)
        return [_state(row) for row in self._db.read(lambda connection: connection.execute(query).all())]

    def last_success(self) -> dict[str, datetime]:
        """Return when each channel last worked."""
        return {state.name: state.last_success for state in self.channels() if state.last_success}

    def alerts_due(self) -> list[Alert]:
        """Return the mails that are due: one on the start of a failure (after a grace), one on recovery.

        What needs a person is told without waiting.
        """
        query = select(channel).where(channel.c.since.is_not(None)).order_by(channel.c.name)
        rows = self._db.read(lambda connection: connection.execute(query).all())
        long_ago = self._now() - self._context.pause.grace
        due = []
        for row in rows:
            if row.recovered_at is not None:
                due.append(_alert(row, AlertKind.RECOVERED))
            elif row.alerted_at is None and (row.needs_person or row.since <= long_ago):
                due.append(_alert(row, AlertKind.FAILING))
        return due

    def alerts_sent(self, alerts: Sequence[Alert]) -> None:
        """Remember that these went out: never again, restarts included."""
        if alerts:
            self._db.write(self._sent, alerts)

    def _sent(self, connection: Connection, alerts: Sequence[Alert]) -> None:
        now = self._now()
        for alert in sorted(alerts, key=lambda one: one.channel):
            row = self._locked(connection, alert.channel)
            values: dict[str, object] = {"alerted_at": now}
            if alert.kind is AlertKind.FAILING:
                if not row.failures:  # well again while the mail was on its way: that deserves its own
                    values |= {"recovered_at": now, "since": alert.since}
            elif row.recovered_at is None:
                continue  # failing again while the mail was on its way: the trouble goes on
            else:
                values = breaker.forgotten()
            connection.execute(update(channel).where(channel.c.name == alert.channel).values(values))

    def _locked(self, connection: Connection, name: str) -> AnyRow:
        query = select(channel).where(channel.c.name == name).with_for_update()
        row = connection.execute(query).first()
        if row is None:
            connection.execute(self._db.insert(channel).on_conflict_do_nothing(), [{"name": name}])
            row = connection.execute(query).one()
        return row

    def _tell(self, connection: Connection, what: str, name: str, **detail: object) -> None:
        line = audit.line(self._now(), self._who(), what, detail={"channel": name, **detail})
        audit.write(connection, [line])


def _state(row: AnyRow) -> ChannelState:
    failing = bool(row.failures or row.needs_person)
    return ChannelState(
        name=row.name,
        failures=row.failures,
        paused_until=row.paused_until,
        error_code=row.error_code if failing else "",
        sentence=row.sentence if failing else "",
        since=row.since if failing else None,
        last_success=row.last_success,
        needs_person=row.needs_person,
    )


def _alert(row: AnyRow, kind: AlertKind) -> Alert:
    return Alert(
        channel=row.name,
        kind=kind,
        since=row.since,
        until=row.recovered_at,
        error_code=row.error_code,
        sentence=row.sentence,
        needs_person=row.needs_person,
    )
