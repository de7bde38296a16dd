"""A threaded HTTP server with keep-alive on werkzeug's pieces: quiet, stoppable, able to cut a connection.

Werkzeug's own handler closes every connection and waits 10 ms after each answer, which would make the
stand the bottleneck of every measurement; only the writing of the answer is replaced here.
"""

import contextlib
import logging
import socket
import struct
import sys
import threading
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import ClientDisconnected
from werkzeug.http import http_date
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.wsgi import get_input_stream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

    Request = socket.socket | tuple[bytes, socket.socket]  # socketserver's, which serves datagrams too
    Address = Any

log = logging.getLogger("stand.server")


class CutError(Exception):
    """Raised by the application: break the connection, after sending `sent` bytes of an answer."""

    def __init__(self, sent: bytes = b"") -> None:
        super().__init__("cut")
        self.sent = sent


class _Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body leave at once: no 40 ms waits
    timeout = 60  # seconds of silence before an idle connection is given up

    def run_wsgi(self) -> None:
        """Answer one request and leave the connection ready for the next."""
        if self.headers.get("Expect", "").lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self.environ = environ = self.make_environ()
        environ["stand.node_id"] = self.headers.get("node_id", "")  # werkzeug leaves out names with _
        body = get_input_stream(environ)  # ends where the request ends
        environ["wsgi.input"], environ["wsgi.input_terminated"] = body, True
        try:
            self._respond(environ)
            while body.read(65536):
                pass  # what the application did not want: the next request starts after it
        except CutError as cut:
            self._cut(cut.sent)
        except ClientDisconnected:  # a daemon that was killed: its end, not a fault of the stand
            log.warning("a client hung up in the middle of its request")
            self.close_connection = True
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def _respond(self, environ: "WSGIEnvironment") -> None:
        head: list[bytes] = []

        def start_response(
            status: str, headers: list[tuple[str, str]], _exc: object = None
        ) -> "Callable[[bytes], object]":
            names = {name.lower() for name, _value in headers}
            headers = [*headers, ("Date", http_date())]
            if "content-length" not in names:
                headers = [*headers, ("Connection", "close")]
                self.close_connection = True
            lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers), "", ""]
            head.append("\r\n".join(lines).encode("latin-1"))
            return self.wfile.write

        chunks: Iterable[bytes] = self.server.app(environ, start_response)
        try:
            for chunk in chunks:
                self.wfile.write(b"".join(head) + chunk)
                head.clear()
            if head:
                self.wfile.write(b"".join(head))
        finally:
            if hasattr(chunks, "close"):
                chunks.close()

    def _cut(self, sent: bytes) -> None:
        with contextlib.suppress(OSError):
            if sent:
                self.connection.sendall(sent)
                self.connection.shutdown(socket.SHUT_RDWR)
            else:  # reset: the peer learns at once that nothing will come
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing: addresses of requests are nobody's business here."""


class _Server(ThreadedWSGIServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, host: str, port: int, app: "WSGIApplication") -> None:
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        with socket.create_server((host, port)) as bound:  # werkzeug itself would exit on a busy port
            super().__init__(host, port, app, _Handler, fd=bound.fileno())

    def process_request(self, request: "Request", client_address: "Address") -> None:
        with self._guard:
            if isinstance(request, socket.socket):
                self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: "Request") -> None:
        with self._guard:
            if isinstance(request, socket.socket):
                self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """Break every open connection, so that the threads that serve them end."""
        with self._guard:
            connections = tuple(self._open)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: "Request", client_address: "Address") -> None:  # noqa: ARG002 - the base class's
        """Log the fault of the stand itself without the request's text (the base class prints it)."""
        log.error("the stand failed to answer a request", exc_info=sys.exc_info())


class HttpServer:
    """Serves a WSGI application in background threads from `start` to `stop`; port 0 = any free one."""

    def __init__(self, app: "WSGIApplication", *, host: str = "127.0.0.1", port: int = 0) -> None:
        self._server = _Server(host, port, app)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="stand-http")
        self.host = host
        self.port: int = self._server.server_address[1]

    @property
    def base_url(self) -> str:
        """Where the server is reached."""
        return f"http://{self.host}:{self.port}"

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def stop(self) -> None:
        """Stop serving, break open connections, free the port."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.hang_up()
        self._server.server_close()
