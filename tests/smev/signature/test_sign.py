"""Signing messages of every kind: what is made verifies, stands where the schema wants it, or is refused."""

import pytest
from lxml import etree

from smev.errors import InputError
from smev.gost import der
from smev.signature import Place, sign, verify
from smev.signature.xmldsig import DS

NAMES = [
    "SendRequest",
    "SendResponse",
    "GetRequest",
    "GetResponse",
    "GetStatus",
    "Ack",
    "SendRequestAnswer",
    "GetRequestAnswer",
    "GetResponseAnswer",
    "GetStatusAnswer",
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("backend", ["pure", "openssl"])
def test_every_signature_holds(request, signed, places, name, backend):
    reports = verify(signed[name], provider=request.getfixturevalue(backend))
    assert {report.place for report in reports} == places[name]
    assert all(report.ok and report.digest_ok and report.signature_ok for report in reports)
    assert not any(report.reformatted for report in reports)


@pytest.mark.parametrize("name", ["SendRequest", "Ack"])
def test_with_512_bits(unsigned, signer_512, pure, name):
    [report] = verify(sign(unsigned[name], signer_512, provider=pure), provider=pure)
    assert (report.ok, report.algorithm) == (True, "gost2012-512")


@pytest.mark.parametrize("name", NAMES)
def test_the_schema_accepts_what_is_made(shared_data, signed, name):
    schema = etree.XMLSchema(file=str(shared_data / "smev/xsd/1.3/smev-message-exchange-types-1.3.xsd"))
    root = etree.fromstring(signed[name])
    schema.validate(root[-1][0])
    about_signatures = [entry.message for entry in schema.error_log if "Signature" in entry.message]
    assert not about_signatures


def test_an_older_signature_is_replaced(signed, make_signer):
    other = make_signer(common="Another system")
    again = sign(signed["SendRequest"], other)
    reports = {report.place: report for report in verify(again)}
    assert reports[Place.CALLER].certificate == other.certificate
    assert all(report.ok for report in reports.values())
    assert again.count(b"CallerInformationSystemSignature>") == 2


def test_a_bare_operation_is_signed_too(unsigned, signer):
    bare = etree.tostring(etree.fromstring(unsigned["Ack"])[-1][0])
    assert [report.ok for report in verify(sign(bare, signer))] == [True]


def test_business_content_without_an_id_needs_one_named(unsigned, signer):
    message = unsigned["SendRequest"].replace(b' Id="CONTENT"', b"")
    with pytest.raises(InputError) as caught:
        sign(message, signer, Place.PERSONAL)
    assert caught.value.code == "target-without-id"
    assert b'Id="MINE"' in sign(message, signer, Place.PERSONAL, identifier="MINE")
    with pytest.raises(InputError) as caught:
        sign(message, signer, Place.PERSONAL, identifier="DATA")
    assert caught.value.code == "id-duplicate"


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (b"", "xml-refused"),
        (b"<a/>", "not-smev"),
        (
            b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body/></s:Envelope>',
            "soap-malformed",
        ),
        (b'<!DOCTYPE a SYSTEM "http://example.org/x"><a/>', "xml-refused"),
    ],
)
def test_what_cannot_be_signed_is_refused(signer, message, code):
    with pytest.raises(InputError) as caught:
        sign(message, signer)
    assert caught.value.code == code


def test_a_signature_without_its_element_is_refused(unsigned, signer):
    with pytest.raises(InputError) as caught:
        sign(unsigned["Ack"], signer, Place.PERSONAL)
    assert caught.value.code == "target-absent"


def test_the_certificate_travels_along(signed, signer):
    import base64

    [held] = etree.fromstring(signed["Ack"]).iter(f"{{{DS}}}X509Certificate")
    assert der.parse(base64.b64decode(held.text)).raw == signer.certificate.raw
