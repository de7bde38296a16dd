"""Opens what a command works on: the source of the configuration or a list file, with the definitions."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from config.settings import Settings
from connector.journal.journal import Journal
from connector.runtime import open_journal
from exporter.applicants import Applicants
from exporter.definitions import Definitions, load_definitions
from exporter.sources import Source
from exporter.sources.journal import CabinetFacts, JournalSource


@dataclass(frozen=True, slots=True)
class Opened:
    """A source, and the journal while it is the source."""

    source: Source
    definitions: Definitions
    journal: Journal | None = None


@contextmanager
def journal_source(settings: Settings, as_of: datetime) -> Iterator[Opened]:
    """Open the journal that the settings name as a source of facts."""
    definitions = load_definitions(settings.timezone, settings.export.definitions)
    cabinets = {one.opa_id: CabinetFacts(one.name, one.card_file) for one in settings.cabinet}
    journal = open_journal(settings)
    try:
        with Applicants(settings.export.applicant_key) as applicants:
            yield Opened(
                JournalSource(journal, definitions, applicants, as_of, cabinets), definitions, journal
            )
    finally:
        journal.close()
