"""Puts a citizen's message, or a receipt, into the folder «На отправку», and remembers under what it went."""

from datetime import datetime
from hashlib import sha256
from pathlib import Path
from uuid import UUID

from config.i18n import _, speaking
from connector.appeal import Appeal, Pending, StoredFile, key_uuid
from connector.sed import OpenFile
from connector.sed.attachments import Part, copy_files, folder_troubles, refuse_large
from connector.sed.folder import Markers
from connector.sed.medo import container
from connector.sed.medo.document import PASSPORT, document_xml, message_id, outgoing_number, words_of
from connector.sed.medo.post import ENVELOPE, Post
from connector.sed.medo.receipt import PASSPORT as RECEIPT
from connector.sed.medo.receipt import receipt_id, receipt_xml
from connector.sed.medo.settings import MedoSettings, Participant
from connector.sed.names import unique_file_name

_RESERVED = (PASSPORT, ENVELOPE, f"{ENVELOPE}.tmp", "message.xml", "passport.xml")
_NAMES = "windows-1251"  # an envelope cannot name a file in other characters


class Outgoing:
    """What goes to the SED. A message's folder bears the UUID of its key."""

    def __init__(self, settings: MedoSettings) -> None:
        self._settings = settings
        self._post = Post(settings)
        self._numbers = Markers(settings.folder_state / "numbers")

    # ---- what is known of it later

    def find(self, key: str) -> Pending | None:
        """Return the receipt of a message that was handed over; completes what a crash interrupted."""
        name = str(key_uuid(key))
        with folder_troubles(self._settings.folder_out), self._post.alone(name):
            return Pending(receipt=name) if self._post.done(name) else None

    def knows(self, uid: UUID) -> bool:
        """Whether a document of this UUID was handed over here."""
        return self._post.record(str(uid)) is not None

    def due(self, uid: UUID) -> str:
        """Return the due date (ISO) that was told with a document, empty when not known."""
        return str((self._post.record(str(uid)) or {}).get("due", ""))

    def by_message(self, uid: UUID) -> UUID | None:
        """Return the document that a message of ours carried, None for a message that is not ours."""
        document = message_id(uid)
        return document if self.knows(document) else None

    def by_number(self, number: str) -> UUID | None:
        """Return the document that went under a number; None when none did or several."""
        uid = str((self._numbers.read(_mark(number)) or {}).get("uid", ""))
        return UUID(uid) if uid else None

    def _remember(self, number: str, uid: UUID) -> None:
        known = self._numbers.read(_mark(number))
        if known is None:
            self._numbers.write(_mark(number), {"uid": str(uid)})
        elif known.get("uid") != str(uid):  # two documents of one number: it tells neither
            self._numbers.write(_mark(number), {"uid": ""})

    # ---- messages

    def put(
        self, appeal: Appeal, files: tuple[StoredFile, ...], open_file: OpenFile, now: datetime
    ) -> Pending:
        """Write the message and hand it over, unless that was done before.

        Raises PermanentError for a file that cannot go, RetryableError when nothing was handed over,
        OutcomeUnknownError when only the last step failed.
        """
        refuse_large(files, self._settings.max_file_size)
        uid = key_uuid(appeal.key)
        name = str(uid)
        with folder_troubles(self._settings.folder_out), self._post.alone(name):
            if self._post.done(name):
                return Pending(receipt=name)
            self._remember(outgoing_number(appeal), uid)
            with self._post.draft(name) as draft:
                written = self._write(draft, appeal, files, open_file, now)
                envelope = self._post.envelope(
                    name, self._subject(appeal), self._settings.recipient.address, written, now
                )
                due = appeal.due_at.astimezone(self._settings.zone).date().isoformat()
                self._post.hand_over(name, envelope, {"key": appeal.key, "due": due})
        return Pending(receipt=name)

    def _write(
        self,
        draft: Path,
        appeal: Appeal,
        files: tuple[StoredFile, ...],
        open_file: OpenFile,
        now: datetime,
    ) -> list[str]:
        """Write the passport and the files; return their names in the order of the envelope."""
        with speaking(self._settings.language):
            words = words_of(appeal, self._settings)
            text = _text_file(draft, words.full)
            parts = copy_files(draft, files, open_file, reserved=_RESERVED, encoding=_NAMES)
            if self._settings.in_container:
                return container.write(draft, appeal, text, parts, words, self._settings, now)
            content = document_xml(appeal, text, parts, words, self._settings, now)
        (draft / PASSPORT).write_bytes(content)
        return [PASSPORT, text.unique_name, *(part.unique_name for part in parts)]

    def _subject(self, appeal: Appeal) -> str:
        return f"{self._settings.subject} {outgoing_number(appeal)}".strip()

    # ---- receipts

    def put_receipt(self, message_uid: UUID, to: Participant, trouble: str, now: datetime) -> None:
        """Tell a sender that a message came (`trouble` = why it could not be read).

        Once, but for a crash: then perhaps twice, which harms nobody.
        """
        uid = receipt_id(message_uid)
        name = str(uid)
        with folder_troubles(self._settings.folder_out), self._post.alone(name):
            if self._post.lies(name):
                return
            with self._post.draft(name) as draft:
                passport = container.MESSAGE if self._settings.in_container else RECEIPT
                content = receipt_xml(message_uid, trouble, self._settings, to, now)
                (draft / passport).write_bytes(content)
                with speaking(self._settings.language):
                    subject = _("Receipt")
                envelope = self._post.envelope(name, subject, to.address, [passport], now)
                self._post.drop(name, envelope)


def _text_file(draft: Path, text: str) -> Part:
    """Write the full text as the text of the document: a card without one is refused."""
    title = _("Text of the message")
    # a clerk's editor takes it for the local code page without the mark
    content = b"\xef\xbb\xbf" + text.encode("utf-8", errors="replace")
    name = unique_file_name(f"{title}.txt", {name.casefold() for name in _RESERVED})
    (draft / name).write_bytes(content)
    return Part(name, title, ".txt", len(content), sha256(content).hexdigest())


def _mark(number: str) -> str:
    plain = "".join(number.split()).casefold()
    return sha256(plain.encode(errors="replace")).hexdigest()[:32]
