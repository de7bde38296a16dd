"""Octets that come piece by piece: packages of SMEV, its file store, requests to the operator's port."""

import socket
import threading

from connector.health import HealthServer
from connector.pace import Pace
from connector.peer import Health
from smev.client import mtom
from smev.client.ftp import FileStore
from smev.client.words import IncomingFile
from smev.errors import SmevError
from tests.hostile import builders as b
from tests.hostile.attacks import ARCHIVE, NAMES, XML, Cell, Reader, lacking

# ---- packages


def _packages(folder, given):
    """Take hostile packages apart; what a good one brings is beside them."""
    said = {}
    for attack, (kind, octets) in (given | {"good": _package()}).items():
        try:
            package = mtom.read(kind, _pieces(octets), folder, limit=8 << 20)
            said[attack] = f"took it: {package.envelope!r} {sorted(package.parts)}"
        except SmevError as error:
            said[attack] = str(error)
    assert said.pop("good") == "took it: b'<x/>' ['a']", said
    assert all(path.name.startswith("part-") for path in folder.iterdir())
    return said


def _pieces(octets):
    return (
        (octets[at : at + 4096] for at in range(0, len(octets), 4096))
        if isinstance(octets, bytes)
        else octets()
    )


def _package(head=b"Content-ID: <a>", body=b"octets", *, end=b"--\r\n", kind="binary"):
    octets = (
        b"--b\r\nContent-ID: <e>\r\n\r\n<x/>\r\n--b\r\n"
        + head
        + b"\r\nContent-Transfer-Encoding: "
        + kind.encode()
        + b"\r\n\r\n"
        + body
        + b"\r\n--b"
        + end
    )
    return 'multipart/related; boundary="b"; start="<e>"', octets


def _no_end():
    yield _package()[1][:-6]
    while True:
        yield b"x" * (1 << 20)


PACKAGES = Reader(
    "packages of SMEV",
    ("smev.client.mtom",),
    _packages,
    {
        "no-end": Cell((_package()[0], _no_end), "more than 8388608 bytes"),
        "length-lies": Cell(_package(end=b""), "cut off"),
        "huge-headers": Cell(_package(b"X: " + b"h" * 100_000), "too long"),
        "broken-chunks": Cell(_package(end=b"zzz\r\n"), "octets after a boundary|cut off"),
        "charset-lies": Cell(_package(kind="zlib_codec"), "in the encoding zlib_codec"),
        "layered-compression": Cell(_package(kind="gzip, gzip"), "in the encoding gzip"),
        "noise": Cell((_package()[0], b.NOISE), "cut off"),
        "wrong-encoding": Cell(_package(body="Я".encode(), kind="base64"), "broken base64"),
        "nul-bytes": Cell(_package(b"Content-ID: <a\0b>"), "took it"),
        "duplicate-keys": Cell(_package(b"Content-ID: <e>\r\nContent-ID: <f>"), "took it|one Content-ID"),
        "absolute-name": Cell(_package(b'Content-ID: </tmp/evil>; name="/tmp/evil"'), "took it"),
        "parent-name": Cell(_package(b"Content-ID: <../../evil>\r\nContent-Location: ../../evil"), "took it"),
        "long-name": Cell(_package(b"Content-ID: <" + b"n" * 9000 + b">"), "took it"),
        "right-to-left-name": Cell(_package(b"Content-ID: <" + b.MIRROR.encode() + b">"), "took it"),
        "huge-number": Cell(
            (
                _package()[0],
                b"--b\r\nContent-ID: <e>\r\n\r\n<x/>"
                + b"\r\n--b\r\nContent-ID: <%d>\r\n\r\n" * 300 % (*range(300),),
            ),
            "more than 256 parts",
        ),
    },
    lacking(
        the_envelope_is_parsed_in_the_row_above=(*XML, "deep-nesting"),
        nothing_is_unpacked=ARCHIVE,
        a_part_has_no_name_of_its_own_here=("device-name",),
        the_size_is_not_told=("ten-gigabytes",),
        words_are_not_looked_at=("invalid-date", "formula", "right-to-left-text"),
    ),
)


# ---- the file store


def _stores(folder, given):
    """Ask stores that are hostile in what they say, in where they send, in how much they bring."""
    said = {}
    for attack, script in given.items():
        with _store(script) as port:
            store = FileStore(f"ftp://127.0.0.1:{port}", timeout=5, max_file=1 << 20)
            file = IncomingFile(id="u", name="a", location="/a", user="u", password="p")
            try:
                store.download(file, folder / f"{attack}.part")
                said[attack] = "took it"
            except SmevError as error:
                said[attack] = f"{type(error).__name__}: {error}"
    assert all(path.stat().st_size <= 1 << 20 for path in folder.iterdir())
    return said


class _store:  # noqa: N801 - a context
    """A server of one conversation: it greets, then answers each line by the script's words."""

    def __init__(self, script):
        self._greeting, self._words, self._data = script
        self._control = socket.create_server(("127.0.0.1", 0))
        self._files = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=one) for one in (self._talk, self._bring)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self._control.getsockname()[1]

    def __exit__(self, *_error):
        for server in (self._control, self._files):
            server.shutdown(socket.SHUT_RDWR)
            server.close()
        for thread in self._threads:
            thread.join()

    def _talk(self):
        try:
            line, _peer = self._control.accept()
            with line, line.makefile("rwb", buffering=0) as talk:
                talk.write(self._greeting)
                for said in talk:
                    word = said.split()[0].decode("latin-1", "replace").upper()
                    talk.write(self._words.get(word, self._usual(word)))
        except OSError:
            return  # the client hung up: the end of the conversation

    def _usual(self, word):
        high, low = divmod(self._files.getsockname()[1], 256)
        passive = f"227 Entering ({'127,0,0,1'},{high},{low})\r\n".encode()
        extended = f"229 ok (|||{self._files.getsockname()[1]}|)\r\n".encode()
        words = {"USER": b"331 ?\r\n", "PASS": b"230 ok\r\n", "PASV": passive, "EPSV": extended}
        return words.get(word, b"150 now\r\n" if word == "RETR" else b"200 ok\r\n")

    def _bring(self):
        try:
            line, _peer = self._files.accept()
            with line:
                for piece in self._data():
                    line.sendall(piece)
        except OSError:
            return  # the client would not have it


def _says(greeting=b"220 hello\r\n", data=lambda: [b"x"], **words):
    return greeting, words, data


def _flood():
    while True:
        yield b"x" * (1 << 18)


FTP = Reader(
    "the file store of SMEV",
    ("smev.client.ftp",),
    _stores,
    {
        "no-end": Cell(_says(data=_flood), "BrokenFileError: .*more than 1048576 bytes"),
        "noise": Cell(_says(b.NOISE + b"\r\n"), "NotSentError"),
        "huge-headers": Cell(_says(b"220 " + b"h" * 100_000 + b"\r\n"), "NotSentError"),
        "broken-chunks": Cell(_says(USER=b"999 what?\r\n"), "NotSentError"),
        "huge-number": Cell(
            _says(PASV=b"227 (127,0,0,1,999999,1)\r\n", EPSV=b"229 (|||9999999|)\r\n"), "NotSentError"
        ),
        "wrong-encoding": Cell(_says(PASV=b"227 \xff(1,2)\r\n", EPSV=b"229 \xff\r\n"), "NotSentError"),
        "nul-bytes": Cell(_says(PASS=b"530 \0no\0\r\n"), "BrokenFileError: .*refused"),
        "length-lies": Cell(_says(RETR=b"550 not here\r\n"), "BrokenFileError: .*refused"),
    },
    lacking(
        it_is_no_XML=(*XML, "deep-nesting"),
        nothing_is_unpacked=ARCHIVE,
        names_are_ours_and_checked_in_tests_smev_client_test_ftp=NAMES,
        there_is_no_HTTP=("charset-lies", "layered-compression"),
        a_size_is_not_asked_for_and_the_bytes_are_counted=("ten-gigabytes",),
        words_are_not_looked_at=("invalid-date", "formula", "right-to-left-text", "duplicate-keys"),
    ),
)


# ---- the operator's port


def _port(_folder, given):
    pace = Pace(10_000.0)
    server = HealthServer("127.0.0.1", 0, ready=lambda: Health(()), metrics=lambda: b"x 1\n", pace=pace)
    server.start()
    try:
        said = {attack: _asked(server.port, octets) for attack, octets in given.items()}
        assert "200 OK" in _asked(server.port, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        return said
    finally:
        server.stop()


def _asked(port, octets):
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        line.settimeout(20)
        try:
            line.sendall(octets)
            line.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: line.recv(1 << 16), b"")).decode("latin-1")
        except OSError:  # it did not wait for the end
            return "hung up"


def _get(path="/readyz", *headers):
    return b"".join((f"GET {path} HTTP/1.1\r\n".encode(), *(one + b"\r\n" for one in headers), b"\r\n"))


_TURNED = "HTTP/1.0 (400|414|431|421|404|501|505)|hung up|^$"
PORT = Reader(
    "the operator's port",
    ("connector.health",),
    _port,
    {
        "noise": Cell(b.NOISE, f"{_TURNED}|Error code: 400"),
        "huge-headers": Cell(_get("/readyz", b"X: " + b"h" * 100_000), f"{_TURNED}|431"),
        "length-lies": Cell(_get("/readyz", b"Host: localhost", b"Content-Length: 10737418240"), "200 OK"),
        "broken-chunks": Cell(_get("/readyz", b"Transfer-Encoding: chunked") + b"ZZZ", "200 OK"),
        "no-end": Cell(b"GET /" + b"a" * 200_000, f"{_TURNED}|414"),
        "charset-lies": Cell(_get("/readyz", b"Host: [::1"), "421 Misdirected Request"),
        "wrong-encoding": Cell(_get("/readyz", b"Host: \xff\xfe.example.org"), "421"),
        "nul-bytes": Cell(_get("/readyz\0", b"Host: localhost"), "404|400"),
        "parent-name": Cell(_get("/../../etc/passwd", b"Host: localhost"), "404"),
        "absolute-name": Cell(_get("http://example.org/readyz", b"Host: example.org"), "421|404"),
        "long-name": Cell(_get("/" + "n" * 60_000, b"Host: localhost"), "404"),
        "duplicate-keys": Cell(_get("/readyz", b"Host: example.org", b"Host: localhost"), "421"),
        "huge-number": Cell(_get().replace(b"HTTP/1.1", b"HTTP/" + b"9" * 5000 + b".1"), "400|505"),
    },
    lacking(
        it_takes_no_body=(*XML, *ARCHIVE, "ten-gigabytes", "layered-compression", "deep-nesting"),
        it_serves_three_addresses_and_no_files=("device-name", "right-to-left-name"),
        words_are_not_looked_at=("invalid-date", "formula", "right-to-left-text"),
    ),
)
SOCKETS = (PACKAGES, FTP, PORT)
