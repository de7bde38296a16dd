"""The bus over SOAP: all operations in all versions, ids, leases, acknowledgements, selectors, statuses."""

import uuid
from datetime import timedelta

import pytest
import zeep
from lxml import etree

from smev.envelope import read, write
from smev.envelope.faults import BusError
from smev.envelope.words import (
    BusinessStatus,
    Content,
    Empty,
    FileReference,
    OutgoingRequest,
    Rejected,
    Rejection,
    Selector,
    Version,
)
from smev.signature import Place, verify
from stand.smev.parcels import MessageType
from tests.stand.smev.wire import ECHO, Caller, echo, xml_of

VISIT = MessageType("urn:example:visit", "VisitRequest", "VisitResponse", "SEDLINK")


def visit(text="come"):
    return f'<v:VisitRequest xmlns:v="urn:example:visit">{text}</v:VisitRequest>'.encode()


def visited(text="done"):
    return f'<v:VisitResponse xmlns:v="urn:example:visit">{text}</v:VisitResponse>'.encode()


@pytest.fixture
def other(bus):
    """Another information system, which asks SEDLINK for visits."""
    bus.bus.offer_type(VISIT)
    with Caller(bus.add_client("OTHER", "Other system"), clock=bus.bus.clock) as one:
        yield one


def official(shared_data, version):
    folder = shared_data / "smev" / "xsd" / {"1.1": "1.1", "1.2": "1.2-derived", "1.3": "1.3"}[version]
    return etree.XMLSchema(etree.parse(folder / f"smev-message-exchange-types-{version}.xsd"))


@pytest.mark.parametrize("version", list(Version))
def test_a_request_goes_there_and_its_answers_come_back(bus, version):
    with Caller(bus.client, clock=bus.bus.clock, version=version) as caller:
        sent = caller.send(echo("привет &amp; &lt;b/&gt;", "status"))
        first, second = caller.wait(), caller.wait()
        assert first.body == BusinessStatus("1", "the echo is on its way", {"step": "1"})
        assert (first.metadata.sender, first.metadata.recipient) == ("STAND_ECHO", "SEDLINK")
        assert {first.original_id, second.original_id} == {sent}
        root = etree.fromstring(second.body.xml)
        assert (root.tag, root.text) == (f"{{{ECHO}}}EchoResponse", "привет & <b/>")
        for one in (first, second):
            assert caller.ack(one.message_id) == Empty("AckResponse")
        assert caller.take() == Empty("GetResponseResponse")


@pytest.mark.parametrize("version", list(Version))
def test_what_is_handed_out_is_signed_by_bus_and_sender_and_fits_the_official_schema(
    bus, version, shared_data
):
    with Caller(bus.client, clock=bus.bus.clock, version=version) as caller:
        caller.send(echo())
        octets = caller.raw_take()
        reports = verify(octets, store=caller.store)
        assert {one.place for one in reports} == {Place.SMEV, Place.SENDER}
        assert all(one.ok and one.trusted for one in reports)
        official(shared_data, version).assertValid(etree.fromstring(octets)[0][0])


@pytest.mark.parametrize("version", list(Version))
def test_answers_fit_the_official_schema(bus, version, shared_data):
    schema = official(shared_data, version)
    with Caller(bus.client, clock=bus.bus.clock, version=version) as caller:
        calls = [
            write.send_request(version, OutgoingRequest(caller.new_id(), Content(echo()))),
            write.get_request(version, caller.clock()),
            write.get_status(version, caller.clock()),
        ]
        if version is Version.V1_1:
            calls.append(write.queue_statistics(caller.clock()))
        for envelope in calls:
            answer = caller.post(caller.signed(envelope))
            assert answer.status_code == 200, answer.text
            schema.assertValid(etree.fromstring(xml_of(answer))[0][0])


@pytest.mark.parametrize("version", list(Version))
def test_zeep_reads_the_wsdl(bus, version):
    client = zeep.Client(bus.client.soap[version] + "?wsdl")
    assert "SendRequest" in client.service._operations
    assert ("GetIncomingQueueStatistics" in client.service._operations) == (version is Version.V1_1)


def refused(call, *arguments, **more):
    with pytest.raises(BusError) as error:
        call(*arguments, **more)
    return error.value.name


def test_the_same_id_again_was_sent_already_and_delivered_once(caller):
    sent = caller.send(echo())
    assert refused(caller.send, echo(), message_id=sent) == "MessageIsAlreadySent"
    caller.ack(caller.wait().message_id)
    assert refused(caller.send, echo(), message_id=sent) == "MessageIsAlreadySent"
    assert caller.take() == Empty("GetResponseResponse")


def test_an_id_must_be_a_fresh_uuid_of_version_1(caller, clock):
    assert refused(caller.send, echo(), message_id=str(uuid.uuid4())) == "InvalidMessageIdFormat"
    old = caller.new_id()
    clock.ahead = timedelta(days=2, seconds=1)
    assert refused(caller.send, echo(), message_id=old) == "StaleMessageId"


def test_a_message_past_its_end_of_life_is_refused_or_rejected_later(bus, caller, other, clock):
    past = caller.clock() - timedelta(seconds=1)
    assert refused(caller.send, echo(), end_of_life=past) == "EndOfLifeReached"
    sent = other.send(visit(), end_of_life=other.clock() + timedelta(hours=1))
    clock.ahead = timedelta(hours=2)
    assert caller.take_request() == Empty("GetRequestResponse")
    late = other.wait()
    assert (late.body.original_id, late.body.category) == (sent, "requestIsRejectedBySmev")
    assert late.body.fault_code == "EndOfLifeReached"


def test_what_was_not_acknowledged_comes_again_after_15_minutes(caller, clock):
    caller.send(echo())
    first = caller.wait()
    clock.ahead += timedelta(minutes=14, seconds=59)
    assert caller.take() == Empty("GetResponseResponse")
    clock.ahead += timedelta(seconds=2)
    assert refused(caller.ack, first.message_id) == "TargetMessageIsNotFound"  # too late
    again = caller.take()
    assert (again.message_id, again.original_id) == (first.message_id, first.original_id)
    caller.ack(again.message_id)
    assert refused(caller.ack, again.message_id) == "TargetMessageIsNotFound"  # twice
    assert refused(caller.ack, caller.new_id()) == "TargetMessageIsNotFound"


def test_what_is_not_accepted_comes_again_at_once(caller):
    caller.send(echo())
    first = caller.wait()
    caller.ack(first.message_id, accepted=False)
    assert caller.take().message_id == first.message_id


def test_the_original_id_acknowledges_nothing(caller):
    sent = caller.send(echo())
    caller.wait()
    assert refused(caller.ack, sent) == "TargetMessageIsNotFound"


def test_queues_are_chosen_by_the_certificate(caller, other):
    caller.send(echo())
    mine = caller.wait()
    assert other.take() == Empty("GetResponseResponse")
    assert refused(other.ack, mine.message_id) == "TargetMessageIsNotFound"


def test_a_selector_chooses_by_type_and_by_node(caller):
    caller.send(echo("for node 1"), node_id="node-1")
    assert isinstance(caller.wait(lambda: caller.take(Selector(node_id="node-1"))).body, Content)
    caller.send(echo("for node 2"), node_id="node-2")
    caller.wait(lambda: caller.take(Selector(ECHO, "EchoRequest", "node-2")))
    caller.send(echo("any"))
    caller.wait(lambda: caller.take(Selector(ECHO, "EchoResponse")))
    caller.send(echo("other type"))
    assert caller.take(Selector("urn:example:none", "None")) == Empty("GetResponseResponse")
    assert caller.take(Selector(node_id="node-3")) == Empty("GetResponseResponse")


def test_a_provider_takes_a_request_and_answers_it(caller, other):
    sent = other.send(visit("пора"), transaction_code="t-1", test=True)
    request = caller.wait(caller.take_request)
    assert (request.kind, request.test, request.transaction_code) == ("Request", True, "t-1")
    assert request.metadata.sender == "OTHER"
    caller.respond(request.reply_to, BusinessStatus("3", "working", {"a": "b"}))
    caller.respond(request.reply_to, Content(visited()))
    caller.ack(request.message_id)
    status, answer = other.wait(), other.wait()
    assert status.body == BusinessStatus("3", "working", {"a": "b"})
    assert (answer.original_id, etree.fromstring(answer.body.xml).text) == (sent, "done")


def test_a_rejection_is_an_ordinary_answer(caller, other):
    sent = other.send(visit())
    request = caller.wait(caller.take_request)
    caller.respond(
        request.reply_to, (Rejection(Rejected.NO_DATA, "nothing"), Rejection(Rejected.FAILURE, "x"))
    )
    answer = other.wait()
    assert answer.original_id == sent
    assert [(one.code, one.description) for one in answer.body] == [("NO_DATA", "nothing"), ("FAILURE", "x")]
    assert caller.ask(echo(answer="reject")).body[0].code == "NO_DATA"


def test_the_answer_goes_to_the_asker_and_must_be_of_the_right_kind(bus, caller, other):
    assert refused(caller.respond, "nobody", Content(visited())) == "RecipientIsNotFound"
    other.send(visit())
    request = caller.wait(caller.take_request)
    assert refused(caller.respond, request.reply_to, Content(visit())) == "IncorrectResponseContentType"
    assert refused(other.respond, request.reply_to, Content(visited())) == "AccessDenied"


@pytest.mark.parametrize(("there", "here"), [("1.2", "1.1"), ("1.1", "1.3"), ("1.3", "1.2")])
def test_a_message_is_taken_in_another_version_than_it_was_sent(bus, other, there, here, shared_data):
    other.version = Version(there)
    other.send(visit("<v:a>через версии</v:a>"))
    with Caller(bus.client, clock=bus.bus.clock, version=Version(here)) as caller:
        octets = xml_of(caller.post(caller.signed(write.get_request(caller.version, caller.clock()))))
        official(shared_data, here).assertValid(etree.fromstring(octets)[0][0])
        [report] = verify(octets, store=caller.store)  # the sender's signature does not survive that
        assert report.place is Place.SMEV
        assert report.ok
        assert "через версии" in etree.fromstring(read(octets).body.xml)[0].text


def test_the_senders_signature_survives_in_its_own_version(caller, other):
    other.send(visit())
    octets = xml_of(caller.post(caller.signed(write.get_request(caller.version, caller.clock()))))
    reports = {one.place: one for one in verify(octets, store=caller.store)}
    assert reports[Place.SENDER].ok
    assert "Other system" in reports[Place.SENDER].signer


def test_an_id_of_the_sender_that_is_the_buss_own_does_no_harm(caller, other):
    envelope = other.signed(
        write.send_request(other.version, outgoing(other)).replace(b"SIGNED_BY_CALLER", b"SIGNED_BY_SMEV")
    )
    assert other.post(envelope).status_code == 200
    octets = xml_of(caller.post(caller.signed(write.get_request(caller.version, caller.clock()))))
    assert all(one.ok for one in verify(octets, store=caller.store))


def outgoing(caller, content=None):
    return OutgoingRequest(caller.new_id(), Content(content or visit()))


@pytest.mark.parametrize("version", list(Version))
def test_late_words_fit_the_official_schema(bus, caller, other, version, shared_data):
    missing = FileReference(str(uuid.uuid4()), b"0" * 32, "text/plain")
    other.send(visit())
    request = caller.wait(caller.take_request)
    caller.respond(request.reply_to, Content(visited(), files=(missing,)))
    caller.send(echo(), files=(missing,))
    with Caller(bus.client, clock=bus.bus.clock, version=version) as again:
        for call in (write.get_status, write.get_response):
            octets = xml_of(again.post(again.signed(call(version, again.clock()))))
            assert b"RejectedBySmev" in octets
            official(shared_data, version).assertValid(etree.fromstring(octets)[0][0])
            assert all(one.ok for one in verify(octets, store=again.store))


def test_statistics_count_what_waits(bus, caller, other):
    with Caller(bus.client, clock=bus.bus.clock, version=Version.V1_1) as old:
        other.send(visit())
        other.send(visit())
        told = old.call(write.queue_statistics(old.clock()))
        assert told.waiting == {"SEDLINK.request": 2, "SEDLINK.response": 0}


def test_a_late_rejection_of_a_response_comes_by_get_status(bus, caller, other, clock):
    other.send(visit())
    request = caller.wait(caller.take_request)
    missing = FileReference(str(uuid.uuid4()), b"0" * 32, "text/plain")
    sent = caller.respond(request.reply_to, Content(visited(), files=(missing,)))
    word = caller.word()
    assert (word.body.original_id, word.body.category) == (sent, "responseIsRejectedBySmev")
    assert caller.word() == Empty("GetStatusResponse")
    clock.ahead = timedelta(minutes=16)
    assert caller.word().body.original_id == sent  # nobody said that it had come
    caller.ack(sent)
    clock.ahead = timedelta(minutes=32)
    assert caller.word() == Empty("GetStatusResponse")
    assert other.take() == Empty("GetResponseResponse")
