"""The operator's HTTP port: /healthz (the process lives), /readyz (it can work), /metrics (numbers).

Off unless configured. Bound to loopback: the pages have no password, so another address must be asked
for explicitly.
"""

import ipaddress
import json
import logging
import socket
import sys
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

from config.i18n import _
from connector.masking import mask
from connector.peer import Health

log = logging.getLogger(__name__)

_TEXT = "text/plain; charset=utf-8"
Answer = tuple[HTTPStatus, str, bytes]


class HealthServer:
    """Serves three addresses in background threads from `start` to `stop`; port 0 = any free one.

    `ready` looks at what the process needs and may raise; `metrics` returns Prometheus' text.
    Raises ValueError for an address that is not loopback, unless `allow_remote`.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        ready: Callable[[], Health],
        metrics: Callable[[], bytes],
        allow_remote: bool = False,
    ) -> None:
        if not allow_remote and not is_loopback(host):
            raise ValueError(
                _("health.host: {host} is not loopback and the pages have no password").format(host=host)
            )
        self._server = _Server(
            host, port, {"/healthz": _alive, "/readyz": _ready(ready), "/metrics": _text(metrics)}
        )
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


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches the address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class _Handler(BaseHTTPRequestHandler):
    server: "_Server"
    timeout: ClassVar[float] = 5.0  # seconds of silence before a connection is given up
    server_version = "sedlink"
    sys_version = ""

    def do_GET(self) -> None:
        """Answer one of the addresses."""
        page = self.server.pages.get(self.path.partition("?")[0])
        status, media_type, body = page() if page else (HTTPStatus.NOT_FOUND, _TEXT, b"not found\n")
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815 - the base class looks for this name

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Keep scrapes out of the log; problems are logged where they arise."""
        log.debug(format, *args)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, host: str, port: int, pages: dict[str, Callable[[], Answer]]) -> None:
        self.pages = pages
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), _Handler)

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
