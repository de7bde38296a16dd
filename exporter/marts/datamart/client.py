"""The wire to one data mart: files streamed up, statuses asked, tokens renewed, faults sorted.

Time-outs are those of the settings; a time-out or a broken connection is retried (rows are upserts by key, so
a file that was taken unnoticed may come again); Retry-After is kept; bodies never reach a log.
"""

import json
import logging
import random
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

import httpx

from config.i18n import _
from config.secret import Secret
from connector.errors import AuthError, PermanentError, RetryableError
from connector.masking import mask, protect
from connector.platform.rest.tokens import Token, TokenKeeper
from connector.transport import refuse_layers, retry_after
from exporter.marts.datamart.statuses import Code, Status

log = logging.getLogger("sedlink.export.datamart")
Told = TypeVar("Told")
_CHUNK = 1 << 18
_RENEWALS = 4  # of the token in one call: another run of this organisation may have spent the new one too
_ANSWER_BYTES = 8 << 20  # more than this is no answer to anything that is asked here
_MAX_RETRY_AFTER = 600.0  # seconds: whoever asks for more is asked again later all the same


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Where a mart is and who we are. Without `username` the mart is called without the proxy."""

    url: str
    datamart: str
    username: str = ""
    password: Secret | None = None
    ogrn: str = ""
    installation: str = ""
    installation_id: str = ""
    ca_file: Path | None = None
    connect: float = 10.0  # seconds
    silence: float = 300.0  # seconds between two pieces of an answer, or of the file going up
    attempts: int = 5
    token: Secret | None = None  # of Prostore, which knows no proxy


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; `text` is UTF-8 whatever the answer says of its charset."""

    status_code: int
    headers: httpx.Headers
    text: str

    @property
    def is_success(self) -> bool:
        """Whether HTTP calls it one."""
        return 200 <= self.status_code < 300


class Client:
    """HTTP to one mart as one organisation."""

    def __init__(
        self,
        access: Access,
        *,
        sleep: Callable[[float], None] = time.sleep,
        dice: random.Random | None = None,
    ) -> None:
        import ssl

        self._access = access
        self._sleep = sleep
        self._dice = dice or random.Random()  # noqa: S311 - jitter, no secret
        tls = ssl.create_default_context(cafile=str(access.ca_file) if access.ca_file else None)
        timeout = httpx.Timeout(access.silence, connect=access.connect)
        agent = {"User-Agent": f"sedlink/{version('sedlink')}"}
        plain = access.url.startswith("http://")
        self._http = httpx.Client(
            verify=tls, timeout=timeout, headers=agent, trust_env=not plain,
            event_hooks={"response": [refuse_layers]},
        )  # fmt: skip
        self._tokens = TokenKeeper(self._fetch_token) if access.username else None
        if access.password:
            protect(access.password)

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def upload(self, table: str, operation: str, path: Path) -> str:
        """Send a file (`upload` or `delete`) and return the id of the request. Raises ConnectorError."""
        size = path.stat().st_size
        headers = {"Content-Type": "text/csv", "Content-Length": str(size)}
        where = f"v2/datamarts/{quote(self._access.datamart)}/tables/{quote(table)}/{operation}"
        log.info("POST %s, %d bytes", where, size)
        return self._asked(lambda: self._request("POST", where, headers, chunks(path)), _request_id)

    def status(self, request_id: str) -> Status:
        """Ask where a request stands. Raises ConnectorError."""
        where = f"v2/requests/{quote(request_id)}/status"
        return self._asked(lambda: self._request("GET", where), _status)

    # ---- one call with its repetitions

    def _asked(self, build: Callable[[], httpx.Request], read: Callable[[str], Told]) -> Told:
        """Send until the answer can be read; garbage is a failure too."""
        return self._repeated(lambda: read(self._with_token(build).text))

    def _repeated(self, work: Callable[[], Told]) -> Told:
        """Do it until it succeeds, fails for good or the attempts are used up."""
        for attempt in range(1, self._access.attempts + 1):
            try:
                return work()
            except RetryableError as error:
                if attempt == self._access.attempts:
                    raise
                pause = min(2.0**attempt, 60.0) * self._dice.uniform(0.5, 1.0)
                wish = error.after if error.after is not None else pause
                log.warning("attempt %d failed (%s), again in %.0f s", attempt, error.code, wish)
                self._sleep(wish)
        raise AssertionError("the loop returns or raises")

    def _with_token(self, build: Callable[[], httpx.Request]) -> Answer:
        if self._tokens is None:
            return self._checked(self._sent(build()))
        token = self._tokens.current()
        answer = self._sent(build(), token)
        for _renewal in range(_RENEWALS):
            if answer.status_code not in (401, 403):
                break
            token = self._tokens.instead_of(token)
            answer = self._sent(build(), token)
        return self._checked(answer)

    def _sent(self, request: httpx.Request, token: Secret | None = None) -> Answer:
        if token is not None:
            request.headers["Authorization"] = f"Bearer {token.reveal()}"
        try:
            with closing(self._http.send(request, stream=True)) as response:
                return Answer(response.status_code, response.headers, _text(response))
        except httpx.RequestError as error:
            raise RetryableError(
                _("the mart {url} does not answer ({reason})").format(
                    url=self._access.url, reason=type(error).__name__
                )
            ) from error

    def _checked(self, answer: Answer) -> Answer:
        code = answer.status_code
        if answer.is_success:
            return answer
        said = mask(" ".join(answer.text[:300].split()))
        if code in (401, 403):
            raise AuthError(
                _(
                    "the mart does not admit us (HTTP {code}): check id, password and ОГРН of "
                    "[datamart]; {said}"
                ).format(code=code, said=said)
            )
        if code in (408, 425, 429) or code >= 500:
            raise RetryableError(
                _("the mart is not ready (HTTP {code}): {said}").format(code=code, said=said),
                after=_wish(answer.headers.get("Retry-After", "")),
            )
        raise PermanentError(
            _("the mart refuses the file (HTTP {code}): {said}").format(code=code, said=said)
        )

    def _request(
        self,
        method: str,
        path: str,
        headers: dict[str, str] | None = None,
        body: Iterator[bytes] | None = None,
    ) -> httpx.Request:
        access = self._access
        base = access.url.rstrip("/")
        if self._tokens is not None:
            parts = (access.ogrn, access.datamart, access.installation, access.installation_id)
            base += "/api/v1/secure/" + "/".join(quote(part, safe="") for part in parts)
        return self._http.build_request(method, f"{base}/{path}", headers=headers, content=body)

    # ---- the token of the studio's proxy

    def _fetch_token(self) -> Token:
        access = self._access
        assert access.password is not None  # noqa: S101 - settings.py sees to it
        form = {
            "username": access.username, "password": access.password.reveal(),
            "organization_ogrn": access.ogrn, "datamart_memonic": access.datamart,
        }  # fmt: skip
        url = f"{access.url.rstrip('/')}/api/v1/auth_system"
        answer = self._sent(self._http.build_request("POST", url, data=form))
        if answer.status_code == 400:
            raise AuthError(
                _("the mart does not admit us (HTTP 400): check id, password and ОГРН of [datamart]")
            )
        try:
            told = json.loads(self._checked(answer).text)
            life = told.get("expires_in")
            return Token(Secret(str(told["access_token"])), float(life) if life else None)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise RetryableError(_("the mart answers something that is no token"), code="garbage") from error


def _text(response: httpx.Response) -> str:
    body = bytearray()
    for piece in response.iter_bytes():
        body += piece
        if len(body) > _ANSWER_BYTES:
            raise RetryableError(_("the mart's answer does not end"), code="garbage")
    return body.decode("utf-8", errors="replace")


def chunks(path: Path) -> Iterator[bytes]:
    """Yield a file in pieces."""
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            yield chunk


def _request_id(text: str) -> str:
    """Accept the bare id, the id as a JSON string, or an object that holds it."""
    try:
        return str(uuid.UUID(text.strip().strip('"')))
    except ValueError:
        log.debug("the request id is not bare: looking for it in JSON")
    try:
        told = json.loads(text)
        return str(uuid.UUID(str(told.get("requestId") or told["request_id"])))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise RetryableError(_("the mart took a file without giving a request id"), code="garbage") from error


def _status(text: str) -> Status:
    try:
        told = json.loads(text)
        return Status(Code(int(told["code"])), str(told.get("description") or ""))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise RetryableError(_("the mart answers something that is no status"), code="garbage") from error


def _wish(text: str) -> float | None:
    """Return the mart's own wish in seconds, bounded."""
    seconds = retry_after(text, datetime.now(UTC))
    return None if seconds is None else min(seconds, _MAX_RETRY_AFTER)
