"""A progress bar on a terminal, silence in cron. Safe to move from several threads."""

import sys
import threading
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

from config.i18n import _, language, speaking
from config.interrupt import stop_if_asked

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

T = TypeVar("T")
_EVERY = 200  # items between two movements of the bar


class Progress:
    """Shows on standard error what is done now and how much of it; nobody knows how much there is."""

    def __init__(self, sentence: str) -> None:
        self._sentence = sentence
        self._language = language()
        self._lock = threading.Lock()
        self._done = 0
        self._bar: Bar | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import (
                MofNCompleteColumn,
                Progress,
                SpinnerColumn,
                TextColumn,
                TimeElapsedColumn,
            )

            columns = (
                SpinnerColumn(),
                TextColumn("{task.description}"),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
            )
            self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
            self._bar.start()
            self._task = self._bar.add_task(self._sentence, total=None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def step(self, message: str) -> None:
        """Say what is being done now: a message marked with N_, told in the language the bar began in.

        Raises KeyboardInterrupt when the user wants an end: what was done before is done.
        """
        stop_if_asked()
        if self._bar is not None and self._task is not None:
            with speaking(self._language):
                self._bar.update(self._task, description=_(message))

    def add(self, number: int) -> None:
        """Move the bar by so many."""
        with self._lock:
            self._done += number
            if self._bar is not None and self._task is not None:
                self._bar.update(self._task, completed=self._done)

    def count(self, items: Iterable[T]) -> Iterator[T]:
        """Yield the items, moving the bar. Raises KeyboardInterrupt after one when the user wants an end."""
        for number, item in enumerate(items, start=1):
            if number % _EVERY == 0:
                self.add(_EVERY)
            yield item
            stop_if_asked()
