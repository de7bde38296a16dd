"""What `config check` finds out about SMEV: the key, the certificates, the way. Changes nothing."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from config.i18n import _
from connector.peer import Finding
from connector.platform.smev.failures import Purpose, from_bus
from connector.platform.smev.opening import secret
from smev import streams
from smev.client import build
from smev.client.settings import KeySettings, SmevSettings
from smev.client.transport import Transport
from smev.errors import SmevError
from smev.gost import certificate as x509
from smev.gost import provider as provider_of
from smev.gost.certificate import Certificate
from smev.gost.signer import CheckedSigner
from smev.gost.trust import load_store
from smev.wording import explain

EXPIRES_SOON = timedelta(days=30)  # a qualified certificate is not had in a day


@dataclass(frozen=True, slots=True)
class Look:
    """Called, it returns the findings; it never raises."""

    way: SmevSettings
    environment: str
    transport: Transport
    clock: Callable[[], datetime]

    def __call__(self) -> tuple[Finding, ...]:
        """Look at everything."""
        return tuple(self._all())

    def _all(self) -> Iterator[Finding]:
        keys = {_("information system"): self.way.signer, _("official"): self.way.personal}
        for whose, key in keys.items():
            if key:
                yield self._certificate(whose, key)
                yield self._key(whose, key)
        if self.way.transport == "soap":
            yield self._trust()
        yield self._peer()

    def _certificate(self, whose: str, key: KeySettings) -> Finding:
        what = _("certificate ({whose})").format(whose=whose)
        try:
            found = self._load(key)
        except SmevError as error:
            return Finding(what, ok=False, sentence=explain(error))
        now = self.clock()
        dates = _("valid from {since} until {until}, {days} days left").format(
            since=f"{found.not_before:%Y-%m-%d}",
            until=f"{found.not_after:%Y-%m-%d}",
            days=(found.not_after - now).days,
        )
        return Finding(what, found.valid_at(now) and found.not_after - now > EXPIRES_SOON, dates)

    def _load(self, key: KeySettings) -> Certificate:
        if key.certificate is None:
            return build.signer(key, provider_of(self.way.backend), secret).certificate
        return x509.load_file(streams.read(key.certificate))[0]

    def _key(self, whose: str, key: KeySettings) -> Finding:
        """Make a signature and check it: whether key, token or command really are the certificate's."""
        what = _("signing key ({whose})").format(whose=whose)
        try:
            provider = provider_of(self.way.backend)
            signer = build.signer(key, provider, secret)
            CheckedSigner(signer, provider).sign(b"sedlink config check")
            scheme = str(signer.certificate.public_key.scheme)
        except SmevError as error:
            return Finding(what, ok=False, sentence=explain(error))
        if key.key and _readable_by_others(key.key):
            told = _("{path} can be read by others: chmod 600").format(path=key.key)
            return Finding(what, ok=False, sentence=told)
        means = provider.name if key.key else _("token") if key.token else _("command")
        told = _("a trial signature holds ({scheme}, {means})").format(scheme=scheme, means=means)
        return Finding(what, ok=True, sentence=told)

    def _trust(self) -> Finding:
        what = _("certificates of SMEV")
        if not self.way.trust:
            told = _("smev.trust is empty: signatures are checked, but not whose they are")
            return Finding(what, ok=self.environment == "test", sentence=told)
        try:
            count = len(load_store(self.way.trust))
        except SmevError as error:
            return Finding(what, ok=False, sentence=explain(error))
        return Finding(what, ok=True, sentence=_("{count} in the store").format(count=count))

    def _peer(self) -> Finding:
        what = _("SMEV at {url}").format(url=self.way.url)
        try:
            self.transport.check()
        except SmevError as error:
            sentence = getattr(from_bus(error, Purpose(self.way.transport)), "sentence", explain(error))
            return Finding(what, ok=False, sentence=sentence)
        told = _("answers ({transport}, {environment})")
        return Finding(
            what, ok=True, sentence=told.format(transport=self.way.transport, environment=self.environment)
        )


def _readable_by_others(path: Path) -> bool:
    return bool(path.stat().st_mode & 0o077)
