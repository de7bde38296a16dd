"""Opens the journal of the configuration as a source of facts."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from config.settings import Settings
from connector.runtime import open_journal
from exporter.applicants import Applicants
from exporter.definitions import load_definitions
from exporter.sources.journal import CabinetFacts, JournalSource


@contextmanager
def journal_source(settings: Settings, as_of: datetime) -> Iterator[JournalSource]:
    """Open the journal that the settings name as a source of facts."""
    definitions = load_definitions(settings.timezone, settings.export.definitions)
    cabinets = {one.opa_id: CabinetFacts(one.name, one.card_file) for one in settings.cabinet}
    journal = open_journal(settings)
    try:
        with Applicants(settings.export.applicant_key) as applicants:
            yield JournalSource(journal, definitions, applicants, as_of, cabinets)
    finally:
        journal.close()
