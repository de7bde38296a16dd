"""Puts a citizen's message into the folder to the SED, exactly once (sed.md section 6)."""

from datetime import datetime
from hashlib import sha256
from pathlib import Path

from config.i18n import _, speaking
from connector.appeal import Appeal, Pending, StoredFile, key_uuid
from connector.errors import ConnectorError, OutcomeUnknownError
from connector.sed import OpenFile
from connector.sed.attachments import Part, copy_files, folder_troubles, refuse_large
from connector.sed.folder import Handover, Handovers, remove_tree, sync_file, sync_folder, sync_tree
from connector.sed.names import unique_file_name
from connector.sed.prose import Prose, compose
from connector.sed.sev.document import PASSPORT, doc_info
from connector.sed.sev.envelope import Envelope, write_envelope
from connector.sed.sev.settings import SevSettings

_RESERVED = (PASSPORT, "Report.xml")


class Outgoing:
    """The folder to the SED. A message's folder and envelope bear the UUID of its key."""

    def __init__(self, settings: SevSettings) -> None:
        self._settings = settings
        self._handovers = Handovers(settings.folder_state)

    def find(self, key: str) -> Pending | None:
        """Return the receipt of a message that was handed over; completes what a crash interrupted."""
        name = str(key_uuid(key))
        with folder_troubles(self._settings.folder_out), self._handovers.alone(name):
            return self._found(name)

    def due(self, name: str) -> str:
        """Return the due date (ISO) that was told with a message, empty when not known."""
        record = self._handovers.record(name) or {}
        return str(record.get("due", ""))

    def knows(self, name: str) -> bool:
        """Whether a message of this UUID was handed over here."""
        return self._handovers.record(name) is not None

    def put(
        self, appeal: Appeal, files: tuple[StoredFile, ...], open_file: OpenFile, now: datetime
    ) -> Pending:
        """Write the message and hand it over, unless that was done before.

        Raises PermanentError for a file that cannot go, RetryableError when nothing was handed over,
        OutcomeUnknownError when only the last step failed.
        """
        refuse_large(files, self._settings.max_file_size)
        name = str(key_uuid(appeal.key))
        folder = self._settings.folder_out
        with folder_troubles(folder), self._handovers.alone(name):
            found = self._found(name)
            if found:
                return found
            try:
                self._write(appeal, files, open_file, now)
            except ConnectorError:
                remove_tree(self._draft(name))  # of a message that may never come again
                raise
            return self._hand_over(appeal, name)

    def _found(self, name: str) -> Pending | None:
        handover = self._handover(name)
        shown = self._handovers.record(name) is not None
        if shown and handover.staged.exists() and not (self._settings.folder_out / name).is_dir():
            sentence = _(
                "the folder of message {name} is gone from {folder} although its envelope was not handed "
                "over yet: look it up in the SED, then put the folder back or remove the envelope {envelope}"
            ).format(name=name, folder=self._settings.folder_out, envelope=handover.staged.name)
            raise OutcomeUnknownError(sentence)
        return Pending(receipt=name) if self._handovers.done(handover) else None

    def _draft(self, name: str) -> Path:
        return self._settings.folder_out / f".{name}.tmp"

    def _handover(self, name: str) -> Handover:
        folder = self._settings.folder_out
        return Handover(name, staged=folder / f".{name}.env.tmp", final=folder / f"{name}.env")

    def _write(
        self, appeal: Appeal, files: tuple[StoredFile, ...], open_file: OpenFile, now: datetime
    ) -> None:
        """Make folder and staged envelope durable, over whatever a crash left of them."""
        settings, name = self._settings, str(key_uuid(appeal.key))
        out = settings.folder_out
        draft, final = self._draft(name), out / name
        for leftover in (self._handover(name).staged, final, draft):
            remove_tree(leftover)
        draft.mkdir()
        with speaking(settings.language):
            prose = compose(appeal, settings.annotation_limit)
            parts = [*self._text_part(draft, prose), *copy_files(draft, files, open_file, reserved=_RESERVED)]
        (draft / PASSPORT).write_bytes(doc_info(appeal, parts, prose, settings, now))
        draft.rename(final)
        staged = self._handover(name).staged
        staged.write_bytes(self._envelope(name))
        sync_tree(final)
        sync_file(staged)
        sync_folder(out)

    def _text_part(self, draft: Path, prose: Prose) -> list[Part]:
        """Write the full text as a file where a field of the card would have cut it."""
        if not prose.full_text:
            return []
        content = prose.full_text.encode("utf-8", errors="replace")
        content = b"\xef\xbb\xbf" + content  # a clerk's editor takes it for the local code page otherwise
        title = _("Text of the message")
        unique = unique_file_name(f"{title}.txt", {name.casefold() for name in _RESERVED})
        (draft / unique).write_bytes(content)
        return [Part(unique, title, ".txt", len(content), sha256(content).hexdigest())]

    def _hand_over(self, appeal: Appeal, name: str) -> Pending:
        due = appeal.due_at.astimezone(self._settings.zone).date().isoformat()
        try:
            self._handovers.commit(self._handover(name), {"key": appeal.key, "due": due})
        except OSError as error:
            sentence = _("message {name}: the last step of handing over to {folder} failed: {error}").format(
                name=name, folder=self._settings.folder_out, error=error.strerror
            )
            raise OutcomeUnknownError(sentence) from error
        return Pending(receipt=name)

    def _envelope(self, name: str) -> bytes:
        settings = self._settings
        return write_envelope(
            Envelope(
                message_folder=name,
                address=settings.address,
                channel=settings.channel,
                subject=settings.subject,
                sender=settings.return_address,
            )
        )
