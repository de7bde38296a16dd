"""Rows of the table `message` as the domain's words, and the rule that a round never goes back."""

from typing import Any

from sqlalchemy import Select, select

from connector.appeal import Appeal, CardRef
from connector.journal.codec import load_or_none
from connector.journal.records import StoredRound
from connector.journal.schema import conversation, message
from connector.journal.types import AnyRow
from connector.lifecycle import State

_ORDER = {state: place for place, state in enumerate(State)}


def forward(current: State, proposed: State | None) -> State:
    """Return the later of two states: what comes late never moves a round back, a final one stays."""
    if proposed is None or current.final:
        return current
    return max(current, proposed, key=_ORDER.__getitem__)


def merged_card(current: CardRef | None, told: CardRef | None) -> CardRef | None:
    """Return a card with what is newly told about it; silence about a part keeps that part."""
    if current is None or told is None:
        return told or current
    return CardRef(
        told.id or current.id,
        told.number or current.number,
        told.registered_on or current.registered_on,
    )


def card_of(row: AnyRow) -> CardRef | None:
    """Return the card that a row of `message` names."""
    return None if row.card_id is None else CardRef(row.card_id, row.card_number, row.card_date)


def card_values(card: CardRef | None) -> dict[str, Any]:
    """Return the columns that keep a card."""
    if card is None:
        return {"card_id": None, "card_number": "", "card_date": None}
    return {"card_id": card.id, "card_number": card.number, "card_date": card.registered_on}


def appeal_of(row: AnyRow) -> Appeal | None:
    """Return the message as it was understood."""
    return load_or_none(Appeal, row.appeal, row.key)


def stored_rounds() -> Select[Any]:
    """Return the query whose rows `stored_round` reads."""
    columns = [column for column in message.c if column.name != "raw"]  # large, and rarely wanted
    return select(*columns, conversation.c.platform_id).join(
        conversation, conversation.c.id == message.c.conversation_id
    )


def stored_round(row: AnyRow) -> StoredRound:
    """Read one row of `stored_rounds`."""
    return StoredRound(
        message_id=row.id,
        opa_id=row.opa_id,
        platform_id=row.platform_id,
        round=row.round,
        key=row.key,
        state=State(row.state),
        state_since=row.state_since,
        received_at=row.received_at,
        appeal=appeal_of(row),
        card=card_of(row),
        answered_at=row.answered_at,
    )
