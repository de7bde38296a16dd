"""One page of a cabinet's list on its way into the journal: the rows it turns into. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from config.i18n import _
from connector.appeal import Appeal, conversation_key, key_uuid
from connector.journal import audit, codec
from connector.journal.records import Receipt, ReceivedMessage, Stage
from connector.journal.tasks import platform_channel
from connector.lifecycle import State

Listed = tuple[ReceivedMessage, int]
Place = tuple[int, int]  # conversation, round


@dataclass(frozen=True, slots=True)
class Incoming:
    """A listed message with its round, ready to be stored; `payload` is its appeal as JSON."""

    platform_id: str
    round: int
    raw: str
    appeal: Appeal | None
    payload: str | None
    problem: str


def incoming(received: ReceivedMessage, round_: int) -> Incoming:
    """Prepare a listed message. An appeal that cannot be stored spoils its own message, not the page."""
    appeal, payload, problem = received.appeal, None, received.problem
    if appeal is not None:
        try:
            # The round that the journal files a message under is the one that its appeal names.
            payload = codec.dump(appeal if appeal.round == round_ else replace(appeal, round=round_))
        except ValueError as error:
            appeal = None
            problem = _("the message was read into values that cannot be stored: {error}").format(error=error)
    return Incoming(received.platform_id, round_, received.raw, appeal, payload, problem)


@dataclass(slots=True)
class Page:
    """Gathers the rows of one transaction and counts what became of each message."""

    opa_id: int
    now: datetime
    actor: str
    lanes: Mapping[int, int]  # conversation → its IN lane
    fresh: dict[Place, Incoming] = field(default_factory=dict)
    tasks: list[dict[str, Any]] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)
    woken: list[int] = field(default_factory=list)  # lanes
    accepted: list[str] = field(default_factory=list)  # platform ids
    revised: int = 0

    def message_rows(self) -> list[dict[str, Any]]:
        """Return the rows of the new rounds."""
        return [self._message_row(place, received) for place, received in self.fresh.items()]

    def _message_row(self, place: Place, received: Incoming) -> dict[str, Any]:
        conversation_id, round_ = place
        key = conversation_key(self.opa_id, received.platform_id, round_)
        return {
            "conversation_id": conversation_id,
            "opa_id": self.opa_id,
            "round": round_,
            "key": key,
            "key_uuid": str(key_uuid(key)),
            "state": State.RECEIVED,
            "state_since": self.now,
            "received_at": self.now,
            **self.understood(received),
        }

    def understood(self, received: Incoming) -> dict[str, Any]:
        """Return the columns that keep a message's text and what was understood of it."""
        appeal = received.appeal
        return {
            "raw": codec.raw_bytes(received.raw),
            "raw_sha256": codec.raw_digest(received.raw),
            "appeal": received.payload,
            "number": appeal.number if appeal else "",
        }

    def begin(self, message_id: int, place: Place) -> list[dict[str, Any]]:
        """Give a new round its task and its line of the trail; return its attachments' rows."""
        received = self.fresh[place]
        self.tasks.append(
            {
                "lane_id": self.lanes[place[0]],
                "message_id": message_id,
                "opa_id": self.opa_id,
                "created_at": self.now,
                **self.task_start(received),
            }
        )
        detail: dict[str, object] = {}
        if received.appeal is None:
            detail = {"problem": received.problem}
        elif received.appeal.attachments:
            detail = {"files": len(received.appeal.attachments)}
        what = "unreadable" if received.appeal is None else "received"
        self._tell(what, place[0], place[1], detail)
        return self.attachment_rows(message_id, received)

    def task_start(self, received: Incoming) -> dict[str, Any]:
        """Return where the task of a message begins."""
        unread = received.appeal is None
        has_files = bool(received.appeal and received.appeal.attachments)
        return {
            "stage": Stage.READ if unread else Stage.FETCH if has_files else Stage.ACCEPT,
            "channel": platform_channel(self.opa_id),
            "status": "parked" if unread else "open",
            "attempts": 0,
            "error_code": "unreadable" if unread else None,
            "sentence": received.problem if unread else None,
            "parked_at": self.now if unread else None,
        }

    def attachment_rows(self, message_id: int, received: Incoming) -> list[dict[str, Any]]:
        """Return a row for each file of a message, its bytes not here yet."""
        count = len(received.appeal.attachments) if received.appeal else 0
        return [{"message_id": message_id, "place": place} for place in range(count)]

    def revise(self, conversation_id: int, round_: int, raw: str) -> None:
        """Say in the trail that the platform lists a round with another text now."""
        self.revised += 1
        self._tell("revised", conversation_id, round_, {"sha256": codec.raw_digest(raw)})

    def wake(self, place: Place, received: Incoming) -> None:
        """Say in the trail that an unreadable round was understood, and let its lane go on."""
        self.woken.append(self.lanes[place[0]])
        self._tell("read", place[0], place[1], {"sha256": codec.raw_digest(received.raw)})

    def repeat(self, received: Incoming, *, accepted: bool) -> None:
        """Count a message that was listed again."""
        if accepted and received.platform_id not in self.accepted:
            self.accepted.append(received.platform_id)

    def receipt(self) -> Receipt:
        """Return what the page came to."""
        unreadable = sum(received.appeal is None for received in self.fresh.values())
        return Receipt(len(self.fresh), tuple(self.accepted), unreadable, self.revised)

    def _tell(self, what: str, conversation_id: int, round_: int, detail: Mapping[str, object]) -> None:
        self.lines.append(
            audit.line(
                self.now, self.actor, what, conversation_id=conversation_id, round_=round_, detail=detail
            )
        )
