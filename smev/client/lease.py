"""Keeping a claim alive while the work under it goes on, however long a large file takes."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

log = logging.getLogger(__name__)


@contextmanager
def kept(extend: Callable[[], None], every: float) -> Iterator[None]:
    """Call `extend` every so many seconds, in a thread, until the block ends."""
    ended = threading.Event()

    def run() -> None:
        while not ended.wait(every):
            try:
                extend()
            except Exception:
                log.exception("a claim could not be prolonged; it runs out by itself")
                return

    thread = threading.Thread(target=run, name="smev-lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
