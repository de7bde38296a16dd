"""Where facts come from, one module each, behind one Protocol."""

from collections.abc import Iterator
from typing import Protocol

from exporter.row import Row


class Source(Protocol):
    """A source of rows, streamed; may be read more than once."""

    @property
    def name(self) -> str:
        """What the facts of this source bear as `source`."""
        ...

    def rows(self) -> Iterator[Row]:
        """Yield every row; what is odd about one is its problem and never stops the others."""
        ...
