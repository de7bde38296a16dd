"""What every HTTP client of ours shares: verified TLS, a last look before the wire, `Retry-After`."""

import re
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path

import httpx

from config.i18n import _

_UNPACKED_AT_ONCE = frozenset({"", "identity", "gzip", "deflate"})
_LONGEST_WAIT = 86_400.0  # seconds
_WRITES = ("send_request_headers.started", "send_request_body.started")  # of httpcore's trace

_look: ContextVar[Callable[[], None] | None] = ContextVar("last_look", default=None)


def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """Return the context that verifies certificates and host names, always. Raises ValueError.

    `ca_file`, PEM, is trusted instead of the system's certificates.
    """
    try:
        changed = ca_file.stat().st_mtime_ns if ca_file else 0
        return _context(ca_file, changed)
    except (OSError, ssl.SSLError) as error:
        raise ValueError(
            _("ca_file: {path} cannot be read as PEM certificates: {error}").format(path=ca_file, error=error)
        ) from error


@cache
def _context(ca_file: Path | None, _changed: int) -> ssl.SSLContext:
    """One context for all connections: reading the system's certificates takes tens of milliseconds."""
    return ssl.create_default_context(cafile=ca_file)


def refuse_layers(response: httpx.Response) -> None:
    """Refuse an answer that is compressed more than once: unpacking 4 KB could take all memory.

    A response hook of httpx: it runs before anything of the body is read. Raises httpx.DecodingError.
    """
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in _UNPACKED_AT_ONCE:
        raise httpx.DecodingError(f"Content-Encoding: {encoding[:40]}", request=response.request)


@contextmanager
def last_look(look: Callable[[], None]) -> Iterator[None]:
    """Call `look` right before whatever our HTTP clients write inside a block; what it raises calls it off.

    Between a question to the journal and the first byte there may lie a token, a queue, a handshake: time
    enough for a process to stand still, and for another to do its work.
    """
    token = _look.set(look)
    try:
        yield
    finally:
        _look.reset(token)


def take_last_look() -> None:
    """Take the block's last look now: for a client that does not say when it writes."""
    if look := _look.get():
        look()


def look_last(request: httpx.Request) -> None:
    """Let the block's last look be taken where httpcore is about to write. A request hook of httpx."""
    if look := _look.get():
        request.extensions["trace"] = lambda event, _info: look() if event.endswith(_WRITES) else None


def retry_after(text: str, now: datetime) -> float | None:
    """Return the peer's own wish in seconds: `Retry-After` as a number or an HTTP date."""
    text = text.strip()
    if re.fullmatch(r"\d{1,9}", text, re.ASCII):
        return min(float(text), _LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max((moment - now).total_seconds(), 0.0), _LONGEST_WAIT)


def tls_cause(error: BaseException) -> str:
    """Return why a certificate was not trusted, or nothing when it was not the certificate."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return str(cause.verify_message)
        cause = cause.__cause__ or cause.__context__
    return ""
