"""A progress bar on a terminal, silence in cron."""

import sys
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

from config.i18n import _

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

T = TypeVar("T")
_EVERY = 200  # rows between two movements of the bar


class Progress:
    """Shows on standard error how many rows were read and how fast; a source does not know its length."""

    def __init__(self) -> None:
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
            self._task = self._bar.add_task(_("rows read"), total=None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def step(self, sentence: str) -> None:
        """Say what is being done now."""
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, description=sentence)

    def count(self, items: Iterable[T]) -> Iterator[T]:
        """Yield the items, moving the bar."""
        for number, item in enumerate(items, start=1):
            if self._bar is not None and self._task is not None and number % _EVERY == 0:
                self._bar.update(self._task, completed=number)
            yield item
