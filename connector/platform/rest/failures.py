"""What went wrong on the wire → the error tree, with a sentence for the person who must act.

the request never left                              RetryableError
it may have been carried out, repeating is harmless RetryableError
it may have been carried out, repeating doubles it  OutcomeUnknownError
401/403 with a fresh token, a refused password      AuthError
408, 425, 429, 503                                  RetryableError, with the platform's Retry-After
500, 502, 504 …                                     as "may have been carried out"
3xx                                                 RetryableError: the address is wrong
other 4xx                                           PermanentError for an item, else RetryableError
"""

import re
from dataclasses import dataclass
from datetime import datetime

import httpx

from config.i18n import _
from connector.errors import AuthError, ConnectorError, OutcomeUnknownError, PermanentError, RetryableError
from connector.masking import mask
from connector.platform.rest.jsontext import NotJsonError, decode_text, looks_like, parse
from connector.transport import retry_after, tls_cause

_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_TRY_LATER = frozenset({408, 425, 429, 503})
_LONGEST_ECHO = 400  # characters of the platform's own words in a sentence


@dataclass(frozen=True, slots=True)
class Call:
    """One request: what it is for, and what a break in it means."""

    method: str
    path: str  # below the base URL; an absolute URL only for a file
    what: str  # for a sentence: "the list of messages"
    changing: bool = False  # a repeat would do it twice
    item: bool = True  # it is about one item: a refusal parks that item alone
    private: tuple[str, ...] = ()  # words of the request that the platform's complaint may echo


def from_transport(error: httpx.RequestError, call: Call) -> ConnectorError:
    """Return the error for a connection that failed or broke."""
    if call.changing and not isinstance(error, _NOT_SENT):
        return unknown_outcome(call, _transport_words(error))
    return RetryableError(f"{call.what}: {_transport_words(error)}")


def unknown_outcome(call: Call, why: str) -> OutcomeUnknownError:
    """Return the error for a changing call that may have been carried out."""
    sentence = _("{what}: {why}; whether the platform took it is not known").format(what=call.what, why=why)
    return OutcomeUnknownError(sentence)


def garbage(call: Call, came: str) -> ConnectorError:
    """Return the error for a successful answer that is not what was asked for."""
    why = _("the platform sent {came} instead of its answer").format(came=came)
    return unknown_outcome(call, why) if call.changing else RetryableError(f"{call.what}: {why}")


def from_status(response: httpx.Response, body: bytes, call: Call, *, now: datetime) -> ConnectorError:
    """Return the error for an answer that is no success; `body` is at most the start of it."""
    status = response.status_code
    told = f"HTTP {status}{_words(body, call)}"
    sentence = f"{call.what}: {told}"
    if status in (401, 403):
        return AuthError(
            _("{sentence}; the platform refuses this cabinet though its token is fresh").format(
                sentence=sentence
            )
        )
    if status in _TRY_LATER:
        return RetryableError(sentence, after=_wish(response, now))
    if status >= 500:
        after = _wish(response, now)
        return unknown_outcome(call, told) if call.changing else RetryableError(sentence, after=after)
    if status >= 400 and call.item:
        return PermanentError(sentence, field=_field(body))
    if 300 <= status < 400:
        sentence += _(" (the platform sends elsewhere)")
    return RetryableError(
        _("{sentence}; check base_url and the wire profile's paths").format(sentence=sentence)
    )


def refused(call: Call, body: bytes) -> PermanentError:
    """Return the error for a success that says in its body that it is none."""
    why = _("the platform did not take it{words}").format(words=_words(body, call))
    return PermanentError(f"{call.what}: {why}", field=_field(body))


def messages_of(body: bytes) -> list[str]:
    """Return the platform's complaints `{"messages": […]}`, or OAuth's `error_description`."""
    try:
        told = parse(decode_text(body))
    except NotJsonError:
        return []
    if not isinstance(told, dict):
        return []
    found = told.get("messages")
    texts = found if isinstance(found, list) else [found]
    texts = [*texts, told.get("message"), told.get("error_description")]
    return [text.strip() for text in texts if isinstance(text, str) and text.strip()]


def _words(body: bytes, call: Call) -> str:
    """The platform's own words, on one line, bounded, without what may be personal."""
    texts = messages_of(body)
    if not texts:
        return f" ({looks_like(decode_text(body))})" if body.strip() else ""
    text = " ".join("; ".join(texts).split())
    for word in call.private:
        text = re.sub(rf"\b{re.escape(word)}\b", "****", text, flags=re.IGNORECASE)
    text = mask("".join(char for char in text if char.isprintable()))
    return ": " + (text if len(text) <= _LONGEST_ECHO else text[: _LONGEST_ECHO - 1] + "…")


def _field(body: bytes) -> str:
    """Return the field that a complaint begins with: `postponedDate: is in the past`."""
    match = re.match(r"([A-Za-z][\w.\[\]]{0,99}):", "".join(messages_of(body)[:1]))
    return match[1] if match else ""


def _wish(response: httpx.Response, now: datetime) -> float | None:
    return retry_after(response.headers.get("Retry-After", ""), now)


def _transport_words(error: httpx.RequestError) -> str:
    if isinstance(error, httpx.PoolTimeout):
        return _("all connections to the platform are busy")
    if isinstance(error, httpx.TimeoutException):
        return _("the platform did not answer in time")
    if _certificate := tls_cause(error):
        return _("its certificate is not trusted ({why}); set ca_file or ask the platform").format(
            why=_certificate
        )
    if isinstance(error, httpx.ConnectError):
        return _("no connection ({why}); check base_url and the network").format(why=mask(str(error)))
    if isinstance(error, httpx.DecodingError):
        return _("the platform's answer cannot be decompressed")
    return _("the connection broke ({why})").format(why=mask(str(error)) or type(error).__name__)
