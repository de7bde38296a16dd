"""What went wrong on the way to DMService → the error tree, with a sentence for the person who must act.

the request never left                                      RetryableError
a read that broke, came as garbage or as a Fault            RetryableError
a write that broke, timed out, came as garbage or a Fault   OutcomeUnknownError: looked up, then repeated
401, 403                                                    AuthError
408, 425, 429, 503 without an envelope                      RetryableError
DMError (in HTTP 200): the engine's own «no»                PermanentError; RetryableError: locks, lists
"""

import re
import ssl
from dataclasses import dataclass

import requests
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

from config.i18n import _
from connector.errors import AuthError, ConnectorError, OutcomeUnknownError, PermanentError, RetryableError
from connector.masking import mask

_TRY_LATER = frozenset({408, 425, 429, 503})
_LONGEST_ECHO = 400  # characters of 1С's own words in a sentence


@dataclass(frozen=True, slots=True)
class Call:
    """One request: what it is for, in words, and what a «no» or a break of it means."""

    what: str
    write: bool = False  # it changes something in the infobase
    item: bool = False  # it is about some objects: a refusal is theirs alone
    private: tuple[str, ...] = ()  # words of the request that 1С's complaint may echo


def from_transport(error: requests.RequestException, call: Call) -> ConnectorError:
    """Return the error for a connection that failed or broke."""
    if call.write and not _never_left(error):
        return unknown(call, _transport_words(error))
    return RetryableError(f"{call.what}: {_transport_words(error)}")


def garbage(call: Call, came: str) -> ConnectorError:
    """Return the error for something that is not an answer of DMService."""
    why = _("1С sent {came} instead of its answer").format(came=came)
    return unknown(call, why) if call.write else RetryableError(f"{call.what}: {why}", code="garbage")


def too_long(call: Call, limit: int) -> ConnectorError:
    """Return the error for an answer beyond its bound: of an object that is so large, or of the way."""
    if call.item:
        sentence = _("{what}: 1С sends more than {limit} bytes; raise max_file_size or max_answer")
        return PermanentError(sentence.format(what=call.what, limit=limit), code="too-long")
    return garbage(call, _("more than {limit} bytes").format(limit=limit))


def from_status(status: int, call: Call, after: float | None) -> ConnectorError:
    """Return the error for an HTTP status without a SOAP envelope."""
    if status in (401, 403):
        return AuthError(
            _("{what}: 1С does not accept the user or the password (HTTP {status}); check user and "
              "password of the section, and the user's right to use web services").format(
                what=call.what, status=status
            )
        )  # fmt: skip
    told = f"HTTP {status}"
    if status in _TRY_LATER:
        return RetryableError(f"{call.what}: {told}", after=after)
    if status >= 500:
        if call.write:
            return unknown(call, told)
        return RetryableError(f"{call.what}: {told}", after=after, code="status")
    return RetryableError(
        _("{what}: {told}; check url: it ends in /ws/dm.1cws").format(what=call.what, told=told),
        code="status",
    )


def from_fault(words: str, call: Call) -> ConnectorError:
    """Return the error for a SOAP Fault: the engine stopped somewhere, perhaps after it had written."""
    told = _("1С failed: {words}").format(words=said(words, call.private) or "SOAP Fault")
    return unknown(call, told) if call.write else RetryableError(f"{call.what}: {told}", code="fault")


def from_engine(subject: str, description: str, call: Call, transient: tuple[str, ...]) -> ConnectorError:
    """Return the error for a DMError: the engine understood the request and did not carry it out."""
    words = said(": ".join(part for part in (subject, description) if part.strip()), call.private)
    sentence = _("{what}: 1С refuses: {words}").format(what=call.what, words=words or "DMError")
    told = f"{subject} {description}".casefold()
    if any(word.casefold() in told for word in transient):
        return RetryableError(sentence, code="locked")
    if call.write or call.item:
        return PermanentError(sentence)
    return RetryableError(sentence, code="dm-error")


def unknown(call: Call, why: str) -> OutcomeUnknownError:
    """Return the error for a write that may have been carried out."""
    sentence = _("{what}: {why}; whether 1С carried it out is not known").format(what=call.what, why=why)
    return OutcomeUnknownError(sentence)


def is_harmless_to_repeat(error: BaseException, call: Call) -> bool:
    """Whether a request may be sent again at once: it was a read, or it met a lock and did nothing."""
    if not isinstance(error, RetryableError) or error.after is not None or error.code == "dm-error":
        return False
    return not call.write or error.code == "locked"


def said(words: str, private: tuple[str, ...] = ()) -> str:
    """Return 1С's own words on one line, bounded, without what may be personal."""
    text = "".join(char for char in " ".join(words.split()) if char.isprintable())
    for word in private:
        text = re.sub(rf"\b{re.escape(word)}\b", "****", text, flags=re.IGNORECASE)
    text = mask(text)
    return text if len(text) <= _LONGEST_ECHO else text[: _LONGEST_ECHO - 1] + "…"


def _never_left(error: requests.RequestException) -> bool:
    if isinstance(error, requests.ConnectTimeout | requests.exceptions.SSLError):
        return True
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    return isinstance(reason, NewConnectionError | ConnectTimeoutError)


def _transport_words(error: requests.RequestException) -> str:
    if isinstance(error, requests.exceptions.SSLError):
        return _("its certificate is not trusted ({why}); set ca_file").format(why=_tls_words(error))
    if isinstance(error, requests.ConnectTimeout) or _never_left(error):
        return _("no connection; check url and the network")
    if isinstance(error, requests.Timeout):
        return _("1С did not answer in time")
    return _("the connection broke ({why})").format(why=type(error).__name__)


def _tls_words(error: BaseException) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return str(cause.verify_message)
        inner = cause.args[0] if cause.args and isinstance(cause.args[0], BaseException) else None
        reason = getattr(inner, "reason", None)
        cause = reason if isinstance(reason, BaseException) else inner or cause.__cause__
    return "TLS"
