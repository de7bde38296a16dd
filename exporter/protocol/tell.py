"""Sends the mail that is due, once: what was told is kept in the journal, so a second run tells nothing.

A mail may come twice only where the mail server took it and the process died before it was written down.
"""

import hashlib
import json
import logging
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from config.i18n import speaking
from config.settings import Settings
from connector.errors import ConnectorError
from connector.journal.journal import Journal
from connector.journal.opening import open_journal
from connector.notify import Letter, Mailer
from exporter.protocol.collect import Protocol
from exporter.protocol.letter import failing_letter, over_letter

log = logging.getLogger(__name__)


class Told(StrEnum):
    """What became of the mail."""

    OFF = "off"  # no mail server is configured
    NOTHING_NEW = "nothing new"
    FAILING = "failing"
    OVER = "over"
    NOT_SENT = "not sent"  # the next run tries again


@dataclass(frozen=True, slots=True)
class Memory:
    """What the last mail said; nothing when all is well."""

    since: datetime
    reasons: frozenset[str]


def tell(settings: Settings, mart: str, protocol: Protocol, now: datetime) -> Told:
    """Send the mail about a mart when one is due. Raises JournalError where nothing can be remembered."""
    if not settings.mail.host:
        return Told.OFF
    name = "export:protocol:" + hashlib.sha256(mart.encode()).hexdigest()[:16]
    with open_journal(settings) as journal, speaking(settings.language):
        before = _recalled(journal, name)
        if protocol.clean:
            return Told.NOTHING_NEW if before is None else _over(settings, journal, name, before, now)
        if before is not None and protocol.reasons <= before.reasons:
            return Told.NOTHING_NEW
        if not _send(settings, failing_letter(protocol, now, ZoneInfo(settings.timezone))):
            return Told.NOT_SENT
        since = before.since if before else now
        reasons = protocol.reasons | (before.reasons if before else frozenset())
        journal.remember(name, json.dumps({"since": since.isoformat(), "reasons": sorted(reasons)}))
        return Told.FAILING


def _over(settings: Settings, journal: Journal, name: str, before: Memory, now: datetime) -> Told:
    if not _send(settings, over_letter(before.since, now, ZoneInfo(settings.timezone))):
        return Told.NOT_SENT
    journal.remember(name, "")
    return Told.OVER


def _recalled(journal: Journal, name: str) -> Memory | None:
    text = journal.cursor(name)
    if not text:
        return None
    said = json.loads(text)
    return Memory(datetime.fromisoformat(said["since"]), frozenset(said["reasons"]))


def _send(settings: Settings, letter: Letter) -> bool:
    try:
        Mailer(settings.mail).send(letter)
    except ConnectorError as error:
        log.warning("mail was not sent (%s): %s", error.code, error.sentence)
        return False
    return True
