"""1С:Документооборот over DMService (SOAP), sed.md sections 3 and 6."""

from collections.abc import Mapping
from pathlib import Path

from connector.sed import Sed
from connector.sed.dms1c.adapter import Dms1cSed
from connector.sed.dms1c.settings import Dms1cSettings, Ref
from connector.sed.section import read_section

__all__ = ["Dms1cSed", "Dms1cSettings", "Ref", "build"]


def build(section: Mapping[str, object], folder: Path) -> Sed:
    """Return the adapter of a `[sed.NAME]` section. Raises ValueError that names every wrong setting."""
    return Dms1cSed(read_section(Dms1cSettings, section, folder))
