"""A scripted HTTP server for what the stand does not do: hostile, lying and broken answers."""

import json
import ssl
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from config.secret import Secret
from connector.appeal import Attachment, Cabinet, ReplyKind
from connector.platform.rest import RestPlatform, Timeouts, default_profile, translate
from tests.connector.platform.conformance import make_reply

LIST = "/appeal-service/edms"
CABINET = Cabinet(77, "Управа Образцово")
TOKEN = {"access_token": "t0ken-of-the-test", "expires_in": 3600}


class Script:
    """Answers by `on(method, path prefix)` handlers; remembers what was asked."""

    def __init__(self):
        self.asked = []
        self.handlers = []
        self.on("POST", "/user-service/oauth/token", lambda _request: (200, {}, TOKEN))

    def on(self, method, prefix, handler):
        """`handler(request)` returns (status, headers, body), or writes by itself and returns None."""
        self.handlers.insert(0, (method, prefix, handler))

    def answer(self, method, prefix, status, body=b"", headers=None):
        self.on(method, prefix, lambda _request: (status, headers or {}, body))

    def count(self, method, prefix):
        return sum(m == method and path.startswith(prefix) for m, path, _headers, _body in self.asked)

    def handle(self, request):
        length = int(request.headers.get("Content-Length") or 0)
        if request.headers.get("Transfer-Encoding") == "chunked":
            request.close_connection = True
        body = request.rfile.read(length)
        self.asked.append((request.command, request.path, dict(request.headers), body))
        for method, prefix, handler in self.handlers:
            if method == request.command and request.path.startswith(prefix):
                answer = handler(request)
                if answer is not None:
                    respond(request, *answer)
                return
        respond(request, 404, {}, {"messages": ["no such address"]})


def respond(request, status, headers, body):
    content = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    request.send_response(status)
    headers = {"Content-Length": str(len(content)), "Content-Type": "application/json"} | headers
    for name, value in headers.items():
        if value is not None:
            request.wfile.flush()
            request._headers_buffer.append(
                f"{name}: ".encode() + (value if isinstance(value, bytes) else value.encode()) + b"\r\n"
            )
    request.end_headers()
    request.wfile.write(content)


@contextmanager
def serving(script, *, tls=None):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def log_message(self, *args):
            pass

        def do_GET(self):
            script.handle(self)

        do_POST = do_GET  # noqa: N815 - the base class looks for this name

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request, client_address):
            pass  # a client that hangs up, a handshake that fails: part of the tests

    server = Server(("127.0.0.1", 0), Handler)
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def connected(script, *, tls=None, read_timeout=5.0, answer_timeout=10.0, **settings):
    """A platform that talks to the script."""
    with serving(script, tls=tls) as url:
        values = {
            "base_url": url,
            "client_id": "lko-77",
            "secret": Secret("cabinet-password"),
            "oauth_client": "sed",
            "oauth_secret": Secret("oauth-password"),
            "timeouts": Timeouts(connect=2, read=read_timeout, answer=answer_timeout),
        }
        platform = RestPlatform(CABINET, **values | settings)
        try:
            yield platform
        finally:
            platform.close()


def message(**fields):
    """A message of the list as platform.md 1.1 has it."""
    wire = {
        "id": 1,
        "description": "Яма на дороге",
        "regNumber": "77-1",
        "createdAt": "2026-01-01T10:00:00.123456Z",
        "answerAt": "2026-01-31T10:00:00.123456Z",
        "subjectId": 10,
        "subjectName": "Дороги",
        "opaId": 77,
        "applicant": {"surname": "Тестова", "name": "Анна", "sendWithRussiaPost": False},
        "attachments": [],
    }
    return wire | fields


def page(*messages, **marks):
    return {"content": list(messages), "last": True, "totalPages": 1, "totalElements": len(messages)} | marks


def profile_with(table, **changes):
    part = getattr(default_profile(), table).model_copy(update=changes)
    return default_profile().model_copy(update={table: part})


def listed(platform):
    return [one for page in platform.pages() for one in page.messages]


def fetched(platform, url):
    with platform.download(Attachment("f", url)) as download:
        return b"".join(download.body), download.name


def reply(platform_id="1", **fields):
    read = translate.read_value(message(), "{}", CABINET, default_profile().message)
    return make_reply(read.appeal, fields.pop("kind", ReplyKind.SOLVED), platform_id=platform_id, **fields)
