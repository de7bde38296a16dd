"""Schema revisions: upgrade, and the check that stands before every opening."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from config.i18n import _
from connector.journal.engine import Database, check_encoding, unhurried
from connector.journal.problems import NewerDatabaseError, NotUpgradedError
from connector.journal.schema import REVISION

_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 0x5ED_11E5  # PostgreSQL advisory lock: two upgrades at once take turns


def upgrade(db: Database) -> str:
    """Bring the database to this program's revision, in one transaction; return the revision."""
    return db.write(_upgrade)


def revision(db: Database) -> str:
    """Return the database's revision, empty when it has none."""
    return db.read(_revision)


def require_current(db: Database) -> None:
    """Raise NotUpgradedError or NewerDatabaseError, each with what to do."""
    found = revision(db)
    _require_known(found)
    if found != REVISION:
        raise NotUpgradedError(
            _("the journal {url} is not ready for this version of sedlink: run `sedlink db upgrade`").format(
                url=db.url.render_as_string(hide_password=True)
            )
        )


def _require_known(found: str) -> None:
    if found not in _known_revisions():
        raise NewerDatabaseError(
            _(
                "the journal is at revision {revision}, which this version of sedlink does not know: "
                "install the newer sedlink again or restore the backup from before the upgrade"
            ).format(revision=found)
        )


def _known_revisions() -> set[str]:
    """Every revision up to this program's, none included."""
    return {"", *(path.name[:4] for path in (_MIGRATIONS / "versions").glob("[0-9]*.py"))}


def _revision(connection: Connection) -> str:
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or ""


def _upgrade(connection: Connection) -> str:
    from alembic import command
    from alembic.config import Config

    unhurried(connection)
    if connection.dialect.name == "postgresql":
        check_encoding(connection)
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    _require_known(_revision(connection))
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    return _revision(connection)
