"""Which mart a URL means: DuckDB, SQLite or PostgreSQL."""

from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from config.i18n import _
from config.secret import Secret
from exporter.marts import Mart, MartError


def open_mart(url: str, password: Secret | None = None) -> Mart:
    """Open the mart and create what is missing in it. Raises MartError that says what to do."""
    try:
        parts = make_url(url)
    except ArgumentError as error:
        raise MartError(_wrong(url)) from error
    kind = parts.get_backend_name()
    if kind in ("duckdb", "sqlite"):
        mart = _embedded(kind, parts.database or ":memory:")
    elif kind in ("postgresql", "postgres"):
        from exporter.marts.pg import PostgresMart

        parts = parts.set(drivername="postgresql")
        if password is not None:
            parts = parts.set(password=password.reveal())
        mart = PostgresMart(parts.render_as_string(hide_password=False))
    else:
        raise MartError(_wrong(kind))
    try:
        mart.prepare()
    except BaseException:
        mart.close()
        raise
    return mart


def _embedded(kind: str, path: str) -> Mart:
    if path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    if kind == "duckdb":
        from exporter.marts.duck import DuckMart

        return DuckMart(path)
    from exporter.marts.lite import LiteMart

    return LiteMart(path)


def _wrong(what: str) -> str:
    return _(
        "{what} is no mart: use duckdb:///PATH, sqlite:///PATH or postgresql://USER@HOST/DATABASE"
    ).format(what=what.partition("://")[0])
