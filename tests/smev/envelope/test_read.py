"""Answers of the bus: real ones, those of every version, faults of both SOAPs, and garbage."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from smev.envelope import faults, read, send_request, send_response
from smev.envelope.words import (
    Accepted,
    Attachment,
    BusinessStatus,
    Content,
    Empty,
    FileReference,
    OutgoingRequest,
    OutgoingResponse,
    ProcessingStatus,
    Queues,
    Received,
    Rejection,
    Version,
)
from smev.errors import InputError, SmevError
from smev.signature import Place, verify

ID, OTHER = "9d2c3a56-0000-11ee-8000-000000000001", "9d2c3a56-0000-11ee-8000-000000000002"
CONTENT = Content(
    b'<a:Appeal xmlns:a="urn://example.org/appeal"></a:Appeal>',
    (Attachment("one", "text/plain", b"cms"),),
    (FileReference(OTHER, b"\1" * 32, "application/zip", None, None),),
)


def delivered(version, written, wrapper, message, extra=""):
    """Turn what one side sends into what the bus hands to the other side."""
    start, end = (
        written.index(b"<t:SenderProvided"),
        written.index(b"Data>", written.index(b"</t:SenderProvided")) + 5,
    )
    return (
        f'<t:Get{message}Response xmlns:t="{version.types}" xmlns:b="{version.basic}"><t:{wrapper}>'
        f'<t:{message} Id="M">'
        f"{written[start:end].decode()}<t:MessageMetadata><t:MessageId>{OTHER}</t:MessageId>"
        "<t:MessageType>REQUEST</t:MessageType><t:Sender><t:Mnemonic>SENDER</t:Mnemonic></t:Sender>"
        "<t:SendingTimestamp>2026-01-01T00:00:00Z</t:SendingTimestamp></t:MessageMetadata>"
        f"{extra}</t:{message}></t:{wrapper}></t:Get{message}Response>"
    ).encode()


@pytest.mark.parametrize("version", list(Version))
def test_a_request_arrives_as_it_was_sent(version):
    moment = datetime(2026, 6, 1, tzinfo=UTC)
    sent = OutgoingRequest(ID, CONTENT, ID, "code", "node", moment, test=True)
    access = (
        "<b:FSAttachmentsList><b:FSAttachment><b:uuid>u</b:uuid><b:UserName>n</b:UserName><b:Password>p</b:Password>"
        "<b:FileName>f</b:FileName></b:FSAttachment></b:FSAttachmentsList><t:ReplyTo>back</t:ReplyTo>"
    )
    got = read(delivered(version, send_request(version, sent), "RequestMessage", "Request", access))
    assert isinstance(got, Received)
    assert (got.body, got.reply_to, got.test, got.node_id) == (CONTENT, "back", True, "node")
    assert (got.message_id, got.sender_message_id, got.metadata.sender) == (OTHER, ID, "SENDER")
    assert (got.transaction_code, got.reference_id) == ("code", ID)
    assert got.end_of_life.startswith("2026-06-01")
    assert [(one.user, one.password) for one in got.access] == [("n", "p")]
    assert "'p'" not in repr(got)


@pytest.mark.parametrize(
    "body",
    [
        CONTENT,
        (Rejection("NO_DATA", "нет"), Rejection("FAILURE", "")),
        BusinessStatus("7", "в работе", {"a": "b"}),
    ],
)
def test_an_answer_arrives_as_it_was_sent(body):
    version = Version.V1_2
    written = send_response(version, OutgoingResponse(ID, "to", body))
    original = f"<t:OriginalMessageId>{ID}</t:OriginalMessageId>"
    got = read(delivered(version, written, "ResponseMessage", "Response", original))
    assert (got.body, got.original_id, got.kind) == (body, ID, "Response")


def test_a_late_rejection_is_an_ordinary_answer():
    inside = (
        f"<t:AsyncProcessingStatus><t:OriginalMessageId>{ID}</t:OriginalMessageId>"
        "<t:StatusCategory>requestIsRejectedBySmev</t:StatusCategory><t:StatusDetails>why</t:StatusDetails>"
        "<t:SmevFault><b:Code>c</b:Code><b:Description>d</b:Description></t:SmevFault></t:AsyncProcessingStatus>"
    )
    names = f'xmlns:t="{Version.V1_3.types}" xmlns:b="{Version.V1_3.basic}"'
    got = read(
        f"<t:GetStatusResponse {names}><t:SmevAsyncProcessingMessage><t:AsyncProcessingStatusData>{inside}"
        "</t:AsyncProcessingStatusData></t:SmevAsyncProcessingMessage></t:GetStatusResponse>".encode()
    )
    assert got.body == ProcessingStatus(ID, "requestIsRejectedBySmev", "why", "c", "d")


@pytest.mark.parametrize(
    "name", ["GetRequestResponse", "GetResponseResponse", "GetStatusResponse", "AckResponse"]
)
def test_empty_queues(name):
    assert read(f'<t:{name} xmlns:t="{Version.V1_3.types}"/>'.encode()) == Empty(name)


def test_queue_statistics():
    got = read(
        f'<t:GetIncomingQueueStatisticsResponse xmlns:t="{Version.V1_1.types}">'
        '<t:QueueStatistics queueName="q" '
        'pendingMessageNumber="5"/></t:GetIncomingQueueStatisticsResponse>'.encode()
    )
    assert got == Queues({"q": 5})


def soap_fault(name, code="soap:Client"):
    detail = f'<detail><f:{name} xmlns:f="urn:faults"><f:Description>why</f:Description></f:{name}></detail>'
    return (
        '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><soap:Fault>'
        f"<faultcode>{code}</faultcode><faultstring>text</faultstring>{detail if name else ''}"
        "</soap:Fault></soap:Body></soap:Envelope>"
    ).encode()


@pytest.mark.parametrize(
    ("name", "code", "kind"),
    [
        *((name, "soap:Server", kind) for name, kind in faults.KINDS.items()),
        ("NeverHeardOf", "soap:Server", faults.UnknownError),
        ("", "soap:Server", faults.RetryError),
        ("", "soap:Client", faults.UnknownError),
    ],
)
def test_faults_are_sorted_by_what_to_do(name, code, kind):
    with pytest.raises(faults.BusError) as caught:
        read(soap_fault(name, code))
    assert type(caught.value) is kind
    assert caught.value.name == name
    assert "text" in caught.value.reason
    assert "text" not in str(caught.value)  # the bus quotes messages: not for logs


@pytest.mark.parametrize("version", ["1.1", "1.3"])
def test_every_fault_of_the_schema_has_its_place(shared_data, version):
    schema = shared_data / "smev" / "xsd" / version / f"smev-message-exchange-faults-{version}.xsd"
    root = etree.parse(str(schema)).getroot()
    assert {element.get("name") for element in root.findall("{*}element")} <= set(faults.KINDS)


def test_a_fault_of_soap_1_2():
    message = (
        b'<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"><e:Body><e:Fault><e:Code><e:Value>e:Receiver'
        b"</e:Value></e:Code><e:Reason><e:Text>down</e:Text></e:Reason></e:Fault></e:Body></e:Envelope>"
    )
    with pytest.raises(faults.RetryError) as caught:
        read(message)
    assert caught.value.reason == "down"


def test_real_answers_are_read(shared_data):
    kinds = {}
    for path in sorted((shared_data / "smev" / "real").glob("*.xml")):
        if "Response-1" in path.name and "Request-1" not in path.name:
            kinds[path.name] = read(path.read_bytes())
    assert {type(answer) for answer in kinds.values()} == {Accepted, Received}
    for answer in kinds.values():
        if isinstance(answer, Received):
            assert answer.message_id
            assert answer.original_id
            assert isinstance(answer.body, Content)


def test_the_verified_octets_read_the_same(shared_data, fast):
    for path in sorted((shared_data / "smev" / "real").glob("*GetResponseResponse*.xml")):
        message = path.read_bytes()
        report = next(one for one in verify(message, provider=fast) if one.place is Place.SMEV)
        whole, verified = read(message), read(report.verified())
        assert (verified.metadata, verified.original_id) == (whole.metadata, whole.original_id)


@pytest.mark.parametrize("message", [b"", b"<a/>", b'<t:X xmlns:t="urn:x"/>'])
def test_garbage_is_named(message):
    with pytest.raises(InputError):
        read(message)


@given(noise=st.binary(max_size=60), where=st.integers(0, 3000), length=st.integers(0, 60))
@settings(max_examples=150, deadline=None)
def test_damaged_answers_never_crash(noise, where, length):
    written = send_response(Version.V1_3, OutgoingResponse(ID, "to", CONTENT))
    message = delivered(Version.V1_3, written, "ResponseMessage", "Response")
    where %= len(message)
    try:
        read(message[:where] + noise + message[where + length :])
    except SmevError:
        return
