"""ELMA365 over its public API (sed.md section 5): a customer's own app, by facts of public clients."""

from collections.abc import Mapping
from pathlib import Path

from connector.sed import Sed
from connector.sed.elma365.adapter import ElmaSed
from connector.sed.elma365.settings import ElmaSettings
from connector.sed.section import read_section

__all__ = ["ElmaSed", "ElmaSettings", "build"]


def build(section: Mapping[str, object], folder: Path) -> Sed:
    """Return the adapter of a `[sed.NAME]` section. Raises ValueError that names every wrong setting."""
    return ElmaSed(read_section(ElmaSettings, section, folder))
