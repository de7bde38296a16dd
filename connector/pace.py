"""How fast a peer may be called: so many calls a second on average, shared by all threads of one process."""

import threading
import time
from collections.abc import Callable

_AT_ONCE = 3.0  # seconds' worth of calls that may come in a burst, after a silence


class Pace:
    """Lets calls through one after another. Thread-safe. `per_second` 0 = as fast as they come.

    By the monotonic clock: a wall clock that jumps neither stops the calls nor lets them all through.
    """

    def __init__(
        self,
        per_second: float,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._gap = 1 / per_second if per_second else 0.0
        self._monotonic, self._sleep = monotonic, sleep
        self._lock = threading.Lock()
        self._free_at = float("-inf")  # when a call would come evenly spaced

    def take(self) -> float:
        """Take the next place in the line; return in how many seconds it is."""
        if not self._gap:
            return 0.0
        with self._lock:
            now = self._monotonic()
            self._free_at = max(self._free_at, now - _AT_ONCE) + self._gap
            return max(self._free_at - now, 0.0)

    def try_take(self) -> bool:
        """Take a place that is free at once; False where there is none."""
        if not self._gap:
            return True
        with self._lock:
            now = self._monotonic()
            after = max(self._free_at, now - _AT_ONCE) + self._gap
            if after > now:
                return False
            self._free_at = after
            return True

    def wait(self) -> None:
        """Sleep until it is this call's turn."""
        if seconds := self.take():
            self._sleep(seconds)
