"""Answers what came with a «Квитанция», once per message, before the message is put away."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from config.i18n import _, speaking
from connector.sed.medo.incoming import Incoming, Letter
from connector.sed.medo.outgoing import Outgoing
from connector.sed.medo.settings import MedoSettings, Participant, is_box
from connector.sed.medo.words import MessageKind
from connector.sed.passport import BrokenMessageError


class Receipts:
    """Sends receipts to the senders of documents and notifications; never for a receipt."""

    def __init__(
        self,
        settings: MedoSettings,
        incoming: Incoming,
        outgoing: Outgoing,
        clock: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._incoming = incoming
        self._outgoing = outgoing
        self._clock = clock

    def send(self, folder: str, *, read: bool) -> None:
        """Answer the message that lies in a folder; one whose own id cannot be told gets no answer."""
        if not self._settings.receipts:
            return
        letter: Letter | None = None
        with suppress(BrokenMessageError, FileNotFoundError):
            letter = self._incoming.letter(folder)
        if letter is None or letter.message.uid is None:
            return
        if letter.message.kind is MessageKind.ACKNOWLEDGMENT:
            return
        with speaking(self._settings.language):
            trouble = "" if read else _("The message could not be processed.")
        self._outgoing.put_receipt(letter.message.uid, self._sender(letter), trouble, self._clock())

    def _sender(self, letter: Letter) -> Participant:
        """Return to whom the answer goes: the envelope tells the sender's box, the message who it is."""
        message, known = letter.message, self._settings.recipient
        uid = message.source_uid or known.uid
        name = message.source or (known.name if uid == known.uid else str(uid))
        address = letter.address if is_box(letter.address) else known.address
        return replace(known, uid=uid, name=name, address=address)
