"""Events of the SEDs: each stored once with the cursor, each at most one reply."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, text, update

from connector.appeal import Event
from connector.journal import audit, tasks
from connector.journal.codec import load_or_none, raw_bytes
from connector.journal.part import Part
from connector.journal.recording import Judge, Recording, event_key
from connector.journal.records import EventPage, RecordedEvents
from connector.journal.reports import NotedEvent
from connector.journal.rounds import stored_round, stored_rounds
from connector.journal.schema import LIVE, conversation, cursor, event, lane, message, task, unread
from connector.journal.types import AnyRow

_PAGE = 500
_RACE = timedelta(hours=1)  # an event and its message that two daemons wrote at the same moment

_found = (
    update(event)
    .where(event.c.id == bindparam("of"))
    .values(message_id=bindparam("new_message_id"), note=bindparam("new_note"), judged=True)
)
_moved = (
    update(message)
    .where(message.c.id == bindparam("of"))
    .values(
        {
            name: bindparam(f"new_{name}")
            for name in ("state", "state_since", "card_id", "card_number", "card_date")
        }
    )
)


class Events(Part):
    """Records what happened in the SEDs."""

    def cursor(self, name: str) -> str:
        """Return where to go on reading; empty = from the beginning."""
        query = select(cursor.c.value).where(cursor.c.name == name)
        return self._db.read(lambda connection: connection.execute(query).scalar()) or ""

    def remember(self, name: str, value: str) -> None:
        """Keep a value of the caller's own under a name; `cursor` returns it."""
        self._db.write(lambda connection: self._take_cursor(connection, name, value, self._now()))

    def record_events(self, sed: str, page: EventPage, judge: Judge, cursor_name: str) -> RecordedEvents:
        """Store events, states, replies, notes and the cursor in one transaction; harmless to repeat.

        Orphans recorded earlier whose message is here by now are judged first. `judge` must be pure: it
        may be asked again after a deadlock.
        """
        return self._db.write(self._record, sed, page, judge, cursor_name)

    def _record(
        self, connection: Connection, sed: str, page: EventPage, judge: Judge, cursor_name: str
    ) -> RecordedEvents:
        now = self._now()
        self._take_cursor(connection, cursor_name, page.cursor, now)
        new = _new_events(connection, sed, page.events)
        found = _found_orphans(connection, sed, now)
        keys = {event_key(one) for one in new} | {row.key_uuid for row in found}
        recording = _recording(connection, keys, sed, now, self._who())
        for row in found:
            if (told := load_or_none(Event, row.payload, row.key_uuid)) is not None:
                recording.take_found(row.id, told, judge)
        for one in new:
            recording.take(one, judge)
        self._write_down(connection, recording)
        self._keep_unread(connection, sed, [*page.notes, *recording.unread], now)
        audit.write(connection, recording.lines)
        return RecordedEvents(
            len(new), len(page.events) - len(new), recording.orphans, len(recording.replies)
        )

    def _take_cursor(self, connection: Connection, name: str, value: str, now: datetime) -> None:
        """Move the cursor; its row lock lets two readers of one SED record one after the other."""
        row = {"name": name, "value": value, "at": now}
        moved = {"value": value, "at": now}
        connection.execute(
            self._db.insert(cursor).on_conflict_do_update(index_elements=["name"], set_=moved), row
        )

    def _write_down(self, connection: Connection, recording: Recording) -> None:
        if recording.events:
            connection.execute(insert(event), recording.events)
        if recording.found:
            connection.execute(_found, recording.found)
        if recording.messages:
            connection.execute(_moved, sorted(recording.messages.values(), key=lambda row: row["of"]))
        opa_of = {conversation_id: row["opa_id"] for conversation_id, row in recording.replies}
        lanes = tasks.locked_lanes(connection, self._db, opa_of, tasks.OUT, recording.now)
        rows = [{**row, "lane_id": lanes[conversation_id]} for conversation_id, row in recording.replies]
        tasks.append(connection, self._db, rows, recording.now)
        _close_registrations(connection, recording.registered, recording.now)

    def _keep_unread(self, connection: Connection, sed: str, notes: Sequence[str], now: datetime) -> None:
        rows = [
            {"sed": sed, "digest": hashlib.sha256(raw_bytes(note)).hexdigest(), "text": note, "at": now}
            for note in notes
        ]
        if rows:
            connection.execute(self._db.insert(unread).on_conflict_do_nothing(), rows)

    def noted(self, note: str = "") -> Iterator[NotedEvent]:
        """Yield events that changed nothing, oldest first; `note` restricts to one kind (`orphan` …).

        `unreadable`: what a SED delivered and no event could be made of.
        """
        if note != "unreadable":
            yield from self._paged(_noted_events, note)
        if note in ("", "unreadable"):
            yield from self._paged(_unread_notes, note)

    def _paged(self, ask: Any, note: str) -> Iterator[NotedEvent]:  # noqa: ANN401 - one of two functions
        after = 0
        while page := self._db.read(ask, note, after):
            yield from (one for _id, one in page)
            after = page[-1][0]


def _new_events(connection: Connection, sed: str, events: Sequence[Event]) -> list[Event]:
    """Return those that are not recorded yet, each once."""
    by_id = {one.id: one for one in reversed(events)}  # the first of two with one id stays
    known = set(
        connection.scalars(select(event.c.event_id).where(event.c.sed == sed, event.c.event_id.in_(by_id)))
    )
    order = dict.fromkeys(one.id for one in events)
    return [by_id[event_id] for event_id in order if event_id not in known]


def _found_orphans(connection: Connection, sed: str, now: datetime) -> Sequence[AnyRow]:
    """Return recorded events that wait to be judged because their message came after them."""
    raced = (
        select(event.c.id, message.c.id.label("message_id"))
        .join(message, message.c.key_uuid == event.c.key_uuid)
        .where(event.c.message_id.is_(None), event.c.sed == sed, event.c.recorded_at > now - _RACE)
    )
    for row in connection.execute(raced).all():
        connection.execute(update(event).where(event.c.id == row.id).values(message_id=row.message_id))
    return connection.execute(
        select(event.c.id, event.c.key_uuid, event.c.payload)
        .where(event.c.sed == sed, text("NOT judged AND message_id IS NOT NULL"))
        .order_by(event.c.id)
    ).all()


def _recording(connection: Connection, keys: set[str], sed: str, now: datetime, actor: str) -> Recording:
    rows = connection.execute(
        stored_rounds().where(message.c.key_uuid.in_(keys)).order_by(message.c.id).with_for_update(of=message)
    ).all()
    return Recording(
        sed=sed,
        now=now,
        actor=actor,
        rounds={row.key_uuid: stored_round(row) for row in rows},
        conversations={row.id: row.conversation_id for row in rows},
    )


def _close_registrations(connection: Connection, messages: Sequence[int], now: datetime) -> None:
    """End the registration of rounds whose card the SED reported, where an attempt got lost on the way.

    One that is in somebody's hands this moment is theirs to end: the SED will tell them the same.
    """
    if not messages:
        return
    held = (lane.c.head_id == task.c.id) & lane.c.token.is_not(None) & (lane.c.due_at > now)
    waiting = connection.execute(
        select(task.c.id, lane.c.id.label("lane_id"))
        .join(lane, lane.c.id == task.c.lane_id)
        .where(task.c.message_id.in_(messages), task.c.stage == "register", text(f"task.{LIVE}"), ~held)
        .order_by(lane.c.id)
        .with_for_update(of=lane)
    ).all()
    if waiting:
        ids = [row.id for row in waiting]
        connection.execute(update(task).where(task.c.id.in_(ids)).values(status="done", ended_at=now))
        tasks.settle(connection, [row.lane_id for row in waiting], now)


def _noted_events(connection: Connection, note: str, after: int) -> list[tuple[int, NotedEvent]]:
    query = (
        select(event, conversation.c.platform_id, conversation.c.opa_id)
        .outerjoin(message, message.c.id == event.c.message_id)
        .outerjoin(conversation, conversation.c.id == message.c.conversation_id)
        .where(text("event.note <> ''"), event.c.id > after)
        .order_by(event.c.id)
        .limit(_PAGE)
    )
    if note:
        query = query.where(event.c.note == note)
    return [(row.id, _noted(row)) for row in connection.execute(query)]


def _noted(row: AnyRow) -> NotedEvent:
    told = load_or_none(Event, row.payload, row.key_uuid)
    return NotedEvent(
        sed=row.sed,
        event_id=row.event_id,
        key=told.key if told else row.key_uuid,
        kind=row.kind,
        at=row.at,
        recorded_at=row.recorded_at,
        note=row.note,
        text=told.text if told else "",
        platform_id=row.platform_id or "",
        opa_id=row.opa_id,
    )


def _unread_notes(connection: Connection, _note: str, after: int) -> list[tuple[int, NotedEvent]]:
    query = select(unread).where(unread.c.id > after).order_by(unread.c.id).limit(_PAGE)
    return [
        (row.id, NotedEvent(row.sed, row.digest, "", "unreadable", row.at, row.at, "unreadable", row.text))
        for row in connection.execute(query)
    ]
