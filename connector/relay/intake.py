"""Step 1: store every page of a cabinet's list; mark again what the platform lists again."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from connector.crashpoints import reach
from connector.journal.journal import Journal
from connector.lifecycle import round_of
from connector.platform import Received
from connector.relay.links import CabinetLink


@dataclass(frozen=True, slots=True)
class IntakeCount:
    """What one pass over a cabinet's list brought."""

    new: int = 0
    repeated: int = 0
    unreadable: int = 0

    def __add__(self, other: "IntakeCount") -> "IntakeCount":
        return IntakeCount(
            self.new + other.new, self.repeated + other.repeated, self.unreadable + other.unreadable
        )


def intake(journal: Journal, cabinet: CabinetLink) -> IntakeCount:
    """Store the whole list of a cabinet, a transaction per page. Raises ChannelError."""
    total = IntakeCount()
    listed_again: list[str] = []
    for page in cabinet.platform.pages():
        receipt = journal.receive(cabinet.opa_id, with_rounds(journal, cabinet.opa_id, page.messages))
        reach("intake.stored")
        total += IntakeCount(receipt.new, len(receipt.repeated), receipt.unreadable)
        listed_again += receipt.repeated
    for platform_id in listed_again:  # its mark got lost on the way; marking is harmless to repeat
        cabinet.platform.accept(platform_id)
        reach("intake.marked-again")
    journal.channel_ok(cabinet.channel)
    return total


def with_rounds(journal: Journal, opa_id: int, messages: Sequence[Received]) -> list[tuple[Received, int]]:
    """Return each message with the round it belongs to, its appeal saying so too."""
    known = journal.known_rounds(opa_id, [message.platform_id for message in messages])
    result = []
    for message in messages:
        last = known.get(message.platform_id)
        number = round_of(
            told=message.round_told,
            known=last.round if last else 0,
            answered=bool(last and last.answered),
            changed=last is not None and last.raw_sha256 != sha256(message.raw.encode()).hexdigest(),
        )
        if message.appeal is not None and message.appeal.round != number:
            message = replace(message, appeal=replace(message.appeal, round=number))  # noqa: PLW2901
        result.append((message, number))
    return result
