"""Other lines that data come by: SOAP of 1С, SMEV's answers and packages, its file store, the operator's port."""

import base64
import json
import socket
import threading
from datetime import UTC, datetime
from importlib.resources import files

from connector.errors import ConnectorError
from connector.health import HealthServer
from connector.pace import Pace
from connector.peer import Health
from connector.sed.dms1c.schema import Schema
from connector.sed.testing import drain
from smev.client import mtom, wsdl
from smev.client.ftp import FileStore
from smev.client.gateway import GatewayTransport
from smev.client.line import Line, Timeouts
from smev.client.understand import understand
from smev.client.wire import Wire
from smev.client.words import IncomingFile, Queue
from smev.errors import SmevError
from smev.gost import certificate, cms, keyfile
from smev.gost.provider import provider
from tests.connector.platform.loopback import Script, serving
from tests.connector.sed.dms1c_peer import adapter
from tests.hostile import builders as b
from tests.hostile.attacks import ARCHIVE, HTTP, NAMES, XML, Cell, Reader, lacking
from tests.hostile.wire import answers, raw

_EMPTY = (
    '<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/">'
    "<s:Body><x>{}</x></s:Body></s:Envelope>"
)


def _xml(text):
    body = text if isinstance(text, bytes) else text.encode()
    return raw(b"Content-Type: text/xml; charset=utf-8", b"Content-Length: %d" % len(body), body=body)


def _xml_answers(broken, refused):
    """Return the cells of a client that wants XML: HTTP that lies, and hostile XML."""
    http = answers(broken, broken)
    kept = ("length-lies", "huge-headers", "broken-chunks", "layered-compression", "zip-bomb", "no-end", "charset-lies")
    made = {
        "entity-bomb": b.doctype(_EMPTY.format("&e9;"), root="x", entities=b.laughs()),
        "external-entity": b.doctype(_EMPTY.format("&e9;"), root="x", entities=b.outside()),
        "deep-nesting": _EMPTY.format(b.nested()),
        "noise": b.NOISE,
        "wrong-encoding": _EMPTY.format("x").replace("UTF-8", "x-none"),
        "nul-bytes": _EMPTY.format("\0"),
        "duplicate-keys": _EMPTY.format('<y a="1" a="2"/>'),
        "huge-number": _EMPTY.format("9" * 100_000),
    }
    return {name: Cell(http[name].make, broken) for name in kept} | {
        attack: Cell(_xml(text), refused) for attack, text in made.items()
    }


_NO_FILES = lacking(
    nothing_is_unpacked=("zip-slip", "lying-sizes"),
    tried_in_the_rows_above=(*NAMES, "invalid-date", "formula", "right-to-left-text"),
    its_length_lies_and_that_is_tried=("ten-gigabytes",),
)


def _each(given, ask, errors):
    """Answer everything in the same hostile way; say what the client makes of it."""
    said = {}
    for attack, handler in given.items():
        script = Script()
        for method in ("GET", "POST"):
            script.on(method, "/", handler)
        with serving(script) as url:
            try:
                said[attack] = f"took it: {ask(url)!r}"
            except errors as error:
                said[attack] = f"{type(error).__name__}: {error}"
    return said


def _one_c(_folder, given):
    def ask(url):
        sed = adapter(f"{url}/ws/dm.1cws", max_answer=32 << 20)
        try:
            return drain(sed)
        finally:
            sed.close()

    return _each(given, ask, ConnectorError)


ONE_C_WIRE = Reader(
    "1С's answers",
    ("connector.sed.dms1c.soap",),
    _one_c,
    _xml_answers(
        "RetryableError|PermanentError", "RetryableError: .*(not XML|XML with a DTD|without its answer|broken)"
    ),
    _NO_FILES,
)


# ---- SMEV


def _short(url):
    return Line(url, timeouts=Timeouts(connect=5, read=20, write=20, whole=60))


def _bus(folder, given):
    def ask(url):
        line = _short(url)
        try:
            package = Wire(line).call("GetResponse", b"<x/>", (), folder)
            return understand(package.envelope, provider(), None, datetime(2026, 3, 1, tzinfo=UTC))
        finally:
            line.close()

    return _each(given, ask, SmevError)


def _gateway(_folder, given):
    def ask(url):
        transport = GatewayTransport(_short(url), entrypoint="x", node_id="")
        try:
            return transport.receive(Queue.RESPONSES)
        finally:
            transport.close()

    return _each(given, ask, SmevError)


_XML = base64.b64encode(b'<a xmlns="urn:x"/>').decode()


def _told(status=200, **fields):
    body = json.dumps({"requestId": "1", "xml": _XML} | fields).encode()
    return lambda _request: (status, {}, body)


def _packed(text):
    return _told(xml=base64.b64encode(text if isinstance(text, bytes) else text.encode()).decode())


_GARBAGE = "(GarbageError|UnknownOutcomeError): "
BUS = Reader("SMEV's answers", ("smev.canonical", "smev.envelope", "smev.client.understand"), _bus, _xml_answers(_GARBAGE, "GarbageError: "), _NO_FILES)
GATEWAY = Reader(
    "the gateway's answers",
    ("smev.client.gateway",),
    _gateway,
    {name: Cell(cell.make, _GARBAGE) for name, cell in answers("", "").items()}
    | {
        "entity-bomb": Cell(_packed(b.doctype("<a>&e9;</a>", root="a", entities=b.laughs())), "DTD"),
        "external-entity": Cell(_packed(b.doctype("<a>&e9;</a>", root="a", entities=b.outside())), "DTD"),
        "noise": Cell(_told(500, code=[], fault={}), "RetryError: .*HTTP 500"),
        "wrong-encoding": Cell(_told(messageId="\ud800"), "took it: .*\ufffd"),
        "nul-bytes": Cell(_packed("<a>\0</a>"), "GarbageError: .*not well-formed"),
        "absolute-name": Cell(_told(files=[{"url": "ftp://[/x"}]), "GarbageError: .*the url of a file"),
        "parent-name": Cell(_told(files=[{"url": "ftp://h/u/../../evil.txt"}]), "took it: .*evil.txt"),
        "right-to-left-name": Cell(_told(files=[{"url": "ftp://h/u/a", "name": b.MIRROR}]), "took it"),
        "long-name": Cell(_told(files=[{"url": "ftp://h/u/a", "name": b.LONG}]), "took it"),
        "device-name": Cell(_told(files={"name": "NUL"}), "GarbageError: .*files is no list"),
        "lying-sizes": Cell(_told(xml=_XML[:-3]), "GarbageError: .*broken base64"),
    },
    lacking(
        nothing_is_unpacked=("zip-slip",),
        words_go_on_as_words=("invalid-date", "formula", "right-to-left-text"),
    ),
)


# ---- descriptions of services

_WSDL = files("connector.sed.dms1c").joinpath("dm.wsdl").read_text(encoding="utf-8")


def _descriptions(_folder, given):
    """Both readers of WSDL are given it: 1С's mends what it can or takes our own, SMEV's refuses."""

    def ask(url):
        line = _short(url)
        schema = Schema("auto", url, lambda _url, _call: line.document(url, 4 << 20))
        try:
            schema.make("DMRetrieveRequest")
            return wsdl.describe(line)
        finally:
            line.close()

    return _each(given, ask, SmevError)


_NO_SERVICE = "GarbageError: "
DESCRIPTIONS = Reader(
    "descriptions of services",
    ("smev.client.wsdl", "connector.sed.dms1c.schema"),
    _descriptions,
    {
        "entity-bomb": Cell(_xml(b.doctype(_WSDL, root="x", entities=b.laughs())), _NO_SERVICE),
        "external-entity": Cell(_xml(b.doctype(_WSDL, root="x", entities=b.outside())), _NO_SERVICE),
        "deep-nesting": Cell(_xml(_EMPTY.format(b.nested())), _NO_SERVICE),
        "noise": Cell(_xml(_WSDL.replace(' name="', ' nome="')), _NO_SERVICE),
        "wrong-encoding": Cell(_xml(_WSDL.replace("utf-8", "x-none").replace("UTF-8", "x-none")), _NO_SERVICE),
        "nul-bytes": Cell(_xml(_WSDL.replace("DMService", "DM\0Service")), _NO_SERVICE),
        "duplicate-keys": Cell(_xml(_WSDL.replace(' name="', ' name="x" name="', 1)), _NO_SERVICE),
        "huge-number": Cell(_xml(_WSDL.replace('type="', 'type="' + "9" * 5000)), _NO_SERVICE),
        "absolute-name": Cell(
            _xml(_WSDL.replace("<xs:schema", '<xs:import schemaLocation="file:///etc/passwd"/><xs:schema', 1)
                 .replace("<definitions", '<definitions location="file:///etc/passwd"', 1)
                 .replace('name="', 'nome="')), _NO_SERVICE,
        ),
    },
    lacking(
        nothing_is_unpacked=ARCHIVE,
        HTTP_is_tried_in_the_row_of_SMEV=HTTP,
        it_names_no_files=tuple(one for one in NAMES if one != "absolute-name"),
        words_are_not_looked_at=("invalid-date", "formula", "right-to-left-text", "ten-gigabytes"),
    ),
)  # fmt: skip


# ---- certificates, keys, signatures


def _asn1(folder, given):
    """Every reader of DER and PEM is given every file."""
    said = {}
    for attack, octets in given.items():
        path = folder / attack
        path.write_bytes(octets)
        heard = []
        for read in (certificate.load_file, keyfile.load_private, cms.load):
            try:
                heard.append(f"took it: {read(path.read_bytes())!r}")
            except SmevError as error:
                heard.append(str(error))
        said[attack] = " | ".join(heard)
    return said


def _pem(text):
    return b"-----BEGIN CERTIFICATE-----\n" + text + b"\n-----END CERTIFICATE-----\n"


_ALL_REFUSE = "^(?!.*took it)"
ASN1 = Reader(
    "certificates, keys and signatures",
    ("smev.gost",),
    _asn1,
    {
        "deep-nesting": Cell(b"\x30\x80" * 200_000, _ALL_REFUSE),
        "ten-gigabytes": Cell(b"\x30\x85\x02\x80\0\0\0" + bytes(100), _ALL_REFUSE),
        "huge-number": Cell(b"\x30\xfe" + b"\xff" * 200, _ALL_REFUSE),
        "length-lies": Cell(b"\x30\x82\xff\xff" * 16_000, _ALL_REFUSE),
        "no-end": Cell(_pem(b"MIIB" * 500_000), _ALL_REFUSE),
        "noise": Cell(b.NOISE, _ALL_REFUSE),
        "nul-bytes": Cell(bytes(1000), _ALL_REFUSE),
        "wrong-encoding": Cell(_pem("Яма".encode("utf-16")), _ALL_REFUSE),
        "duplicate-keys": Cell(_pem(b"") * 2, _ALL_REFUSE),
        "invalid-date": Cell(b"\x30\x11\x17\x0f991345999999Z00", _ALL_REFUSE),
    },
    lacking(
        it_is_no_XML=XML,
        nothing_is_unpacked=ARCHIVE,
        it_names_no_files=NAMES,
        there_is_no_HTTP=tuple(one for one in HTTP if one not in ("length-lies", "no-end")),
        words_are_shown_masked_in_tests_smev_gost_test_certificate=("formula", "right-to-left-text"),
    ),
)


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
    return (octets[at : at + 4096] for at in range(0, len(octets), 4096)) if isinstance(octets, bytes) else octets()


def _package(head=b"Content-ID: <a>", body=b"octets", *, end=b"--\r\n", kind="binary"):
    octets = (
        b"--b\r\nContent-ID: <e>\r\n\r\n<x/>\r\n--b\r\n" + head + b"\r\nContent-Transfer-Encoding: "
        + kind.encode() + b"\r\n\r\n" + body + b"\r\n--b" + end
    )  # fmt: skip
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
            (_package()[0], b"--b\r\nContent-ID: <e>\r\n\r\n<x/>" + b"\r\n--b\r\nContent-ID: <%d>\r\n\r\n" * 300 % (*range(300),)),
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
)  # fmt: skip


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
        "huge-number": Cell(_says(PASV=b"227 (127,0,0,1,999999,1)\r\n", EPSV=b"229 (|||9999999|)\r\n"), "NotSentError"),
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
)  # fmt: skip


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
LINES = (ONE_C_WIRE, BUS, GATEWAY, DESCRIPTIONS, ASN1, PACKAGES, FTP, PORT)
