"""Files for upload by hand: the same records; nothing counts as held by the mart."""

import tempfile
from collections.abc import Iterable
from pathlib import Path

from config.settings import Settings
from exporter.marts.datamart.ledger import File, Ledger
from exporter.marts.datamart.opening import packer_of, target_of
from exporter.marts.datamart.packing import Packed, Row


def write_files(settings: Settings, name: str, folder: Path, rows: Iterable[Row]) -> list[File]:
    """Write every row as files of the profile's size; return them. Raises MartError."""
    target_of(settings, name)
    with tempfile.TemporaryDirectory(prefix="sedlink-") as own, Ledger(Path(own) / "hand.db", name) as ledger:
        return list(packer_of(ledger, settings, name, folder).pack(rows, Packed()))
