"""Cards for the mart out of any database by SELECTs of the configuration; it relays no messages."""

from collections.abc import Mapping
from pathlib import Path

from connector.sed import Sed
from connector.sed.section import read_section
from connector.sed.sqlview.adapter import SqlViewSed
from connector.sed.sqlview.client import Database
from connector.sed.sqlview.settings import Annotate, SqlViewSettings

__all__ = ["Annotate", "SqlViewSed", "SqlViewSettings", "build"]


def build(section: Mapping[str, object], folder: Path) -> Sed:
    """Return the adapter of a `[sed.NAME]` section. Raises ValueError that names every wrong setting."""
    settings = read_section(SqlViewSettings, section, folder)
    writer = settings.annotate
    return SqlViewSed(
        settings,
        Database(settings.url, settings.password, settings, folder),
        Database(
            writer.url or settings.url, writer.password or settings.password, settings, folder, write=True
        )
        if writer
        else None,
    )
