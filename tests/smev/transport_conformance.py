"""What every way to SMEV must do (smev.client.transport.Transport), tried over a peer to be played with.

A transport's tests subclass `TransportConformance` and give a fixture `world`. What a peer does not have is
left out of `World.features`; a test that needs it skips by its name.
"""

import abc
import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from lxml import etree

from smev.client.faults import (
    BrokenFileError,
    BusError,
    GarbageError,
    GoneError,
    NextStep,
    NotSentError,
    next_step,
)
from smev.client.words import OutgoingFile, Queue, Request, Response
from smev.envelope import new_message_id
from smev.envelope.words import BusinessStatus, Content, ProcessingStatus, Rejection, Selector
from smev.errors import SmevError, UnsupportedError

ECHO = "urn:sedlink-stand:echo:1.0"
STEPS = {
    "SMEVFailure": NextStep.RETRY,
    "DestinationOverflow": NextStep.RETRY,
    "StaleMessageId": NextStep.NEW_ID,
    "EndOfLifeReached": NextStep.LATER_DEADLINE,
    "InvalidContent": NextStep.FIX,
    "AttachmentContentMiscoordination": NextStep.FIX,
    "AttachmentSizeLimitExceeded": NextStep.FIX,
    "QuoteLimitExceeded": NextStep.FIX,
    "BusinessDataTypeIsNotSupported": NextStep.FIX,
    "InvalidMessageIdFormat": NextStep.FIX,
    "TransactionCodeInvalid": NextStep.FIX,
    "CertificateIsExpired": NextStep.FIX,
    "SignatureIsInvalid": NextStep.FIX,
    "AccessDenied": NextStep.ACCESS,
    "SenderIsNotRegistered": NextStep.ACCESS,
    "RecipientIsNotFound": NextStep.ACCESS,
    "UnknownMessageType": NextStep.ACCESS,
}


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self):
        self.now = datetime.now(UTC).replace(microsecond=0)

    def __call__(self):
        return self.now

    def pass_by(self, **time_passed):
        self.now += timedelta(**time_passed)


class World(abc.ABC):
    """A peer on loopback, and our transport to it. The clock is the peer's and ours.

    features: requests (others ask us), selector, node, statistics, bus-signature, file-store (FTP), faults
    (of the bus, by name), one-per-id (a MessageID that comes twice is one message), gone (an acknowledgement
    too late or twice is refused), leases (what is not acknowledged comes again after 15 minutes, not at
    once), lost-comes-again (an answer that broke on its way to us, too).
    """

    features = frozenset()

    def __init__(self, transport, clock):
        self.transport, self.clock = transport, clock

    @abc.abstractmethod
    def held(self, message_id):
        """Return how many messages with this MessageID the peer took."""

    @abc.abstractmethod
    def trouble(self, operation, name, times=1):
        """Let the next calls of send, receive, acknowledge or file meet a trouble of the stand."""

    def ask_us(self, content, *, files=(), test=False, node_id=""):
        """Put a request of another system into our queue; return its MessageID."""
        raise NotImplementedError


def echo(text="?", answer="content"):
    root = etree.Element(f"{{{ECHO}}}EchoRequest", nsmap={None: ECHO}, answer=answer)
    root.text = text
    return etree.tostring(root)


def said(incoming):
    """Return the text of the echo's answer."""
    return "".join(etree.fromstring(incoming.message.body.xml).itertext())


class TransportConformance:
    """Tests of one transport; a subclass gives the fixture `world`."""

    @pytest.fixture
    def needs(self, world):
        def check(feature):
            if feature not in world.features:
                pytest.skip(f"this peer has no {feature}")

        return check

    def request(self, world, content=None, **more):
        return Request(message_id=new_message_id(world.clock()), content=content or echo(), **more)

    def take(self, world, queue=Queue.RESPONSES, selector=None):
        """Return the next message; the system behind the peer may need a moment."""
        for _attempt in range(200):
            incoming = world.transport.receive(queue, selector)
            if incoming is not None:
                return incoming
            time.sleep(0.01)
        raise AssertionError("nothing came in two seconds")

    def attachment(self, folder, octets, name="scan.pdf", mime_type="application/pdf"):
        path = folder / f"{uuid4()}"
        path.write_bytes(octets)
        return OutgoingFile(uuid=str(uuid4()), name=name, mime_type=mime_type, path=path)

    # ---- sending

    def test_a_request_is_answered(self, world):
        request = self.request(world, echo("Как дела?"))
        receipt = world.transport.send(request)
        assert receipt.message_id == request.message_id
        assert not receipt.already
        answer = self.take(world)
        assert answer.original_id in (request.message_id, receipt.reference)
        assert isinstance(answer.message.body, Content)
        assert said(answer) == "Как дела?"
        assert answer.raw
        assert answer.problem is None
        world.transport.acknowledge(answer.handle)
        assert world.transport.receive(Queue.RESPONSES) is None

    def test_sent_twice_it_is_one(self, world, needs):
        needs("one-per-id")
        request = self.request(world)
        world.transport.send(request)
        again = world.transport.send(request)
        assert world.held(request.message_id) == 1
        assert again.already
        world.transport.acknowledge(self.take(world).handle)
        assert world.transport.receive(Queue.RESPONSES) is None

    @pytest.mark.parametrize("trouble", ["cut_before", "cut_after", "garbage", "error"])
    def test_an_unknown_outcome_is_settled_by_sending_again(self, world, needs, trouble):
        if trouble != "cut_before":
            needs("one-per-id")
        request = self.request(world)
        world.trouble("send", trouble)
        with pytest.raises(SmevError) as failed:
            world.transport.send(request)
        assert next_step(failed.value) is NextStep.RETRY
        world.transport.send(request)
        assert world.held(request.message_id) == 1

    def test_a_slow_peer_is_waited_for(self, world):
        world.trouble("send", "slow")
        request = self.request(world)
        world.transport.send(request)
        assert world.held(request.message_id) == 1

    @pytest.mark.parametrize("name", STEPS)
    def test_every_fault_says_what_to_do_next(self, world, needs, name):
        needs("faults")
        world.trouble("send", name)
        with pytest.raises(BusError) as failed:
            world.transport.send(self.request(world))
        assert next_step(failed.value) is STEPS[name]

    def test_a_chain_and_a_deadline_arrive(self, world):
        first = self.request(world)
        world.transport.send(first)
        second = self.request(
            world,
            reference_id=first.message_id,
            end_of_life=world.clock() + timedelta(days=1),
            test=True,
        )
        before = world.held(second.message_id)
        world.transport.send(second)
        assert world.held(second.message_id) == before + 1

    # ---- receiving

    @pytest.mark.parametrize("queue", Queue)
    def test_an_empty_queue_is_none(self, world, queue):
        try:
            assert world.transport.receive(queue) is None
        except UnsupportedError:
            assert queue is not Queue.RESPONSES

    @pytest.mark.parametrize("trouble", ["cut_after", "garbage", "error"])
    def test_what_broke_on_its_way_comes_again(self, world, needs, trouble):
        if trouble != "error":
            needs("lost-comes-again")
        world.transport.send(self.request(world))
        world.settle()
        world.trouble("receive", trouble)
        with pytest.raises(SmevError) as failed:
            world.transport.receive(Queue.RESPONSES)
        assert next_step(failed.value) is NextStep.RETRY
        world.clock.pass_by(minutes=16)
        assert said(self.take(world)) == "?"

    def test_not_acknowledged_it_comes_again_and_is_the_same(self, world):
        world.transport.send(self.request(world))
        first = self.take(world)
        if "leases" in world.features:
            assert world.transport.receive(Queue.RESPONSES) is None
        world.clock.pass_by(minutes=16)
        again = self.take(world)
        assert again.message_id == first.message_id
        world.transport.acknowledge(again.handle)
        world.clock.pass_by(minutes=16)
        assert world.transport.receive(Queue.RESPONSES) is None

    def test_an_acknowledgement_twice_or_late_is_gone(self, world, needs):
        needs("gone")
        world.transport.send(self.request(world))
        first = self.take(world)
        world.clock.pass_by(minutes=16)
        with pytest.raises(GoneError):
            world.transport.acknowledge(first.handle)
        again = self.take(world)
        world.transport.acknowledge(again.handle)
        with pytest.raises(GoneError) as failed:
            world.transport.acknowledge(again.handle)
        assert next_step(failed.value) is NextStep.GONE

    def test_a_rejection_is_an_ordinary_answer(self, world):
        request = self.request(world, echo(answer="reject"))
        receipt = world.transport.send(request)
        answer = self.take(world)
        assert answer.message.body == (Rejection("NO_DATA", "the echo was asked to reject"),)
        assert answer.original_id in (request.message_id, receipt.reference)
        world.transport.acknowledge(answer.handle)

    def test_an_interim_status_and_then_the_answer(self, world):
        world.transport.send(self.request(world, echo("later", answer="status")))
        status = self.take(world)
        assert status.message.body == BusinessStatus("1", "the echo is on its way", {"step": "1"})
        world.transport.acknowledge(status.handle)
        assert said(self.take(world)) == "later"

    def test_a_late_rejection_is_an_ordinary_answer(self, world):
        request = self.request(world)
        world.trouble("send", "late_rejection")
        receipt = world.transport.send(request)
        answer = self.take(world)
        body = answer.message.body
        assert isinstance(body, ProcessingStatus)
        assert body.rejected
        assert body.fault_code == "SMEVFailure"
        assert answer.original_id in (request.message_id, receipt.reference)
        world.transport.acknowledge(answer.handle)

    def test_a_bad_signature_of_the_bus_is_a_problem_not_a_message(self, world, needs):
        needs("bus-signature")
        world.transport.send(self.request(world))
        world.settle()
        world.trouble("receive", "bad_signature")
        bad = self.take(world)
        assert bad.problem is not None
        world.transport.acknowledge(bad.handle, accepted=False)
        good = self.take(world)
        assert good.message_id == bad.message_id
        assert good.problem is None

    def test_only_what_is_selected(self, world, needs):
        needs("selector")
        world.transport.send(self.request(world))
        world.settle()
        other = Selector(namespace="urn:example:other", root="Other")
        assert world.transport.receive(Queue.RESPONSES, other) is None
        assert said(self.take(world, selector=Selector(namespace=ECHO, root="EchoRequest"))) == "?"

    def test_only_what_is_for_the_node(self, world, needs):
        needs("node")
        world.transport.send(self.request(world, node_id="north"))
        world.settle()
        assert world.transport.receive(Queue.RESPONSES, Selector(node_id="south")) is None
        assert self.take(world, selector=Selector(node_id="north")).original_id

    # ---- files

    @pytest.mark.parametrize("size", [0, 17, 300_000, 3_000_000])
    def test_files_come_back_as_they_were(self, world, tmp_path, size):
        octets = bytes(range(256)) * (size // 256 + 1)
        file = self.attachment(tmp_path, octets[:size], "скан № 1.pdf")
        world.transport.send(
            self.request(world, files=(file, self.attachment(tmp_path, b"\r\n--x", "b.txt")))
        )
        answer = self.take(world)
        assert len(answer.files) == 2
        found = []
        for number, one in enumerate(answer.files):
            world.transport.fetch(one, tmp_path / f"got-{number}")
            found.append((tmp_path / f"got-{number}").read_bytes())
        assert sorted(found, key=len) == sorted([octets[:size], b"\r\n--x"], key=len)
        assert not list(tmp_path.glob("*.part"))
        world.transport.acknowledge(answer.handle)

    def sent_with_a_large_file(self, world, folder):
        octets = bytes(range(251)) * 12_000
        world.transport.send(self.request(world, files=(self.attachment(folder, octets),)))
        return octets, self.take(world)

    def test_a_broken_download_goes_on(self, world, needs, tmp_path):
        needs("file-store")
        octets, answer = self.sent_with_a_large_file(world, tmp_path)
        world.trouble("file", "ftp_cut")
        with pytest.raises(NotSentError):
            world.transport.fetch(answer.files[0], tmp_path / "got")
        part = (tmp_path / "got.part").stat().st_size
        assert 0 < part < len(octets)
        world.transport.fetch(answer.files[0], tmp_path / "got")
        assert (tmp_path / "got").read_bytes() == octets

    def test_a_broken_upload_goes_on(self, world, needs, tmp_path):
        needs("file-store")
        octets = bytes(range(251)) * 12_000
        request = self.request(world, files=(self.attachment(tmp_path, octets),))
        world.trouble("file", "ftp_cut")
        with pytest.raises(NotSentError):
            world.transport.send(request)
        assert world.held(request.message_id) == 0
        world.transport.send(request)
        world.transport.fetch(self.take(world).files[0], tmp_path / "got")
        assert (tmp_path / "got").read_bytes() == octets

    def test_a_spoilt_file_is_never_given_out(self, world, needs, tmp_path):
        needs("file-store")
        _octets, answer = self.sent_with_a_large_file(world, tmp_path)
        world.trouble("file", "ftp_spoilt", 2)
        with pytest.raises(BrokenFileError):
            world.transport.fetch(answer.files[0], tmp_path / "got")
        assert not (tmp_path / "got").exists()
        world.transport.fetch(answer.files[0], tmp_path / "got")

    def test_a_file_spoilt_once_is_taken_again(self, world, needs, tmp_path):
        needs("file-store")
        octets, answer = self.sent_with_a_large_file(world, tmp_path)
        world.trouble("file", "ftp_spoilt")
        world.transport.fetch(answer.files[0], tmp_path / "got")
        assert (tmp_path / "got").read_bytes() == octets

    # ---- answering

    def test_a_request_of_others_is_answered(self, world, needs, tmp_path):
        needs("requests")
        asked = world.ask_us(echo("who?"), test=True)
        request = self.take(world, Queue.REQUESTS)
        assert request.message_id == asked
        assert request.message.test
        assert request.reply_to
        response = Response(
            message_id=new_message_id(world.clock()),
            reply_to=request.reply_to,
            request_id=request.sender_id,
            body=echo("we").replace(b"EchoRequest", b"EchoResponse"),
            files=(self.attachment(tmp_path, b"bytes"),),
        )
        world.transport.send(response)
        world.transport.acknowledge(request.handle)
        assert world.held(response.message_id) == 1
        assert world.transport.send(response).already

    @pytest.mark.parametrize(
        "body", [(Rejection("NO_DATA", "нет"), Rejection("FAILURE", "!")), BusinessStatus("7", "в работе")]
    )
    def test_a_rejection_or_a_status_answers_too(self, world, needs, body):
        needs("requests")
        world.ask_us(echo())
        request = self.take(world, Queue.REQUESTS)
        message_id = new_message_id(world.clock())
        world.transport.send(
            Response(
                message_id=message_id, reply_to=request.reply_to, request_id=request.sender_id, body=body
            )
        )
        assert world.held(message_id) == 1

    # ---- about the peer

    def test_check_changes_nothing(self, world):
        world.transport.send(self.request(world))
        world.settle()
        world.transport.check()
        assert said(self.take(world)) == "?"

    def test_statistics_or_a_clear_no(self, world):
        world.transport.send(self.request(world))
        world.settle()
        if "statistics" not in world.features:
            with pytest.raises(UnsupportedError):
                world.transport.statistics()
        else:
            assert 1 in world.transport.statistics().values()

    def test_a_peer_that_is_away_got_nothing(self, world):
        world.stop()
        with pytest.raises(NotSentError) as failed:
            world.transport.send(self.request(world))
        assert not isinstance(failed.value, GarbageError)
        assert next_step(failed.value) is NextStep.RETRY
