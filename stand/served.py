"""A SED of rows that is reached over HTTP: callers make rows ready, the clerks take them."""

import queue
from typing import Generic, TypeVar

from stand.office import Office
from stand.pump import Workplace
from stand.server import HttpServer

Id = TypeVar("Id")


class ServedWorkplace(Workplace, Generic[Id]):
    """Serves while it works. The application tells `_hear` of a row, `_take` looks whether it is ready."""

    def __init__(self, name: str, office: Office, http: HttpServer) -> None:
        self.http = http
        self._ready: queue.SimpleQueue[Id] = queue.SimpleQueue()
        super().__init__(name, office)

    def start(self) -> None:
        """Begin to serve and to work."""
        self.http.start()
        super().start()

    def stop(self) -> None:
        """Stop both."""
        super().stop()
        self.http.stop()

    @property
    def idle(self) -> bool:
        """Whether no new row waits for a clerk and nothing is due later."""
        return self._ready.empty() and self._office.idle

    def step(self) -> int:
        """Take the rows that became ready, do everything that is due; return how much was done."""
        done = 0
        while not self._ready.empty():
            self._take(self._ready.get())
            done += 1
        return done + self._office.run_due()

    def _hear(self, number: Id) -> None:
        self._ready.put(number)

    def _take(self, number: Id) -> None:
        """Give a row to the clerks, unless it is not ready or was taken before."""
        raise NotImplementedError
