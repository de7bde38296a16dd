"""Looks at the platform's addresses beside the adapters: the certificate's end, the clocks' difference."""

import socket
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import httpx

from config.i18n import _
from config.settings import PlatformSettings
from connector.peer import Finding

EXPIRES_SOON = timedelta(days=14)
CLOCK_SKEW = timedelta(minutes=2)  # more than this and tokens and signatures begin to be refused


def look_at(url: str, settings: PlatformSettings, now: Callable[[], datetime]) -> Iterator[Finding]:
    """Yield what is found about one base address; never raises."""
    timeout = settings.timeouts.connect.total_seconds()
    context = ssl.create_default_context(cafile=settings.ca_file)
    try:
        if urlsplit(url).scheme == "https":
            yield _certificate(url, context, timeout, now())
        with httpx.Client(verify=context, timeout=timeout) as client:
            yield _clock(client.head(url).headers.get("Date", ""), now())
    except (OSError, httpx.HTTPError) as error:
        yield Finding(_("address"), ok=False, sentence=_("cannot be reached: {error}").format(error=error))


def _certificate(url: str, context: ssl.SSLContext, timeout: float, now: datetime) -> Finding:
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 443
    with (
        socket.create_connection((host, port), timeout=timeout) as plain,
        context.wrap_socket(plain, server_hostname=host) as secure,
    ):
        certificate = secure.getpeercert() or {}
    until = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), UTC)
    left = until - now
    sentence = _("valid until {until}, {days} days left").format(until=f"{until:%Y-%m-%d}", days=left.days)
    return Finding(_("certificate"), left > EXPIRES_SOON, sentence)


def _clock(told: str, now: datetime) -> Finding:
    try:
        skew = abs(now - parsedate_to_datetime(told))
    except ValueError:
        return Finding(_("clock"), ok=True, sentence=_("the platform does not tell its time"))
    sentence = _("differs from the platform's by {seconds} s").format(seconds=int(skew.total_seconds()))
    return Finding(_("clock"), skew <= CLOCK_SKEW, sentence)
