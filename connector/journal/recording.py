"""One page of a SED's changes on its way into the journal: the rows it turns into. Pure but for the judge."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from connector.appeal import CardRef, Event, EventKind, Reply, key_uuid
from connector.journal import audit, codec
from connector.journal.records import Judgement, Stage, StoredRound
from connector.journal.rounds import card_values, forward, merged_card
from connector.journal.tasks import platform_channel
from connector.lifecycle import State

Judge = Callable[[StoredRound, Event], Judgement]

ORPHAN = "orphan"
_BEFORE_CARD = frozenset({State.RECEIVED, State.FILED, State.ACCEPTED, State.PENDING})


def event_key(event: Event) -> str:
    """Return the one form under which an event finds its message: a SED may echo the key or its UUID."""
    return str(key_uuid(event.key)) if event.key.startswith("pos:") else event.key.strip().lower()


@dataclass(slots=True)
class Recording:
    """Gathers the rows of one transaction."""

    sed: str
    now: datetime
    actor: str
    rounds: dict[str, StoredRound]  # by the UUID of the key, as they stand at this point of the page
    conversations: Mapping[int, int]  # by message
    events: list[dict[str, Any]] = field(default_factory=list)
    found: list[dict[str, Any]] = field(default_factory=list)  # earlier orphans, judged now
    replies: list[tuple[int, dict[str, Any]]] = field(default_factory=list)  # by conversation
    messages: dict[int, dict[str, Any]] = field(default_factory=dict)
    registered: list[int] = field(default_factory=list)  # messages that have their card now
    lines: list[dict[str, Any]] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    orphans: int = 0

    def take(self, event: Event, judge: Judge) -> None:
        """Record a new event. One that cannot be stored is kept as a text, for a person."""
        try:
            payload = codec.dump_event(event)
        except ValueError as error:
            self.unread.append(
                f"event {event.id} ({event.kind}) of {event.key}: {error}; {dict(event.raw)!r}"
            )
            return
        round_ = self.rounds.get(event_key(event))
        note = ORPHAN if round_ is None else self._judge(round_, event, judge)
        self.orphans += round_ is None
        if round_ is None:
            self._tell(None, event, {"note": ORPHAN, "sed": self.sed, "key": event.key})
        self.events.append(
            {
                "sed": self.sed,
                "event_id": event.id,
                "key_uuid": event_key(event),
                "message_id": round_ and round_.message_id,
                "kind": event.kind,
                "at": event.at,
                "recorded_at": self.now,
                "judged": round_ is not None,
                "note": note,
                "payload": payload,
            }
        )

    def take_found(self, row_id: int, event: Event, judge: Judge) -> None:
        """Judge an event that was recorded before its message came."""
        round_ = self.rounds[event_key(event)]
        note = self._judge(round_, event, judge)
        self.found.append({"of": row_id, "new_message_id": round_.message_id, "new_note": note})

    def _judge(self, round_: StoredRound, event: Event, judge: Judge) -> str:
        judgement = judge(round_, event)
        state = forward(round_.state, judgement.state)
        card = merged_card(round_.card, _card_told(event))
        changed = replace(
            round_,
            state=state,
            card=card,
            state_since=round_.state_since if state == round_.state else self.now,
        )
        if changed != round_:
            self._change(event_key(event), round_, changed)
        if judgement.reply is not None:
            self._reply(round_, judgement.reply)
        self._tell(round_, event, {"note": judgement.note, "reply": judgement.reply and judgement.reply.kind})
        return judgement.note

    def _change(self, key: str, before: StoredRound, after: StoredRound) -> None:
        self.rounds[key] = after
        self.messages[after.message_id] = {
            "of": after.message_id,
            "new_state": after.state,
            "new_state_since": after.state_since,
            **{f"new_{name}": value for name, value in card_values(after.card).items()},
        }
        if before.state in _BEFORE_CARD and after.state not in _BEFORE_CARD:
            self.registered.append(after.message_id)

    def _reply(self, round_: StoredRound, reply: Reply) -> None:
        row = {
            "message_id": round_.message_id,
            "opa_id": round_.opa_id,
            "stage": Stage.REPLY,
            "channel": platform_channel(round_.opa_id),
            "status": "open",
            "created_at": self.now,
            "event_id": reply.event_id,
            "kind": reply.kind,
            "look": codec.look(reply),
            "reply": codec.dump(reply),
        }
        self.replies.append((self.conversations[round_.message_id], row))

    def _tell(self, round_: StoredRound | None, event: Event, more: Mapping[str, object]) -> None:
        told: dict[str, object] = {
            "kind": event.kind,
            "event": event.id,
            "at": event.at.isoformat(),
            "number": event.number,
            **more,
        }
        detail = {name: value for name, value in told.items() if value}
        where = (self.conversations[round_.message_id], round_.round) if round_ else (None, None)
        self.lines.append(
            audit.line(
                self.now, self.actor, "event", conversation_id=where[0], round_=where[1], detail=detail
            )
        )


def _card_told(event: Event) -> CardRef | None:
    """Return what an event says about the card: only a registration does."""
    if event.kind is not EventKind.REGISTERED:
        return None
    return CardRef("", event.number, event.document_date)
