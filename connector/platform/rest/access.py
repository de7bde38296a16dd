"""How a cabinet reaches the platform: address, credentials, time-outs, trusted hosts. Checked when built."""

import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from config.i18n import _
from config.secret import Secret
from config.values import is_loopback
from connector.appeal import Cabinet
from connector.transport import tls_context

_PORTS = {"http": 80, "https": 443}
Origin = tuple[str, str, int]  # scheme, host, port


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds. `read` and `write` bound a silence, `answer` and `file` a whole exchange."""

    connect: float = 10.0
    read: float = 60.0
    write: float = 60.0
    pool: float = 30.0
    answer: float = 300.0
    file: float = 3600.0


@dataclass(frozen=True, slots=True)
class Access:
    """Everything that a cabinet's calls need. Raises ValueError, a sentence, for what cannot work."""

    cabinet: Cabinet
    base_url: str
    client_id: str
    secret: Secret
    oauth_client: str
    oauth_secret: Secret
    timeouts: Timeouts = field(default_factory=Timeouts)
    ca_file: Path | None = None  # trusted instead of the system's certificates
    file_hosts: Sequence[str] = ()  # other hosts of the platform that attachment URLs may name
    calls_per_second: float = 0.0  # of this cabinet; 0 = no limit

    def __post_init__(self) -> None:
        try:
            parts = _split(self.base_url)
        except ValueError as error:
            raise ValueError(_("base_url: {error}").format(error=error)) from error
        if parts.scheme not in _PORTS or not parts.hostname or parts.query or parts.fragment:
            raise ValueError(_("base_url: write the platform's address like https://pos.example.org"))
        if parts.username or parts.password:
            raise ValueError(_("base_url: credentials do not stand in an address"))
        if parts.scheme == "http" and not is_loopback(parts.hostname):
            raise ValueError(_("base_url: http would send the password in clear, use https"))
        if not (self.client_id and self.oauth_client):
            raise ValueError(_("client_id and oauth_client must not be empty"))
        self.origins()

    def origins(self) -> frozenset[Origin]:
        """Return the scheme, host and port of every place that may get our token."""
        base = _origin(_split(self.base_url))
        return frozenset([base, *(self._extra(text, base[0]) for text in self.file_hosts)])

    def _extra(self, text: str, scheme: str) -> Origin:
        try:
            parts = _split(text if "://" in text else f"{scheme}://{text}")
        except ValueError as error:
            raise ValueError(_("file_hosts: {text}: {error}").format(text=text, error=error)) from error
        if not parts.hostname or parts.path.strip("/") or parts.username or parts.scheme not in _PORTS:
            raise ValueError(_("file_hosts: {text} is not a host name").format(text=text))
        if parts.scheme == "http" and not is_loopback(parts.hostname):
            raise ValueError(_("file_hosts: http would send the token in clear, use https"))
        return _origin(parts)

    def tls(self) -> ssl.SSLContext:
        """Return the context that verifies certificates and host names, always. Raises ValueError."""
        return tls_context(self.ca_file)


def origin_of(url: str) -> Origin | None:
    """Return scheme, host and port of a URL; None for one that is malformed or bears credentials."""
    try:
        parts = _split(url)
        if parts.scheme not in _PORTS or not parts.hostname or "@" in parts.netloc or "\\" in url:
            return None
        return _origin(parts)
    except ValueError:
        return None


def _split(url: str) -> SplitResult:
    parts = urlsplit(url)
    parts.port  # noqa: B018 - raises ValueError for what is no port
    return parts


def _origin(parts: SplitResult) -> Origin:
    return parts.scheme, (parts.hostname or "").rstrip(".").lower(), parts.port or _PORTS[parts.scheme]
