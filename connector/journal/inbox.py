"""The inbox: what the platform listed, kept raw, each round of a message exactly once."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, insert, select, update

from connector.journal import audit, tasks
from connector.journal.codec import raw_bytes, raw_digest
from connector.journal.page import Incoming, Listed, Page, Place, incoming
from connector.journal.part import Part
from connector.journal.records import KnownRound, Receipt
from connector.journal.schema import attachment, conversation, event, message, revision, task
from connector.journal.types import AnyRow, clean
from connector.lifecycle import State

_TURNS = 3


class Inbox(Part):
    """Stores pages of a cabinet's list."""

    def known_rounds(self, opa_id: int, platform_ids: Collection[str]) -> dict[str, KnownRound]:
        """Return the last known round of each message of a cabinet; those never seen are absent."""
        wanted = {clean(platform_id): platform_id for platform_id in platform_ids}
        rows = self._db.read(_rounds_of, opa_id, wanted)
        return {wanted[row.platform_id]: _known(row) for row in rows}  # by round: the last one stays

    def receive(self, opa_id: int, batch: Sequence[Listed]) -> Receipt:
        """Store a page, each message with its round, in one transaction; harmless to repeat.

        A new round gets its conversation, raw text, attachments and a task: FETCH, ACCEPT when it has no
        attachment, READ (parked, with the problem) when it could not be read. A repeat with another text
        keeps that text as a revision; a repeat that can be read now wakes a round that could not.
        """
        if not batch:
            return Receipt(0, (), 0)
        return self._db.write(self._receive, opa_id, batch)

    def _receive(self, connection: Connection, opa_id: int, batch: Sequence[Listed]) -> Receipt:
        now = self._now()
        messages = [incoming(received, round_) for received, round_ in batch]
        ids = {clean(one.platform_id) for one in messages}
        conversations = self._conversations(connection, opa_id, ids)
        if self._db.postgres:
            _lock_rounds(connection, conversations.values())  # before the lanes: as every other writer does
        lanes = tasks.locked_lanes(
            connection, self._db, dict.fromkeys(conversations.values(), opa_id), tasks.IN, now
        )
        page = Page(opa_id=opa_id, now=now, actor=self._who(), lanes=lanes)
        known = _messages(connection, lanes)
        repeats: list[tuple[Place, Incoming]] = []
        for one in messages:
            place = (conversations[clean(one.platform_id)], one.round)
            if place in known or place in page.fresh:
                repeats.append((place, one))
            else:
                page.fresh[place] = one
        _store_new(connection, page)
        self._store_repeats(connection, page, repeats)
        tasks.append(connection, self._db, page.tasks, now)
        tasks.wake(connection, page.woken, now)
        audit.write(connection, page.lines)
        return page.receipt()

    def _conversations(
        self, connection: Connection, opa_id: int, platform_ids: Collection[str]
    ) -> dict[str, int]:
        """Return the conversation of each message, making those that are missing."""
        found: dict[str, int] = {}
        for _turn in range(_TURNS):  # again: one of them was erased this moment
            missing = sorted(set(platform_ids) - found.keys())
            rows = [{"opa_id": opa_id, "platform_id": platform_id} for platform_id in missing]
            connection.execute(self._db.insert(conversation).on_conflict_do_nothing(), rows)
            there = connection.execute(
                select(conversation.c.platform_id, conversation.c.id)
                .where(conversation.c.opa_id == opa_id, conversation.c.platform_id.in_(missing))
                .order_by(conversation.c.id)
                .with_for_update(read=True, key_share=True)  # from here on nobody erases them
            )
            found |= {row.platform_id: row.id for row in there}
            if len(found) == len(platform_ids):
                break
        return found

    def _store_repeats(
        self, connection: Connection, page: Page, repeats: Sequence[tuple[Place, Incoming]]
    ) -> None:
        if not repeats:
            return
        known = _messages(connection, page.lanes)
        for place, received in repeats:
            row = known[place]
            if row.appeal is None and received.appeal is not None:
                self._understand(connection, page, row, received)
            elif row.raw_sha256 != raw_digest(received.raw):
                self._revise(connection, page, row, received.raw)
            page.repeat(received, accepted=row.accepted_at is not None)

    def _understand(self, connection: Connection, page: Page, row: AnyRow, received: Incoming) -> None:
        """Go on with a round that could not be read when it came first and can be now."""
        waiting = (task.c.message_id == row.id) & (task.c.stage == "read") & (task.c.status == "parked")
        changed = connection.execute(update(task).where(waiting).values(page.task_start(received)))
        if not changed.rowcount:
            return  # given up by a person, or being read again this moment
        place = (row.conversation_id, row.round)
        mine = message.c.id == row.id
        old = connection.execute(select(message.c.raw).where(mine)).scalar_one()
        connection.execute(update(message).where(mine).values(page.understood(received)))
        if old != raw_bytes(received.raw):
            self._keep_text(connection, page, row.id, old)
        if rows := page.attachment_rows(row.id, received):
            connection.execute(insert(attachment), rows)
        page.wake(place, received)

    def _revise(self, connection: Connection, page: Page, row: AnyRow, raw: str) -> None:
        """Keep another text of a round beside the one that is worked on."""
        self._keep_text(connection, page, row.id, raw_bytes(raw))
        connection.execute(update(message).where(message.c.id == row.id).values(raw_sha256=raw_digest(raw)))
        page.revise(row.conversation_id, row.round, raw)

    def _keep_text(self, connection: Connection, page: Page, message_id: int, raw: bytes) -> None:
        row = {"message_id": message_id, "at": page.now, "raw": raw, "raw_sha256": sha256(raw).hexdigest()}
        connection.execute(self._db.insert(revision).on_conflict_do_nothing(), [row])


def _rounds_of(connection: Connection, opa_id: int, platform_ids: Iterable[str]) -> Sequence[AnyRow]:
    return connection.execute(
        select(
            conversation.c.platform_id,
            message.c.round,
            message.c.state,
            message.c.raw_sha256,
            message.c.answered_at,
            message.c.accepted_at,
        )
        .join(message, message.c.conversation_id == conversation.c.id)
        .where(conversation.c.opa_id == opa_id, conversation.c.platform_id.in_(platform_ids))
        .order_by(message.c.round)
    ).all()


def _known(row: AnyRow) -> KnownRound:
    return KnownRound(
        round=row.round,
        state=State(row.state),
        raw_sha256=row.raw_sha256,
        answered=row.answered_at is not None,
        accepted=row.accepted_at is not None,
    )


def _lock_rounds(connection: Connection, conversations: Iterable[int]) -> None:
    """Lock the rounds of conversations."""
    rounds = select(message.c.id).where(message.c.conversation_id.in_(conversations))
    connection.execute(rounds.order_by(message.c.id).with_for_update())


def _messages(connection: Connection, conversations: Iterable[int]) -> dict[Place, AnyRow]:
    found = connection.execute(
        select(
            message.c.id,
            message.c.conversation_id,
            message.c.round,
            message.c.raw_sha256,
            message.c.appeal,
            message.c.accepted_at,
        ).where(message.c.conversation_id.in_(conversations))
    )
    return {(row.conversation_id, row.round): row for row in found}


def _store_new(connection: Connection, page: Page) -> None:
    if not page.fresh:
        return
    stored = connection.execute(
        insert(message).returning(
            message.c.id, message.c.conversation_id, message.c.round, message.c.key_uuid
        ),
        page.message_rows(),
    ).all()
    attachments: list[Mapping[str, Any]] = []
    for row in stored:
        attachments += page.begin(row.id, (row.conversation_id, row.round))
    if attachments:
        connection.execute(insert(attachment), attachments)
    _match_orphans(connection, {row.key_uuid: row.id for row in stored})


def _match_orphans(connection: Connection, messages: Mapping[str, int]) -> None:
    """Give events that came before their message to it; `record_events` judges them next."""
    orphans = connection.execute(
        select(event.c.id, event.c.key_uuid).where(
            event.c.key_uuid.in_(messages), event.c.message_id.is_(None)
        )
    )
    for event_id, key in orphans.all():
        connection.execute(update(event).where(event.c.id == event_id).values(message_id=messages[key]))
