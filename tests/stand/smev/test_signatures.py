"""The bus is strict with its callers: every way in which a signature can be wrong gets the right word."""

from datetime import UTC, datetime, timedelta

import pytest
from lxml import etree

from smev.envelope import write
from smev.envelope.faults import BusError
from smev.envelope.words import Content, OutgoingRequest
from smev.gost.algorithms import Scheme
from smev.signature import Place
from smev.signature.sign import sign
from stand.smev.keys import Authority
from tests.stand.smev.wire import Caller, echo, fault_of

TYPES = "{urn://x-artefacts-smev-gov-ru/services/message-exchange/types/1.2}"


def request(caller, content=None):
    """A request with its signature, as a tree."""
    sent = OutgoingRequest(caller.new_id(), Content(content or echo()))
    return etree.fromstring(caller.signed(write.send_request(caller.version, sent)))


def answer_to(caller, tree):
    return fault_of(caller.post(etree.tostring(tree)))


def test_an_envelope_without_header_is_poor(caller):
    tree = request(caller)
    tree.remove(tree[0])
    assert answer_to(caller, tree) == "PoorSOAPEnvelopeFormat"


def test_no_signature(caller):
    tree = request(caller)
    [container] = tree.iter(f"{TYPES}CallerInformationSystemSignature")
    container.getparent().remove(container)
    assert answer_to(caller, tree) == "NoSignatureFound"


def test_changed_content(caller):
    tree = request(caller)
    next(tree.iter("{*}EchoRequest")).text = "changed"
    assert answer_to(caller, tree) == "SignatureIsInvalid"


def test_a_changed_signature_value(caller):
    tree = request(caller)
    value = next(tree.iter("{*}SignatureValue"))
    value.text = ("B" if value.text[0] == "A" else "A") + value.text[1:]
    assert answer_to(caller, tree) == "SignatureIsInvalid"


def test_a_reference_to_something_else(caller):
    tree = request(caller)
    next(tree.iter("{*}Reference")).set("URI", "#SOMETHING")
    assert answer_to(caller, tree) == "IncorrectSignatureTarget"


def test_a_valid_signature_over_an_element_that_is_not_the_one_used(caller):
    """Signature wrapping: the signed data stands elsewhere, another one where it is read."""
    tree = request(caller)
    signed = next(tree.iter(f"{TYPES}SenderProvidedRequestData"))
    forged = etree.fromstring(etree.tostring(signed))
    next(forged.iter("{*}EchoRequest")).text = "forged"
    signed.getparent().insert(0, forged)
    etree.SubElement(tree[0], "{urn:example:hiding}Place").append(signed)
    assert answer_to(caller, tree) == "IncorrectSignatureTarget"  # two elements bear the Id
    del forged.attrib["Id"]
    assert answer_to(caller, tree) == "IncorrectSignatureTarget"  # the Id is another element's


@pytest.mark.parametrize(
    ("name", "algorithm"),
    [
        ("Transform", "http://www.w3.org/2000/09/xmldsig#enveloped-signature"),
        ("CanonicalizationMethod", "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"),
        ("DigestMethod", "http://www.w3.org/2001/04/xmldsig-more#gostr3411"),
        ("SignatureMethod", "http://www.w3.org/2001/04/xmldsig-more#gostr34102001-gostr3411"),
        ("SignatureMethod", "urn:ietf:params:xml:ns:cpxmlsec:algorithms:gostr34102012-gostr34112012-512"),
    ],
)
def test_an_algorithm_that_is_not_prescribed(caller, name, algorithm):
    tree = request(caller)
    next(tree.iter(f"{{*}}{name}")).set("Algorithm", algorithm)
    assert answer_to(caller, tree) == "SignatureIsInvalid"


def test_a_certificate_of_nobody_registered(bus, caller):
    stranger = bus.bus.authority.issue("Stranger")
    caller.signer = stranger.signer()
    assert answer_to(caller, request(caller)) == "CertificateIsNotFound"


def test_a_certificate_of_a_foreign_authority_with_the_same_name(bus, caller):
    caller.signer = Authority(caller.clock).issue("sedlink").signer()
    assert answer_to(caller, request(caller)) == "CertificateIsNotFound"


def test_an_expired_certificate(bus):
    yesterday = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
    pair = bus.bus.authority.issue("Old", dates=(yesterday - timedelta(days=365), yesterday))
    with Caller(bus.add_client("OLD", "Old", pair), clock=bus.bus.clock) as old:
        assert answer_to(old, request(old)) == "CertificateIsExpired"


def test_keys_of_512_bits_are_as_good(bus):
    pair = bus.bus.authority.issue("Long", scheme=Scheme.GOST2012_512)
    with Caller(bus.add_client("LONG", "Long", pair), clock=bus.bus.clock) as long:
        assert long.ask(echo("512")).body


def personally_signed(caller):
    sent = OutgoingRequest(caller.new_id(), Content(echo().replace(b" answer", b' Id="P" answer')))
    envelope = write.send_request(caller.version, sent)
    return sign(envelope, caller.signer, Place.PERSONAL, identifier="P")


def test_a_personal_signature_is_checked_too(caller):
    good = personally_signed(caller)
    assert caller.post(caller.signed(good)).status_code == 200
    bad = personally_signed(caller).replace(b">hello<", b">hallo<")
    assert fault_of(caller.post(caller.signed(bad))) == "SignatureIsInvalid"


@pytest.mark.parametrize(
    "octets",
    [
        b"<broken",
        b'<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>',
        b"\x00\xff" * 50,
        b"",
        b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header/><s:Body/></s:Envelope>',
    ],
)
def test_what_is_no_envelope_is_invalid_content(caller, octets):
    assert fault_of(caller.post(octets)) == "InvalidContent"


def test_an_envelope_of_another_version_than_the_address(caller):
    tree = request(caller)
    assert fault_of(caller.post(etree.tostring(tree), version="1.3")) == "InvalidContent"


def test_content_that_does_not_fit_names_what_is_wrong(caller):
    tree = request(caller)
    data = next(tree.iter(f"{TYPES}SenderProvidedRequestData"))
    etree.SubElement(data, f"{TYPES}Surprise")
    answer = caller.post(sign(etree.tostring(tree), caller.signer, Place.CALLER))
    assert fault_of(answer) == "InvalidContent"
    assert "Surprise" in answer.text


def test_an_unregistered_type_is_named(caller):
    with pytest.raises(BusError) as error:
        caller.send(b'<u:Unknown xmlns:u="urn:example:unknown"/>')
    assert error.value.name == "BusinessDataTypeIsNotSupported"
