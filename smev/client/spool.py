"""Files that came inside messages, from the wire until the message is acknowledged: temporary and private."""

import shutil
import tempfile
import threading
from pathlib import Path


class Spool:
    """A private folder with a folder per message. Thread-safe; nothing of it outlives `close`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._root: Path | None = None
        self._folders: dict[str, Path] = {}

    def folder(self) -> Path:
        """Return a fresh folder."""
        with self._lock:
            if self._root is None:
                self._root = Path(tempfile.mkdtemp(prefix="sedlink-smev-"))
            return Path(tempfile.mkdtemp(dir=self._root))

    def keep(self, handle: str, folder: Path) -> None:
        """Hold a folder for a message; an older one of the same message goes."""
        with self._lock:
            older, self._folders[handle] = self._folders.get(handle), folder
        if older is not None:
            drop(older)

    def forget(self, handle: str) -> None:
        """Delete what is held for a message."""
        with self._lock:
            folder = self._folders.pop(handle, None)
        if folder is not None:
            drop(folder)

    def close(self) -> None:
        """Delete everything."""
        with self._lock:
            root, self._root = self._root, None
            self._folders.clear()
        if root is not None:
            drop(root)


def drop(folder: Path) -> None:
    """Delete a folder; what cannot be deleted is left to the system's own cleaning of temporary files."""
    shutil.rmtree(folder, ignore_errors=True)
