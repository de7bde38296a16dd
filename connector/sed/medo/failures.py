"""What the mail service could not send: `.ERR` texts in its folder Error (sed.md section 2).

The mail service may also write an `.ERR` for a message that it did send, as a trace: only one whose message
lies in Error tells of a failure. Its files are left alone: a person corrects them and puts them back.
"""

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from config.i18n import _
from connector.sed.folder import Markers
from connector.sed.medo.envelope import ENCODING
from connector.sed.medo.settings import MedoSettings
from connector.sed.names import is_plain_name
from connector.sed.passport import read_uuid

_LIMIT = 4096  # bytes of a text
_SHOWN = 300  # characters in a note
PREFIX = "failure"


@dataclass(frozen=True, slots=True)
class Failure:
    """A message of ours that was not sent: its name, and what the mail service says."""

    name: str
    sentence: str
    receipt: str


class Failures:
    """The folder Error. Each text is told once: acknowledged ones are remembered, the files stay."""

    def __init__(self, settings: MedoSettings) -> None:
        self._settings = settings
        self._told = Markers(settings.folder_state / "failures")

    def waiting(self) -> list[Failure]:
        """Return what was not acknowledged yet, by name."""
        found = []
        for path in self._texts():
            with suppress(OSError):
                content = path.read_bytes()[:_LIMIT]
                mark = hashlib.sha256(path.name.encode(errors="replace") + content).hexdigest()[:32]
                name = self._message(path)
                if name and self._told.read(mark) is None:
                    found.append(Failure(name, _sentence(name, content), f"{PREFIX}/{mark}/{name}"))
        return sorted(found, key=lambda one: one.name)

    def acknowledge(self, receipt: str) -> None:
        """Remember that a failure was told."""
        _prefix, mark, name = receipt.split("/")
        if not is_plain_name(mark) or not mark.isalnum():
            raise ValueError(f"not a receipt of this folder: {receipt!r}")
        self._told.write(mark, {"name": name})

    def _texts(self) -> Iterator[Path]:
        folder = self._settings.folder_error
        if folder is not None and folder.is_dir():
            for path in sorted((*folder.iterdir(), *folder.glob("*/*"))):
                if path.suffix.casefold() == ".err" and path.is_file() and not path.is_symlink():
                    yield path

    def _message(self, path: Path) -> str:
        """Return the message of a text when it lies in Error with it, "" for a trace of one that was sent."""
        error = self._settings.folder_error
        for place in (path.parent.name, path.stem):
            uid: UUID | None = read_uuid(place)
            if uid is not None and error is not None:
                name = str(uid)
                there = (error / name).exists() or (error / f"{name}.ini").exists()
                return name if there else ""
        return path.name


def _sentence(name: str, content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode(ENCODING, errors="replace")
    return _(
        "message {name} was not sent by the mail service: {why}. Correct the cause, then put its folder back "
        "into the folder to send"
    ).format(name=name, why=" ".join(text.split())[:_SHOWN] or "—")
