"""From settings to a working client: keys, certificates, line, file store, transport."""

import shlex
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from smev import streams
from smev.client.ftp import FileStore
from smev.client.line import Line, Timeouts, tls
from smev.client.settings import KeySettings, SmevSettings
from smev.client.wire import Record
from smev.errors import SetupError
from smev.gost import certificate as x509
from smev.gost import keyfile, token_uri
from smev.gost import provider as find_provider
from smev.gost.command import CommandSigner
from smev.gost.provider import Provider
from smev.gost.signer import KeySigner, Signer
from smev.gost.token import TokenSigner
from smev.gost.trust import load_store

if TYPE_CHECKING:
    from smev.client.soap import Identity
    from smev.client.transport import Transport

Clock = Callable[[], datetime]
Secret = Callable[[str], str]
Build = Callable[[SmevSettings, Record, Clock, Secret], "Transport"]


def line(settings: SmevSettings) -> Line:
    """Return the line to the peer. Raises SetupError."""
    held = settings.timeouts
    silence = held.read.total_seconds()
    return Line(
        settings.url,
        ca_file=settings.ca_file,
        timeouts=Timeouts(held.connect.total_seconds(), silence, silence, held.whole.total_seconds()),
        plain_http=settings.plain_http,
    )


def file_store(settings: SmevSettings) -> FileStore | None:
    """Return the file store, None without one. Raises SetupError."""
    if not settings.file_store:
        return None
    return FileStore(
        settings.file_store,
        timeout=settings.timeouts.read.total_seconds(),
        max_file=settings.max_file,
        context=tls(settings.ca_file) if settings.file_store.startswith("ftps:") else None,
    )


def no_secrets(reference: str) -> str:
    """Refuse: the library by itself knows no place where secrets are kept."""
    raise SetupError("secret-absent", "the secret {reference} cannot be had", reference=reference)


def signer(keys: KeySettings, provider: Provider, secret: Secret = no_secrets) -> Signer:
    """Return who signs; `secret` gives what a reference like env:NAME leads to.

    Raises SetupError, InputError for a key or certificate that cannot be used.
    """
    held = x509.load_file(streams.read(keys.certificate))[0] if keys.certificate else None
    if keys.token or held is None:
        pin = partial(secret, keys.pin) if keys.pin else None
        return TokenSigner(token_uri.parse(keys.token), pin, provider, held)
    if keys.key is None:
        return CommandSigner(shlex.split(keys.command), held, form=keys.command_form)
    return KeySigner(keyfile.load_private(streams.read(keys.key)), held, provider)


def identity(settings: SmevSettings, secret: Secret = no_secrets) -> "Identity | None":
    """Return who we are, None without a key of our own. Raises SetupError, InputError."""
    from smev.client.soap import Identity

    if settings.signer is None:
        return None
    provider = find_provider(settings.backend)
    return Identity(
        signer=signer(settings.signer, provider, secret),
        personal=signer(settings.personal, provider, secret) if settings.personal else None,
        provider=provider,
        trust=load_store(settings.trust) if settings.trust else None,
    )


def _soap(settings: SmevSettings, record: Record, clock: Clock, secret: Secret) -> "Transport":
    from smev.client.soap import SoapTransport

    own = identity(settings, secret)
    if own is None:
        raise SetupError("settings-wrong", "{problems}", problems="smev.signer: must be set")
    return SoapTransport(
        line(settings),
        settings.version,
        own,
        file_store=file_store(settings),
        inline_limit=settings.inline_limit,
        record=record,
        clock=clock,
    )


def _adapter(settings: SmevSettings, record: Record, clock: Clock, _secret: Secret) -> "Transport":
    from smev.client.adapter import AdapterTransport

    return AdapterTransport(
        line(settings),
        it_system=settings.it_system,
        folder=settings.store / "adapter",
        shared_folder=settings.shared_folder,
        node_id=settings.node_id,
        record=record,
        clock=clock,
    )


def _rsmev(settings: SmevSettings, record: Record, clock: Clock, secret: Secret) -> "Transport":
    from smev.client.gateway import GatewayTransport

    return GatewayTransport(
        line(settings),
        entrypoint=settings.entrypoint,
        node_id=settings.node_id,
        identity=identity(settings, secret),
        file_store=file_store(settings),
        record=record,
        clock=clock,
    )


TRANSPORTS: dict[str, Build] = {"soap": _soap, "adapter": _adapter, "rsmev": _rsmev}


def transport(
    settings: SmevSettings, record: Record, clock: Clock, secret: Secret = no_secrets
) -> "Transport":
    """Return the transport that the settings name. Raises SetupError."""
    build: Any = TRANSPORTS.get(settings.transport)
    if build is None:
        raise SetupError(
            "settings-wrong", "{problems}", problems=f"smev.transport: use one of {', '.join(TRANSPORTS)}"
        )
    made: Transport = build(settings, record, clock, secret)
    return made
