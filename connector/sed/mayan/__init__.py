"""Mayan EDMS over REST v4 (sed.md section 5): an open-source system, tried on a real server."""

from collections.abc import Mapping
from pathlib import Path

from connector.sed import Sed
from connector.sed.mayan.adapter import MayanSed
from connector.sed.mayan.settings import MayanSettings
from connector.sed.section import read_section

__all__ = ["MayanSed", "MayanSettings", "build"]


def build(section: Mapping[str, object], folder: Path) -> Sed:
    """Return the adapter of a `[sed.NAME]` section. Raises ValueError that names every wrong setting."""
    return MayanSed(read_section(MayanSettings, section, folder))
