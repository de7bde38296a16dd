"""What was taken from an adapter and not acknowledged yet, as files: it comes again from here."""

import contextlib
import os
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from smev.client.words import Queue
from smev.errors import SetupError

RETURN_AFTER = 900.0  # seconds: as long as the bus itself waits for an acknowledgement
_HANDLE = re.compile(r"(requests|responses|statuses)-[0-9a-f-]{36}")


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that was handed out and not acknowledged."""

    handle: str
    octets: bytes


class Box:
    """A folder of messages. Several processes may share it: one that died leaves its messages to the others.

    A message in hand is touched: by the time of its file everybody knows for how long it is held.
    """

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self._folder, self._clock = folder, clock
        self._own: set[str] = set()
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise _unwritable(folder, error) from error

    def place(self, queue: Queue) -> str:
        """Return a fresh handle."""
        return f"{queue}-{uuid4()}"

    def kept(self, handle: str, pieces: Iterator[bytes]) -> Iterator[bytes]:
        """Yield the pieces while they go to the disk; whole and safe there before the last one is given."""
        part = self._path(handle).with_suffix(".part")
        try:
            with part.open("xb") as out:
                for piece in pieces:
                    out.write(piece)
                    yield piece
                out.flush()
                os.fsync(out.fileno())
            part.replace(self._path(handle))
            self._own.add(handle)
        except OSError as error:
            raise _unwritable(part, error) from error
        finally:
            part.unlink(missing_ok=True)

    def next(self, queue: Queue) -> Waiting | None:
        """Return the oldest message that is not in anybody's hands, and hold it."""
        now = self._clock()
        for path in sorted(self._folder.glob(f"{queue}-*.xml"), key=_age):
            with contextlib.suppress(FileNotFoundError):  # acknowledged by another process just now
                if now - path.stat().st_mtime < RETURN_AFTER and not self._orphan(path, now):
                    continue
                os.utime(path, (now, now))
                octets = path.read_bytes()
                self._own.add(path.stem)
                return Waiting(path.stem, octets)
        return None

    def _orphan(self, path: Path, now: float) -> bool:
        """Whether nobody alive holds it: not this process, and longer than it takes to store it."""
        return path.stem not in self._own and now - path.stat().st_mtime > _STORED_WITHIN

    def remove(self, handle: str) -> None:
        """Forget a message. Harmless to repeat."""
        self._own.discard(handle)
        self._path(handle).unlink(missing_ok=True)

    def spoiled(self, handle: str) -> None:
        """Put what cannot be read aside for the engineer: it may have been a message."""
        self._own.discard(handle)
        with contextlib.suppress(FileNotFoundError):
            self._path(handle).rename(self._path(handle).with_suffix(".spoiled"))

    def _path(self, handle: str) -> Path:
        if not _HANDLE.fullmatch(handle):
            raise SetupError("handle-unknown", "{handle} is no message of this adapter", handle=handle)
        return self._folder / f"{handle}.xml"


_STORED_WITHIN = 30.0  # seconds between taking a message and storing it, with its files


def _age(path: Path) -> float:
    with contextlib.suppress(FileNotFoundError):
        return path.stat().st_mtime
    return 0.0


def _unwritable(path: Path, error: OSError) -> SetupError:
    return SetupError(
        "file-unwritable", "cannot write {path}: {reason}", path=str(path), reason=str(error.strerror)
    )
