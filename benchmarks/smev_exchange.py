"""Sections exchange and mtom of benchmarks/smev.py: whole envelopes out and in, and packages with files.

The peer of an envelope is what a Python program without this library would put together: lxml, smev-transform
(or smev3Transform) and gostcrypto. The peers of a package are the decoder that zeep uses and the standard
library's e-mail parser; beside the speed stands the memory each takes for a file of 32 MB.
"""

import base64
import email.parser
import email.policy
import importlib
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

SECTIONS = ("exchange", "mtom")
NOW = datetime(2026, 6, 1, tzinfo=UTC)
CURVE = "id-GostR3410-2001-CryptoPro-XchA-ParamSet"
SIZE = 32 << 20
CONTENT = (
    b'<q:AppealListRequest xmlns:q="urn:example:appeals" Id="C"><q:Rows>'
    + b"".join(b"<q:Row><q:Number>%d</q:Number><q:Text>text of a row</q:Text></q:Row>" % n for n in range(60))
    + b"</q:Rows></q:AppealListRequest>"
)


def run(name: str, gost: ModuleType, budget: float) -> tuple[str, list[dict[str, Any]]]:
    """Return (unit, rows) of a section; `gost` is benchmarks/smev_gost.py."""
    section = gost.Section("envelopes per second" if name == "exchange" else "MB/s")
    if name == "exchange":
        exchange(section, gost)
    else:
        with tempfile.TemporaryDirectory() as folder:
            return section.unit, packages(Path(folder), budget)
    return section.unit, with_ratios(gost.measure(section, budget))


def with_ratios(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put the ratio to the first peer into every row."""
    peers = [row for row in rows if not row["name"].startswith("sedlink")]
    base = peers[0]["speed"] if peers else {}
    for row in rows:
        row["ratio"] = {
            column: speed / base[column] for column, speed in row["speed"].items() if column in base
        }
    return rows


def exchange(section: Any, gost: ModuleType) -> None:  # noqa: ANN401 - a Section of the neighbour
    from smev.client import compose
    from smev.client.understand import understand
    from smev.client.words import Request
    from smev.envelope.words import Version
    from smev.gost import issue
    from smev.gost.signer import KeySigner
    from smev.signature import Place, sign, verify

    request = Request(message_id="9d2c3a56-0000-11ee-8000-000000000002", content=CONTENT)
    key, subject = issue.new_key(), issue.name(CN="Benchmark")
    dates = (datetime(2025, 1, 1, tzinfo=UTC), datetime(2035, 1, 1, tzinfo=UTC))
    for name, backend in gost.backends():
        held = issue.certify(key.public(), subject, key, subject, backend, dates=dates)
        signer = KeySigner(key, held, backend)

        def out(signer: KeySigner = signer, backend: Any = backend) -> bytes:  # noqa: ANN401
            return sign(compose.envelope(Version.V1_2, request, (), ()), signer, provider=backend)

        answer = sign(_answer(), signer, Place.SMEV, provider=backend)
        into = partial(understand, answer, backend, None, NOW)
        right = all(report.ok for report in verify(out(), provider=backend)) and into().problem is None
        section.add(name, "written and signed", gost.Work(out, right=right))
        section.add(name, "verified and read", gost.Work(into, right=right))
    for name, transform in _transforms():
        work = _peer(transform, key, gost)
        if work is not None:
            section.add(f"{name} + gostcrypto", "written and signed", work)


def _answer() -> bytes:
    types = "urn://x-artefacts-smev-gov-ru/services/message-exchange/types/1.2"
    basic = "urn://x-artefacts-smev-gov-ru/services/message-exchange/types/basic/1.2"
    data = (
        f"<t:OriginalMessageId>9d2c3a56-0000-11ee-8000-000000000001</t:OriginalMessageId>"
        f'<t:SenderProvidedResponseData Id="D">'
        f"<t:MessageID>9d2c3a56-0000-11ee-8000-000000000002</t:MessageID>"
        f"<t:To>x</t:To><b:MessagePrimaryContent>{CONTENT.decode()}</b:MessagePrimaryContent>"
        f"</t:SenderProvidedResponseData><t:MessageMetadata>"
        f"<t:MessageId>9d2c3a56-0000-11ee-8000-000000000003</t:MessageId></t:MessageMetadata>"
    )
    return (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        f'<t:GetResponseResponse xmlns:t="{types}" xmlns:b="{basic}"><t:ResponseMessage>'
        f'<t:Response Id="R">{data}</t:Response></t:ResponseMessage></t:GetResponseResponse>'
        "</s:Body></s:Envelope>"
    ).encode()


def _transforms() -> Iterator[tuple[str, Callable[[bytes], bytes]]]:
    try:
        package = importlib.import_module("smev_transform")
        yield "smev-transform", lambda octets: package.Transform().process(octets.decode()).encode()
    except ImportError:
        pass
    try:
        other = importlib.import_module("smev3Transform.transform")
        yield "smev3Transform", lambda octets: other.Smev3Transform(octets).run().encode()
    except ImportError:
        pass


def _peer(transform: Callable[[bytes], bytes], key: Any, gost: ModuleType) -> Any:  # noqa: ANN401
    """Return the work of writing, digesting and signing a request by other people's packages."""
    from lxml import etree

    from smev.gost import Digest, digest, provider
    from smev.signature.octets import covered

    hashes, signer = gost.peer("gosthash"), gost.peer_signer("256")
    if hashes is None or signer is None:
        return None
    number = bytearray(key.d.to_bytes(32, "big"))
    envelope = _answer()

    def digested() -> tuple[Any, bytes]:
        root = etree.fromstring(envelope)
        target = next(root.iter("{*}Response"))
        octets = transform(etree.tostring(target, method="c14n", exclusive=True))
        return root, bytes(hashes.new("streebog256", data=bytearray(octets)).digest())

    def call() -> bytes:
        root, value = digested()
        info = etree.SubElement(root, "{http://www.w3.org/2000/09/xmldsig#}SignedInfo")
        etree.SubElement(info, "DigestValue").text = base64.b64encode(value).decode()
        octets = etree.tostring(info, method="c14n", exclusive=True)
        signed = hashes.new("streebog256", data=bytearray(octets)).digest()
        etree.SubElement(root, "SignatureValue").text = base64.b64encode(
            bytes(signer.sign(number, bytearray(bytes(signed)[::-1])))
        ).decode()
        return etree.tostring(root)

    target = next(etree.fromstring(envelope).iter("{*}Response"))
    right = digested()[1] == digest(provider(), Digest.STREEBOG_256, covered(target))
    return gost.Work(call, right=right)


# ---- packages --------------------------------------------------------------------------------------------


def packages(folder: Path, budget: float) -> list[dict[str, Any]]:
    """Return a row per reader of a package with a file of 32 MB: MB/s, peak memory, exactness."""
    from smev.client import mtom

    source = folder / "source"
    source.write_bytes(bytes(range(256)) * (SIZE // 256))
    written = mtom.write(b"<envelope/>", [mtom.Part("file", "application/octet-stream", source)])
    whole = folder / "package"
    with whole.open("wb") as target:
        target.writelines(written.pieces)
    rows = [
        _row(name, partial(reader, whole, written.content_type, folder), source.read_bytes(), budget)
        for name, reader in _readers()
    ]
    return with_ratios(rows)


def _readers() -> Iterator[tuple[str, Callable[[Path, str, Path], bytes]]]:
    yield "sedlink", _ours
    try:
        importlib.import_module("requests_toolbelt")
        yield "requests_toolbelt (zeep)", _toolbelt
    except ImportError:
        pass
    yield "email.parser", _email


def _ours(package: Path, kind: str, folder: Path) -> bytes:
    from smev.client import mtom
    from smev.client.files import pieces_of

    target = Path(tempfile.mkdtemp(dir=folder))
    return mtom.read(kind, pieces_of(package), target, limit=1 << 30).parts["file"]


def _toolbelt(package: Path, kind: str, _folder: Path) -> bytes:
    from requests_toolbelt.multipart.decoder import MultipartDecoder

    return MultipartDecoder(package.read_bytes(), kind, "utf-8").parts[1].content


def _email(package: Path, kind: str, _folder: Path) -> bytes:
    parser = email.parser.BytesFeedParser(policy=email.policy.HTTP)
    parser.feed(b"Content-Type: " + kind.encode() + b"\r\n\r\n")
    parser.feed(package.read_bytes())
    return parser.close().get_payload()[1].get_payload(decode=True)


def _row(name: str, call: Callable[[], bytes | Path], wanted: bytes, budget: float) -> dict[str, Any]:
    tracemalloc.start()
    found = call()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    best, deadline = float("inf"), time.perf_counter() + budget
    while time.perf_counter() < deadline:
        start = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - start)
    octets = found.read_bytes() if isinstance(found, Path) else found
    return {
        "name": name,
        "speed": {"read": SIZE / best / 1e6},
        "right": octets == wanted,
        "memory": peak,
    }


def show(name: str, unit: str, rows: list[dict[str, Any]]) -> None:
    """Print a section."""
    print(f"\n{name}: {unit}, (× the first peer), exact")
    for row in rows:
        cells = [
            f"{column}: {speed:.1f}" + (f" (×{row['ratio'][column]:.1f})" if column in row["ratio"] else "")
            for column, speed in row["speed"].items()
        ]
        memory = f"{row['memory'] / 1e6:.1f} MB of memory  " if "memory" in row else ""
        print(
            f"  {row['name']:30}"
            + "".join(f"{cell:36}" for cell in cells)
            + memory
            + ("yes" if row["right"] else "NO")
        )
