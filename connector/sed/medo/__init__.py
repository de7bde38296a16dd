"""МЭДО 2.2, 2.6 and, as far as it is public, 2.7.1 over the transport folders (sed.md sections 2 and 6).

`reading.read(content)` reads one message, `envelope.read_envelope(content)` one envelope.
"""

from collections.abc import Mapping
from pathlib import Path

from connector.sed import Sed
from connector.sed.medo.adapter import MedoSed
from connector.sed.medo.settings import MedoSettings, Participant
from connector.sed.section import read_section

__all__ = ["MedoSed", "MedoSettings", "Participant", "build"]


def build(section: Mapping[str, object], folder: Path) -> Sed:
    """Return the adapter of a `[sed.NAME]` section. Raises ValueError that names every wrong setting."""
    return MedoSed(read_section(MedoSettings, section, folder))
