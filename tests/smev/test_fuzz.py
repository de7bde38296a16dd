"""Whatever octets come, the parsers of envelopes, CMS and certificates answer with the library's own errors.

Inputs are sound ones with bits flipped, cut, doubled and spliced, nesting and lengths that promise gigabytes,
and plain noise. Memory is watched: a small input must not make the parser take a large one.
"""

import base64
import tracemalloc
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smev.client import adapter_read, compose, gateway
from smev.client.faults import GarbageError
from smev.client.mtom import Package
from smev.client.taken import taken
from smev.client.understand import inline_contents, understand
from smev.client.words import Queue, Request
from smev.envelope import read
from smev.envelope.words import Received, Version
from smev.errors import SmevError
from smev.gost import certificate, cms, keyfile, pem
from smev.gost.algorithms import Digest
from smev.gost.provider import digest
from smev.signature import Place, sign, verify
from smev.signature.octets import parse

T = "urn://x-artefacts-smev-gov-ru/services/message-exchange/types/1.2"
B = "urn://x-artefacts-smev-gov-ru/services/message-exchange/types/basic/1.2"
NOW = datetime(2026, 6, 1, tzinfo=UTC)
QUIET = settings(max_examples=120, deadline=None)
ANSWER = f"""<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>
<t:GetResponseResponse xmlns:t="{T}" xmlns:b="{B}"><t:ResponseMessage><t:Response Id="R">
<t:OriginalMessageId>9d2c3a56-0000-11ee-8000-000000000001</t:OriginalMessageId>
<t:SenderProvidedResponseData Id="D"><t:MessageID>9d2c3a56-0000-11ee-8000-000000000002</t:MessageID>
<t:To>x</t:To>
<b:MessagePrimaryContent><c:A xmlns:c="urn:c">1</c:A></b:MessagePrimaryContent>
<b:AttachmentHeaderList><b:AttachmentHeader><b:contentId>f1</b:contentId><b:MimeType>text/plain</b:MimeType>
</b:AttachmentHeader></b:AttachmentHeaderList></t:SenderProvidedResponseData>
<t:MessageMetadata><t:MessageId>9d2c3a56-0000-11ee-8000-000000000003</t:MessageId></t:MessageMetadata>
</t:Response><b:AttachmentContentList><b:AttachmentContent><b:Id>f1</b:Id><b:Content>aGVsbG8=</b:Content>
</b:AttachmentContent></b:AttachmentContentList></t:ResponseMessage></t:GetResponseResponse></s:Body></s:Envelope>"""


@st.composite
def spoilt(draw, octets):
    """Draw the octets with a few changes."""
    held = bytearray(octets)
    for _number in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, max(len(held) - 1, 0)))
        size = draw(st.integers(0, 40))
        change = draw(st.sampled_from(["flip", "cut", "end", "double", "noise", "splice"]))
        if change == "flip" and held:
            held[start] ^= draw(st.integers(1, 255))
        elif change == "cut":
            del held[start : start + size]
        elif change == "end":
            del held[start:]
        elif change == "double":
            held[start:start] = held[start : start + size]
        elif change == "noise":
            held[start : start + size] = draw(st.binary(max_size=40))
        else:
            other = draw(st.integers(0, max(len(held) - 1, 0)))
            held[start : start + size] = held[other : other + size]
    return bytes(held)


@pytest.fixture(scope="module")
def samples(signer, fast):
    """Sound inputs of every kind."""
    request = Request(
        message_id="9d2c3a56-0000-11ee-8000-000000000002", content=b"<c:A xmlns:c='urn:c'>1</c:A>"
    )
    envelope = sign(compose.envelope(Version.V1_2, request, (), ()), signer, provider=fast)
    signed = cms.create(digest(fast, Digest.STREEBOG_256, b"bytes"), signer, NOW)
    return {
        "envelope": envelope,
        "answer": sign(ANSWER.encode(), signer, Place.SMEV, provider=fast),
        "cms": signed,
        "certificate": signer.certificate.raw,
        "key": keyfile.private_to_der(signer._key),
        "pem": pem.dump("CERTIFICATE", signer.certificate.raw),
    }


def reads(name, octets, provider):
    """Read the octets by every reader of their kind."""
    if name in ("envelope", "answer"):
        read(octets)
        verify(octets, provider=provider, at=NOW)
        understood = understand(octets, provider, None, NOW)
        inline_contents(octets)
        if isinstance(understood.answer, Received):
            taken(Queue.RESPONSES, understood.answer, Package(octets), understood.problem)
    elif name == "cms":
        for signature in cms.load(octets).signatures:
            signature.verify(provider, bytes(32))
    elif name == "key":
        keyfile.load_private(octets)
    else:
        held = certificate.load_file(octets) if name == "pem" else [certificate.load(octets)]
        for one in held:
            one.signed_by(one, provider)


@pytest.mark.parametrize("name", ["envelope", "answer", "cms", "certificate", "key", "pem"])
def test_spoilt_input_meets_our_own_errors_only(samples, fast, name):
    reads(name, samples[name], fast) if name != "envelope" else verify(samples[name], provider=fast, at=NOW)

    @QUIET
    @given(spoilt(samples[name]))
    def try_it(octets):
        try:
            reads(name, octets, fast)
        except SmevError:
            return

    try_it()


@QUIET
@given(octets=st.binary(max_size=300), name=st.sampled_from(["envelope", "cms", "certificate", "key", "pem"]))
def test_noise_meets_our_own_errors_only(fast, octets, name):
    try:
        reads(name, octets, fast)
    except SmevError:
        return


ADAPTER = b"""<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>
<a:QueryResult xmlns:a="urn://x-artefacts-smev-gov-ru/services/service-adapter/types"><a:smevMetadata>
<a:MessageId>9d2c3a56-0000-11ee-8000-000000000003</a:MessageId></a:smevMetadata><a:Message><a:ResponseMetadata>
<a:clientId>1</a:clientId><a:replyToClientId>2</a:replyToClientId></a:ResponseMetadata><a:ResponseContent><a:content>
<a:MessagePrimaryContent><c:A xmlns:c="urn:c">1</c:A></a:MessagePrimaryContent><a:AttachmentHeaderList>
<a:AttachmentHeader><a:filePath>in/1/a.pdf</a:filePath><a:SignaturePKCS7>aGVsbG8=</a:SignaturePKCS7>
</a:AttachmentHeader></a:AttachmentHeaderList></a:content></a:ResponseContent></a:Message></a:QueryResult>
</s:Body></s:Envelope>"""
GATEWAY = (
    b'{"recId": "1", "requestId": "2", "messageId": "3", "xml": "PGEgeG1sbnM9InVybjphIi8+", "files": '
    b'[{"name": "a.pdf", "url": "ftp://u:p@h:21/9d2c3a56/a.pdf", "signaturePKCS7": "aGVsbG8="}]}'
)


def from_adapter(octets):
    root = parse(octets)
    adapter_read.refusal(root)
    list(adapter_read.find_ids(root))
    return adapter_read.incoming(Queue.RESPONSES, root, octets, "handle")


def from_gateway(octets):
    return gateway._incoming(Queue.RESPONSES, gateway._json(200, octets), octets)


@pytest.mark.parametrize(("octets", "reader"), [(ADAPTER, from_adapter), (GATEWAY, from_gateway)])
def test_spoilt_answers_of_the_other_ways_meet_our_own_errors_only(octets, reader):
    assert len(reader(octets).files) == 1

    @QUIET
    @given(spoilt(octets))
    def try_it(changed):
        try:
            reader(changed)
        except SmevError:
            return

    try_it()


@pytest.mark.parametrize(
    ("reader", "octets"),
    [
        (from_adapter, ADAPTER.replace(b"aGVsbG8=", "ж".encode())),
        (from_gateway, GATEWAY.replace(b"ftp://u:p@h:21", b"ftp://[h")),
        (from_gateway, b'{"requestId": "2", "xml": "PGEgeG1sbnM9InVybjphIi8+", "files": 5}'),
        (from_gateway, b'{"requestId": "2", "xml": "PGEgeG1sbnM9InVybjphIi8+", "files": {"url": "x"}}'),
        (from_gateway, b"[" * 100_000),
    ],
)
def test_garbage_of_the_other_ways_is_named(reader, octets):
    with pytest.raises(GarbageError):
        reader(octets)


def test_letters_beyond_ascii_are_broken_base64(samples, fast):
    def codes(signature, content):
        header = b"<b:SignaturePKCS7>%b</b:SignaturePKCS7></b:AttachmentHeader>" % signature
        answer = ANSWER.encode().replace(b"</b:AttachmentHeader>", header)
        answer = answer.replace(b"aGVsbG8=", content)
        return [one.error.code for one in verify(answer, provider=fast, at=NOW) if one.error]

    letter, signed = "ж".encode(), base64.b64encode(samples["cms"])
    assert "base64-malformed" in codes(letter, b"aGVsbG8=")
    assert "base64-malformed" in codes(signed, letter)
    assert "base64-malformed" not in codes(signed, b"aGVsbG8=")


def nested(tag, depth):
    """Return BER of indefinite length, so deep."""
    return bytes((tag, 0x80)) * depth


HOSTILE = {
    "length of 4 GB": b"\x30\x84\xff\xff\xff\xff" + bytes(100),
    "length of 2^1000": b"\x30\xfe" + b"\xff" * 200,
    "deep BER": nested(0x30, 200_000),
    "deep DER": b"\x30\x82\xff\xff" * 16_000,
    "long OID": b"\x30\x82\x40\x00\x06\x82\x3f\xfa" + b"\xff" * 16_378,
    "deep XML": b"<a>" * 200_000,
    "many attributes": b"<a " + b" ".join(b"b%d=''" % number for number in range(50_000)) + b"/>",
    "entities": b'<!DOCTYPE a [<!ENTITY b "' + b"x" * 1000 + b'">]><a>' + b"&b;" * 10_000 + b"</a>",
    "signatures": ANSWER.replace("</s:Body>", "").encode() + b"<ds:Signature>" * 20_000,
}


@pytest.mark.parametrize("what", HOSTILE)
@pytest.mark.parametrize("name", ["envelope", "cms", "certificate", "key"])
def test_small_input_takes_little_memory(fast, name, what):
    octets = HOSTILE[what]
    tracemalloc.start()
    try:
        with pytest.raises(SmevError):
            reads(name, octets, fast)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 20 * len(octets) + (4 << 20)
