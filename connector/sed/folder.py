"""Handing a message over through a shared folder, exactly once across crashes (sed.md section 6).

A message becomes visible to the peer by one rename of something `staged` beside its `final` name. A durable
marker is written when all of it is durable and before that rename, so that after a crash:

    marker  staged   what happened
    no      any      the peer saw nothing: write everything again from scratch
    yes     there    the rename did not happen: do it now
    yes     gone     handed over; the peer may have taken it away since

Nothing here cleans up on the way out of an error: a crash could not, so nothing relies on it.
"""

import errno
import fcntl
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TextIO

from config.i18n import _
from connector.appeal import StoredFile
from connector.crashpoints import reach
from connector.errors import PendingError

_CHUNK = 1 << 20  # bytes copied at a time
_LOCK_STRIPES = 64
_PATIENCE = 2.0  # seconds that a worker waits for another one; then it does something else
_LATER = 10.0  # and after so many it comes back
_LOOK_AGAIN = 0.02
_NO_FOLDER_SYNC = frozenset({errno.EINVAL, errno.ENOTSUP, errno.ENOSYS})


def sync_folder(folder: Path) -> None:
    """Make the entries of a folder durable (new names, renames).

    Shares of Windows servers cannot do this for folders: there the server's own order of operations holds.
    """
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _NO_FOLDER_SYNC:
            raise
    finally:
        os.close(handle)


def sync_file(path: Path) -> None:
    """Make the bytes of a file durable; its name becomes so by `sync_folder`."""
    with path.open("rb") as handle:
        os.fsync(handle.fileno())


def sync_tree(folder: Path) -> None:
    """Make a folder of files durable: called once all are written, one commit of the disk serves them all."""
    for path in folder.iterdir():
        sync_file(path)
    sync_folder(folder)


def copy(source: BinaryIO, path: Path, digest: "Digest") -> None:
    """Stream a file into a new one and feed `digest` on the way. Not durable yet."""
    with path.open("wb") as target:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
            target.write(chunk)


class Digest:
    """Counts and hashes what is copied, so that a damaged store never reaches a SED."""

    def __init__(self) -> None:
        from hashlib import sha256

        self._hash = sha256()
        self.size = 0

    def update(self, chunk: bytes) -> None:
        """Take the next bytes."""
        self._hash.update(chunk)
        self.size += len(chunk)

    def matches(self, file: StoredFile) -> bool:
        """Whether these were the bytes that the store's record names."""
        return (self._hash.hexdigest(), self.size) == (file.sha256, file.size)


def remove_tree(path: Path) -> None:
    """Remove a file or a folder that may not be there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class Handover:
    """One message about to appear in a peer's folder: `staged` becomes `final` by one rename."""

    name: str  # unique per message, a plain file name
    staged: Path
    final: Path


class Markers:
    """Durable small records by name, in our own folder: what was handed over, what a card's due date was."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, name: str) -> Mapping[str, object] | None:
        """Return the record, None when there is none."""
        try:
            text = self._path(name).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        try:
            record = json.loads(text)
        except ValueError:  # a crash cut the writing of a mark short: that it is there is what counts
            return {}
        return record if isinstance(record, dict) else {}

    def write(self, name: str, record: Mapping[str, object]) -> None:
        """Write the record, all of it or nothing, durable on return."""
        path = self._place(name)
        draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        draft.write_bytes(_encoded(record))
        sync_file(draft)
        draft.replace(path)
        sync_folder(path.parent)

    def mark(self, name: str, record: Mapping[str, object]) -> None:
        """Write a record whose mere presence counts, durable on return; after a crash it may be empty."""
        path = self._place(name)
        path.write_bytes(_encoded(record))
        sync_file(path)
        sync_folder(path.parent)

    def _place(self, name: str) -> Path:
        path = self._path(name)
        self._make(path.parent)
        return path

    def _path(self, name: str) -> Path:
        return self._folder / name[:2] / name

    def _make(self, folder: Path) -> None:
        """Make a shard whose own name is durable: a marker in a lost folder is a lost marker."""
        missing = [place for place in (folder, *folder.parents) if not place.exists()]
        for place in reversed(missing):
            place.mkdir(exist_ok=True)
            sync_folder(place.parent)


def _locked(lock: TextIO) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _encoded(record: Mapping[str, object]) -> bytes:
    return json.dumps(record, ensure_ascii=False).encode()


class Handovers:
    """Hands messages over once each and remembers it across crashes."""

    def __init__(self, state: Path, *, patience: float = _PATIENCE) -> None:
        """`patience`: seconds to wait for another process that works on the same message."""
        self._patience = patience
        self._markers = Markers(state / "handed")
        self._locks = state / "locks"

    @contextmanager
    def alone(self, name: str) -> Iterator[None]:
        """Keep other threads and processes of this host away from a message meanwhile.

        Raises PendingError when another one keeps it for long: it stands still (SIGSTOP, a dead share), and
        whoever waited for it would stand still, too.
        """
        self._locks.mkdir(parents=True, exist_ok=True)
        stripe = sum(name.encode()) % _LOCK_STRIPES
        with (self._locks / f"{stripe:02}").open("w") as lock:
            until = time.monotonic() + self._patience
            while not _locked(lock):
                if time.monotonic() > until:
                    sentence = _("another process is handing a message over and does not come to an end")
                    raise PendingError(sentence, after=_LATER)
                time.sleep(_LOOK_AGAIN)
            yield

    def record(self, name: str) -> Mapping[str, object] | None:
        """Return what was noted when the message was handed over, None if it never was."""
        return self._markers.read(name)

    def done(self, handover: Handover) -> bool:
        """Whether the message was handed over. Completes a handover that a crash interrupted."""
        if self._markers.read(handover.name) is None:
            if not handover.final.exists():
                return False
            self._markers.mark(handover.name, {"recovered": True})  # our state was lost, the message was not
        if handover.staged.exists():
            self._show(handover)
        return True

    def commit(self, handover: Handover, record: Mapping[str, object]) -> None:
        """Hand over what is durable under `staged`. From the marker on, only `done` may be called."""
        self._markers.mark(handover.name, record)
        reach("handover.marked")
        self._show(handover)

    def _show(self, handover: Handover) -> None:
        handover.staged.rename(handover.final)
        with suppress(FileNotFoundError):  # a quick peer has taken it away already, with its folder
            sync_folder(handover.final.parent)
        reach("handover.shown")
