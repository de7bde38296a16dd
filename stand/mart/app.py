"""The mart over HTTP: its own paths, and the same behind the studio's proxy with a token."""

import json
import re
import secrets
import threading
import time
from typing import TYPE_CHECKING

from werkzeug.wrappers import Request, Response

from stand.faults import Fault, FaultPlan
from stand.mart.state import MartState
from stand.server import CutError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_UPLOAD = re.compile(r"v2/datamarts/([^/]+)/tables/([^/]+)/(upload|delete)")
_STATUS = re.compile(r"v2/requests/([^/]+)/status")
_PROXY = re.compile(r"/api/v1/secure/([^/]+)/([^/]+)/([^/]+)/([^/]+)/(.*)")
_BEFORE = (Fault.SLOW, Fault.ERROR, Fault.TOO_MANY, Fault.CUT_BEFORE, Fault.EXPIRED_TOKEN)
_AFTER = (Fault.CUT_AFTER, Fault.GARBAGE)


class MartApp:
    """The WSGI application. With `password` set only the proxy's paths are served."""

    def __init__(
        self, state: MartState, *, datamart: str = "appeals", password: str = "", ogrn: str = "1",
        user: str = "org", installation: tuple[str, str] = ("main", "1"), faults: FaultPlan | None = None,
        token_seconds: int = 3600,
    ) -> None:  # fmt: skip
        self.state = state
        self.datamart = datamart
        self.ogrn = ogrn
        self.user = user
        self.faults = faults or FaultPlan()
        self.token_seconds = token_seconds
        self.tokens_given = 0
        self._password = password
        self._installation = installation
        self._tokens: dict[str, float] = {}
        self._lock = threading.Lock()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> "Iterable[bytes]":
        """Answer one request."""
        request = Request(environ)
        answer = self._answer(request)
        return answer(environ, start_response)

    def expire_tokens(self) -> None:
        """Let every token given so far be void."""
        with self._lock:
            self._tokens.clear()

    def _answer(self, request: Request) -> Response:
        if request.path == "/api/v1/auth_system" and self._password:
            return self._token(request)
        path = self._behind_proxy(request)
        if isinstance(path, Response):
            return path
        fault = self.faults.pick(f"{request.method} {path.partition('/status')[0][:40]}", (*_BEFORE, *_AFTER))
        broken = self._before(fault)
        if broken is not None:
            return broken
        answer = self._served(request, path)
        if fault is Fault.CUT_AFTER:
            raise CutError
        if fault is Fault.GARBAGE:
            return Response("<html>502</html>", 200, content_type="text/html")
        return answer

    def _before(self, fault: Fault | None) -> Response | None:
        if fault is Fault.SLOW:
            self.faults.dawdle()
        if fault is Fault.CUT_BEFORE:
            raise CutError
        if fault is Fault.ERROR:
            return Response("temporarily unavailable", 503)
        if fault is Fault.TOO_MANY:
            return Response("slow down", 429, headers={"Retry-After": str(self.faults.pains.retry_after)})
        if fault is Fault.EXPIRED_TOKEN and self._password:
            self.expire_tokens()
            return Response("token expired", 401)
        return None

    def _served(self, request: Request, path: str) -> Response:
        if request.method == "POST" and (found := _UPLOAD.fullmatch(path)):
            return self._take(request, *found.groups())
        if request.method == "GET" and (found := _STATUS.fullmatch(path)):
            code, description = self.state.look(found[1])
            return _json({"code": code, "description": description})
        return Response("no such path", 404)

    def _take(self, request: Request, datamart: str, table: str, operation: str) -> Response:
        if datamart != self.datamart or table not in self.state.tables:
            return Response(f"unknown table {datamart}.{table}", 400)
        if request.mimetype != "text/csv":
            return Response("Content-Type must be text/csv", 400)
        body = request.get_data(cache=False)
        if not body:
            return Response("an empty file", 400)
        return Response(self.state.take(table, operation, body), 200, content_type="text/plain")

    def _token(self, request: Request) -> Response:
        form = request.form
        names = ("username", "password", "organization_ogrn", "datamart_memonic")
        own = tuple(form.get(name) for name in names)
        if own != (self.user, self._password, self.ogrn, self.datamart):
            return Response("wrong name or password", 401)
        token = secrets.token_hex(16)
        with self._lock:
            self._tokens[token] = time.monotonic() + self.token_seconds
            self.tokens_given += 1
        return _json(
            {
                "access_token": token,
                "expires_in": self.token_seconds,
                "refresh_token": secrets.token_hex(16),
                "token_type": "Bearer",
            }
        )

    def _behind_proxy(self, request: Request) -> str | Response:
        if not self._password:
            return request.path.lstrip("/")
        found = _PROXY.fullmatch(request.path)
        if found is None or found.groups()[:4] != (self.ogrn, self.datamart, *self._installation):
            return Response("unknown installation", 404)
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        with self._lock:
            good = self._tokens.get(token, 0.0) > time.monotonic()
        return found[5] if good else Response("token is not valid", 401)


def _json(value: object) -> Response:
    return Response(json.dumps(value, ensure_ascii=False), 200, content_type="application/json")
