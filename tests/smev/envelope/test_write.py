"""Envelopes as they are written: the schema of each version accepts them, signed; wrong fields are named."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from smev import envelope
from smev.envelope.words import (
    Attachment,
    BusinessStatus,
    Content,
    FileReference,
    OutgoingRequest,
    OutgoingResponse,
    Rejection,
    Selector,
    Version,
)
from smev.errors import InputError
from smev.signature import Place, sign, verify

ID, OTHER = "9d2c3a56-0000-11ee-8000-000000000001", "9d2c3a56-0000-11ee-8000-000000000002"
XML = '<a:Appeal xmlns:a="urn://example.org/appeal" Id="A">Течёт крыша</a:Appeal>'.encode()
NOW = datetime(2026, 6, 1, 12, 30, tzinfo=UTC)
FULL = Content(
    XML,
    (Attachment("file-1", "application/pdf", b"cms"), Attachment("file-2", "image/png")),
    (FileReference(OTHER, b"\1" * 32, "application/zip", b"cms", "files.zip"),),
)
REQUEST = OutgoingRequest(ID, FULL, ID, "code", "node-1", NOW, test=True)
MAKERS = {
    "request": lambda version: envelope.send_request(version, REQUEST),
    "smallest request": lambda version: envelope.send_request(version, OutgoingRequest(ID, Content(XML))),
    "response": lambda version: envelope.send_response(version, OutgoingResponse(ID, "to", FULL)),
    "rejection": lambda version: envelope.send_response(
        version, OutgoingResponse(ID, "to", (Rejection("NO_DATA", "нет"), Rejection("FAILURE", "сбой")))
    ),
    "status": lambda version: envelope.send_response(
        version, OutgoingResponse(ID, "to", BusinessStatus("7", "в работе", {"срок": "завтра"}))
    ),
    "get request": lambda version: envelope.get_request(version, NOW, Selector("urn://x", "Root", "node")),
    "get response": lambda version: envelope.get_response(version, NOW),
    "get status": lambda version: envelope.get_status(version, NOW),
    "ack": lambda version: envelope.ack(version, ID),
    "nack": lambda version: envelope.ack(version, ID, accepted=False),
}
FOLDERS = {Version.V1_1: "1.1", Version.V1_2: "1.2-derived", Version.V1_3: "1.3"}


@pytest.fixture(scope="module")
def schemas(shared_data):
    folder = shared_data / "smev" / "xsd"
    return {
        version: etree.XMLSchema(file=str(folder / name / f"smev-message-exchange-types-{version}.xsd"))
        for version, name in FOLDERS.items()
    }


@pytest.mark.parametrize("version", list(Version))
@pytest.mark.parametrize("kind", MAKERS)
def test_the_schema_accepts_what_is_written(schemas, signer, fast, version, kind):
    message = sign(MAKERS[kind](version), signer, provider=fast)
    operation = etree.fromstring(message)[-1][0]
    for include in list(operation.iter("{http://www.w3.org/2004/08/xop/include}Include")):
        include.getparent().remove(include)  # the schema sees the bytes that XOP puts there
    schemas[version].assertValid(operation)


@pytest.mark.parametrize("version", list(Version))
@pytest.mark.parametrize("kind", MAKERS)
def test_what_is_written_can_be_signed_and_verified(signer, fast, version, kind):
    message = MAKERS[kind](version)
    places = [Place.PERSONAL, Place.CALLER] if b":Appeal" in message else [Place.CALLER]
    for place in places:
        message = sign(message, signer, place, provider=fast)
    reports = [report for report in verify(message, provider=fast) if report.place is not Place.ATTACHMENT]
    assert {report.place for report in reports} == set(places)
    assert all(report.ok for report in reports)


def test_queue_statistics_belong_to_the_first_version(schemas):
    for node in ("node", None):
        schemas[Version.V1_1].assertValid(etree.fromstring(envelope.queue_statistics(NOW, node))[-1][0])


def send(**fields):
    return envelope.send_request(
        Version.V1_3, OutgoingRequest(**{"message_id": ID, "content": Content(XML)} | fields)
    )


def respond(body, to="to"):
    return envelope.send_response(Version.V1_3, OutgoingResponse(ID, to, body))


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: send(message_id=ID.upper()), "MessageID"),
        (lambda: send(reference_id="1"), "ReferenceMessageID"),
        (lambda: send(node_id="n" * 51), "NodeID"),
        (lambda: send(transaction_code="c" * 1501), "TransactionCode"),
        (lambda: send(node_id="\0"), "NodeID"),
        (lambda: send(end_of_life=datetime(2026, 1, 1)), "EOL"),  # noqa: DTZ001 - the case under test
        (lambda: send(content=Content(b"<a/>")), "MessagePrimaryContent"),
        (lambda: send(content=Content(XML, (Attachment("1", "model/gltf"),))), "MimeType"),
        (lambda: send(content=Content(XML, (), (FileReference("1", b"", "text/plain"),))), "uuid"),
        (lambda: respond((), "to"), "RequestRejected"),
        (lambda: respond((Rejection("WHY", "not"),)), "RejectionReasonCode"),
        (lambda: respond(BusinessStatus("soon", "")), "StatusCode"),
        (lambda: respond(Content(XML), "t" * 4001), "To"),
        (lambda: envelope.ack(Version.V1_1, "none"), "AckTargetMessage"),
        (lambda: envelope.get_request(Version.V1_1, NOW, Selector("urn:x")), "MessageTypeSelector"),
    ],
)
def test_what_the_schema_would_refuse_is_named(make, field):
    with pytest.raises(InputError) as caught:
        make()
    assert caught.value.code == "envelope-field"
    assert caught.value.fields["name"] == field


@pytest.mark.parametrize("content", [b"", b"<a", b"<!DOCTYPE a><a xmlns='urn:x'/>"])
def test_content_that_is_no_safe_xml_is_refused(content):
    with pytest.raises(InputError) as caught:
        send(content=Content(content))
    assert caught.value.code == "xml-refused"


@given(st.datetimes(datetime(1990, 1, 1), datetime(2200, 1, 1)), st.integers(0, 2**62 - 1))  # noqa: DTZ001
def test_message_ids_are_version_one_with_no_network_card(moment, bits):
    import uuid

    made = uuid.UUID(envelope.new_message_id(moment.replace(tzinfo=UTC), lambda count: bits % 2**count))
    assert (made.version, made.variant) == (1, uuid.RFC_4122)
    assert made.node >> 40 & 1 == 1
    ticks = (moment - datetime(1582, 10, 15)).total_seconds() * 10**7  # noqa: DTZ001
    assert abs(made.time - ticks) < 10**4


def test_message_ids_differ():
    assert len({envelope.new_message_id(NOW) for _ in range(1000)}) == 1000
