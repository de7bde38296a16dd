"""From settings to a working relay: the one place where the rooms are wired together."""

import hashlib
import json
import logging
import os
import socket
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from config.database import database_url
from config.i18n import _
from config.load import SettingsError
from config.settings import CabinetSettings, Settings
from connector.classify import CrosswalkClassifier
from connector.journal.journal import Journal
from connector.journal.opening import open_journal
from connector.journal.reports import DeadFilter
from connector.letters import Letters
from connector.lifecycle import default_table
from connector.platform.rest import Profile, ProfileError, default_profile, load_profile
from connector.relay import Relay
from connector.relay.links import CabinetLink, Links
from connector.schedule import Job
from connector.sed import Closing, Sed
from connector.sed.registry import UnknownSedError, build_or_disable
from connector.ways import Ways
from mappings.store.engine import open_store

log = logging.getLogger(__name__)

_HORIZON = timedelta(days=2)  # no lease, pause or backoff is as long: Retry-After is heard up to a day
_PURGED = "retention"  # under which the journal keeps when `purge` last looked
_PURGE_GAP = timedelta(days=7)
# Done by one daemon in turn. The others are cheap, or each daemon's own.
_IN_TURN = frozenset({"intake", "track", "letters", "seal", "purge", "sweep"})
_AT_ONCE = frozenset({"intake", "track"})  # a daemon that was just started looks, whosever turn it is
_TRIED_VERSION = "mapping-version"  # under which the journal keeps what `wake_held` last saw


def utc_now() -> datetime:
    """Return the moment, UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Runtime:
    """A journal, its links and the relay over them, as one configuration has it."""

    settings: Settings
    journal: Journal
    links: Links
    relay: Relay
    classifier: CrosswalkClassifier
    letters: Letters
    begun: set[Job] = field(default_factory=set)  # done at least once, or left to another daemon

    def close(self) -> None:
        """Let go of the peers and of the database."""
        for cabinet in self.links.cabinets.values():
            cabinet.platform.close()
        for sed in self.links.seds.values():
            if isinstance(sed, Closing):
                sed.close()
        self.classifier.close()
        self.journal.close()

    def jobs(self) -> list[Job]:
        """Return what is to be done periodically."""
        listing = [
            Job("intake", str(c.opa_id), c.poll)
            for c in self.settings.cabinet
            if c.opa_id in self.links.cabinets
        ]
        tracking = [
            Job("track", name, self.settings.sed[name].poll)
            for name, sed in self.links.seds.items()
            if sed.capabilities.exchange
        ]
        own = [
            Job("letters", "mail", timedelta(minutes=1)),
            Job("mapping", "crosswalk", timedelta(seconds=10)),
            Job("sweep", "files", timedelta(days=1)),
            Job("seal", "audit", timedelta(hours=1)),
            Job("clock", "journal", timedelta(hours=1)),
        ]
        if self.settings.retention.content:
            own.append(Job("purge", "content", timedelta(days=1)))
        return [*listing, *tracking, *own]

    def run(self, job: Job) -> bool:
        """Do a job when it is our turn; returns whether it made work for the workers."""
        return (job.kind not in _IN_TURN or self._our_turn(job)) and self._do(job)

    def _do(self, job: Job) -> bool:
        if job.kind == "intake":
            return self.relay.intake(int(job.name)).new > 0
        if job.kind == "track":
            return self.relay.track(job.name).replies > 0
        if job.kind == "letters":
            self.letters.send_due(self.journal.clock())
            return False
        if job.kind == "mapping":
            return self.wake_held() > 0
        if job.kind == "seal":
            self.journal.seal()
        elif job.kind == "clock":
            return self.journal.recall(_HORIZON) > 0
        elif job.kind == "purge" and self.settings.retention.content:
            self.purge(self.settings.retention.content, self.settings.retention.trace)
        elif job.kind == "sweep":
            self.journal.sweep_files(timedelta(days=1))
        return False

    def _our_turn(self, job: Job) -> bool:
        at_once = job.kind in _AT_ONCE and job not in self.begun
        self.begun.add(job)
        return self.journal.take_turn(f"{job.kind}:{job.name}", job.every, at_once=at_once)

    def purge(self, keep: timedelta, trace: timedelta | None = None) -> int:
        """Take out what is older, erase what is older than `trace`; return how many rounds were taken out.

        Not on the first day of a time that may be a clock's mistake: a clock that ran years ahead would
        take out what must be kept, and nothing brings it back.
        """
        now, last = self.journal.clock(), self.journal.cursor(_PURGED)
        self.journal.remember(_PURGED, now.isoformat())
        if not last or not timedelta() <= now - datetime.fromisoformat(last) <= _PURGE_GAP:
            log.info("retention: the first look since %s; what is due is taken out tomorrow", last or "ever")
            return 0
        count = self.journal.purge(now - keep)
        if trace is not None:
            erased = self.journal.erase(now - trace)
            log.info("retention: erased %d conversations, %d lines", erased.conversations, erased.lines)
        return count

    def wake_held(self) -> int:
        """Try what waits for the table again, once for every version that was applied."""
        version = str(self.classifier.version)
        if self.journal.cursor(_TRIED_VERSION) == version:
            return 0
        woken = self.journal.retry(DeadFilter(codes=("mapping",)))
        self.journal.remember(_TRIED_VERSION, version)
        return woken


def open_runtime(settings: Settings) -> Runtime:
    """Wire everything. Raises SettingsError for a section that an adapter refuses."""
    journal = open_journal(settings)
    classifier = CrosswalkClassifier(open_store(database_url(settings.journal)))
    links = build_links(settings, classifier)
    for cabinet in settings.cabinet:
        journal.channel_configured(f"platform:{cabinet.opa_id}", _fingerprint(settings, cabinet))
    relay = Relay(
        journal,
        links,
        worker=f"{socket.gethostname()}:{os.getpid()}",
        clock=journal.clock,
        batch=settings.daemon.batch,
        lease=settings.daemon.lease,
        margin=min(settings.daemon.lease / 2, 2 * settings.platform.timeouts.read),
    )
    return Runtime(settings, journal, links, relay, classifier, Letters(settings, journal))


def build_links(settings: Settings, classifier: CrosswalkClassifier) -> Links:
    """Build every adapter. Raises SettingsError that names the section."""
    profile = _profile(settings)
    problems: list[str] = []
    ways = Ways(settings, profile)
    seds: dict[str, Sed] = {}
    for name, section in settings.sed.items():
        try:
            seds[name] = build_or_disable(section.kind, section.own, settings.folder)
        except (UnknownSedError, ValueError) as error:
            problems += [f"sed.{name}: {line}" for line in str(error).splitlines()]
    cabinets: dict[int, CabinetLink] = {}
    for cabinet in settings.cabinet:
        if cabinet.sed in seds and not seds[cabinet.sed].capabilities.exchange:
            sentence = _("[sed.{sed}] only gives cards for the mart: name the SED that takes messages")
            problems.append(f"cabinet[opa_id={cabinet.opa_id}].sed: {sentence.format(sed=cabinet.sed)}")
        try:
            cabinets[cabinet.opa_id] = _link(ways, cabinet)
        except ValueError as error:
            problems.append(f"cabinet[opa_id={cabinet.opa_id}].{error}")
    if problems:
        raise SettingsError("sedlink.toml", problems)
    enabled = {c.opa_id for c in settings.cabinet if c.enabled}
    return Links({i: link for i, link in cabinets.items() if i in enabled}, seds, classifier)


def _profile(settings: Settings) -> Profile:
    path = settings.platform.profile
    try:
        return load_profile(path) if path else default_profile()
    except ProfileError as error:
        raise SettingsError(str(path), str(error).splitlines()) from error


def _link(ways: Ways, cabinet: CabinetSettings) -> CabinetLink:
    statuses = default_table().overridden(cabinet.statuses)
    return CabinetLink(cabinet.opa_id, cabinet.name, ways.of(cabinet), cabinet.sed, statuses)


def _fingerprint(settings: Settings, cabinet: CabinetSettings) -> str:
    """What a closed channel was closed with: another id, password, key or address opens it again."""
    if cabinet.platform == "smev":
        parts = (json.dumps(settings.smev, sort_keys=True, default=str), cabinet.client_id, "")
    elif cabinet.spreadsheet and cabinet.platform == "spreadsheet":
        parts = (cabinet.spreadsheet.model_dump_json(), "", "")
    else:
        secret = cabinet.secret.reveal() if cabinet.secret else ""
        parts = (settings.base_url(cabinet), cabinet.client_id, secret)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
