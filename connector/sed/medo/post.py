"""The folder «На отправку» of the mail service: one sub-folder per message, handed over exactly once.

A message becomes visible by its envelope: the last thing to get its name, in its folder or beside it.
"""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path

from config.i18n import _
from connector.errors import OutcomeUnknownError
from connector.sed.folder import Handover, Handovers, remove_tree, sync_file, sync_folder, sync_tree
from connector.sed.medo.envelope import Envelope, write_envelope
from connector.sed.medo.settings import MedoSettings

ENVELOPE = "envelope.ini"


class Post:
    """Writes messages into the out-folder. `name` is a message's own, a plain file name, never used twice."""

    def __init__(self, settings: MedoSettings) -> None:
        self._settings = settings
        self._out = settings.folder_out
        self._handovers = Handovers(settings.folder_state)

    def alone(self, name: str) -> AbstractContextManager[None]:
        """Keep other threads and processes of this host away from a message meanwhile."""
        return self._handovers.alone(name)

    def record(self, name: str) -> Mapping[str, object] | None:
        """Return what was noted when a message was handed over, None if it never was."""
        return self._handovers.record(name)

    def done(self, name: str) -> bool:
        """Whether a message was handed over; completes what a crash interrupted.

        A message that lies in Sended although our record is lost was handed over too.
        """
        handover = self._handover(name)
        if self.record(name) is not None and handover.staged.exists() and not (self._out / name).is_dir():
            sentence = _(
                "the folder of message {name} is gone from {folder} although its envelope was not handed "
                "over yet: look it up in the SED, then put the folder back or remove the envelope {envelope}"
            ).format(name=name, folder=self._out, envelope=handover.staged.name)
            raise OutcomeUnknownError(sentence)
        return self._handovers.done(handover) or any(
            self._handovers.done(Handover(name, self._out / f".{name}.none", place))
            for place in self._taken(name)
        )

    def _taken(self, name: str) -> Iterator[Path]:
        """Where the mail service puts what it took: sent, or refused by it."""
        for folder in (self._settings.folder_sent, self._settings.folder_error):
            if folder is not None:
                yield folder / name
                yield folder / f"{name}.ini"

    @contextmanager
    def draft(self, name: str) -> Iterator[Path]:
        """Give an empty folder to write a message's files into; an error removes it."""
        draft = self._out / f".{name}.tmp"
        for leftover in (self._handover(name).staged, self._out / name, draft):
            remove_tree(leftover)
        draft.mkdir()
        try:
            yield draft
        except Exception:
            remove_tree(draft)  # of a message that may never come again
            raise

    def lies(self, name: str) -> bool:
        """Whether a message without a record lies where it was dropped, or where the mail service put it."""
        return self._handover(name).final.exists() or any(place.exists() for place in self._taken(name))

    def drop(self, name: str, envelope: Envelope) -> None:
        """Show the draft without a record of it: for what may come twice."""
        handover = self._staged(name, envelope)
        handover.staged.rename(handover.final)

    def _staged(self, name: str, envelope: Envelope) -> Handover:
        """Put draft and envelope where they wait for the last rename, all of it durable."""
        draft, final, handover = self._out / f".{name}.tmp", self._out / name, self._handover(name)
        content = write_envelope(envelope)
        if handover.staged.parent == final:
            (draft / handover.staged.name).write_bytes(content)
        else:
            handover.staged.write_bytes(content)
            sync_file(handover.staged)
        sync_tree(draft)
        draft.rename(final)
        return handover

    def hand_over(self, name: str, envelope: Envelope, record: Mapping[str, object]) -> None:
        """Make the draft durable and show it. Raises OutcomeUnknownError when only the last step failed."""
        handover = self._staged(name, envelope)
        sync_folder(self._out)
        try:
            self._handovers.commit(handover, record)
        except OSError as error:
            sentence = _("message {name}: the last step of handing over to {folder} failed: {error}").format(
                name=name, folder=self._out, error=error.strerror
            )
            raise OutcomeUnknownError(sentence) from error

    def envelope(self, name: str, subject: str, address: str, files: list[str], now: datetime) -> Envelope:
        """Return the envelope of a message with these files."""
        settings = self._settings
        path = "" if settings.layout == "inside" else f"{name}\\"
        return Envelope(
            subject=subject,
            addresses=(address,),
            files=tuple(f"{path}{file}" for file in files),
            encrypt=settings.encrypt,
            sign=settings.sign,
            confirm_delivery=settings.confirm_delivery,
            confirm_reading=settings.confirm_reading,
            at=now.astimezone(settings.zone).replace(tzinfo=None),
        )

    def _handover(self, name: str) -> Handover:
        if self._settings.layout == "inside":
            folder = self._out / name
            return Handover(name, staged=folder / f"{ENVELOPE}.tmp", final=folder / ENVELOPE)
        return Handover(name, staged=self._out / f".{name}.ini.tmp", final=self._out / f"{name}.ini")
