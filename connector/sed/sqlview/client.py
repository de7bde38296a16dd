"""The wire: one database account. Rows are streamed; what reads cannot write."""

import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, TextClause, create_engine, make_url, text
from sqlalchemy.exc import SQLAlchemyError

from config.i18n import _
from config.secret import Secret
from connector.errors import OutcomeUnknownError, PermanentError
from connector.masking import protect
from connector.sed.sqlview.problems import first_line, translated

Rows = Iterator[Sequence[Any]]
_EXPLAINS = ("postgresql", "sqlite")  # engines whose EXPLAIN tries names and rights and runs nothing


class Choice(Protocol):
    """What both accounts of a section share; seconds."""

    @property
    def connect(self) -> float: ...  # noqa: D102
    @property
    def silence(self) -> float: ...  # noqa: D102
    @property
    def batch(self) -> int: ...  # noqa: D102
    @property
    def zone(self) -> object: ...  # noqa: D102


class Database:
    """One account; connects when it is first used. Safe to use from several threads."""

    def __init__(
        self, url: str, password: Secret | None, choice: Choice, folder: Path, *, write: bool = False
    ) -> None:
        self._url = _complete(make_url(url), password, folder)
        self._choice, self._write = choice, write
        self._engine: Engine | None = None
        self._lock = threading.Lock()
        if password is not None:
            protect(password)

    @contextmanager
    def rows(
        self, place: str, statement: TextClause, given: Mapping[str, Any]
    ) -> Iterator[tuple[list[str], Rows]]:
        """Run a SELECT; yield its columns and its rows, fetched in batches. Raises as translated."""
        options = {"stream_results": True, "yield_per": self._choice.batch, "postgresql_readonly": True}
        with (
            translated(place),
            self._opened() as connection,
            connection.execution_options(**options).execute(statement, dict(given)) as result,
        ):
            yield list(result.keys()), iter(result)

    def all(self, place: str, sql: str) -> list[Sequence[Any]]:
        """Run a small SELECT without parameters; return its rows."""
        with self.rows(place, text(sql), {}) as (_columns, rows):
            return list(rows)

    def change(self, place: str, statements: Sequence[TextClause], given: Mapping[str, Any]) -> None:
        """Run changes in one transaction; each must touch exactly one row, where the engine counts.

        Raises PermanentError (nothing was changed) and OutcomeUnknownError beside the translated ones.
        """
        with translated(place), self._opened() as connection:
            for statement in statements:
                touched = connection.execute(statement, dict(given)).rowcount
                if touched == 0 or touched > 1:  # -1: a procedure, of which nothing is known
                    raise PermanentError(_touched(touched, given), code="annotate")
            _commit(connection)

    def try_out(self, place: str, statements: Sequence[TextClause], given: Mapping[str, Any]) -> None:
        """Connect, and let the engine plan the statements where planning runs nothing. Raises."""
        with translated(place), self._opened() as connection:
            for statement in statements:
                if connection.dialect.name in _EXPLAINS and _is_plain(statement.text):
                    connection.execute(
                        text(f"EXPLAIN {statement.text}").bindparams(**_empty(statement, given))
                    )

    def _opened(self) -> Any:  # noqa: ANN401 - SQLAlchemy's context manager of a connection
        with self._lock:
            if self._engine is None:
                self._engine = self._made()
                # A SED is not closed by its users: the connections go with it, or with the process.
                weakref.finalize(self, self._engine.dispose)
        return self._engine.connect()

    def _made(self) -> Engine:
        url, backend = self._url, self._url.get_backend_name()
        if backend == "sqlite":
            return create_engine("sqlite://", creator=self._sqlite(url), pool_size=2)
        if backend == "postgresql":
            options = (
                f"-c statement_timeout={int(self._choice.silence * 1000)} -c timezone={self._choice.zone}"
            )
            arguments = {"connect_timeout": max(2, int(self._choice.connect)), "options": options}
            return create_engine(url, connect_args=arguments, pool_size=2, pool_pre_ping=True)
        return create_engine(url, pool_size=2, pool_pre_ping=True)

    def _sqlite(self, url: URL) -> Callable[[], sqlite3.Connection]:
        mode = "rw" if self._write else "ro"  # a file that is not there is never created

        def connect() -> sqlite3.Connection:
            address = f"file:{quote(url.database or '')}?mode={mode}"
            return sqlite3.connect(address, uri=True, timeout=self._choice.connect, check_same_thread=False)

        return connect


def _commit(connection: Connection) -> None:
    try:
        connection.commit()
    except SQLAlchemyError as error:
        sentence = _("the connection broke while it was written; look before it is repeated: {why}")
        raise OutcomeUnknownError(sentence.format(why=first_line(error))) from error


def _touched(rows: int, given: Mapping[str, Any]) -> str:
    which = {"card": given.get("card"), "question": given.get("question")}
    if rows == 0:
        return _("card {card}, question {question}: the statement found nothing to change").format(**which)
    return _("card {card}, question {question}: the statement would change {rows} rows, not one").format(
        **which, rows=rows
    )


def _is_plain(sql: str) -> bool:
    return sql.split(None, 1)[0].lower() in ("update", "insert", "merge", "with", "select")


def _empty(statement: TextClause, given: Mapping[str, Any]) -> dict[str, Any]:
    names = statement.compile().params
    return {name: value for name, value in given.items() if name in names}


def _complete(url: URL, password: Secret | None, folder: Path) -> URL:
    """Return the address with its password; PostgreSQL by the driver that is here, a file by its folder."""
    if password is not None:
        url = url.set(password=password.reveal())
    if url.drivername in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() == "sqlite" and url.database:
        return url.set(database=str((folder / url.database).resolve()))
    return url
