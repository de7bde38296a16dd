"""The line to a peer: HTTP with verified TLS, bounded in time and size; failures by what they leave."""

import ipaddress
import ssl
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from smev.client.faults import GarbageError, NotSentError, UnknownOutcomeError, WireError
from smev.errors import SetupError

_UNREACHED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
MAX_ANSWER = 1 << 30
"""Largest answer read, in bytes, when nothing else is said: files of a message travel inside of it."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: `read` and `write` bound a silence, `whole` an exchange from first to last byte."""

    connect: float = 10.0
    read: float = 60.0
    write: float = 60.0
    whole: float = 900.0


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer whose body is still coming; read `pieces` once."""

    status: int
    headers: Mapping[str, str]
    pieces: Iterator[bytes] = field(repr=False)

    @property
    def content_type(self) -> str:
        """The Content-Type as it stands."""
        return self.headers.get("content-type", "")

    def body(self, limit: int) -> bytes:
        """Return the whole body. Raises GarbageError when it is larger than the limit."""
        held = bytearray()
        for piece in self.pieces:
            held += piece
            if len(held) > limit:
                raise GarbageError(f"more than {limit} bytes", bytes(held[:_KEPT]))
        return bytes(held)


_KEPT = 1 << 20  # of an answer that is not understood


class Line:
    """HTTP to one peer. Thread-safe. Raises SetupError for settings that cannot work."""

    def __init__(
        self,
        url: str,
        *,
        ca_file: Path | None = None,
        timeouts: Timeouts | None = None,
        plain_http: bool = False,
    ) -> None:
        self.url = checked_url(url, plain_http=plain_http)
        self._timeouts = timeouts or Timeouts()
        self._http = httpx.Client(
            verify=_context(url, ca_file),
            timeout=httpx.Timeout(
                connect=self._timeouts.connect,
                read=self._timeouts.read,
                write=self._timeouts.write,
                pool=self._timeouts.whole,
            ),
            follow_redirects=False,
            trust_env=urlsplit(url).scheme == "https",  # plain http stays inside a protected network
            headers={"User-Agent": f"sedlink/{_version()}", "Accept-Encoding": "identity"},
        )

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    @contextmanager
    def call(
        self,
        method: str,
        path: str = "",
        *,
        body: bytes | Iterable[bytes] = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Iterator[Answer]:
        """Send a request and yield its answer, whatever the status.

        `path` is added to the line's address as it stands ("?wsdl", "/sendrequest").

        Raises:
            NotSentError: the peer was not reached.
            UnknownOutcomeError: it was, and then the line broke or the time ran out.
        """
        with self._exchange(method, self.url + path, body, headers) as answer:
            yield answer

    def document(self, url: str, limit: int) -> bytes:
        """Return a document of the peer's own host. Raises GarbageError for any other, as `call` else."""
        if urlsplit(url)[:2] != urlsplit(self.url)[:2]:
            raise GarbageError(f"a reference to another host: {url}")
        with self._exchange("GET", url, b"", None) as answer:
            if answer.status != 200:
                raise GarbageError(f"HTTP {answer.status}")
            return answer.body(limit)

    @contextmanager
    def _exchange(
        self, method: str, url: str, body: bytes | Iterable[bytes], headers: Mapping[str, str] | None
    ) -> Iterator[Answer]:
        deadline = time.monotonic() + self._timeouts.whole
        try:
            with self._http.stream(method, url, content=body, headers=headers) as response:
                _refuse_compressed(response)
                pieces = _timed(response, deadline, self._timeouts.whole)
                yield Answer(response.status_code, response.headers, pieces)
        except httpx.HTTPError as error:
            raise failure(error) from error


def _refuse_compressed(response: httpx.Response) -> None:
    """Nobody asked for it, and a few KB compressed twice would unpack to more than any memory."""
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        raise GarbageError(f"Content-Encoding: {encoding[:40]}")


def _timed(response: httpx.Response, deadline: float, whole: float) -> Iterator[bytes]:
    """Yield the body; a peer that trickles for ever is stopped."""
    for piece in response.iter_bytes():  # as it comes: pieces of a size would be waited for
        yield piece
        if time.monotonic() > deadline:
            raise UnknownOutcomeError(f"the answer did not end in {whole:g} s")


def failure(error: httpx.HTTPError) -> WireError:
    """Return the error of the tree for a failure of the line."""
    reason = str(error) or type(error).__name__
    return NotSentError(reason) if isinstance(error, _UNREACHED) else UnknownOutcomeError(reason)


def checked_url(url: str, *, plain_http: bool) -> str:
    """Return an address fit to be called. Raises SetupError."""
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and parts.hostname and not parts.username
        httpx.URL(url)
    except (ValueError, httpx.InvalidURL):
        sound = False
    if not sound:
        raise SetupError("url-malformed", "{url}: write an address like https://smev.example.org/ws", url=url)
    if parts.scheme == "http" and not (plain_http or is_loopback(parts.hostname or "")):
        raise SetupError(
            "url-plain",
            "{url}: http sends messages in clear; set plain_http if the network is protected otherwise",
            url=url,
        )
    return url


def is_loopback(host: str) -> bool:
    """Tell whether the name is of this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _context(url: str, ca_file: Path | None) -> ssl.SSLContext:
    """Return the context for an address; http never uses it, so it trusts nobody and costs nothing."""
    if urlsplit(url).scheme == "http" and ca_file is None:
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return tls(ca_file)


def tls(ca_file: Path | None) -> ssl.SSLContext:
    """Return a context that verifies certificate and name, always. Raises SetupError."""
    try:
        return ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
    except OSError as error:  # ssl.SSLError is one
        reason = error.strerror or str(error)
        raise SetupError(
            "file-unreadable", "cannot read {path}: {reason}", path=str(ca_file), reason=reason
        ) from error


def _version() -> str:
    try:
        return version("sedlink")
    except PackageNotFoundError:
        return "0"
