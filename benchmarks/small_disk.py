"""A disk of a few megabytes that can be full (a tmpfs; a plain folder where we may not mount one)."""

import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Self


class SmallDisk:
    """Use as a context manager; `mounted` tells whether it can be filled."""

    def __init__(self, place: Path, megabytes: int) -> None:
        self.folder = place
        self.mounted = False
        self._megabytes = megabytes

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True)
        mount = ["mount", "-t", "tmpfs", "-o", f"size={self._megabytes}m", "tmpfs", str(self.folder)]
        self.mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
        return self

    def __exit__(self, *_failure: object) -> None:
        if self.mounted:
            subprocess.run(["umount", "-l", str(self.folder)], check=False)

    @property
    def full(self) -> bool:
        """Whether `fill` took all the space."""
        return self._filler.exists()

    def fill(self) -> None:
        """Take all the space that is left, to the last byte."""
        with suppress(OSError), self._filler.open("wb", buffering=0) as filler:
            while True:
                filler.write(bytes(1 << 16))

    def empty(self) -> None:
        """Give the space back."""
        self._filler.unlink(missing_ok=True)

    @property
    def _filler(self) -> Path:
        return self.folder / "filler"
