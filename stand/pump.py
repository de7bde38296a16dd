"""A thread that does what can be done, again and again, until it is stopped."""

import logging
import threading
from collections.abc import Callable

log = logging.getLogger("stand.pump")
_PAUSE = 0.03  # seconds, when there was nothing to do


class Pump:
    """Calls `step`, which returns how much it did, in a thread named `name`."""

    def __init__(self, name: str, step: Callable[[], int]) -> None:
        self._name = name
        self._step = step
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def stop(self) -> None:
        """Stop working; what is not done stays undone."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                busy = self._step()
            except OSError:  # a full disk, a folder that was removed: say so and go on
                log.exception("%s could not use its folders", self._name)
                busy = 0
            self._stopping.wait(0.0 if busy else _PAUSE)
