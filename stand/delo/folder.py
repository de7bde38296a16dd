"""Writes messages by the folder rules of sed.md section 6: temporary names, fsync, rename, envelope last."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from lxml import etree


@dataclass(frozen=True)
class Outgoing:
    """A message ready to be written: its folder's name, its files, its envelope."""

    uid: str
    files: Mapping[str, bytes]  # the passport first
    envelope: bytes


class MessageFolder:
    """A folder of the exchange that this side writes."""

    def __init__(self, path: Path, *, fsync: bool = True) -> None:
        self.path = path
        self._fsync = fsync
        path.mkdir(parents=True, exist_ok=True)

    def put(self, message: Outgoing) -> None:
        """Write a message so that a reader never sees a part of it."""
        self.put_files(message)
        self.put_envelope(message)

    def put_files(self, message: Outgoing) -> None:
        """Write the folder of a message."""
        hidden = self.path / f".{message.uid}.tmp"
        hidden.mkdir()
        for name, content in message.files.items():
            self._write(hidden / name, content)
        self._sync(hidden)
        hidden.rename(self.path / message.uid)
        self._sync(self.path)

    def put_envelope(self, message: Outgoing) -> None:
        """Write the envelope of a message."""
        hidden = self.path / f".{message.uid}.env.tmp"
        self._write(hidden, message.envelope)
        hidden.rename(self.path / f"{message.uid}.env")
        self._sync(self.path)

    def put_part(self, message: Outgoing) -> None:
        """Write what a careless sender leaves for a while: the envelope, a folder with half a passport."""
        folder = self.path / message.uid
        folder.mkdir()
        passport = message.files["Report.xml"]
        (folder / "Report.xml").write_bytes(passport[: len(passport) // 2])
        self.put_envelope(message)

    def complete(self, message: Outgoing) -> None:
        """Write the rest of a message that was put in part, unless the reader took it away already."""
        folder = self.path / message.uid
        if not folder.is_dir():
            return
        for name, content in reversed(list(message.files.items())):  # the passport last
            self._write(folder / name, content)

    def put_stray(self, name: str) -> None:
        """Write a file that no envelope names."""
        (self.path / name).write_bytes(b"\0stray")

    def _write(self, path: Path, content: bytes) -> None:
        with path.open("wb") as binary:
            binary.write(content)
            if self._fsync:
                binary.flush()
                os.fsync(binary.fileno())

    def _sync(self, folder: Path) -> None:
        if not self._fsync:
            return
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def envelope(uid: str, *, address: str, sender: str, subject: str, at: datetime) -> bytes:
    """Return the envelope of a message."""
    root = etree.Element("Envelop")
    parts = {"Address": address, "MessageDir": uid, "Subject": subject, "Body": "", "Sender": sender}
    for name, text in parts.items():
        etree.SubElement(root, name).text = text
    etree.SubElement(root, "ReceiptDate").text = at.isoformat(timespec="seconds")
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def take_away(envelope_path: Path, folder: Path | None, to: Path | None) -> None:
    """Remove a message that was read (envelope first), or move it to a folder for a person to look at."""
    if to is None:
        envelope_path.unlink()
        if folder:
            shutil.rmtree(folder)
        return
    to.mkdir(parents=True, exist_ok=True)
    envelope_path.rename(to / envelope_path.name)
    if folder and folder.is_dir():
        folder.rename(to / folder.name)
