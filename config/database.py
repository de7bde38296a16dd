"""Which database the configuration names: for every room that keeps something in it."""

import os
import tomllib
from collections.abc import Mapping

from pydantic import ValidationError

from config import toml
from config.load import SettingsError, anchored_journal, find, overlay
from config.settings import JournalSettings


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
