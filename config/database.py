"""Which database the configuration names: for every room that keeps something in it."""

import os
import tomllib
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import ValidationError

from config import toml
from config.load import SettingsError, anchored_journal, find, overlay
from config.settings import JournalSettings

if TYPE_CHECKING:
    from sqlalchemy import URL

# A host whose cable was pulled, or whose process stands still, says nothing: without these each end waits
# for the other for hours, and what the silent one had locked stays locked.
_SILENCE = 30  # seconds
_OURS = {
    "connect_timeout": 10,
    "application_name": "sedlink",
    "keepalives": 1,
    "keepalives_idle": _SILENCE // 2,
    "keepalives_interval": _SILENCE // 6,
    "keepalives_count": 3,
    "tcp_user_timeout": _SILENCE * 1000,  # milliseconds
}
_SERVERS = {
    "tcp_keepalives_idle": _SILENCE // 2,
    "tcp_keepalives_interval": _SILENCE // 6,
    "tcp_keepalives_count": 3,
    "tcp_user_timeout": _SILENCE * 1000,
    "idle_in_transaction_session_timeout": _SILENCE * 1000,
    # One that stands still between two messages of a pipeline is not idle for the server (PostgreSQL >= 17).
    "transaction_timeout": 45_000,  # less than others wait for a lock
}
POSTGRES_SESSION = (
    "SELECT set_config(name, given, false) FROM pg_settings JOIN (VALUES "  # noqa: S608 - constants only
    + ", ".join(f"('{name}', '{value}')" for name, value in _SERVERS.items())
    + ") AS ours (known, given) ON name = known"  # a setting that an old server does not know is left out
)
POSTGRES_UNHURRIED = "SELECT set_config(name, '0', true) FROM pg_settings WHERE name = 'transaction_timeout'"


def postgres_arguments(url: "URL") -> dict[str, object]:
    """Return how we connect to PostgreSQL; what the URL itself says goes before."""
    return {name: value for name, value in _OURS.items() if name not in url.query}


def database_url(journal: JournalSettings) -> str:
    """Return the database URL with its password, which stands apart in the settings."""
    from sqlalchemy import make_url

    url = make_url(journal.database)
    if journal.password is not None:
        url = url.set(password=journal.password.reveal())
    return url.render_as_string(hide_password=False)


def configured_database(environ: Mapping[str, str] = os.environ) -> str | None:
    """Return the URL that the configuration file of the moment names; None where there is no file.

    Only the section [journal] is read: a missing secret of a cabinet is no reason not to work on tables.
    Raises SettingsError for a file or section that cannot be read.
    """
    try:
        path = find(environ=environ)
    except SettingsError:
        return None
    try:
        tree = toml.parse(path.read_text(encoding="utf-8"))
        overlay(tree, environ)
        journal = JournalSettings.model_validate(tree.get("journal", {}))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise SettingsError(str(path), [str(error)]) from error
    return database_url(anchored_journal(journal, path.resolve().parent))
