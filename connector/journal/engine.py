"""The database engine: SQLite (WAL, every commit on the disk) or PostgreSQL, behind two calls."""

import sqlite3
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from config.database import POSTGRES_HURRIED, POSTGRES_SESSION, POSTGRES_UNHURRIED, postgres_arguments
from config.i18n import _
from connector.journal.problems import JournalError, UnavailableError

P = ParamSpec("P")
T = TypeVar("T")
Insert = postgresql.Insert | sqlite.Insert

_BUSY_MS = 30_000  # how long a SQLite writer waits for another process
_DEADLOCKS = frozenset({"40001", "40P01"})  # PostgreSQL: serialization failure, deadlock
_TRIES = 5


class Database:
    """Connections to one journal database. Safe to use from several threads."""

    def __init__(self, url: str) -> None:
        """Make the engine; nothing is connected yet. Raises JournalError for a URL that cannot be one."""
        self.url = _parse(url)
        self.postgres = self.url.get_backend_name() == "postgresql"
        self.engine = _postgres(self.url) if self.postgres else _sqlite(self.url)
        # Writers of one process queue here: SQLite's own waiting is polling with growing sleeps.
        self._turn: AbstractContextManager[Any] = nullcontext() if self.postgres else threading.Lock()

    def read(self, ask: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a question in a read transaction."""
        try:
            with self.engine.connect() as connection:
                return ask(connection, *args, **kwargs)
        except (DatabaseError, InterfaceError, PoolTimeoutError) as error:
            if not _is_away(error):
                raise
            raise self._unavailable(error) from error

    def write(self, change: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a change in one transaction; it is run again after a deadlock, so it must be repeatable."""
        for attempt in range(1, _TRIES + 1):
            try:
                with self._turn, self.engine.connect() as connection:
                    writer = connection.execution_options(sedlink_write=True)
                    with writer.begin():
                        return change(writer, *args, **kwargs)
            except (DatabaseError, InterfaceError, PoolTimeoutError) as error:
                if not _is_away(error):
                    raise
                if attempt == _TRIES or not _is_deadlock(error):
                    raise self._unavailable(error) from error
        raise AssertionError("unreachable")

    def insert(self, table: Table) -> Insert:
        """Return an INSERT that knows ON CONFLICT in this database's dialect."""
        return postgresql.insert(table) if self.postgres else sqlite.insert(table)

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    def _unavailable(self, error: Exception) -> UnavailableError:
        cause = str(error.orig).strip() if isinstance(error, DBAPIError) else str(error)
        return UnavailableError(
            _("the journal database {url} cannot be used: {cause}").format(
                url=self.url.render_as_string(hide_password=True), cause=cause
            )
        )


def _is_away(error: Exception) -> bool:
    """Whether the database, not the statement, is what failed (a broken SQLite file is the bare class)."""
    kinds = (OperationalError, InterfaceError, PoolTimeoutError)
    cut = isinstance(error, DBAPIError) and error.connection_invalidated
    return cut or isinstance(error, kinds) or type(getattr(error, "orig", None)) is sqlite3.DatabaseError


def _is_deadlock(error: Exception) -> bool:
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in _DEADLOCKS


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise JournalError(
            _("the journal's URL is not one: use sqlite:///PATH or postgresql://USER@HOST/DATABASE")
        ) from error
    if parsed.get_backend_name() == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername == "sqlite" and parsed.database not in (None, "", ":memory:"):
        return parsed
    raise JournalError(
        _(
            "the journal cannot be kept in {url}: use sqlite:///PATH or postgresql://USER@HOST/DATABASE"
        ).format(url=parsed.render_as_string(hide_password=True))
    )


def _sqlite(url: URL) -> Engine:
    path = Path(str(url.database))
    if not path.exists():  # it will hold personal data: for the owner's eyes from the first byte
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
        except OSError as error:
            raise UnavailableError(
                _("the journal file {path} cannot be made: {cause}").format(path=path, cause=error)
            ) from error
    engine = create_engine(
        url, pool_size=8, max_overflow=56, connect_args={"timeout": _BUSY_MS / 1000}, hide_parameters=True
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own type
        connection.isolation_level = None  # transactions begin where we say, not where the driver guesses
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
        connection.execute("PRAGMA journal_size_limit=67108864")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A transaction that begins by reading and writes later may find itself out of date: take the
        # write lock at once.
        write = connection.get_execution_options().get("sedlink_write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def _postgres(url: URL) -> Engine:
    try:
        engine = create_engine(
            url,
            isolation_level="READ COMMITTED",
            pool_size=8,
            max_overflow=56,
            pool_pre_ping=True,
            hide_parameters=True,  # a traceback shows no personal data
            connect_args=postgres_arguments(url),
        )
    except ImportError as error:
        raise JournalError(
            _("PostgreSQL needs the extra `postgres`: pip install sedlink[postgres]"), code="extra-missing"
        ) from error

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own type
        with connection.cursor() as cursor:
            cursor.execute("SET timezone TO 'UTC'")
            cursor.execute("SET lock_timeout TO '60s'")
            cursor.execute(POSTGRES_SESSION)
            cursor.execute(POSTGRES_HURRIED)
            # Nothing is lost also where the server's default is to be quick instead.
            cursor.execute(
                "SELECT set_config('synchronous_commit', 'on', false)"
                " WHERE current_setting('synchronous_commit') = 'off'"
            )
        connection.commit()

    return engine


def unhurried(connection: Connection) -> None:
    """Let this one transaction take its time: a migration, a chain of hashes over years."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(POSTGRES_UNHURRIED))


def at_one_moment(connection: Connection) -> None:
    """Let every question of this transaction, whose first one this is, see the same moment."""
    if connection.dialect.name == "postgresql":  # SQLite's readers always do
        connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))


def check_encoding(connection: Connection) -> None:
    """Raise JournalError when a PostgreSQL database cannot hold every letter."""
    encoding = connection.execute(text("SHOW server_encoding")).scalar_one()
    if encoding != "UTF8":
        raise JournalError(
            _("the database's encoding is {encoding}: create it with ENCODING 'UTF8'").format(
                encoding=encoding
            )
        )
