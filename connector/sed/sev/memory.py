"""What is remembered of a card beyond one message: that it is ours, and the due date it began with."""

from datetime import date

from connector.sed.folder import Markers
from connector.sed.passport import read_date
from connector.sed.sev.outgoing import Outgoing
from connector.sed.sev.settings import SevSettings


class CardMemory:
    """The records of handed-over messages, and one record per card from its registration."""

    def __init__(self, settings: SevSettings, outgoing: Outgoing) -> None:
        self._outgoing = outgoing
        self._cards = Markers(settings.folder_state / "cards")

    def knows(self, name: str) -> bool:
        """Whether a message with this UUID was handed over from here."""
        return self._outgoing.knows(name)

    def first_deadline(self, name: str, digest: str, told: date | None, *, registers: bool) -> date | None:
        """Return the due date to compare with; None when this very message registers the card and sets it.

        Written once per card, so that reading a message again gives the same.
        """
        record = self._cards.read(name)
        if record is None and registers:
            self._cards.write(name, {"digest": digest, "deadline": told.isoformat() if told else ""})
            return None
        if record is not None and record.get("digest") == digest:
            return None
        first = str((record or {}).get("deadline", "")) or self._outgoing.due(name)
        return read_date(first)
