"""The audit trail: append-only, one ordered story per conversation."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, or_, select

from connector.appeal import key_uuid
from connector.journal.codec import dump_detail
from connector.journal.part import Part
from connector.journal.records import AuditEntry
from connector.journal.reports import Found
from connector.journal.schema import audit, conversation, message
from connector.lifecycle import State


def line(
    at: datetime,
    actor: str,
    what: str,
    *,
    conversation_id: int | None = None,
    round_: int | None = None,
    detail: Mapping[str, object] | None = None,
) -> dict[str, Any]:
    """Return one line of the trail as a row."""
    return {
        "at": at,
        "actor": actor,
        "what": what,
        "conversation_id": conversation_id,
        "round": round_,
        "detail": dump_detail(detail or {}),
    }


def write(connection: Connection, lines: Sequence[Mapping[str, Any]]) -> None:
    """Append lines; they commit or vanish together with what they tell."""
    if lines:
        connection.execute(insert(audit), list(lines))


class Trail(Part):
    """Reads the trail and finds conversations."""

    def trail(self, opa_id: int | None, platform_id: str) -> list[AuditEntry]:
        """Return everything that happened to a message, in order; `opa_id` None = in whatever cabinet."""
        return self._db.read(_trail, opa_id, platform_id)

    def find_conversations(self, text: str, limit: int = 50) -> list[Found]:
        """Find by exact platform id, registration number, card number or idempotency key (or its UUID)."""
        return self._db.read(_find, text.strip(), limit)


def _trail(connection: Connection, opa_id: int | None, platform_id: str) -> list[AuditEntry]:
    query = (
        select(audit.c.at, audit.c.actor, audit.c.what, audit.c.round, audit.c.detail)
        .join(conversation, conversation.c.id == audit.c.conversation_id)
        .where(conversation.c.platform_id == platform_id)
        .order_by(audit.c.id)
    )
    if opa_id is not None:
        query = query.where(conversation.c.opa_id == opa_id)
    return [
        AuditEntry(at, actor, what, round_, json.loads(detail))
        for at, actor, what, round_, detail in connection.execute(query)
    ]


def _find(connection: Connection, text: str, limit: int) -> list[Found]:
    if not text:
        return []
    by_id = select(conversation.c.id).where(conversation.c.platform_id == text)
    by_message = select(message.c.conversation_id).where(
        or_(
            message.c.key_uuid.in_((text.lower(), str(key_uuid(text)))),
            (message.c.number == text) & (message.c.number != ""),
            (message.c.card_number == text) & (message.c.card_number != ""),
        )
    )
    ids = sorted({*connection.scalars(by_id), *connection.scalars(by_message)})[:limit]
    return [found for conversation_id in ids for found in _last_round(connection, conversation_id)]


def _last_round(connection: Connection, conversation_id: int) -> list[Found]:
    rounds = select(func.count()).where(message.c.conversation_id == conversation_id).scalar_subquery()
    row = connection.execute(
        select(
            conversation.c.opa_id,
            conversation.c.platform_id,
            rounds,
            message.c.number,
            message.c.card_number,
            message.c.state,
        )
        .join(message, message.c.conversation_id == conversation.c.id)
        .where(conversation.c.id == conversation_id)
        .order_by(message.c.round.desc())
        .limit(1)
    ).first()
    return [Found(*row[:5], state=State(row.state))] if row else []
