"""Attacks and damage: each is found and named, none is mistaken for a good signature."""

import base64
import re
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from smev.canonical import canonicalize, parse
from smev.errors import InputError, SmevError
from smev.gost import Scheme, cms, digest, issue
from smev.gost.trust import TrustStore
from smev.signature import Place, verify
from smev.signature.xmldsig import DS

BASIC = "urn://x-artefacts-smev-gov-ru/services/message-exchange/types/basic/1.3"
TYPES = "urn://x-artefacts-smev-gov-ru/services/message-exchange/types/1.3"


def codes(message, **options):
    """Return {place: error code, or True when the signature holds}."""
    return {
        report.place: report.error.code if report.error else report.ok
        for report in verify(message, **options)
    }


def swapped(message, old, new, count=1):
    assert old in message
    return message.replace(old, new, count)


def test_a_signed_element_moved_away_from_its_place(signed):
    """The classic wrapping: the signed data hides in the header, forged data stands in its place."""
    root = parse(signed["SendRequest"])
    operation = root[-1][0]
    data = operation[0]
    forged = etree.fromstring(etree.tostring(data).replace("крыша".encode(), "стена".encode()))
    forged.set("Id", "FORGED")
    operation.replace(data, forged)
    root[0].append(data)
    assert codes(etree.tostring(root))[Place.CALLER] == "reference-elsewhere"


def test_a_second_element_beside_the_signed_one(signed):
    root = parse(signed["SendRequest"])
    operation = root[-1][0]
    second = etree.fromstring(etree.tostring(operation[0]))
    second.set("Id", "SECOND")
    operation.insert(0, second)
    assert codes(etree.tostring(root))[Place.CALLER] == "target-ambiguous"


def test_the_same_id_twice(signed):
    for attribute in (b'Id="DATA"', b'ID="DATA"', b'xml:id="DATA"'):
        message = swapped(signed["SendRequest"], b"<c:Text", b"<c:Text " + attribute)
        assert codes(message)[Place.CALLER] == "id-duplicate"


def test_the_whole_operation_wrapped_into_a_header(signed):
    root = parse(signed["Ack"])
    operation = root[-1][0]
    forged = etree.fromstring(etree.tostring(operation))
    for signature in list(forged.iter(f"{{{TYPES}}}CallerInformationSystemSignature")):
        signature.getparent().remove(signature)
    root[-1].replace(operation, forged)
    root[0].append(operation)
    found = codes(etree.tostring(root))
    assert found == {Place.ELSEWHERE: "signature-misplaced", Place.CALLER: "signature-absent"}


@pytest.mark.parametrize(
    ("name", "place", "container"),
    [
        ("SendRequest", Place.CALLER, "CallerInformationSystemSignature"),
        ("Ack", Place.CALLER, "CallerInformationSystemSignature"),
        ("SendRequestAnswer", Place.SMEV, "SMEVSignature"),
        ("GetRequestAnswer", Place.SMEV, "SMEVSignature"),
        ("GetStatusAnswer", Place.SMEV, "SMEVSignature"),
    ],
)
def test_a_removed_signature_is_missed(signed, name, place, container):
    root = parse(signed[name])
    for held in list(root.iter(f"{{{TYPES}}}{container}")):
        held.getparent().remove(held)
    assert codes(etree.tostring(root))[place] == "signature-absent"


def test_the_senders_signature_may_be_absent(signed):
    root = parse(signed["GetRequestAnswer"])
    [held] = root.iter(f"{{{TYPES}}}SenderInformationSystemSignature")
    held.getparent().remove(held)
    found = codes(etree.tostring(root))
    assert Place.SENDER not in found
    assert found[Place.SMEV] is False  # it covered the sender's


def test_a_signature_of_another_place_does_not_count(signed):
    message = signed["SendRequestAnswer"].replace(b"SMEVSignature", b"CallerInformationSystemSignature")
    found = codes(message)
    assert True not in found.values()


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b"gostr34102012-gostr34112012-256", b"rsa-sha1", "signature-algorithm"),
        (b'gostr34112012-256"', b'sha1"', "signature-algorithm"),
        (b'DigestMethod Algorithm="urn:', b'DigestMethod Algorithm="none:', "digest-algorithm"),
        (b'"urn://smev-gov-ru/xmldsig/transform"', b'"http://www.w3.org/TR/1999/REC-xslt"', "transforms"),
        (b'CanonicalizationMethod Algorithm="', b'CanonicalizationMethod Algorithm="no:', "canonicalization"),
        (b'URI="#DATA"', b'URI=""', "reference"),
        (b'URI="#DATA"', b'URI="http://example.org/"', "reference"),
        (b'URI="#DATA"', b'URI="#xpointer(/)"', "reference"),
        (b'URI="#DATA"', b'URI="#CONTENT"', "reference-elsewhere"),
        (b"gostr34102012-gostr34112012-256", b"gostr34102012-gostr34112012-512", "algorithm-mismatch"),
        (b"<ds:KeyInfo>", b"<ds:KeyInfos>", "certificate-absent"),
        (b"<ds:SignatureValue>", b"<ds:SignatureValue>!", "base64-malformed"),
        (b"<ds:X509Certificate>", b"<ds:X509Certificate>AAAA", "certificate-malformed"),
        (b"<ds:DigestMethod ", b"<ds:DigestMethods ", "signature-malformed"),
    ],
)  # fmt: skip
def test_everything_out_of_the_ordinary_is_named(signed, old, new, code):
    message = signed["SendRequest"]
    head, tail = message.split(b"<t:CallerInformationSystemSignature", 1)
    tail = swapped(tail, old, new)
    if b"<" in old and old[-1] == new[-1]:  # an element was renamed: its end too
        tail = tail.replace(old.replace(b"<", b"</").strip(), new.replace(b"<", b"</").strip())
    assert codes(head + b"<t:CallerInformationSystemSignature" + tail)[Place.CALLER] == code


def test_a_reference_may_not_be_doubled(signed):
    reference = re.search(rb"<ds:Reference .*?</ds:Reference>", signed["Ack"]).group(0)
    assert codes(swapped(signed["Ack"], reference, reference * 2))[Place.CALLER] == "signature-malformed"


def test_signed_info_hidden_behind_another_one(signed):
    info = re.search(rb"<ds:SignedInfo>.*?</ds:SignedInfo>", signed["Ack"], re.DOTALL).group(0)
    decoy = b"<ds:Object>" + info + b"</ds:Object>"
    assert codes(swapped(signed["Ack"], info, decoy + info))[Place.CALLER] == "signature-malformed"


@pytest.mark.parametrize(
    "message",
    [
        b"not xml",
        b"<a>",
        b'<!DOCTYPE x [<!ENTITY e "boom">]><x>&e;</x>',
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>',
        "<?xml version='1.0' encoding='utf-16'?><!DOCTYPE x><x/>".encode("utf-16"),
        b"<x>" * 300,
        b"\0",
    ],
)
def test_unsafe_xml_is_refused(message):
    with pytest.raises(InputError) as caught:
        verify(message)
    assert caught.value.code == "xml-refused"


def test_an_empty_queue_has_nothing_to_verify():
    assert verify(f'<t:GetRequestResponse xmlns:t="{TYPES}"/>'.encode()) == []


def test_indentation_after_signing_is_forgiven_and_said(signed):
    root = etree.fromstring(signed["Ack"])
    etree.indent(root)
    [report] = verify(etree.tostring(root))
    assert report.ok
    assert report.reformatted


def test_text_in_signed_info_is_not_indentation(signed):
    message = swapped(signed["Ack"], b"<ds:Reference ", b"x<ds:Reference ")
    assert codes(message)[Place.CALLER] is False


def test_attributes_that_nobody_signed_are_named(signed):
    for element in (
        b"<t:AckRequest",
        b"<t:CallerInformationSystemSignature",
        b"<ds:Signature ",
        b"<ds:KeyInfo",
    ):
        message = swapped(signed["Ack"], element, element + b' x="1" ')
        assert codes(message)[Place.CALLER] == "stray"


def test_versions_do_not_mix(signed):
    assert codes(swapped(signed["Ack"], b"types/1.3", b"types/1.2"))[Place.CALLER] == "version-mixed"
    with pytest.raises(InputError) as caught:
        verify(b'<a xmlns="urn://x-artefacts-smev-gov-ru/services/message-exchange/types/9.9"/>')
    assert caught.value.code == "not-smev"


def test_a_changed_self_signed_certificate_shows_without_a_store(signed, signer):
    forged = base64.b64encode(signer.certificate.raw.replace(b"Test system", b"Best system"))
    message = swapped(signed["Ack"], base64.b64encode(signer.certificate.raw), forged)
    assert codes(message)[Place.CALLER] == "certificate-forged"


@pytest.mark.parametrize(
    "before", [b"<ds:SignedInfo", b"<ds:KeyInfo", b"<ds:X509Data", b"<b:AckTarget", b"<t:AckRe"]
)
def test_text_that_nobody_signed_is_named(signed, before):
    assert codes(swapped(signed["Ack"], before, b"x" + before))[Place.CALLER] == "stray"


def test_what_was_verified_is_what_is_read(signed):
    """A comment splits text for careless readers; the verified octets show it whole."""
    message = swapped(signed["SendRequest"], "крыша".encode(), "кры<!-- -->ша".encode())
    report = next(report for report in verify(message) if report.place is Place.CALLER)
    assert report.ok
    assert "Течёт крыша" in report.verified().decode()


def test_octets_of_a_bad_signature_are_not_handed_out(signed):
    message = swapped(signed["Ack"], b"000000000002</b:Ack", b"000000000003</b:Ack")
    [report] = verify(message)
    assert (report.digest_ok, report.signature_ok, report.ok) == (False, True, False)
    with pytest.raises(ValueError, match="does not hold"):
        report.verified()


def test_business_contents_own_signatures_are_shown_and_left_alone(unsigned, signer, fast):
    from smev.signature import sign

    own = f'<ds:Signature xmlns:ds="{DS}"><ds:SignedInfo/></ds:Signature></c:Appeal>'.encode()
    message = sign(swapped(unsigned["SendRequest"], b"</c:Appeal>", own), signer, provider=fast)
    reports = {report.place: report for report in verify(message)}
    assert reports[Place.CALLER].ok
    assert reports[Place.CONTENT].signature_ok is None


@pytest.mark.parametrize("known", [True, False])
def test_the_store_decides_on_trust(signed, signer, make_signer, now, known):
    store = TrustStore([signer.certificate if known else make_signer().certificate])
    [report] = verify(signed["Ack"], store=store, at=now)
    assert (report.ok, report.trusted) == (known, known)


def test_trust_depends_on_the_moment(signed, signer):
    store = TrustStore([signer.certificate])
    [report] = verify(signed["Ack"], store=store, at=datetime(2040, 1, 1, tzinfo=UTC))
    assert (report.ok, report.trust.code) == (False, "expired")


def test_intermediate_certificates_may_come_along(signed, signer, fast):
    key, name = issue.new_key(), issue.name(CN="Other")
    other = issue.certify(key.public(), name, key, name, fast, dates=(datetime(2025, 1, 1, tzinfo=UTC),) * 2)
    more = b"<ds:X509Certificate>" + base64.b64encode(other.raw) + b"</ds:X509Certificate></ds:X509Data>"
    [report] = verify(swapped(signed["Ack"], b"</ds:X509Data>", more))
    assert report.certificate == signer.certificate
    assert report.ok


def attached(signer, now, fast, content=b"file", declared=None, extra=""):
    """A request with one attachment by reference and, if asked, one inline."""
    value = digest(fast, Scheme.GOST2012_256.digest, content)
    proof = base64.b64encode(cms.create(value, signer, now)).decode()
    shown = base64.b64encode(declared or value).decode()
    return (
        f'<t:SendRequestRequest xmlns:t="{TYPES}" xmlns:b="{BASIC}"><t:SenderProvidedRequestData Id="D">'
        f"<b:RefAttachmentHeaderList><b:RefAttachmentHeader><b:uuid>one</b:uuid><b:Hash>{shown}</b:Hash>"
        f"<b:SignaturePKCS7>{proof}</b:SignaturePKCS7></b:RefAttachmentHeader></b:RefAttachmentHeaderList>"
        f"<b:AttachmentHeaderList><b:AttachmentHeader><b:contentId>two</b:contentId>"
        f"<b:SignaturePKCS7>{proof}</b:SignaturePKCS7></b:AttachmentHeader></b:AttachmentHeaderList>"
        f"</t:SenderProvidedRequestData>{extra}</t:SendRequestRequest>"
    ).encode()


def test_attachments_by_reference_and_inline(signer, now, fast):
    inline = (
        "<b:AttachmentContentList><b:AttachmentContent><b:Id>two</b:Id><b:Content>{}</b:Content>"
        "</b:AttachmentContent></b:AttachmentContentList>"
    )
    good = attached(signer, now, fast, extra=inline.format(base64.b64encode(b"file").decode()))
    bad = attached(signer, now, fast, extra=inline.format(base64.b64encode(b"other").decode()))
    absent = attached(signer, now, fast)

    def found(message):
        reports = [report for report in verify(message) if report.place is Place.ATTACHMENT]
        return {report.reference: (report.digest_ok, report.signature_ok, report.ok) for report in reports}

    assert found(good) == {"one": (True, True, True), "two": (True, True, True)}
    assert found(bad)["two"] == (False, True, False)
    assert found(absent)["two"] == (None, True, True)
    assert found(attached(signer, now, fast, declared=b"\1" * 32))["one"] == (False, True, False)


def test_broken_attachment_signatures_are_named(signer, now, fast):
    message = re.sub(rb"PKCS7>[^<]*<", b"PKCS7>AAAA<", attached(signer, now, fast))
    assert codes(message)[Place.ATTACHMENT] == "cms-malformed"


@pytest.mark.parametrize("name", ["SendRequest", "GetRequestAnswer", "Ack"])
def test_one_changed_byte_anywhere_is_found(signed, signer, now, fast, name):
    """Within what is signed or signs, with the signer's certificate in the store, no byte can change."""
    message, store = signed[name], TrustStore([signer.certificate])
    plain = canonicalize(parse(message))
    start = message.index(b"<s:Body>")
    end = message.index(b"</s:Body>")
    unnoticed = []
    for where in range(start + len(b"<s:Body>"), end, 7 if name == "GetRequestAnswer" else 3):
        changed = bytearray(message)
        changed[where] ^= 1 << (where % 7)
        if (
            not refused_or_found(bytes(changed), store, now, fast)
            and canonicalize(parse(bytes(changed))) != plain
        ):
            unnoticed.append((where, message[where - 30 : where + 10]))
    assert not unnoticed


def refused_or_found(message, store, now, provider):
    try:
        reports = verify(message, store=store, at=now, provider=provider)
    except SmevError:
        return True
    return not reports or not all(report.ok for report in reports)


@given(noise=st.binary(max_size=120), where=st.integers(0, 10_000), length=st.integers(0, 200))
@settings(max_examples=150, deadline=None)
def test_noise_in_a_message_never_crashes(signed, noise, where, length):
    message = signed["GetRequestAnswer"]
    where %= len(message)
    changed = message[:where] + noise + message[where + length :]
    if changed != message:
        try:
            verify(changed)
        except SmevError:
            return
