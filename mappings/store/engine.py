"""Opening the store and bringing its tables up to date."""

import os
from pathlib import Path

import sqlalchemy as sa

from config.database import POSTGRES_SESSION, POSTGRES_UNHURRIED, configured_database, postgres_arguments
from config.i18n import _
from config.load import SettingsError
from mappings.errors import StoreError

VERSION_TABLE = "mapping_alembic_version"
DEFAULT_URL = "sqlite:///sedlink.db"


def store_url(given: str | None = None) -> str:
    """Return the database to use: the one given, else SEDLINK_DATABASE, else the configuration's journal.

    Without a configuration file it is sedlink.db in this folder. Raises StoreError for a file that cannot
    be read.
    """
    if given or os.environ.get("SEDLINK_DATABASE"):
        return given or os.environ["SEDLINK_DATABASE"]
    try:
        return configured_database() or DEFAULT_URL
    except SettingsError as problem:
        raise StoreError(str(problem)) from problem


def open_store(url: str | None = None) -> sa.Engine:
    """Connect and bring the tables up to date. Raises StoreError when the database cannot be used."""
    try:
        engine = _engine(sa.make_url(store_url(url)))
        upgrade(engine)
    except (sa.exc.SQLAlchemyError, ImportError) as problem:
        shown = sa.make_url(store_url(url)).render_as_string(hide_password=True) if _is_url(url) else "…"
        reason = str(getattr(problem, "orig", None) or problem)
        raise StoreError(
            _("database {url} cannot be used: {reason}").format(url=shown, reason=reason)
        ) from problem
    return engine


def _engine(url: sa.URL) -> sa.Engine:
    if url.get_backend_name() != "postgresql":
        engine = sa.create_engine(url, hide_parameters=True)  # a traceback shows no data
        if engine.dialect.name == "sqlite":
            sa.event.listen(engine, "connect", _prepare_sqlite)
        return engine
    arguments = postgres_arguments(url)
    engine = sa.create_engine(url, hide_parameters=True, pool_pre_ping=True, connect_args=arguments)
    sa.event.listen(engine, "connect", _prepare_postgres)
    return engine


def upgrade(engine: sa.Engine) -> None:
    """Bring the tables `mapping_*` up to date; safe to call at every start."""
    from alembic import command
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    settings = Config()
    settings.set_main_option(
        "script_location", str(Path(__file__).parents[1] / "migrations").replace("%", "%%")
    )
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":  # several daemons may start at once
            connection.execute(sa.text(POSTGRES_UNHURRIED))
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext('mapping_migrations'))"))
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        if context.get_current_revision() == ScriptDirectory.from_config(settings).get_current_head():
            return
        settings.attributes["connection"] = connection
        command.upgrade(settings, "head")


def _is_url(url: str | None) -> bool:
    try:
        sa.make_url(store_url(url))
    except sa.exc.ArgumentError:
        return False
    return True


def _prepare_postgres(connection: object, _record: object) -> None:
    cursor = connection.cursor()  # type: ignore[attr-defined]  # DBAPI connections have no common type
    cursor.execute(POSTGRES_SESSION)
    cursor.close()
    connection.commit()  # type: ignore[attr-defined]


def _prepare_sqlite(connection: object, _record: object) -> None:
    cursor = connection.cursor()  # type: ignore[attr-defined]  # DBAPI connections have no common type
    for pragma in ("journal_mode=WAL", "busy_timeout=30000", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
