"""The mails of the exchange: one when a channel fails, one when it is well again, a daily digest.

What went out is remembered in the journal, so a restart repeats nothing. A mail that cannot be sent waits
for the next try; a mail may come twice only where the mail server took it and the process died then.
"""

import logging
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from config.i18n import speaking
from config.settings import Settings
from connector.errors import ConnectorError
from connector.journal.journal import Journal
from connector.notify import Letter, Mailer, alert_letter, digest_letter

log = logging.getLogger(__name__)

_DIGEST = "digest"  # the name under which the journal keeps the day of the last one


class Letters:
    """Sends what is due. Without `mail.host` nothing is ever sent, and nothing is lost: `status` shows it."""

    def __init__(self, settings: Settings, journal: Journal) -> None:
        self._settings = settings
        self._journal = journal
        self._zone = ZoneInfo(settings.timezone)
        self._cabinets = {cabinet.opa_id: cabinet.name for cabinet in settings.cabinet}
        self._mailer = Mailer(settings.mail) if settings.mail.host else None

    def send_due(self, now: datetime) -> int:
        """Send every mail that is due; returns how many went out."""
        if self._mailer is None:
            return 0
        with speaking(self._settings.language):
            return self._send_alerts(self._mailer) + self._send_digest(self._mailer, now)

    def _send_alerts(self, mailer: Mailer) -> int:
        sent = 0
        for alert in self._journal.alerts_due():
            if _send(mailer, alert_letter(alert, cabinets=self._cabinets, zone=self._zone)):
                self._journal.alerts_sent([alert])
                sent += 1
        return sent

    def _send_digest(self, mailer: Mailer, now: datetime) -> int:
        local = now.astimezone(self._zone)
        today = local.date().isoformat()
        hour = time.fromisoformat(self._settings.mail.digest_at)
        last = self._journal.cursor(_DIGEST)
        tomorrow = (
            local.date() + timedelta(days=1)
        ).isoformat()  # a step back over midnight sends no second one
        if local.time() < hour or last in (today, tomorrow):  # a day far ahead was a clock that ran wild
            return 0
        parked = list(self._journal.dead())
        letter = digest_letter(parked, cabinets=self._cabinets, now=now, zone=self._zone)
        if letter is not None and not _send(mailer, letter):
            return 0
        self._journal.remember(_DIGEST, today)
        return int(letter is not None)


def _send(mailer: Mailer, letter: Letter) -> bool:
    try:
        mailer.send(letter)
    except ConnectorError as error:
        log.warning("mail was not sent (%s): %s", error.code, error.sentence)
        return False
    return True
