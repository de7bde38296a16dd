"""Every trouble of the bus on demand: its faults by name, broken connections before and after, duplicates."""

import httpx
import pytest
from lxml import etree

from smev.envelope import read, write
from smev.envelope.faults import AlreadySentError, BusError, RetryError, UnknownError
from smev.envelope.words import Content, Empty, OutgoingRequest, ProcessingStatus, Version
from smev.errors import InputError
from smev.signature import Place, verify
from stand.faults import Fault, FaultPlan, Pains
from stand.smev.refusal import KNOWN
from stand.smev.running import SmevStand
from tests.stand.smev.wire import Caller, echo, fault_of, xml_of

NOT_IN_1_1 = {"PersonalAccessDenied"}


def signed_request(caller, message_id=None):
    sent = OutgoingRequest(message_id or caller.new_id(), Content(echo()))
    return caller.signed(write.send_request(caller.version, sent))


def until_answers(bus, count):
    """Wait until everything is answered, which is so many answers in the client's queue."""
    bus.providers.settle()
    assert dict(bus.bus.statistics(bus.bus.system("SEDLINK")))["SEDLINK.response"] == count


@pytest.mark.parametrize("version", [Version.V1_1, Version.V1_3])
def test_every_fault_comes_by_its_name_and_fits_the_official_schema(bus, version, shared_data):
    file = f"{version}/smev-message-exchange-faults-{version}.xsd"
    schema = etree.XMLSchema(etree.parse(shared_data / "smev" / "xsd" / file))
    with Caller(bus.client, clock=bus.bus.clock, version=version) as caller:
        for name in KNOWN:
            if version is Version.V1_1 and name in NOT_IN_1_1:
                continue
            bus.troubles.ask("SendRequest", name)
            answer = caller.post(signed_request(caller))
            assert answer.status_code == 500
            told = "SignatureIsInvalid" if name == "SignatureVerificationFault" else name
            assert fault_of(answer) == told
            schema.assertValid(next(etree.fromstring(answer.content).iter("detail"))[0])
            with pytest.raises(BusError) as error:
                read(answer.content)
            assert not isinstance(error.value, UnknownError), name


def test_a_trouble_that_is_none_is_refused(bus):
    with pytest.raises(ValueError, match="StaleMesageId"):
        bus.troubles.ask("SendRequest", "StaleMesageId")


@pytest.mark.parametrize(("kind", "sent"), [(Fault.CUT_BEFORE, False), (Fault.CUT_AFTER, True)])
def test_a_cut_connection_did_all_or_nothing(bus, caller, kind, sent):
    envelope = signed_request(caller)
    bus.troubles.ask("SendRequest", kind)
    with pytest.raises(httpx.TransportError):
        caller.post(envelope)
    if sent:
        with pytest.raises(AlreadySentError):
            read(caller.post(envelope).content)
    else:
        read(caller.post(envelope).content)
    caller.ack(caller.wait().message_id)
    assert caller.take() == Empty("GetResponseResponse")  # once, whichever way it was


def test_a_cut_after_an_acknowledgement_did_it(bus, caller):
    caller.send(echo())
    message_id = caller.wait().message_id
    bus.troubles.ask("Ack", Fault.CUT_AFTER)
    with pytest.raises(httpx.TransportError):
        caller.ack(message_id)
    with pytest.raises(BusError, match="TargetMessageIsNotFound"):
        caller.ack(message_id)


@pytest.mark.parametrize(("kind", "statuses"), [(Fault.ERROR, (500, 502, 503)), (Fault.TOO_MANY, (429,))])
def test_http_errors(bus, caller, kind, statuses):
    bus.troubles.ask("SendRequest", kind)
    assert caller.post(signed_request(caller)).status_code in statuses


def test_garbage_is_told_though_everything_was_done(bus, caller):
    envelope = signed_request(caller)
    for _n in range(2):
        bus.troubles.ask("SendRequest", Fault.GARBAGE)
        answer = caller.post(envelope)
        assert answer.status_code in (200, 500)
    with pytest.raises(AlreadySentError):
        read(caller.post(envelope).content)


def test_a_slow_answer_comes(tmp_path):
    slept = []
    plan = FaultPlan(pains=Pains(slow=0.2), sleep=slept.append)
    with SmevStand(tmp_path, faults=plan) as bus, Caller(bus.client, clock=bus.bus.clock) as caller:
        bus.troubles.ask("SendRequest", Fault.SLOW)
        assert caller.post(signed_request(caller)).status_code == 200
    assert slept == [0.2]


def test_a_failure_of_the_bus_did_nothing_and_passes(bus, caller):
    for _n in range(2):
        bus.troubles.ask("SendRequest", Fault.SMEV_FAILURE)
        with pytest.raises(RetryError):
            read(caller.post(signed_request(caller)).content)
    assert bus.bus.waiting() == 0


def test_an_acknowledged_message_comes_once_more(bus, caller):
    caller.send(echo())
    first = caller.wait()
    bus.troubles.ask("Ack", Fault.REDELIVERED)
    caller.ack(first.message_id)
    again = caller.take()
    assert again.message_id == first.message_id
    caller.ack(again.message_id)
    assert caller.take() == Empty("GetResponseResponse")


def test_a_later_message_comes_first(bus, caller):
    first, second = caller.send(echo("1")), caller.send(echo("2"))
    until_answers(bus, 2)
    bus.troubles.ask("GetResponse", Fault.SHUFFLED)
    assert [caller.take().original_id, caller.take().original_id] == [second, first]


def test_a_bad_signature_of_the_bus_shows_and_the_message_comes_again(bus, caller):
    caller.send(echo())
    until_answers(bus, 1)
    bus.troubles.ask("GetResponse", Fault.BAD_SIGNATURE)
    octets = xml_of(caller.post(caller.signed(write.get_response(caller.version, caller.clock()))))
    assert not next(one for one in verify(octets) if one.place is Place.SMEV).ok
    message_id = read(octets).message_id
    caller.ack(message_id, accepted=False)
    octets = xml_of(caller.post(caller.signed(write.get_response(caller.version, caller.clock()))))
    assert next(one for one in verify(octets) if one.place is Place.SMEV).ok
    assert read(octets).message_id == message_id


@pytest.mark.parametrize("kind", [Fault.GARBAGE, Fault.BAD_SIGNATURE])
def test_a_trouble_of_a_message_waits_for_a_message(bus, caller, kind):
    bus.troubles.ask("GetResponse", kind)
    assert caller.take() == Empty("GetResponseResponse")
    caller.send(echo())
    until_answers(bus, 1)
    answer = caller.post(caller.signed(write.get_response(caller.version, caller.clock())))
    if kind == Fault.GARBAGE:
        with pytest.raises(InputError):
            read(answer.content)
    else:
        assert not next(one for one in verify(xml_of(answer)) if one.place is Place.SMEV).ok


def test_a_trouble_of_a_message_waits_at_the_regional_bus_too(bus, caller):
    def take():
        return httpx.post(f"{bus.client.rsmev}/getresponse", json={})

    bus.troubles.ask("rsmev getresponse", Fault.GARBAGE)
    assert take().status_code == 404
    caller.send(echo())
    until_answers(bus, 1)
    with pytest.raises(ValueError, match="Expecting"):
        take().json()


def test_a_late_rejection_comes_instead_of_an_answer(bus, caller):
    bus.troubles.ask("SendRequest", Fault.LATE_REJECTION)
    answer = caller.ask(echo())
    assert isinstance(answer.body, ProcessingStatus)
    assert (answer.body.category, answer.body.fault_code) == ("requestIsRejectedBySmev", "SMEVFailure")
    assert caller.take() == Empty("GetResponseResponse")


def test_a_notice_of_the_bus_is_no_answer_and_the_answer_comes_too(bus, caller):
    bus.troubles.ask("SendRequest", "notice")
    sent = caller.send(echo())
    until_answers(bus, 2)
    told = {type(one.body): one for one in (caller.take(), caller.take())}
    notice = told[ProcessingStatus].body
    assert (notice.original_id, notice.category) == (sent, "requestIsAcceptedBySmev")
    assert told[Content].original_id == sent


def test_a_plan_strikes_seldom_and_never_for_ever(tmp_path):
    plan = FaultPlan([Fault.SMEV_FAILURE], probability=1.0, max_in_row=2)
    with SmevStand(tmp_path, faults=plan) as bus, Caller(bus.client, clock=bus.bus.clock) as caller:
        message_id = caller.new_id()
        codes = [caller.post(signed_request(caller, message_id)).status_code for _n in range(3)]
        assert codes == [500, 500, 200]
        assert plan.struck() == {"smev_failure": 2}
