"""A thread that does what can be done, again and again, until it is stopped; and clerks who work in one."""

import logging
import threading
from collections.abc import Callable

from stand.office import Office
from stand.words import Decision

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


class Workplace:
    """What every SED of the stand has that works by itself: an office, and a pump that calls `step`."""

    def __init__(self, name: str, office: Office) -> None:
        self._office = office
        self._pump = Pump(name, self.step)

    @property
    def on_number(self) -> Callable[[int, int, str], None] | None:
        """Hears of each card's number (message, round, number) before it is told."""
        return self._office.on_number

    @on_number.setter
    def on_number(self, hear: Callable[[int, int, str], None] | None) -> None:
        self._office.on_number = hear

    def decide(self, uid: str, decision: Decision) -> None:
        """Let a clerk decide something that no plan foresaw about a document that was taken, now."""
        self._office.decide(uid, decision)

    def start(self) -> None:
        """Begin to work in a thread."""
        self._pump.start()

    def stop(self) -> None:
        """Stop working; what is not done stays undone."""
        self._pump.stop()

    def step(self) -> int:
        """Do everything that can be done now; return how much was done."""
        raise NotImplementedError
