"""The content-addressed file store: bytes under their sha256, written once, checked for size."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from connector.appeal import StoredFile
from connector.journal.reports import SweptFiles


class FileStore:
    """Keeps files under `root`; several processes may share it."""

    def __init__(self, root: Path, *, max_size: int) -> None:
        self._root = root
        self._max_size = max_size

    def put(self, chunks: Iterable[bytes], name: str, media_type: str) -> StoredFile:
        """Store a stream durably and return its address. Raises FileTooLargeError, keeping nothing."""
        raise NotImplementedError

    def open(self, stored: StoredFile) -> BinaryIO:
        """Open a stored file (a context manager). Raises FileMissingError."""
        raise NotImplementedError

    def sweep(self, older_than: datetime, keep: Iterable[str]) -> SweptFiles:
        """Remove files not in `keep` and abandoned temporary ones, last touched before a moment."""
        raise NotImplementedError
