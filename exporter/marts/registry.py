"""Which mart a URL means: DuckDB, SQLite, PostgreSQL or ClickHouse."""

from pathlib import Path
from typing import Any

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from config.i18n import _
from config.secret import Secret
from exporter.marts import Mart, MartError

_DATABASE = "sedlink"  # of ClickHouse, where the URL names none


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
    elif kind in ("clickhouse", "chdb"):
        from exporter.marts.clickhouse import ClickHouseMart

        mart = ClickHouseMart(*clickhouse_options(parts, password))
    else:
        raise MartError(_wrong(kind))
    try:
        mart.prepare()
    except BaseException:
        mart.close()
        raise
    return mart


def clickhouse_options(parts: URL, password: Secret | None) -> tuple[dict[str, Any], str]:
    """Return what a ClickHouse client is opened with and the database. HTTPS, but on this machine.

    `chdb:///FOLDER?database=NAME` is the engine inside this process. Raises MartError.
    """
    said = {name: str(value) for name, value in parts.query.items()}
    if parts.get_backend_name() == "chdb":
        options: dict[str, Any] = {"interface": "chdb", "path": parts.database or ":memory:"}
        return options, said.get("database", _DATABASE)
    host = parts.host or "localhost"
    plain = parts.drivername == "clickhouse+http"
    if plain and host not in ("localhost", "127.0.0.1", "::1"):
        raise MartError(_("clickhouse+http would send password and facts in clear: use clickhouse://"))
    revealed = password.reveal() if password is not None else parts.password or ""
    options = {"interface": "http" if plain else "https", "host": host, "password": str(revealed)}
    options |= {"port": parts.port or (8123 if plain else 8443), "username": parts.username or "default"}
    if "ca_file" in said:
        options["ca_cert"] = said["ca_file"]
    return options, parts.database or _DATABASE


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
        "{what} is no mart: use duckdb:///PATH, sqlite:///PATH, postgresql://USER@HOST/DATABASE "
        "or clickhouse://USER@HOST/DATABASE"
    ).format(what=what.partition("://")[0])
