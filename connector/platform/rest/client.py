"""The wire: one cabinet's HTTP calls with its token, bounded in time and size, failures in the error tree."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from typing import BinaryIO
from urllib.parse import urlsplit

import httpx

from config.i18n import _
from config.secret import Secret
from connector.errors import AuthError, ConnectorError, PermanentError, RetryableError
from connector.masking import protect
from connector.pace import Pace
from connector.platform.rest.access import Access, origin_of
from connector.platform.rest.failures import Call, from_status, from_transport, garbage, messages_of
from connector.platform.rest.jsontext import NotJsonError, decode_text, parse
from connector.platform.rest.profile import Profile
from connector.platform.rest.tokens import Token, TokenKeeper
from connector.streaming import beginning, chunks
from connector.transport import look_last, refuse_layers

_COMPLAINT_BYTES = 65_536  # of an error's body are read
_REDIRECTS = 3
_RENEWALS = 4  # of the token, in one call
_CONNECTIONS = httpx.Limits(max_connections=64, max_keepalive_connections=16, keepalive_expiry=5.0)


class Client:
    """HTTP with the token of one cabinet. Thread-safe. Raises ValueError for settings that cannot work."""

    def __init__(self, access: Access, profile: Profile) -> None:
        self._access = access
        self._profile = profile
        self._origins = access.origins()
        self._base = access.base_url.rstrip("/")
        limits = access.timeouts
        self._http = httpx.Client(
            verify=access.tls(),
            timeout=httpx.Timeout(
                connect=limits.connect, read=limits.read, write=limits.write, pool=limits.pool
            ),
            limits=_CONNECTIONS,
            follow_redirects=False,
            event_hooks={"request": [look_last], "response": [refuse_layers]},
            trust_env=urlsplit(access.base_url).scheme == "https",  # plain http is loopback: no proxy
            headers={"User-Agent": f"sedlink/{version('sedlink')}", "Accept": "application/json, */*;q=0.1"},
        )
        self._pace = Pace(access.calls_per_second)
        protect(access.secret, access.oauth_secret)
        self._tokens = TokenKeeper(self._fetch_token)

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def try_token(self) -> None:
        """Fetch the token if there is none. Raises AuthError, RetryableError."""
        self._tokens.current()

    def get(self, call: Call, params: Mapping[str, str | int] | None = None) -> str:
        """Return the text of an answer that must be JSON. Raises for anything but success."""
        return decode_text(self._exchange(call, lambda: self._request(call, params=params)))

    def post(self, call: Call, body: bytes = b"") -> bytes:
        """Send JSON, or nothing, and return the answer's body."""
        headers = {"Content-Type": "application/json"} if body else {}
        return self._exchange(call, lambda: self._request(call, content=body, headers=headers))

    def upload(self, call: Call, name: str, body: BinaryIO, media_type: str) -> object:
        """Send a file as multipart, streamed, and return the JSON of the answer."""

        def build() -> httpx.Request:
            body.seek(0)  # a renewed token repeats the request from the start
            return self._request(call, files={self._profile.upload.field: (name, body, media_type)})

        answer = self._exchange(call, build, seconds=self._access.timeouts.file)
        try:
            return parse(decode_text(answer))
        except NotJsonError as error:
            raise garbage(call, str(error)) from error

    @contextmanager
    def stream(self, call: Call) -> Iterator[tuple[httpx.Response, Iterator[bytes]]]:
        """Open a file of the platform's own hosts; yields the answer's head and its bytes."""
        if origin_of(self._url(call)) not in self._origins:
            raise PermanentError(
                _(
                    "{what}: its address is not on the platform's host; add the host to file_hosts if it is"
                ).format(what=call.what),
                code="foreign-host",
            )
        headers = {"Accept": "*/*", "Accept-Encoding": "identity"}
        with self._open(call, lambda: self._request(call, headers=headers)) as response:
            if not response.is_success:
                raise self._status_error(response, call)
            yield response, self._chunks(response, call, self._access.timeouts.file)

    # ---- one exchange

    def _exchange(
        self, call: Call, build: Callable[[], httpx.Request], seconds: float | None = None
    ) -> bytes:
        with self._open(call, build) as response:
            if not response.is_success:
                raise self._status_error(response, call)
            return self._whole(response, call, seconds or self._access.timeouts.answer)

    @contextmanager
    def _open(self, call: Call, build: Callable[[], httpx.Request]) -> Iterator[httpx.Response]:
        """Send with the token; when it is refused, again with a new one.

        More than once: another thread or process of this cabinet may have made the platform forget the
        new one too, and an AuthError closes the cabinet until a person acts.
        """
        with ExitStack() as stack:
            token = self._tokens.current()
            for _renewal in range(_RENEWALS):
                response = self._send(call, build(), token)
                if response.status_code not in (401, 403):
                    break
                response.close()
                token = self._tokens.instead_of(token)
            else:
                response = self._send(call, build(), token)
            stack.callback(response.close)
            yield response

    def _send(self, call: Call, request: httpx.Request, token: Secret) -> httpx.Response:
        """Send a request; a GET follows redirects that stay on the platform's own hosts."""
        for _hop in range(_REDIRECTS):
            request.headers["Authorization"] = f"Bearer {token.reveal()}"
            response = self._raw_send(call, request)
            onward = response.next_request
            if call.method != "GET" or onward is None or origin_of(str(onward.url)) not in self._origins:
                return response
            response.close()
            request = onward
        raise RetryableError(_("{what}: the platform redirects in a circle").format(what=call.what))

    def _raw_send(self, call: Call, request: httpx.Request, auth: httpx.Auth | None = None) -> httpx.Response:
        self._pace.wait()
        try:
            return self._http.send(request, stream=True, auth=auth)
        except httpx.RequestError as error:
            raise from_transport(error, call) from error

    def _request(
        self,
        call: Call,
        *,
        params: Mapping[str, str | int] | None = None,
        content: bytes | None = None,
        files: Mapping[str, tuple[str, BinaryIO, str]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Request:
        try:
            url = httpx.URL(self._url(call)).copy_merge_params(dict(params or {}))
            return self._http.build_request(call.method, url, content=content, files=files, headers=headers)
        except httpx.InvalidURL as error:
            raise PermanentError(_("{what}: its address is malformed").format(what=call.what)) from error

    def _url(self, call: Call) -> str:
        return call.path if "://" in call.path else self._base + call.path

    # ---- bodies

    def _whole(self, response: httpx.Response, call: Call, seconds: float) -> bytes:
        limit = self._profile.limits.json_bytes
        parts: list[bytes] = []
        size = 0
        for chunk in self._chunks(response, call, seconds):
            size += len(chunk)
            if size > limit:
                raise garbage(call, _("more than {limit} bytes").format(limit=limit))
            parts.append(chunk)
        return b"".join(parts)

    def _chunks(self, response: httpx.Response, call: Call, seconds: float) -> Iterator[bytes]:
        """Yield the body within the bound of the whole exchange."""
        try:
            yield from chunks(response, seconds)
        except httpx.RequestError as error:
            raise from_transport(error, call) from error

    @staticmethod
    def _status_error(response: httpx.Response, call: Call) -> ConnectorError:
        body = beginning(response, _COMPLAINT_BYTES)
        return from_status(response, body, call, now=datetime.now(UTC))

    # ---- the token

    def _fetch_token(self) -> Token:
        """Ask for the cabinet's token (platform.md 1): password grant, Basic of the OAuth client."""
        access, words = self._access, self._profile.token
        name = access.cabinet.name
        call = Call(
            "POST", self._profile.paths.token, _("cabinet {name}, token").format(name=name), item=False
        )
        form = {"grant_type": words.grant_type, "scope": words.scope}
        form |= {"username": access.client_id, "password": access.secret.reveal()}
        request = self._http.build_request("POST", self._url(call), data=form)
        auth = httpx.BasicAuth(access.oauth_client, access.oauth_secret.reveal())
        response = self._raw_send(call, request, auth)
        try:
            if response.status_code in (400, 401, 403):
                raise self._credentials_refused(response, call)
            if not response.is_success:
                raise self._status_error(response, call)
            return _token(self._whole(response, call, access.timeouts.answer), call)
        finally:
            response.close()

    def _credentials_refused(self, response: httpx.Response, call: Call) -> AuthError:
        told = messages_of(self._whole(response, call, self._access.timeouts.answer))
        return AuthError(
            _(
                "cabinet {name} (opa_id {opa_id}): the platform refuses its id or password "
                "(HTTP {status}{words}); check client_id and secret of the cabinet, "
                "oauth_client and oauth_secret of [platform]"
            ).format(
                name=self._access.cabinet.name,
                opa_id=self._access.cabinet.opa_id,
                status=response.status_code,
                words=_bounded(told, self._access.client_id),
            )
        )


def _bounded(told: list[str], client_id: str) -> str:
    text = " ".join(" ".join(told).split()).replace(client_id, "****")
    return f": {text[:200]}" if text else ""


def _token(body: bytes, call: Call) -> Token:
    try:
        told = parse(decode_text(body))
    except NotJsonError as error:
        raise garbage(call, str(error)) from error
    value = told.get("access_token") if isinstance(told, dict) else None
    if not isinstance(value, str) or not value.isascii() or not value.isprintable() or not value.strip():
        raise garbage(call, _("JSON without access_token"))
    life = told.get("expires_in") if isinstance(told, dict) else None
    lasting = isinstance(life, int | float) and not isinstance(life, bool) and life > 0
    return Token(Secret(value.strip()), float(life) if lasting and life is not None else None)
