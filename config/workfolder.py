"""A folder for the time of one piece of work. What a killed process left is removed by the next one.

The folder itself is locked while its process lives: the kernel lets the lock go however the process ends, so
nobody's folder is taken for a dead one, and no process number is looked at that may be another's by now.
"""

import fcntl
import os
import shutil
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self


class WorkFolder:
    """Made at once, gone with `close`. `prefix` names the kind of work; `parent`: the temporary folder."""

    def __init__(self, prefix: str, parent: Path | None = None) -> None:
        """Raises OSError."""
        self._parent = parent or Path(tempfile.gettempdir())
        self._sweep(prefix)
        self.path, self._lock = self._made(prefix)

    def close(self) -> None:
        """Remove the folder with everything in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def _made(self, prefix: str) -> tuple[Path, int]:
        while True:
            path = Path(tempfile.mkdtemp(prefix=prefix, dir=self._parent))
            lock = _locked(path, fcntl.LOCK_EX)
            if lock is not None and path.is_dir():
                return path, lock
            if lock is not None:  # another process took it for a dead one before it was locked
                os.close(lock)

    def _sweep(self, prefix: str) -> None:
        for path in self._parent.glob(f"{prefix}*"):
            lock = _locked(path, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if lock is not None:
                shutil.rmtree(path, ignore_errors=True)
                os.close(lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _locked(path: Path, how: int) -> int | None:
    """Return the descriptor of a folder of this user, locked; None where it is not to be had."""
    try:
        lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        if os.fstat(lock).st_uid == os.geteuid():
            fcntl.flock(lock, how)
            return lock
    except OSError:  # its owner lives
        pass
    os.close(lock)
    return None
