"""`sedlink config check`: every cabinet's credentials, the SEDs' folders, the database, the disk."""

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from config.i18n import _
from config.settings import CabinetSettings
from connector import permissions
from connector.address_check import look_at
from connector.peer import Finding, Health
from connector.runtime import Runtime, utc_now

LOW_DISK = 2 << 30  # bytes; less than this and a day of attachments may not fit


def examine(runtime: Runtime) -> Health:
    """Look at everything, the peers in parallel; nothing is changed anywhere."""
    with ThreadPoolExecutor(max_workers=8) as pool:
        cabinets = pool.map(
            lambda link: _named(_("cabinet {opa_id}").format(opa_id=link.opa_id), link.platform.check()),
            runtime.links.cabinets.values(),
        )
        seds = pool.map(
            lambda pair: _named(_("SED {name}").format(name=pair[0]), pair[1].check()),
            runtime.links.seds.items(),
        )
        found = [
            *_disk(runtime.settings.journal.files),
            *permissions.look(runtime.settings),
            *_closed(runtime),
            *_addresses(runtime),
        ]
        for findings in (*cabinets, *seds):
            found += findings
    return Health(tuple(found))


def _named(who: str, health: Health) -> list[Finding]:
    return [Finding(f"{who}: {f.what}", f.ok, f.sentence) for f in health.findings]


def _disk(folder: Path) -> Iterator[Finding]:
    free = shutil.disk_usage(folder).free
    yield Finding(
        _("disk"),
        free >= LOW_DISK,
        _("{gigabytes} GB free at {folder}").format(gigabytes=free >> 30, folder=folder),
    )


def _addresses(runtime: Runtime) -> Iterator[Finding]:
    settings = runtime.settings
    for url in sorted({settings.base_url(cabinet) for cabinet in settings.cabinet if _over_rest(cabinet)}):
        for finding in look_at(url, settings.platform, utc_now):
            yield Finding(f"{url}: {finding.what}", finding.ok, finding.sentence)


def _over_rest(cabinet: CabinetSettings) -> bool:
    return cabinet.enabled and cabinet.platform == "rest"


def _closed(runtime: Runtime) -> Iterator[Finding]:
    """Channels that the daemon has closed: what it knows beats what one try now would tell."""
    for channel in runtime.journal.channels():
        if channel.failures:
            yield Finding(channel.name, ok=False, sentence=f"{channel.error_code}: {channel.sentence}")
