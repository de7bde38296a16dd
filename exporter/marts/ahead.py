"""Hands lines of a batch to an engine in another process while the next are made: two cores, not one.

Nothing is published by it: what was handed over lies in a temporary table of the session.
"""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

_WAITING = 4  # pieces in memory; whoever makes more waits for the engine


class Ahead:
    """One thread that hands over piece after piece, in order. An error comes back with the next call."""

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self._send = send
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sedlink-ahead")
        self._sent: deque[Future[None]] = deque()

    def take(self, lines: bytes) -> None:
        """Let whole lines be sent; waits while the engine lags behind. Raises what sending raised."""
        while len(self._sent) >= _WAITING or (self._sent and self._sent[0].done()):
            self._sent.popleft().result()
        self._sent.append(self._thread.submit(self._send, lines))

    def finish(self) -> None:
        """Wait until everything is sent. Raises what sending raised."""
        while self._sent:
            self._sent.popleft().result()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._thread.shutdown(wait=True, cancel_futures=True)
