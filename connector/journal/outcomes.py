"""What an outcome changes: task, lane, round, trail. `Changes` gathers a batch, `finish` writes it."""

import random
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from config.i18n import _
from connector.appeal import Appeal, ReplyKind
from connector.errors import ItemError
from connector.journal import audit, codec
from connector.journal.part import RetryPolicy
from connector.journal.records import Advanced, Failed, Outcome, Released, Stage
from connector.journal.rounds import card_of, card_values, forward, merged_card
from connector.journal.types import AnyRow
from connector.lifecycle import State

FINAL_KINDS = frozenset(kind for kind in ReplyKind if kind.final)


@dataclass(slots=True)
class Changes:
    """The rows that a batch of outcomes comes to. Pure: `held` are rows read under their locks."""

    now: datetime
    actor: str
    retry: RetryPolicy
    rng: random.Random
    tasks: list[dict[str, Any]] = field(default_factory=list)
    lanes: list[dict[str, Any]] = field(default_factory=list)
    finished: list[int] = field(default_factory=list)  # lanes whose head is done
    messages: dict[int, dict[str, Any]] = field(default_factory=dict)
    appeals: list[dict[str, Any]] = field(default_factory=list)
    attachments: list[dict[str, Any]] = field(default_factory=list)  # of messages understood only now
    files: list[dict[str, Any]] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)
    worked: set[str] = field(default_factory=set)  # channels that did their part
    tried: set[str] = field(default_factory=set)  # channels that a task came back from otherwise
    flows: set[tuple[str, int]] = field(default_factory=set)  # (channel, cabinet) that tasks went over to

    def add(self, held: AnyRow, outcome: Outcome) -> None:
        """Take one outcome in."""
        match outcome:
            case Advanced():
                self._advance_or_park(held, outcome)
            case Failed():
                self._fail(held, outcome)
            case Released():
                self._release(held, outcome)

    def _advance_or_park(self, held: AnyRow, outcome: Advanced) -> None:
        """An appeal that cannot be stored spoils its own task, not the batch."""
        try:
            payload = codec.dump(outcome.appeal) if outcome.appeal else None
        except ValueError as wrong:
            error = ItemError(_("the result cannot be stored: {error}").format(error=wrong), code="internal")
            self._fail(held, Failed(outcome.lease, error, park=True, unsure=True))
        else:
            self._advance(held, outcome, payload)

    def _advance(self, held: AnyRow, outcome: Advanced, payload: str | None) -> None:
        self.worked.add(held.channel)
        channel = outcome.channel or held.channel
        done = outcome.stage is None
        self._task(
            held,
            stage=outcome.stage or held.stage,
            channel=channel,
            status="done" if done else "open",
            attempts=held.attempts if done else 0,
            ended_at=self.now if done else None,
        )
        if done:
            self.finished.append(held.lane_id)
        else:
            self._lane(held, channel=channel)
            self.flows.add((channel, held.opa_id))
        self._round(held, outcome)
        if outcome.appeal is not None and payload is not None:
            self._appeal(held, outcome.appeal, payload)
        self._tell(held, outcome.note or f"{held.stage}-done", dict(outcome.detail))

    def _round(self, held: AnyRow, outcome: Advanced) -> None:
        row = self.messages.setdefault(held.message_id, _message_values(held))
        state = forward(State(row["state"]), outcome.state)
        if state != row["state"]:
            row |= {"state": state, "state_since": self.now}
        if held.stage == Stage.ACCEPT:
            row["accepted_at"] = row["accepted_at"] or self.now
        if held.stage == Stage.REPLY and held.kind in FINAL_KINDS:
            row["answered_at"] = row["answered_at"] or self.now
        row |= card_values(merged_card(card_of(held), outcome.card)) if outcome.card else {}
        self.files += [
            {
                "of": held.message_id,
                "at": place,
                "sha256": stored.sha256,
                "size": stored.size,
                "name": stored.name,
                "media_type": stored.media_type,
            }
            for place, stored in outcome.files.items()
        ]

    def _appeal(self, held: AnyRow, appeal: Appeal, payload: str) -> None:
        self.appeals.append({"of": held.message_id, "appeal": payload, "number": appeal.number})
        if held.unread:
            self.attachments += [
                {"message_id": held.message_id, "place": place} for place in range(len(appeal.attachments))
            ]

    def _fail(self, held: AnyRow, outcome: Failed) -> None:
        self.tried.add(held.channel)
        error = outcome.error
        spent = held.attempts >= self.retry.attempts
        park = outcome.park or spent
        self._task(
            held,
            status="parked" if park else "open",
            attempts=held.attempts,
            unsure=outcome.unsure,
            error_code=error.code,
            sentence=error.sentence,
            parked_at=self.now if park else None,
        )
        wait = self.retry.delay(held.attempts, self.rng)
        self._lane(held, status="parked" if park else "ready", due=self.now if park else self.now + wait)
        detail: dict[str, object] = {
            "stage": held.stage,
            "code": error.code,
            "sentence": error.sentence,
            "attempt": held.attempts,
        }
        if not park:
            detail["again_at"] = self.now + wait
        self._tell(held, "parked" if park else "failed", detail)

    def _release(self, held: AnyRow, outcome: Released) -> None:
        self.tried.add(held.channel)
        self._task(
            held,
            attempts=max(held.attempts - 1, 0),
            unsure=outcome.unsure or held.was_unsure,  # nothing was tried: what was unknown stays so
            error_code=held.error_code,
            sentence=held.sentence,
        )
        self._lane(held, due=self.now + outcome.after)

    def _task(self, held: AnyRow, **changed: object) -> None:
        row: dict[str, Any] = {
            "of": held.task_id,
            "stage": held.stage,
            "channel": held.channel,
            "status": "open",
            "attempts": 0,
            "unsure": False,
            "error_code": None,
            "sentence": None,
            "parked_at": None,
            "ended_at": None,
        }
        self.tasks.append(row | changed)

    def _lane(
        self, held: AnyRow, *, channel: str = "", status: str = "ready", due: datetime | None = None
    ) -> None:
        self.lanes.append(
            {
                "of": held.lane_id,
                "channel": channel or held.channel,
                "status": status,
                "due_at": due or self.now,
            }
        )

    def _tell(self, held: AnyRow, what: str, detail: dict[str, object]) -> None:
        self.lines.append(
            audit.line(
                self.now,
                self.actor,
                what,
                conversation_id=held.conversation_id,
                round_=held.round,
                detail=detail,
            )
        )


def _message_values(held: AnyRow) -> dict[str, Any]:
    return {
        "of": held.message_id,
        "state": State(held.state),
        "state_since": held.state_since,
        "accepted_at": held.accepted_at,
        "answered_at": held.answered_at,
        "card_id": held.card_id,
        "card_number": held.card_number,
        "card_date": held.card_date,
    }
