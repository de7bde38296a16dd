"""Opens what the configuration names as a source of facts: the journal, or the cards of a SED."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from config.database import database_url
from config.i18n import _
from config.load import SettingsError
from config.settings import CabinetSettings, Settings
from connector.journal.opening import open_journal
from connector.sed import Sed
from connector.sed.registry import UnknownSedError
from connector.sed.registry import build as build_sed
from exporter.applicants import Applicants
from exporter.definitions import load_definitions
from exporter.sources.cards import CardSource
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


def cabinets_of(settings: Settings, name: str) -> list[CabinetSettings]:
    """Return the cabinets whose messages go to the SED of a section, or of the one it names as `exchange`."""
    names = {name, settings.sed[name].exchange}
    return [cabinet for cabinet in settings.cabinet if cabinet.sed in names]


@contextmanager
def card_source(
    settings: Settings, name: str, card_files: tuple[str, ...], as_of: datetime
) -> Iterator[CardSource]:
    """Open the cards of a SED; no card files = those of its cabinets, or all that the SED has.

    Raises SettingsError when there is no such section, or its adapter cannot read cards.
    """
    from mappings.resolver import Resolver
    from mappings.store.engine import open_store

    section = settings.sed.get(name)
    if section is None:
        raise SettingsError("sedlink.toml", [_("there is no section [sed.{sed}]").format(sed=name)])
    try:
        sed = build_sed(section.kind, section.own, settings.folder)
    except (UnknownSedError, ValueError) as error:
        raise SettingsError("sedlink.toml", [f"sed.{name}: {error}"]) from error
    if not sed.capabilities.cards:
        sentence = _("{kind} gives no cards: print the list of cards in the SED and load it with --list")
        raise SettingsError(f"sed.{name}", [sentence.format(kind=section.kind)])
    cabinets = {one.card_file: one.opa_id for one in cabinets_of(settings, name) if one.card_file}
    store = open_store(database_url(settings.journal))
    try:
        yield CardSource(
            name,
            sed,
            Resolver(store).current(),
            load_definitions(settings.timezone, settings.export.definitions),
            as_of,
            card_files or tuple(cabinets) or _each_of(sed),
            cabinets=cabinets,
        )
    finally:
        store.dispose()


def _each_of(sed: Sed) -> tuple[str, ...]:
    """Return every card file where each is read up to a place of its own; else all are read in one go."""
    told = sed.capabilities
    if not told.card_cursor or "card_files" not in told.dictionaries:
        return ()
    return tuple(entry.id for entry in sed.dictionary("card_files"))
