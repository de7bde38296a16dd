"""From the settings to a package and the list of what stayed behind."""

import csv
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO, Any, BinaryIO, Protocol
from zoneinfo import ZoneInfo

from config.i18n import _, speaking
from config.load import SettingsError
from config.settings import Settings
from connector.journal.opening import open_journal
from connector.sed import Sed
from connector.sed.registry import UnknownSedError
from connector.sed.registry import build as build_sed
from exporter.sstu.from_cards import CardRecords
from exporter.sstu.from_journal import Bodies, JournalRecords
from exporter.sstu.model import Fault, Record
from exporter.sstu.package import Package
from exporter.sstu.rules import faults
from exporter.sstu.wording import said
from mappings.words import same_key

NOT_SENT = "{name}-not-sent.csv"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Records(Protocol):
    """A source of records."""

    def records(self) -> Iterator[tuple[Record, tuple[Fault, ...]]]:
        """Yield every record with what was odd about reading it."""
        ...


@dataclass(slots=True)
class Made:
    """What a run made."""

    appeals: int = 0
    parts: list[Path] = field(default_factory=list)
    refused: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    not_sent: Path | None = None


def make(source: Records, folder: Path, settings: Settings, *, dry_run: bool = False) -> Made:
    """Write the package of everything that may go, and the list of what may not. Raises OSError."""
    made = Made()
    name = f"sstu-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    if dry_run:
        with tempfile.TemporaryDirectory(prefix="sedlink-") as own:
            _fill(source, Package(Path(own), name, settings.sstu.part_bytes), made, None)
        return made
    folder.mkdir(parents=True, exist_ok=True)
    listed = folder / NOT_SENT.format(name=name)
    try:
        with speaking(settings.language), listed.open("w", encoding="utf-8-sig", newline="") as stream:
            _fill(source, Package(folder, name, settings.sstu.part_bytes), made, stream)
        made.not_sent = listed if made.refused else None
    finally:
        if made.not_sent is None:
            listed.unlink()
    return made


def _fill(source: Records, package: Package, made: Made, stream: IO[str] | None) -> None:
    out = csv.writer(stream, delimiter=";") if stream is not None else None
    if out is not None:
        out.writerow([_("card"), _("field"), _("reason"), _("value")])
    with package:
        for record, odd in source.records():
            wrong = [*odd, *(() if any(one.code == "unreadable" for one in odd) else faults(record))]
            if not wrong and package.add(record) is None:
                wrong = [Fault("too-large", "")]
            if not wrong:
                continue
            made.refused += 1
            made.reasons.update({one.code for one in wrong})
            if out is not None:
                out.writerows(
                    [_plain(record.card), one.field, said(one.code), _plain(one.value)] for one in wrong
                )
        made.appeals = package.appeals
        if out is not None:
            made.parts = package.finish()


def _plain(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


@contextmanager
def journal_records(settings: Settings, since: date | None) -> Iterator[Records]:
    """Open the journal as a source. Raises SettingsError."""
    zone = ZoneInfo(settings.timezone)
    names = {cabinet.opa_id: cabinet.sed for cabinet in settings.cabinet}
    seds: dict[str, Sed] = {}

    def opened(opa_id: int, ref: str) -> AbstractContextManager[BinaryIO]:
        name = names.get(opa_id, "")
        if name not in seds:
            seds[name] = _sed(settings, name)
        return seds[name].open_file(ref)

    changed = datetime.combine(since, datetime.min.time(), zone) if since else None
    journal = open_journal(settings)
    try:
        yield JournalRecords(journal, bodies_of(settings), zone, opened, changed)
    finally:
        journal.close()


def card_records(
    settings: Settings, name: str, card_files: tuple[str, ...], since: date | None, answers: Path | None
) -> Records:
    """Open the cards of a SED as a source. Raises SettingsError."""
    sed = _sed(settings, name)
    if not sed.capabilities.cards:
        raise SettingsError(
            f"sed.{name}", [_("this SED gives no cards: leave --sed out to read the journal")]
        )
    zone = ZoneInfo(settings.timezone)
    return CardRecords(name, sed, bodies_of(settings), zone, card_files, since, answers)


def bodies_of(settings: Settings) -> Bodies:
    """Return the ids in ССТУ that the settings know."""
    others = {same_key(name): body for name, body in settings.sstu.bodies.items()}
    return Bodies(settings.sstu.department, settings.sstu.departments, others)


def _sed(settings: Settings, name: str) -> Any:  # noqa: ANN401 - the registry's adapters
    section = settings.sed.get(name)
    if section is None:
        raise SettingsError("sedlink.toml", [_("there is no section [sed.{sed}]").format(sed=name)])
    try:
        return build_sed(section.kind, section.own, settings.folder)
    except (UnknownSedError, ValueError) as error:
        raise SettingsError("sedlink.toml", [f"sed.{name}: {error}"]) from error
