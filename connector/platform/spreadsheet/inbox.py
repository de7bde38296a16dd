"""The folder of exports: which files are whole, what stands in them, which are done with."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from config.i18n import _
from connector.errors import RetryableError
from connector.platform.spreadsheet.rows import read_rows
from connector.platform.spreadsheet.translate import Reader, Understood
from mappings.errors import FileError

log = logging.getLogger(__name__)

_SUFFIXES = {".xlsx", ".xls", ".ods", ".csv"}
_UNFINISHED = ("~$", ".")  # a lock of an office program; a file on its way


@dataclass(frozen=True, slots=True)
class Export:
    """One file as it was read; `problem` when it could not be read as a whole."""

    path: Path
    stamp: tuple[int, int]  # size and time of change: another stamp is another export
    lines: tuple[Understood, ...]
    problem: str = ""


class Inbox:
    """Reads the folder, oldest file first; a file that did not change is not read again."""

    def __init__(self, folder: Path, reader: Reader, settle: float, clock: Callable[[], float]) -> None:
        self._folder, self._reader, self._settle, self._clock = folder, reader, settle, clock
        self._read: dict[Path, Export] = {}

    def exports(self) -> list[Export]:
        """Return what the whole files hold. Raises RetryableError where the folder cannot be read."""
        try:
            found = sorted(self._whole(), key=lambda one: (one[1][1], one[0].name))
        except OSError as error:
            raise RetryableError(
                _("{folder}: the folder of exports cannot be read: {error}").format(
                    folder=self._folder, error=error.strerror or error
                )
            ) from error
        known = self._read
        self._read = {
            path: known[path] if path in known and known[path].stamp == stamp else self._open(path, stamp)
            for path, stamp in found
        }
        return list(self._read.values())

    def _whole(self) -> list[tuple[Path, tuple[int, int]]]:
        """Return the files that nobody writes any more, each with its size and time."""
        found = []
        for path in self._folder.iterdir():
            if path.name.startswith(_UNFINISHED) or path.suffix.lower() not in _SUFFIXES:
                continue
            if path.is_symlink() or not path.is_file():
                continue
            state = path.stat()
            age = self._clock() - state.st_mtime
            if not 0 <= age < self._settle:  # a time to come is another machine's clock
                found.append((path, _stamp(path)))
        return found

    def _open(self, path: Path, stamp: tuple[int, int]) -> Export:
        try:
            lines = tuple(self._reader.row(row) for row in read_rows(path, self._reader.profile))
        except FileError as error:
            log.warning("%s", error)
            return Export(path, stamp, (), str(error))
        for line in lines:
            for told in (*line.warnings, line.received.problem):
                if told:
                    log.warning("%s", told)
        return Export(path, stamp, lines)

    def done(self, export: Export) -> None:
        """Put a file that has nothing left to do into the folder `done` beside the others."""
        target = self._folder / "done" / export.path.name
        counter = 1
        while target.exists():
            counter += 1
            target = target.with_name(f"{export.path.stem} ({counter}){export.path.suffix}")
        try:
            target.parent.mkdir(exist_ok=True)
            if _stamp(export.path) != export.stamp:
                return  # replaced meanwhile: the new one has not been read
            export.path.rename(target)
        except OSError as error:  # it is read again, and its messages are known
            log.warning("%s: cannot be moved to %s: %s", export.path.name, target.parent, error.strerror)


def _stamp(path: Path) -> tuple[int, int]:
    state = path.stat()
    return state.st_size, state.st_mtime_ns
