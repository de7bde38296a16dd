"""ДЕЛО / ДЕЛО-WEB over the СЭВ folder exchange (sed.md sections 1 and 6)."""

from collections.abc import Mapping
from pathlib import Path

from connector.sed import Sed
from connector.sed.section import read_section
from connector.sed.sev.adapter import SevSed
from connector.sed.sev.settings import Named, Organisation, SevSettings

__all__ = ["Named", "Organisation", "SevSed", "SevSettings", "build"]


def build(section: Mapping[str, object], folder: Path) -> Sed:
    """Return the adapter of a `[sed.NAME]` section. Raises ValueError that names every wrong setting."""
    return SevSed(read_section(SevSettings, section, folder))
