"""XML and DER from the wire: SOAP of 1С, SMEV's answers, its gateway's, descriptions, certificates."""

import base64
import json
from datetime import UTC, datetime
from importlib.resources import files

from connector.errors import ConnectorError
from connector.sed.dms1c.schema import Schema
from connector.sed.testing import drain
from smev.client import wsdl
from smev.client.gateway import GatewayTransport
from smev.client.line import Line, Timeouts
from smev.client.understand import understand
from smev.client.wire import Wire
from smev.client.words import Queue
from smev.errors import SmevError
from smev.gost import certificate, cms, keyfile
from smev.gost.backends import provider
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
    length = b"Content-Length: %d" % len(body)
    return raw(b"Content-Type: text/xml; charset=utf-8", length, b"Connection: close", body=body)


def _xml_answers(broken, refused):
    """Return the cells of a client that wants XML: HTTP that lies, and hostile XML."""
    http = answers(broken, broken)
    kept = (
        "length-lies",
        "huge-headers",
        "broken-chunks",
        "layered-compression",
        "zip-bomb",
        "no-end",
        "charset-lies",
    )
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
        "RetryableError|PermanentError",
        "RetryableError: .*(not XML|XML with a DTD|without its answer|broken)",
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
BUS = Reader(
    "SMEV's answers",
    ("smev.canonical", "smev.envelope", "smev.client.understand"),
    _bus,
    _xml_answers(_GARBAGE, "GarbageError: "),
    _NO_FILES,
)
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
        "wrong-encoding": Cell(
            _xml(_WSDL.replace("utf-8", "x-none").replace("UTF-8", "x-none")), _NO_SERVICE
        ),
        "nul-bytes": Cell(_xml(_WSDL.replace("DMService", "DM\0Service")), _NO_SERVICE),
        "duplicate-keys": Cell(_xml(_WSDL.replace(' name="', ' name="x" name="', 1)), _NO_SERVICE),
        "huge-number": Cell(_xml(_WSDL.replace('type="', 'type="' + "9" * 5000)), _NO_SERVICE),
        "absolute-name": Cell(
            _xml(
                _WSDL.replace("<xs:schema", '<xs:import schemaLocation="file:///etc/passwd"/><xs:schema', 1)
                .replace("<definitions", '<definitions location="file:///etc/passwd"', 1)
                .replace('name="', 'nome="')
            ),
            _NO_SERVICE,
        ),
    },
    lacking(
        nothing_is_unpacked=ARCHIVE,
        HTTP_is_tried_in_the_row_of_SMEV=HTTP,
        it_names_no_files=tuple(one for one in NAMES if one != "absolute-name"),
        words_are_not_looked_at=("invalid-date", "formula", "right-to-left-text", "ten-gigabytes"),
    ),
)


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

LINES = (ONE_C_WIRE, BUS, GATEWAY, DESCRIPTIONS, ASN1)
