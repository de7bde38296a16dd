"""The wall clock of a process, moved by minutes while it runs; its monotonic clock stays true."""

import shutil
import struct
import subprocess
from pathlib import Path

_SOURCE = Path(__file__).with_suffix(".c")


class ShiftedClock:
    """One clock; give `environment` to the processes that shall live by it."""

    def __init__(self, folder: Path, name: str = "clock") -> None:
        """Make a clock that is right. Raises RuntimeError where there is no C compiler."""
        self._shift = folder / f"{name}.shift"
        self.move(0)
        self.environment = {"LD_PRELOAD": str(_library(folder)), "SHIFTED_CLOCK": str(self._shift)}

    def move(self, seconds: int) -> None:
        """Set the clock so many seconds off the true time, at once."""
        self.seconds = seconds
        if not self._shift.exists():
            self._shift.write_bytes(struct.pack("l", seconds))
            return
        with self._shift.open("r+b") as file:  # in place: the processes have it mapped
            file.write(struct.pack("l", seconds))


def compiler() -> str | None:
    """Return the C compiler, None where there is none and clocks cannot be moved."""
    return shutil.which("cc") or shutil.which("gcc")


def _library(folder: Path) -> Path:
    library = folder / "shifted_clock.so"
    if not library.exists():
        cc = compiler()
        if cc is None:
            raise RuntimeError("no C compiler: clocks cannot be moved")
        command = [cc, "-shared", "-fPIC", "-O2", "-o", str(library), str(_SOURCE), "-ldl"]
        subprocess.run(command, check=True)
    return library
