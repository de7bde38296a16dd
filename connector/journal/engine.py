"""The database engine: SQLite (WAL, every commit on the disk) or PostgreSQL, behind one pair of blocks."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection


class Database:
    """Connections to one journal database. Safe to use from several threads."""

    def __init__(self, url: str) -> None:
        self._url = url

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent look."""
        raise NotImplementedError
        yield

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction, committed at the end of the block."""
        raise NotImplementedError
        yield

    def close(self) -> None:
        """Close every connection."""
