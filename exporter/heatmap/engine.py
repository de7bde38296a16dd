"""Opens what is counted for reading only: a mart's table `fact`, or a file of facts read by DuckDB."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, get_type_hints

from config.i18n import _
from config.secret import Secret
from exporter.fact import COLUMNS, Fact

Rows = list[tuple[Any, ...]]
MEMORY = "1GB"


class MapError(Exception):
    """The map cannot be made; the text says why and what to do."""


class Engine(Protocol):
    """An SQL engine in which a table or view `fact` stands; `?` marks parameters. Raises MapError."""

    dialect: str  # duckdb | postgresql | sqlite | clickhouse

    def rows(self, statement: str, parameters: Sequence[Any] = ()) -> Rows:
        """Run one statement and return its rows."""
        ...

    def moment(self, value: datetime) -> Any:  # noqa: ANN401 - what the driver takes for an instant
        """Return an instant as the engine compares it."""
        ...


class DuckEngine:
    """DuckDB."""

    dialect = "duckdb"

    def __init__(self, connection: Any, error: type[Exception]) -> None:  # noqa: ANN401 - duckdb has no types
        self._connection = connection
        self._error = error

    def rows(self, statement: str, parameters: Sequence[Any] = ()) -> Rows:
        """Run one statement."""
        try:
            found: Rows = self._connection.execute(statement, list(parameters)).fetchall()
        except self._error as error:
            raise MapError(_line(error)) from error
        return found

    def moment(self, value: datetime) -> datetime:
        """Instants are UTC without a zone."""
        return value.astimezone(UTC).replace(tzinfo=None)


class LiteEngine:
    """SQLite; instants are ISO text."""

    dialect = "sqlite"

    def __init__(self, path: Path) -> None:
        import sqlite3

        self._error = sqlite3.Error
        self.connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=60)

    def rows(self, statement: str, parameters: Sequence[Any] = ()) -> Rows:
        """Run one statement."""
        try:
            return self.connection.execute(statement, tuple(parameters)).fetchall()
        except self._error as error:
            raise MapError(_line(error)) from error

    def moment(self, value: datetime) -> str:
        """Return the text that the mart keeps for the instant: texts compare as instants do."""
        return value.astimezone(UTC).isoformat(timespec="microseconds")


class PostgresEngine:
    """PostgreSQL."""

    dialect = "postgresql"

    def __init__(self, url: str) -> None:
        try:
            import psycopg
        except ImportError as error:
            raise MapError(
                _("PostgreSQL needs the extra `postgres`: pip install sedlink[postgres]")
            ) from error
        self._error = psycopg.Error
        try:
            self.connection: psycopg.Connection[Any] = psycopg.connect(
                url, autocommit=True, options="-c timezone=UTC -c default_transaction_read_only=on"
            )
        except psycopg.Error as error:
            raise MapError(_("the mart cannot be reached: {reason}").format(reason=_line(error))) from error

    def rows(self, statement: str, parameters: Sequence[Any] = ()) -> Rows:
        """Run one statement."""
        try:
            return self.connection.execute(statement.replace("?", "%s"), tuple(parameters) or None).fetchall()
        except self._error as error:
            raise MapError(_line(error)) from error

    def moment(self, value: datetime) -> datetime:
        """Return the instant itself."""
        return value


class ClickHouseEngine:
    """ClickHouse, over HTTP or embedded."""

    dialect = "clickhouse"

    def __init__(self, url: str, password: Secret | None) -> None:
        from sqlalchemy import make_url

        from exporter.marts import MartError
        from exporter.marts.clickhouse import connect
        from exporter.marts.registry import clickhouse_options

        try:
            self.connection, self._error = connect(*clickhouse_options(make_url(url), password))
        except MartError as error:
            raise MapError(str(error)) from error
        self.connection.set_client_setting("prefer_column_name_to_alias", 1)  # as the other engines do

    def rows(self, statement: str, parameters: Sequence[Any] = ()) -> Rows:
        """Run one statement."""
        try:
            found = self.connection.query(statement.replace("?", "%s"), list(parameters))
        except self._error as error:
            raise MapError(_line(error)) from error
        return [tuple(row) for row in found.result_rows]

    def moment(self, value: datetime) -> str:
        """Return the text that is compared as an instant; UTC."""
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


@contextmanager
def mart_engine(url: str, password: Secret | None = None) -> Iterator[Engine]:
    """Open a mart by its URL for reading. Raises MapError."""
    kind, slashes, path = url.partition("://")
    kind = kind.partition("+")[0]
    if kind in ("postgresql", "postgres") and slashes:
        postgres = PostgresEngine(_with_password(url, password))
        with postgres.connection:
            yield postgres
        return
    if kind in ("clickhouse", "chdb") and slashes:
        clickhouse = ClickHouseEngine(url, password)
        with suppress_close(clickhouse.connection):
            yield clickhouse
        return
    if kind not in ("duckdb", "sqlite") or not path.startswith("/"):
        raise MapError(
            _(
                "{what} is no mart: use duckdb:///PATH, sqlite:///PATH, postgresql://USER@HOST/DATABASE "
                "or clickhouse://USER@HOST/DATABASE"
            ).format(what=kind)
        )
    file = Path(path[1:])
    if not file.is_file():
        raise MapError(_("{path}: there is no mart yet; run `sedlink export load` first").format(path=file))
    if kind == "sqlite":
        lite = LiteEngine(file)
        with suppress_close(lite.connection):
            yield lite
        return
    with _duck(str(file), read_only=True) as engine:
        yield engine


@contextmanager
def file_engine(path: Path) -> Iterator[Engine]:
    """Read a file of facts (.csv, .jsonl, .parquet) as the table `fact`. Raises MapError."""
    with _duck(":memory:", read_only=False) as engine:
        reader = _reader(path)
        known = {name for name, *_rest in engine.rows(f"DESCRIBE SELECT * FROM {reader}", (str(path),))}  # noqa: S608 - our own words
        missing = [name for name in ("region", "category", "received_at") if name not in known]
        if missing:
            raise MapError(
                _("{file}: no columns {names}; make the file with `sedlink export facts`").format(
                    file=path, names=", ".join(missing)
                )
            )
        columns = ", ".join(_column(name, name in known) for name in COLUMNS)
        quoted = str(path).replace("'", "''")
        view = f"CREATE TEMP VIEW fact AS SELECT {columns} FROM {reader.replace('?', _quote(quoted))}"  # noqa: S608 - names are ours, the path is quoted
        engine.rows(view)
        yield engine


@contextmanager
def suppress_close(connection: Any) -> Iterator[None]:  # noqa: ANN401 - any DB-API connection
    """Close the connection after the block, whatever happened in it."""
    try:
        yield
    finally:
        with suppress(Exception):
            connection.close()


@contextmanager
def _duck(path: str, *, read_only: bool) -> Iterator[DuckEngine]:
    try:
        import duckdb
    except ImportError as error:
        raise MapError(_("the DuckDB mart needs the extra `mart`: pip install sedlink[mart]")) from error
    settings: dict[str, Any] = {"memory_limit": MEMORY, "preserve_insertion_order": False}
    try:
        connection = duckdb.connect(path, read_only=read_only, config=settings)
    except duckdb.Error as error:
        raise MapError(
            _("the mart {path} cannot be opened: {reason}; is another load at work?").format(
                path=path, reason=_line(error)
            )
        ) from error
    with suppress_close(connection):
        yield DuckEngine(connection, duckdb.Error)


def _reader(path: Path) -> str:
    readers = {
        ".csv": "read_csv(?, header = true, all_varchar = true, delim = ',', quote = '\"', escape = '\"')",
        ".jsonl": "read_json(?, format = 'newline_delimited', convert_strings_to_integers = false)",
        ".parquet": "read_parquet(?)",
    }
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise MapError(
            _("{file}: give the file a name that ends with {suffixes}").format(
                file=path, suffixes=", ".join(readers)
            )
        )
    if not path.is_file():
        raise MapError(_("{file}: there is no such file").format(file=path))
    return reader


_HINTS = get_type_hints(Fact)


def _column(name: str, known: bool) -> str:
    """Return a column of the view, typed; the apostrophe that guards a spreadsheet is taken off again."""
    said = str(_HINTS[name])
    kind = "TIMESTAMPTZ" if "datetime" in said else "BOOLEAN" if "bool" in said else "BIGINT"
    if "str" in said:
        text = f"coalesce(CAST({name} AS VARCHAR), '')" if known else "''"
        return f"regexp_replace({text}, '^''([=+@\\t\\r-])', '\\1') AS {name}"
    value = f"nullif(CAST({name} AS VARCHAR), '')" if known else "NULL"
    if kind == "TIMESTAMPTZ":  # written with Z; kept as the mart keeps it
        value = f"replace({value}, 'Z', '')" if known else value
        return f"CAST({value} AS TIMESTAMP) AS {name}"
    return f"CAST({value} AS {kind}) AS {name}"


def _with_password(url: str, password: Secret | None) -> str:
    from sqlalchemy import make_url

    parts = make_url(url).set(drivername="postgresql")
    if password is not None:
        parts = parts.set(password=password.reveal())
    return parts.render_as_string(hide_password=False)


def _quote(text: str) -> str:
    return f"'{text}'"


def _line(error: BaseException) -> str:
    return re.sub(r"\s+", " ", str(error).partition("\n")[0])[:300]
