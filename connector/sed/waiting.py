"""Taking messages out of a shared folder: what is complete, what waits, where read ones go (sed.md 6)."""

import errno
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from config.i18n import _
from connector.errors import RetryableError

_CHUNK = 1 << 16  # bytes
_FORGET_ABOVE = 50_000  # remembered files; a folder that full is watched anew


class Settling:
    """Tells files that are still being written from complete ones: these did not change for a moment.

    By their own time where clocks agree, else by an earlier look: a file server's clock may run ahead.
    """

    def __init__(self, seconds: float, *, clock: Callable[[], float] = time.time) -> None:
        self._seconds = seconds
        self._clock = clock
        self._seen: dict[Path, tuple[int, int, float]] = {}

    def now(self) -> float:
        """Return the moment by the clock that `settled` goes by."""
        return self._clock()

    def settled(self, path: Path, state: os.stat_result, now: float | None = None) -> bool:
        """Whether the file's size and time stood still for long enough at a moment (this one by default)."""
        now = self._clock() if now is None else now
        if now - state.st_mtime >= self._seconds:
            self._seen.pop(path, None)
            return True
        size, mtime, since = self._seen.get(path, (-1, -1, now))
        if (size, mtime) != (state.st_size, state.st_mtime_ns):
            if len(self._seen) > _FORGET_ABOVE:
                self._seen.clear()
            self._seen[path] = (state.st_size, state.st_mtime_ns, now)
            return self._seconds <= 0
        return now - since >= self._seconds

    def idle(self, states: Iterable[os.stat_result]) -> float:
        """Return for how many seconds nothing changed among files; 0 when clocks disagree."""
        return max(0.0, self._clock() - max(state.st_mtime for state in states))


def read_at_most(path: Path, limit: int) -> bytes:
    """Return a file's bytes, one more than the limit where it is longer.

    In small reads: asking for the whole limit at once sets all that memory aside, whatever the file's size.
    """
    content = bytearray()
    with path.open("rb") as source:
        while len(content) <= limit and (chunk := source.read(min(_CHUNK, limit + 1 - len(content)))):
            content += chunk
    return bytes(content)


def move_aside(source: Path, target: Path) -> Path:
    """Move a file or folder under a new parent by one rename, beside what already bears the name.

    Return where it lies. A source that is gone was moved before: harmless. Raises RetryableError across
    file systems.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    place, number = target, 1
    while source.exists() and place.exists():
        number += 1
        place = target.with_name(f"{target.name}~{number}")
    try:
        source.rename(place)
    except FileNotFoundError:
        return target
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        sentence = _("{source} and {target} lie on different file systems: give folders of one share").format(
            source=source.parent, target=place.parent
        )
        raise RetryableError(sentence, code="folder") from error
    return place
