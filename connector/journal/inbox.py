"""The inbox: what the platform listed, kept raw, each round of a message exactly once."""

from collections.abc import Collection, Sequence

from connector.journal.part import Part
from connector.journal.records import KnownRound, Receipt, ReceivedMessage


class Inbox(Part):
    """Stores pages of a cabinet's list."""

    def known_rounds(self, opa_id: int, platform_ids: Collection[str]) -> dict[str, KnownRound]:
        """Return the last known round of each message of a cabinet; those never seen are absent."""
        raise NotImplementedError

    def receive(self, opa_id: int, batch: Sequence[tuple[ReceivedMessage, int]]) -> Receipt:
        """Store a page, each message with its round, in one transaction; harmless to repeat.

        A new round gets its conversation, raw text, attachments and a task: FETCH, ACCEPT when it has no
        attachment, READ (parked, with the problem) when it could not be read. A repeat with another text
        keeps that text as a revision; a repeat that can be read now wakes a round that could not.
        """
        raise NotImplementedError
