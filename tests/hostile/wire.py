"""Clients against servers that lie in HTTP itself and in the JSON of their answers."""

import gzip

import httpx

from connector.errors import ConnectorError
from connector.sed.http import Address, Call, SedHttp, Timeouts
from exporter.marts.datamart.client import Access, Client
from tests.connector.platform.loopback import Script, connected, listed, serving
from tests.hostile import builders as b
from tests.hostile.attacks import NAMES, XML, Cell, Reader, lacking

MUCH = 96 << 20


def raw(*lines, body=b""):
    """Answer with these very octets and hang up."""

    def handler(request):
        request.wfile.write(
            b"HTTP/1.1 200 OK\r\n" + b"".join(line + b"\r\n" for line in lines) + b"\r\n" + body
        )
        request.close_connection = True

    return handler


def flood(request):
    """Answer with a body that does not end."""
    request.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
    request.close_connection = True
    piece = b" " * (1 << 20)
    for _piece in range(MUCH >> 20):
        request.wfile.write(piece)


def _layers():
    once = gzip.compress(b"\0" * (1 << 26), 9)
    return gzip.compress(once * 64, 9)  # 4 GB, in some KB


def _json(text, **headers):
    body = text if isinstance(text, bytes) else text.encode()
    lines = [f"{name.replace('_', '-')}: {value}".encode() for name, value in headers.items()]
    return raw(b"Content-Type: application/json", b"Content-Length: %d" % len(body), *lines, body=body)


def answers(garbage, harmless):
    """Return the cells of a client: what it says of `garbage`, and of a good answer in odd dress."""
    whole = b'{"content":[],"value":[],"code":0,"description":""}'
    broken = "broke|instead of|JSON|does not end|does not answer|decompressed|no status|answer in time"
    return {
        "length-lies": Cell(
            raw(b"Content-Type: application/json", b"Content-Length: 1000", body=whole), broken
        ),
        "huge-headers": Cell(raw(b"X-Huge: " + b"h" * (8 << 20), b"Content-Length: 2", body=b"{}"), broken),
        "broken-chunks": Cell(raw(b"Transfer-Encoding: chunked", body=b"ZZZ\r\nnonsense"), broken),
        "layered-compression": Cell(raw(b"Content-Encoding: gzip, gzip", body=_layers()), broken),
        "zip-bomb": Cell(
            raw(b"Content-Encoding: gzip", body=gzip.compress(b"\0" * (1 << 26), 9) * 8), garbage
        ),
        "no-end": Cell(flood, garbage),
        "ten-gigabytes": Cell(
            raw(b"Content-Type: application/json", b"Content-Length: 10737418240", body=whole), broken
        ),
        "charset-lies": Cell(
            raw(
                b"Content-Type: application/json; charset=zlib_codec",
                b"Content-Length: %d" % len(whole),
                body=whole,
            ),
            harmless,
        ),
        "deep-nesting": Cell(_json('{"x":' + "[" * b.DEEP + "]" * b.DEEP + "}"), garbage),
        "huge-number": Cell(
            _json('{"content":' + "9" * 5000 + ',"value":0,"code":' + "9" * 5000 + "}"), garbage
        ),
        "noise": Cell(_json(b.NOISE), garbage),
        "wrong-encoding": Cell(_json('{"content": "'.encode("utf-16")), garbage),
        "nul-bytes": Cell(_json(b"\0" * 100), garbage),
        "duplicate-keys": Cell(_json('{"content":1,"content":2,"value":1,"code":"x","code":"y"}'), garbage),
    }


LACKS = lacking(
    JSON_has_no_DTD=XML,
    nothing_is_unpacked=("zip-slip", "lying-sizes"),
    tried_in_the_list_and_the_files=(*NAMES, "invalid-date", "formula", "right-to-left-text"),
)


def _each(given, ask):
    """Answer every attack from a path of its own; say what the client made of it."""
    said = {}
    for attack, handler in given.items():
        script = Script()
        for method in ("GET", "POST"):
            script.on(method, "/", handler)
        script.answer("POST", "/user-service/oauth/token", 200, {"access_token": "t0ken"})
        try:
            said[attack] = f"harmless {ask(script)!r}"
        except ConnectorError as error:
            said[attack] = error.sentence
    return said


def _platform(folder, given):
    def ask(script):
        with connected(script, read_timeout=20, answer_timeout=60) as platform:
            return listed(platform)

    return _each(given, ask)


def _sed(folder, given):
    def ask(script):
        with serving(script) as url:
            address = Address(url, timeouts=Timeouts(read=20, answer=60))
            http = SedHttp(address, httpx.BasicAuth("user", "password"))
            try:
                told = http.exchange(Call("POST", "list", "the list", changing=True)).json
                return told["value"]
            finally:
                http.close()

    return _each(given, ask)


def _mart(folder, given):
    def ask(script):
        with serving(script) as url:
            client = Client(Access(url=url, datamart="demo", attempts=1, silence=20.0))
            try:
                return client.status("00000000-0000-4000-8000-000000000000")
            finally:
                client.close()

    return _each(given, ask)


_INSTEAD = "the platform sent .* instead of its answer"
WIRE = (
    Reader(
        "the platform's answers",
        ("connector.platform.rest.jsontext",),
        _platform,
        answers(_INSTEAD, "harmless"),
        LACKS,
    ),
    Reader(
        "a SED's answers", ("connector.sed.http",), _sed, answers("the SED sent|harmless", "harmless"), LACKS
    ),
    Reader(
        "a data mart's answers",
        ("exporter.marts.datamart.client", "exporter.marts.datamart.prostore"),
        _mart,
        answers("the mart", "harmless|the mart"),
        LACKS,
    ),
)
