"""The content-addressed file store: bytes under their sha256, written once, checked for size.

    root/ab/cdef…   a file, by its digest        root/tmp/…   one on its way

A file appears under its name only when all its bytes are on the disk; a crash leaves at most a temporary
one, which `sweep` collects.
"""

import hashlib
import os
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from config.i18n import _
from connector.appeal import StoredFile
from connector.journal.problems import FileMissingError, FileTooLargeError
from connector.journal.reports import SweptFiles


class FileStore:
    """Keeps files under `root`; several processes may share it."""

    def __init__(self, root: Path, *, max_size: int) -> None:
        """Use a folder, making it when needed; `max_size` in bytes."""
        self._root = root
        self._max_size = max_size
        self._tmp = root / "tmp"
        self._tmp.mkdir(parents=True, exist_ok=True, mode=0o700)

    def put(self, chunks: Iterable[bytes], name: str, media_type: str) -> StoredFile:
        """Store a stream durably and return its address. Raises FileTooLargeError, keeping nothing."""
        with self._temporary() as (temporary, path):
            digest, size = self._copy(chunks, temporary)
            target = self._path(digest)
            if target.exists():
                os.utime(target)  # young again: `sweep` must not take it from under its new owner
            else:
                temporary.flush()
                os.fsync(temporary.fileno())
                _make_folder(target.parent)
                path.replace(target)
                _sync_folder(target.parent)
        return StoredFile(digest, size, name, media_type)

    def open(self, stored: StoredFile) -> BinaryIO:
        """Open a stored file (a context manager). Raises FileMissingError."""
        path = self._path(stored.sha256)
        try:
            file = path.open("rb")
        except OSError as error:
            raise FileMissingError(
                _(
                    "the stored file {path} cannot be opened: restore it from a backup of the file store"
                ).format(path=path)
            ) from error
        if os.fstat(file.fileno()).st_size != stored.size:
            file.close()
            raise FileMissingError(
                _("the stored file {path} has another size than when it was stored: restore it").format(
                    path=path
                )
            )
        return file

    def sweep(self, older_than: datetime, named: Callable[[str], Collection[str]]) -> SweptFiles:
        """Remove files that nothing names and abandoned temporary ones, last touched before a moment.

        `named`: asked for every digest in use that begins with two given digits, just before it is needed.
        """
        swept = self._sweep(older_than, self._tmp, ())
        for folder in self._root.glob("[0-9a-f][0-9a-f]"):
            swept += self._sweep(older_than, folder, named(folder.name))
        return swept

    def _sweep(self, older_than: datetime, folder: Path, keep: Collection[str]) -> SweptFiles:
        removed, size = [], 0
        for path in folder.iterdir():
            digest = path.parent.name + path.name
            try:
                seen = path.stat()
                if seen.st_mtime >= older_than.timestamp() or digest in keep:
                    continue
                path.unlink()
            except FileNotFoundError:
                continue  # another process swept it
            removed.append(digest)
            size += seen.st_size
        return SweptFiles(len(removed), size, tuple(removed))

    def _path(self, digest: str) -> Path:
        return self._root / digest[:2] / digest[2:]

    def _copy(self, chunks: Iterable[bytes], target: BinaryIO) -> tuple[str, int]:
        digest = hashlib.sha256()
        size = 0
        for chunk in chunks:
            size += len(chunk)
            if size > self._max_size:
                raise FileTooLargeError(  # without its name: people put names of people there
                    _("a file is larger than the limit of {limit} bytes").format(limit=self._max_size)
                )
            digest.update(chunk)
            target.write(chunk)
        return digest.hexdigest(), size

    @contextmanager
    def _temporary(self) -> Iterator[tuple[BinaryIO, Path]]:
        handle, name = tempfile.mkstemp(dir=self._tmp)
        path = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                yield file, path
        finally:
            path.unlink(missing_ok=True)


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():
        folder.mkdir(exist_ok=True, mode=0o700)
        _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    """Make a new name in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
