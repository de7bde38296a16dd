"""Whatever comes, the bus answers with a word of its own: spoilt envelopes, packages, adapter calls."""

import random

import pytest
from lxml import etree

from smev.envelope import write
from smev.envelope.words import Attachment, Content, OutgoingRequest
from tests.stand.smev.wire import echo, fault_of, package


def spoilt(octets, source):
    """Return the octets with a few of them changed, dropped or doubled."""
    spoilt = bytearray(octets)
    for _n in range(source.randrange(1, 4)):
        at = source.randrange(len(spoilt))
        match source.randrange(3):
            case 0:
                spoilt[at] = source.randrange(256)
            case 1:
                del spoilt[at : at + source.randrange(1, 40)]
            case _:
                spoilt[at:at] = spoilt[at : at + source.randrange(1, 40)]
    return bytes(spoilt)


def swapped(octets, source):
    """Return the envelope with two of its elements moved, dropped or repeated: well-formed, and wrong."""
    tree = etree.fromstring(octets)
    elements = [one for one in tree.iter(etree.Element) if one.getparent() is not None]
    one, other = source.sample(elements, 2)
    if source.randrange(2) or one in list(other.iterancestors()):
        one.getparent().remove(one)
    else:
        other.append(one)
    return etree.tostring(tree)


@pytest.mark.parametrize("change", [spoilt, swapped])
def test_a_spoilt_envelope_gets_a_fault_or_is_taken(bus, caller, change):
    source = random.Random(7)
    told = set()
    for _n in range(60):
        sent = OutgoingRequest(caller.new_id(), Content(echo()))
        envelope = caller.signed(write.send_request(caller.version, sent))
        answer = caller.post(change(envelope, source))
        assert answer.status_code in (200, 500), answer.text
        told.add("" if answer.status_code == 200 else fault_of(answer))
    assert {"InvalidContent", "SignatureIsInvalid"} & told


def test_a_spoilt_package_gets_a_fault_or_is_taken(bus, caller):
    source = random.Random(8)
    for _n in range(40):
        inside = Content(echo(), attachments=(Attachment("a1", "text/plain"),))
        envelope = caller.signed(write.send_request(caller.version, OutgoingRequest(caller.new_id(), inside)))
        kind, body = package(envelope, {"a1": b"content"})
        answer = caller.post(b"", content_type=kind, body=spoilt(body, source))
        assert answer.status_code in (200, 500), answer.text


@pytest.mark.parametrize("kind", ["text/xml", "multipart/related", "multipart/related; boundary=", "x", ""])
def test_any_content_type_gets_a_word(caller, kind):
    assert fault_of(caller.post(b"", content_type=kind, body=b"--\r\n\r\n--")) == "InvalidContent"


def test_a_spoilt_call_of_the_adapter_gets_a_word(bus, caller):
    source = random.Random(9)
    types = "urn://x-artefacts-smev-gov-ru/services/service-adapter/types"
    call = (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        f'<a:ClientMessage xmlns:a="{types}"><a:itSystem>SEDLINK</a:itSystem><a:RequestMessage>'
        "<a:RequestMetadata><a:clientId>c-1</a:clientId></a:RequestMetadata><a:RequestContent><a:content>"
        f"<a:MessagePrimaryContent>{echo().decode()}</a:MessagePrimaryContent></a:content></a:RequestContent>"
        "</a:RequestMessage></a:ClientMessage></s:Body></s:Envelope>"
    ).encode()
    for change in (spoilt, swapped):
        for _n in range(40):
            answer = caller.http.post(
                bus.client.adapter, content=change(call, source), headers={"Content-Type": "text/xml"}
            )
            assert answer.status_code in (200, 500), answer.text
            assert etree.fromstring(answer.content) is not None
