"""Directum RX over its Integration Service, OData v4 (sed.md section 4)."""

from collections.abc import Mapping
from pathlib import Path

from connector.sed import Sed
from connector.sed.directum.adapter import DirectumSed
from connector.sed.directum.settings import DirectumSettings
from connector.sed.section import read_section

__all__ = ["DirectumSed", "DirectumSettings", "build"]


def build(section: Mapping[str, object], folder: Path) -> Sed:
    """Return the adapter of a `[sed.NAME]` section. Raises ValueError that names every wrong setting."""
    return DirectumSed(read_section(DirectumSettings, section, folder))
