"""The operator's HTTP port: /healthz (the process lives), /readyz (it can work), /metrics (numbers).

Off unless configured. /readyz and /metrics want the token where one is set, and one must be set beyond
loopback; /healthz tells nothing. Requests above a pace and connections above a number are turned away: who
floods the port takes nothing from the daemon. There is no TLS here: beyond loopback, put a proxy before it.
"""

import hmac
import json
import logging
import socket
import sys
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import urlsplit

from config.i18n import _
from config.secret import Secret
from config.values import is_loopback
from connector.masking import mask, protect
from connector.pace import Pace
from connector.peer import Health

log = logging.getLogger(__name__)

_TEXT = "text/plain; charset=utf-8"
_OPEN = "/healthz"  # a liveness probe bears no token
_CALLS_PER_SECOND = 20.0
_CONNECTIONS = 32
Answer = tuple[HTTPStatus, str, bytes]


class HealthServer:
    """Serves three addresses in background threads from `start` to `stop`; port 0 = any free one.

    `ready` looks at what the process needs and may raise; `metrics` returns Prometheus' text.
    Raises ValueError for an address that is not loopback when there is no token.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        ready: Callable[[], Health],
        metrics: Callable[[], bytes],
        token: Secret | None = None,
        pace: Pace | None = None,
    ) -> None:
        if token is None and not is_loopback(host):
            raise ValueError(_("health.host: {host} is not loopback: set health.token too").format(host=host))
        if token is not None:
            protect(token)
        pages = {_OPEN: _alive, "/readyz": _ready(ready), "/metrics": _text(metrics)}
        self._server = _Server(host, port, pages, token, pace or Pace(_CALLS_PER_SECOND))
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.1,), name="health", daemon=True
        )

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_address[1])

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def stop(self) -> None:
        """Stop serving and free the port."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: "_Server"
    timeout: ClassVar[float] = 5.0  # seconds of silence before a connection is given up
    server_version = "sedlink"
    sys_version = ""

    def do_GET(self) -> None:
        """Answer one of the addresses."""
        status, media_type, body = self._answer(self.path.partition("?")[0])
        self.send_response(status)
        if status == HTTPStatus.UNAUTHORIZED:
            self.send_header("WWW-Authenticate", 'Bearer realm="sedlink"')
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            self.send_header("Retry-After", "1")
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815 - the base class looks for this name

    def _answer(self, path: str) -> Answer:
        page = self.server.pages.get(path)
        if not self.server.pace.try_take():
            return HTTPStatus.TOO_MANY_REQUESTS, _TEXT, b"too many requests\n"
        if not self._addressed():
            return HTTPStatus.MISDIRECTED_REQUEST, _TEXT, b"not this host\n"
        if path != _OPEN and not self._admitted():
            return HTTPStatus.UNAUTHORIZED, _TEXT, b"the token, please\n"
        return page() if page else (HTTPStatus.NOT_FOUND, _TEXT, b"not found\n")

    def _admitted(self) -> bool:
        token = self.server.token
        told = self.headers.get("Authorization", "").encode("utf-8", "replace")
        return token is None or hmac.compare_digest(told, f"Bearer {token.reveal()}".encode())

    def _addressed(self) -> bool:
        """Whether a browser of this machine was not sent here by a page under a name of its own."""
        try:
            host = urlsplit(f"//{self.headers.get('Host', '')}").hostname or ""
        except ValueError:  # a bracket without its fellow
            return False
        return self.server.token is not None or not host or is_loopback(host)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Keep scrapes out of the log; problems are logged where they arise."""
        log.debug(format, *args)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 2 * _CONNECTIONS  # a crowd is told off at once, not left to knock again

    def __init__(
        self, host: str, port: int, pages: dict[str, Callable[[], Answer]], token: Secret | None, pace: Pace
    ) -> None:
        self.pages, self.token, self.pace = pages, token, pace
        self._places = threading.BoundedSemaphore(_CONNECTIONS)
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), _Handler)

    def process_request(self, request: socket.socket | Any, client_address: Any) -> None:  # noqa: ANN401 - as the base
        """Give the connection a thread of its own, or hang up where there are enough of them."""
        if self._places.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: socket.socket | Any, client_address: Any) -> None:  # noqa: ANN401 - as the base
        """Serve the connection; its place is free afterwards."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002 - as the base
        """Say it in the log; the base class would print to standard error."""
        log.debug("health: the connection of %s broke: %r", client_address, sys.exc_info()[1])


def _alive() -> Answer:
    return HTTPStatus.OK, _TEXT, b"ok\n"


def _ready(look: Callable[[], Health]) -> Callable[[], Answer]:
    def answer() -> Answer:
        try:
            health = look()
        except Exception:  # whatever is wrong, the answer is: not ready
            log.exception("health: readiness could not be looked at")
            return HTTPStatus.SERVICE_UNAVAILABLE, _TEXT, b"not ready\n"
        status = HTTPStatus.OK if health.ok else HTTPStatus.SERVICE_UNAVAILABLE
        findings = [
            {"what": mask(one.what), "ok": one.ok, "sentence": mask(one.sentence)} for one in health.findings
        ]
        body = json.dumps({"ready": health.ok, "findings": findings}, ensure_ascii=False)
        return status, "application/json", body.encode() + b"\n"

    return answer


def _text(render: Callable[[], bytes]) -> Callable[[], Answer]:
    def answer() -> Answer:
        try:
            return HTTPStatus.OK, "text/plain; version=0.0.4; charset=utf-8", render()
        except Exception:
            log.exception("health: metrics could not be rendered")
            return HTTPStatus.INTERNAL_SERVER_ERROR, _TEXT, b"metrics are not available\n"

    return answer
