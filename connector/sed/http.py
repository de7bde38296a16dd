"""The wire of SEDs that speak HTTP: bounded in time and size, failures in the error tree.

the request never left                               RetryableError
it may have been carried out, repeating is harmless  RetryableError
it may have been carried out, repeating doubles it   OutcomeUnknownError
401, 403                                             AuthError (Mayan answers 403 to a bad token, sed.md 5)
408, 425, 429, 503                                   RetryableError, with the SED's Retry-After
500, 502, 504 …                                      as "may have been carried out" (sed.md 5)
3xx                                                  RetryableError: the address is wrong
other 4xx                                            StatusError
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from math import inf
from pathlib import Path
from typing import BinaryIO, TypeVar
from urllib.parse import urlsplit

import httpx
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_exponential

from config.i18n import _
from config.values import is_loopback
from connector.errors import AuthError, ConnectorError, OutcomeUnknownError, PermanentError, RetryableError
from connector.masking import mask
from connector.pace import Pace
from connector.streaming import beginning, chunks
from connector.transport import look_last, refuse_layers, retry_after, tls_cause, tls_context

_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_TRY_LATER = frozenset({408, 425, 429, 503})
_COMPLAINT_BYTES = 65_536
_LONGEST_ECHO = 400  # characters of the SED's own words in a sentence
_CONNECTIONS = httpx.Limits(max_connections=32, max_keepalive_connections=8, keepalive_expiry=5.0)
_CHUNK = 1 << 16
_ATTEMPTS = 4  # of a call that only reads
_HALVES = re.compile(rb"\\u[dD][89a-fA-F]|\xed[\xa0-\xbf]|\0")  # the last: it is no UTF-8 at all
T = TypeVar("T")

Content = bytes | Iterable[bytes] | None


class StatusError(PermanentError):
    """The SED refused a request for good; `status` is what HTTP says."""

    def __init__(self, sentence: str, *, status: int, field: str = "") -> None:
        super().__init__(sentence, field=field)
        self.status = status


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds. `read` bounds a silence, `answer` and `file` a whole exchange."""

    connect: float = 10.0
    read: float = 60.0
    answer: float = 300.0
    file: float = 3600.0


@dataclass(frozen=True, slots=True)
class Address:
    """Where a SED is and how it is trusted. Raises ValueError, a sentence, for what cannot work."""

    url: str
    ca_file: Path | None = None
    timeouts: Timeouts = field(default_factory=Timeouts)
    json_bytes: int = 32 << 20  # an answer that is larger is no answer
    calls_per_second: float = 0.0  # 0 = no limit

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError(_("url: write the address of the SED like https://sed.example.org"))
        if parts.username or parts.password:
            raise ValueError(_("url: credentials do not stand in an address"))
        if parts.scheme == "http" and not is_loopback(parts.hostname):
            raise ValueError(_("url: http would send the password in clear, use https"))
        tls_context(self.ca_file)
        if not 0 <= self.calls_per_second < inf:
            raise ValueError(_("calls_per_second: write a number of calls, 0 = no limit"))


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `url` is below the address and is sent as it is: its parameters are quoted already."""

    method: str
    url: str
    what: str  # for a sentence: "the list of cards"
    changing: bool = False  # a repeat would do it twice
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer: its JSON (None for an empty body) and its headers."""

    json: object
    headers: Mapping[str, str]


class SedHttp:
    """HTTP with one SED. Thread-safe."""

    def __init__(self, address: Address, auth: httpx.Auth) -> None:
        self._address = address
        limits = address.timeouts
        self._base = address.url.rstrip("/") + "/"
        self._pace = Pace(address.calls_per_second)
        self._http = httpx.Client(
            auth=auth,
            verify=tls_context(address.ca_file),
            timeout=httpx.Timeout(
                connect=limits.connect, read=limits.read, write=limits.read, pool=limits.answer
            ),
            limits=_CONNECTIONS,
            follow_redirects=False,
            event_hooks={"request": [look_last], "response": [refuse_layers]},
            trust_env=urlsplit(address.url).scheme == "https",  # plain http is loopback: no proxy
            headers={"User-Agent": f"sedlink/{version('sedlink')}", "Accept": "application/json"},
        )

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def exchange(self, call: Call, body: object = None) -> Answer:
        """Send JSON, or nothing, and return the answer. Raises for anything but success."""
        content = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        headers = {**({"Content-Type": "application/json"} if content else {}), **call.headers}
        return self._answer(call, content, headers, self._address.timeouts.answer)

    def send(self, call: Call, content: Iterable[bytes], size: int, content_type: str) -> Answer:
        """Send a body of a known size, in bytes, as it comes."""
        headers = {"Content-Type": content_type, "Content-Length": str(size), **call.headers}
        return self._answer(call, content, headers, self._address.timeouts.file)

    def upload(self, call: Call, form: Mapping[str, str], field: str, name: str, body: BinaryIO) -> Answer:
        """Send a form with one file, streamed, under the name of its field."""
        request = self._request(call, headers=call.headers, data=dict(form), files={field: (name, body)})
        return self._read_answer(call, request, self._address.timeouts.file)

    def text(self, call: Call) -> str:
        """Return an answer that is text."""
        with self._opened(call, self._request(call, headers=call.headers)) as response:
            return self._whole(response, call, self._address.timeouts.answer).decode(errors="replace")

    @contextmanager
    def stream(self, call: Call) -> Iterator[Iterator[bytes]]:
        """Open an answer; yields its bytes as they come."""
        with self._opened(call, self._request(call, headers=call.headers)) as response:
            yield self._chunks(response, call, self._address.timeouts.file)

    # ---- one exchange

    def _answer(self, call: Call, content: Content, headers: Mapping[str, str], seconds: float) -> Answer:
        if call.method == "GET":
            return again(lambda: self._read_answer(call, self._request(call, headers=headers), seconds))
        return self._read_answer(call, self._request(call, content=content, headers=headers), seconds)

    def _read_answer(self, call: Call, request: httpx.Request, seconds: float) -> Answer:
        with self._opened(call, request) as response:
            body = self._whole(response, call, seconds)
            return Answer(_parsed(body, call), dict(response.headers))

    def _request(
        self,
        call: Call,
        *,
        content: Content = None,
        headers: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
        files: Mapping[str, tuple[str, BinaryIO]] | None = None,
    ) -> httpx.Request:
        url = self._base + call.url.lstrip("/")
        try:
            return self._http.build_request(
                call.method, url, content=content, headers=headers, data=data, files=files
            )
        except httpx.InvalidURL as error:  # it is made of what the SED told
            raise StatusError(
                _("{what}: no address can be made of it ({why})").format(what=call.what, why=error), status=0
            ) from error

    @contextmanager
    def _opened(self, call: Call, request: httpx.Request) -> Iterator[httpx.Response]:
        self._pace.wait()
        try:
            response = self._http.send(request, stream=True)
        except httpx.RequestError as error:
            raise _from_transport(error, call) from error
        try:
            if not response.is_success:
                raise _from_status(response, beginning(response, _COMPLAINT_BYTES), call)
            yield response
        finally:
            response.close()

    def _whole(self, response: httpx.Response, call: Call, seconds: float) -> bytes:
        parts: list[bytes] = []
        size = 0
        for chunk in self._chunks(response, call, seconds):
            size += len(chunk)
            if size > self._address.json_bytes:
                raise garbage(call, _("more than {limit} bytes").format(limit=self._address.json_bytes))
            parts.append(chunk)
        return b"".join(parts)

    def _chunks(self, response: httpx.Response, call: Call, seconds: float) -> Iterator[bytes]:
        """Yield the body within the bound of the whole exchange."""
        try:
            yield from chunks(response, seconds, _CHUNK)
        except httpx.RequestError as error:
            raise _from_transport(error, call) from error


def again(read: Callable[[], T]) -> T:
    """Do something that only reads, again when the way failed for a moment: a long look is many calls."""
    for attempt in Retrying(
        stop=stop_after_attempt(_ATTEMPTS),
        wait=wait_exponential(multiplier=0.1, max=1.0),
        retry=retry_if_exception(_passing),
        reraise=True,
    ):
        with attempt:
            return read()
    raise AssertionError("unreachable: the last attempt raises")


def _passing(error: BaseException) -> bool:
    return isinstance(error, RetryableError) and (error.after or 0.0) <= 1.0


class TokenAuth(httpx.Auth):
    """A token in a header, `Authorization: Token …` by default, asked for when it is needed."""

    def __init__(
        self, reveal: Callable[[], str], *, header: str = "Authorization", scheme: str = "Token "
    ) -> None:
        self._reveal = reveal
        self._header = header
        self._scheme = scheme

    def auth_flow(self, request: httpx.Request) -> Iterator[httpx.Request]:  # type: ignore[override]  # a generator is one
        """Put the token on a request."""
        request.headers[self._header] = f"{self._scheme}{self._reveal()}"
        yield request


def garbage(call: Call, came: str) -> ConnectorError:
    """Return the error for a successful answer that is not what was asked for."""
    why = _("the SED sent {came} instead of its answer").format(came=came)
    return _unknown(call, why) if call.changing else RetryableError(f"{call.what}: {why}")


def _unknown(call: Call, why: str) -> OutcomeUnknownError:
    sentence = _("{what}: {why}; whether the SED took it is not known").format(what=call.what, why=why)
    return OutcomeUnknownError(sentence)


def _from_transport(error: httpx.RequestError, call: Call) -> ConnectorError:
    if call.changing and not isinstance(error, _NOT_SENT):
        return _unknown(call, _transport_words(error))
    return RetryableError(f"{call.what}: {_transport_words(error)}")


def _transport_words(error: httpx.RequestError) -> str:
    if isinstance(error, httpx.TimeoutException):
        return _("the SED did not answer in time")
    if certificate := tls_cause(error):
        return _("its certificate is not trusted ({why}); set ca_file").format(why=certificate)
    if isinstance(error, httpx.ConnectError):
        return _("no connection ({why}); check url and the network").format(why=mask(str(error)))
    if isinstance(error, httpx.DecodingError):
        return _("the SED's answer cannot be decompressed")
    return _("the connection broke ({why})").format(why=mask(str(error)) or type(error).__name__)


def _from_status(response: httpx.Response, body: bytes, call: Call) -> ConnectorError:
    status = response.status_code
    told = f"HTTP {status}{_words(body)}"
    sentence = f"{call.what}: {told}"
    after = retry_after(response.headers.get("Retry-After", ""), datetime.now(UTC))
    if status in (401, 403):
        return AuthError(
            _("{sentence}; check the name, the password or the token, and the rights of this account").format(
                sentence=sentence
            )
        )
    if status in _TRY_LATER:
        return RetryableError(sentence, after=after)
    if status >= 500:
        return _unknown(call, told) if call.changing else RetryableError(sentence, after=after)
    if status >= 400:
        return StatusError(sentence, status=status)
    return RetryableError(_("{sentence} (the SED sends elsewhere); check url").format(sentence=sentence))


def _words(body: bytes) -> str:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    return own_words(told)


def own_words(told: object) -> str:
    """Return `: ` and the SED's own words on one line, bounded, without what looks personal; or nothing."""
    texts = " ".join("; ".join(_texts(told)).split())
    text = mask("".join(char for char in texts if char.isprintable()))
    text = re.sub(r"'[^']{40,}'", "'…'", text)  # an engine may echo what was sent
    return ": " + text[:_LONGEST_ECHO] if text else ""


def _texts(told: object) -> list[str]:
    """Find sentences: OData's `error.message`, REST's `detail`, lists of a field's complaints."""
    if isinstance(told, str):
        return [told]
    if isinstance(told, list):
        return [text for one in told[:10] for text in _texts(one)]
    if isinstance(told, dict):
        chosen = [told[name] for name in ("error", "message", "detail") if name in told]
        if chosen:
            return [text for one in chosen for text in _texts(one)]
        return [f"{name}: {text}" for name, one in list(told.items())[:10] for text in _texts(one)]
    return []


def _parsed(body: bytes, call: Call) -> object:
    if not body.strip():
        return None
    try:
        told = json.loads(body)
        return _storable(told) if _HALVES.search(body) else told
    except (ValueError, RecursionError) as error:
        raise garbage(call, _("what is not JSON")) from error


def _storable(told: object) -> object:
    """Show half a surrogate pair as U+FFFD: no hash, file or database takes it for text."""
    text = json.dumps(told, ensure_ascii=False)
    return json.loads(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
