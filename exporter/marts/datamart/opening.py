"""From the settings of one [datamart.NAME] to a run."""

import random
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from config.i18n import _
from config.interrupt import pause
from config.settings import DatamartSettings, Settings
from exporter.marts import MartError
from exporter.marts.datamart.client import Access, Client
from exporter.marts.datamart.ledger import Ledger
from exporter.marts.datamart.packing import Packer, Row
from exporter.marts.datamart.profile import load_profile
from exporter.marts.datamart.prostore import ProstoreClient
from exporter.marts.datamart.uploader import Outcome, Patience, Uploader


def target_of(settings: Settings, name: str) -> DatamartSettings:
    """Return the section of a name. Raises MartError; test and production never share a host."""
    chosen = settings.datamart.get(name)
    if chosen is None:
        known = ", ".join(settings.datamart) or "—"
        raise MartError(
            _("there is no section [datamart.{name}]; known: {known}").format(name=name, known=known)
        )
    host = urlsplit(chosen.url).hostname
    for other_name, other in settings.datamart.items():
        if other.environment != chosen.environment and urlsplit(other.url).hostname == host:
            raise MartError(
                _("[datamart.{name}] is {environment}, but its host is that of [datamart.{other}]").format(
                    name=name, environment=chosen.environment, other=other_name
                )
            )
    return chosen


def ledger_of(settings: Settings, name: str) -> Ledger:
    """Open the ledger of a target."""
    chosen = target_of(settings, name)
    return Ledger(chosen.folder / "datamart.db", f"{name}/{chosen.environment}")


@contextmanager
def uploader_of(
    settings: Settings, name: str, *, sleep: Callable[[float], None] = pause
) -> Iterator[Uploader]:
    """Open everything for a run."""
    chosen = target_of(settings, name)
    profile = load_profile(chosen.profile)
    client = client_of(chosen, name, sleep)
    try:
        with ledger_of(settings, name) as ledger:
            packer = packer_of(ledger, settings, name)
            patience = Patience(
                poll=chosen.poll.total_seconds(),
                wait=chosen.wait.total_seconds(),
                wrong_rows=chosen.wrong_rows,
            )
            yield Uploader(
                client,
                ledger,
                packer,
                profile.table,
                profile.max_bytes_in_flight,
                patience,
                now=now,
                sleep=sleep,
            )
    finally:
        client.close()


def weighed(settings: Settings, name: str, rows: Iterable[Row]) -> Outcome:
    """Say what an upload of these rows would send; nothing is sent or written."""
    outcome = Outcome()
    with ledger_of(settings, name) as ledger:
        packer_of(ledger, settings, name).weigh(rows, outcome.packed)
        outcome.waiting = len(ledger.open_files())
    return outcome


def client_of(chosen: DatamartSettings, name: str, sleep: Callable[[float], None]) -> Client:
    """Return the wire of the section's kind."""
    if chosen.kind == "prostore":
        note = chosen.folder / f"{name}.{chosen.environment}.delta"
        return ProstoreClient(access_of(chosen), note, sleep=sleep)
    return Client(access_of(chosen), sleep=sleep, dice=random.Random())  # noqa: S311 - jitter


def packer_of(ledger: Ledger, settings: Settings, name: str, folder: Path | None = None) -> Packer:
    """Return what writes the files of a target."""
    chosen = target_of(settings, name)
    zone = ZoneInfo(settings.timezone)
    into = folder or chosen.folder / name
    return Packer(ledger, load_profile(chosen.profile), into, zone, chosen.key_prefix, now)


def access_of(chosen: DatamartSettings) -> Access:
    """Return the wire's side of the settings."""
    return Access(
        url=chosen.url, datamart=chosen.datamart, username=chosen.username, password=chosen.password,
        ogrn=chosen.ogrn, installation=chosen.installation, installation_id=chosen.installation_id,
        ca_file=chosen.ca_file, connect=chosen.timeouts.connect.total_seconds(),
        silence=chosen.timeouts.read.total_seconds(), attempts=chosen.attempts, token=chosen.token,
    )  # fmt: skip


def now() -> str:
    """Return the moment for the ledger."""
    return datetime.now(UTC).isoformat(timespec="seconds")
