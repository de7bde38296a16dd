"""The line: verified TLS, no http in clear, bounds of time and size, and who is to blame for a failure."""

import socket
import ssl
import threading
from contextlib import ExitStack, closing

import pytest

from smev.client.faults import GarbageError, NotSentError, UnknownOutcomeError
from smev.client.line import Line, Timeouts, checked_url
from smev.errors import SetupError
from tests.certificates import self_signed

QUICK = Timeouts(connect=1, read=0.3, write=1, whole=1)


@pytest.fixture
def serve():
    """Return a starter of servers that do with each connection what a function says."""
    stopping, sockets, threads = threading.Event(), [], []

    def start(handle, context=None):
        listener = socket.create_server(("127.0.0.1", 0))
        listener.settimeout(0.05)
        sockets.append(listener)

        def run():
            while not stopping.is_set():
                try:
                    connection, _address = listener.accept()
                    connection.settimeout(2)
                    with context.wrap_socket(connection, server_side=True) if context else connection as line:
                        asked = b""
                        while not asked.endswith(b"\r\n\r\nx" if asked[:4] == b"POST" else b"\r\n\r\n"):
                            asked += line.recv(65536)
                        handle(line)
                except OSError:
                    continue

        threads.append(threading.Thread(target=run, daemon=True))
        threads[-1].start()
        return f"{'https' if context else 'http'}://127.0.0.1:{listener.getsockname()[1]}/ws"

    yield start
    stopping.set()
    for thread in threads:
        thread.join()
    for one in sockets:
        one.close()


@pytest.fixture
def make_line():
    """Return a maker of lines, closed at the end: whether the peer hangs up first is a matter of luck."""
    with ExitStack() as lines:
        yield lambda url, **more: lines.enter_context(closing(Line(url, timeouts=QUICK, **more)))


def called(line, limit=1000):
    with line.call("POST", body=b"x") as answer:
        return answer.body(limit)


def ok(line):
    line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")


def test_an_own_authority_is_trusted_and_nobody_else(serve, make_line, tmp_path):
    server, authority = self_signed(tmp_path, "server", "127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server)
    url = serve(ok, context)
    assert called(make_line(url, ca_file=authority)) == b"ok"
    with pytest.raises(NotSentError, match="certificate"):
        called(make_line(url))


@pytest.mark.parametrize(
    ("handle", "error"),
    [
        (lambda line: line.close(), UnknownOutcomeError),
        (lambda line: line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok"), UnknownOutcomeError),
        (lambda line: line.sendall(b"nonsense\r\n\r\n"), UnknownOutcomeError),
        (lambda line: threading.Event().wait(0.6), UnknownOutcomeError),
        (
            lambda line: line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n" + bytes(2000)),
            GarbageError,
        ),
    ],
)
def test_a_line_that_breaks_leaves_the_outcome_unknown(serve, make_line, handle, error):
    with pytest.raises(error):
        called(make_line(serve(handle)))


def test_a_peer_that_trickles_is_stopped(serve, make_line):
    def trickle(line):
        line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        for _number in range(40):
            line.sendall(b"x")
            threading.Event().wait(0.1)

    with pytest.raises(UnknownOutcomeError, match="did not end"):
        called(make_line(serve(trickle)))


def test_redirects_are_not_followed(serve, make_line):
    url = serve(
        lambda line: line.sendall(
            b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.2/\r\nContent-Length: 0\r\n\r\n"
        )
    )
    with make_line(url).call("POST", body=b"x") as answer:
        assert answer.status == 302


def test_documents_come_from_the_peers_own_host_only(serve, make_line):
    line = make_line(serve(ok))
    assert line.document(line.url + "?wsdl", 10) == b"ok"
    for url in ("http://127.0.0.2/x", "file:///etc/passwd", "https" + line.url[4:]):
        with pytest.raises(GarbageError, match="another host"):
            line.document(url, 10)


@pytest.mark.parametrize(
    "url", ["", "smev", "ftp://a.example.org", "https://", "https://u:p@a.example.org", "https://[::1"]
)
def test_an_address_that_cannot_work(url):
    with pytest.raises(SetupError) as failed:
        checked_url(url, plain_http=True)
    assert failed.value.code == "url-malformed"


def test_http_in_clear_only_if_it_is_meant():
    with pytest.raises(SetupError) as failed:
        checked_url("http://smev.example.org/ws", plain_http=False)
    assert failed.value.code == "url-plain"
    assert checked_url("http://smev.example.org/ws", plain_http=True)
    assert checked_url("http://localhost:8080/ws", plain_http=False)


def test_an_authority_that_is_not_there(tmp_path):
    with pytest.raises(SetupError, match="absent"):
        Line("https://smev.example.org", ca_file=tmp_path / "absent.pem")
