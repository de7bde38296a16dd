"""The client with its memory: nothing lost, nothing doubled, whatever breaks in between."""

import pytest

from smev.client.exchange import Client
from smev.client.faults import BrokenFileError, GoneError, UnknownOutcomeError
from smev.client.policy import Policy
from smev.client.sending import Sender
from smev.client.store import State, Store
from smev.client.words import Queue, Request
from smev.envelope import new_message_id
from smev.envelope.words import Content, Rejection
from smev.errors import InputError
from smev.signature import sign
from tests.smev.client.conftest import BusWorld
from tests.smev.transport_conformance import echo


class Wrapped:
    """A transport that can be told to die around a call, as a process would."""

    name = "soap"

    def __init__(self, inner):
        self._inner, self.dies = inner, ""

    def __getattr__(self, name):
        return getattr(self._inner, name)

    def _around(self, name, *arguments, **more):
        if self.dies == f"before {name}":
            raise SystemExit
        result = getattr(self._inner, name)(*arguments, **more)
        if self.dies == f"after {name}":
            raise SystemExit
        return result

    def send(self, message):
        return self._around("send", message)

    def receive(self, queue, selector=None):
        return self._around("receive", queue, selector)

    def fetch(self, file, target):
        return self._around("fetch", file, target)

    def acknowledge(self, handle, *, accepted=True):
        return self._around("acknowledge", handle, accepted=accepted)


@pytest.fixture
def world(stand, make_transport, clock):
    world = BusWorld(stand, None, clock, "1.2")
    world.record = lambda *_what: None

    def record(*what):
        world.record(*what)  # of the store that is open at the moment

    world.transport = Wrapped(make_transport(record=record))
    return world


@pytest.fixture
def opened(world, tmp_path):
    """Return a maker of clients on one folder: each is a new process."""
    made = []

    def make():
        store = Store(tmp_path / "store", world.clock)
        world.record = store.record
        made.append(Client(store, world.transport, world.clock, Policy()))
        return made[-1]

    yield make
    for client in made:
        client.store.close()


@pytest.fixture
def client(opened):
    return opened()


def taken(client, world, queue=Queue.RESPONSES):
    world.settle()
    return list(client.take(queue))


def held_of(world, key, client):
    return sum(world.held(identifier) for identifier, _since, _why in client.store.outbox.ids(key))


# ---- sending


def test_one_key_is_one_message(client, world):
    first = client.request(echo(), key="appeal-1")
    assert client.request(echo("other"), key="appeal-1") == first
    list(client.send_due())
    assert list(client.send_due()) == []
    client.request(echo(), key="appeal-1")
    assert list(client.send_due()) == []
    assert held_of(world, "appeal-1", client) == 1


@pytest.mark.parametrize("dies", ["before send", "after send"])
def test_a_process_that_dies_while_sending(opened, world, dies):
    client = opened()
    client.request(echo(), key="k")
    world.transport.dies = dies
    with pytest.raises(SystemExit):
        list(client.send_due())
    world.transport.dies = ""
    again = opened()
    assert list(again.send_due()) == []  # the lease of the dead one is not over
    world.clock.pass_by(minutes=6)
    assert [one.entry.state for one in again.send_due()] == [State.DELIVERED]
    assert held_of(world, "k", again) == 1


@pytest.mark.parametrize("trouble", ["cut_before", "error", "SMEVFailure"])
def test_what_failed_is_sent_again_by_itself_with_growing_pauses(client, world, trouble):
    client.request(echo(), key="k")
    world.trouble("send", trouble, 3)
    pauses = []
    for _number in range(3):
        entry = next(client.send_due()).entry
        assert entry.state is State.QUEUED
        assert entry.step == "retry"
        pauses.append(entry.due - world.clock())
        world.clock.now = entry.due
    assert pauses[0] < pauses[2]  # 15 to 30 s, then 60 to 120 s
    assert next(client.send_due()).entry.state is State.DELIVERED
    assert held_of(world, "k", client) == 1


@pytest.mark.parametrize("trouble", ["cut_after", "garbage"])
def test_what_was_done_without_an_answer_is_found_done(client, world, trouble):
    client.request(echo(), key="k")
    world.trouble("send", trouble)
    entry = client.sender.send("k").entry
    assert (entry.state, entry.doubt) == (State.QUEUED, True)
    world.clock.now = entry.due
    assert next(client.send_due()).entry.state is State.DELIVERED
    assert held_of(world, "k", client) == 1


def test_a_stale_id_is_replaced_and_remembered(client, world):
    entry = client.request(echo(), key="k")
    world.clock.pass_by(days=3)
    sent = client.sender.send("k").entry
    assert sent.state is State.DELIVERED
    assert sent.message_id != entry.message_id
    ids = client.store.outbox.ids("k")
    assert [one[0] for one in ids] == [entry.message_id, sent.message_id]
    assert "StaleMessageId" in ids[1][2]
    assert client.store.outbox.find(entry.message_id).key == "k"


def test_a_stale_id_in_doubt_waits_for_a_person(client, world):
    client.request(echo(), key="k")
    world.trouble("send", "cut_after")
    assert client.sender.send("k").entry.doubt
    world.trouble("send", "StaleMessageId")
    entry = client.sender.send("k").entry
    assert (entry.state, entry.step) == (State.STOPPED, "look")
    client.again("k", new_id=True)
    assert client.sender.send("k").entry.state is State.DELIVERED


def test_an_end_of_life_that_passed_is_put_off(client, world):
    from datetime import timedelta

    message = Request(
        message_id=new_message_id(world.clock()),
        content=echo(),
        end_of_life=world.clock() + timedelta(hours=1),
    )
    client.sender.submit(message, "k")
    world.clock.pass_by(hours=2)
    assert client.sender.send("k").entry.state is State.DELIVERED
    assert client.store.outbox.message("k").end_of_life == world.clock() + Policy().end_of_life


@pytest.mark.parametrize(
    "name", ["InvalidContent", "AccessDenied", "CertificateIsExpired", "UnknownMessageType"]
)
def test_what_only_a_person_can_mend_stops_alone(client, world, name):
    client.request(echo(), key="bad")
    world.trouble("send", name)
    client.request(echo(), key="good")
    states = {one.entry.key: one.entry.state for one in client.send_due()}
    assert states == {"bad": State.STOPPED, "good": State.DELIVERED}
    world.clock.pass_by(days=1)
    assert list(client.send_due()) == []
    client.again("bad")
    assert next(client.send_due()).entry.state is State.DELIVERED


def test_an_answer_proves_that_a_message_in_doubt_was_delivered(client, world):
    client.request(echo(), key="k")
    world.trouble("send", "cut_after")
    assert client.sender.send("k").entry.doubt
    taken(client, world)
    entry = client.store.outbox.get("k")
    assert (entry.state, entry.doubt) == (State.DELIVERED, False)
    assert [one.entry for one in client.send_due()] == []


def test_a_late_rejection_marks_the_message(client, world):
    client.request(echo(), key="k")
    world.trouble("send", "late_rejection")
    assert client.sender.send("k").entry.state is State.DELIVERED
    assert taken(client, world)[0].entry.key == "k"
    entry = client.store.outbox.get("k")
    assert (entry.state, entry.bus_status) == (State.REJECTED, "requestIsRejectedBySmev")
    assert entry.error.fields["name"] == "SMEVFailure"


def test_files_are_copied_before_anything_can_happen_to_them(client, world, tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("as it was")
    client.request(echo(), [(path, "a.txt", "text/plain")], key="k")
    path.unlink()
    list(client.send_due())
    (message,) = taken(client, world)
    assert message.entry.files[0].path.read_text() == "as it was"


def test_a_signed_envelope_goes_as_it_is(client, world, make_transport):
    from smev.client import compose
    from smev.envelope.words import Version

    request = Request(message_id=new_message_id(world.clock()), content=echo("as is"))
    envelope = sign(compose.envelope(Version.V1_2, request, (), ()), make_transport()._identity.signer)
    entry = client.sender.submit_as_is(envelope)
    assert client.sender.send(entry.key).entry.state is State.DELIVERED
    assert world.held(request.message_id) == 1
    with pytest.raises(InputError):
        client.sender.submit_as_is(b"<a xmlns='urn:a'/>")
    assert client.sender.submit_as_is(envelope).key == entry.key
    with pytest.raises(InputError) as failed:
        client.sender.submit_as_is(envelope, "another")
    assert failed.value.fields["key"] == entry.key


# ---- taking


@pytest.mark.parametrize(
    "dies", ["after receive", "before fetch", "after fetch", "before acknowledge", "after acknowledge"]
)
def test_a_process_that_dies_while_taking(opened, world, tmp_path, dies):
    (tmp_path / "f").write_bytes(b"x" * 200_000)
    client = opened()
    client.request(echo(), [(tmp_path / "f", "f.pdf", "application/pdf")], key="k")
    list(client.send_due())
    world.settle()
    world.transport.dies = dies
    with pytest.raises(SystemExit):
        list(client.take(Queue.RESPONSES))
    world.transport.dies = ""
    again = opened()
    list(again.take(Queue.RESPONSES))
    world.clock.pass_by(minutes=16)
    list(again.take(Queue.RESPONSES))
    (entry,) = again.store.inbox.waiting()
    assert entry.acknowledged
    assert entry.files[0].path.read_bytes() == b"x" * 200_000
    assert world.stand.bus.waiting() == 0


def test_delivered_twice_it_is_given_out_once(client, world):
    client.request(echo(), key="k")
    list(client.send_due())
    world.trouble("acknowledge", "redelivered")
    first, again = taken(client, world)
    assert (first.repeated, again.repeated) == (False, True)
    assert len(client.store.inbox.waiting()) == 1
    client.store.inbox.handled(first.entry.message_id, world.clock())
    assert client.store.inbox.waiting() == []
    assert world.stand.bus.waiting() == 0


def test_an_acknowledgement_that_broke_is_given_again(client, world):
    client.request(echo(), key="k")
    list(client.send_due())
    world.trouble("acknowledge", "cut_before")
    (message,) = taken(client, world)
    assert isinstance(message.errors[0], UnknownOutcomeError)
    assert message.entry.acknowledged is None
    (again,) = client.take(Queue.RESPONSES)
    assert again.entry.acknowledged
    assert world.stand.bus.waiting() == 0


def test_a_late_acknowledgement_is_no_trouble(client, world):
    client.request(echo(), key="k")
    list(client.send_due())
    world.trouble("acknowledge", "cut_before")
    taken(client, world)
    world.clock.pass_by(minutes=16)  # the bus has taken it back
    list(client.take(Queue.RESPONSES))
    assert len(client.store.inbox.waiting()) == 1
    assert world.stand.bus.waiting() == 0


def test_a_bad_signature_is_kept_refused_and_replaced(client, world):
    client.request(echo(), key="k")
    list(client.send_due())
    world.settle()
    world.trouble("receive", "bad_signature")
    coming = client.take(Queue.RESPONSES)
    bad = next(coming).entry
    assert bad.problem.code == "bus-signature"
    assert bad.accepted is False
    assert client.store.inbox.waiting() == []
    assert len(list(coming)) == 1
    (good,) = client.store.inbox.waiting()
    assert good.message_id == bad.message_id
    assert good.problem is None


def test_a_broken_file_comes_again_until_it_is_forced(client, world, tmp_path):
    (tmp_path / "f").write_bytes(b"x" * 200_000)
    client.request(echo(), [(tmp_path / "f", "f.pdf", "application/pdf")], key="k")
    client.request(echo("good"), key="good")
    list(client.send_due())
    world.trouble("file", "ftp_spoilt", 4)
    messages = taken(client, world)
    broken = next(one for one in messages if one.entry.key == "k")
    assert isinstance(broken.errors[0], BrokenFileError)
    assert [one.key for one in client.store.inbox.waiting()] == ["good"]
    world.clock.pass_by(minutes=16)
    (again,) = client.take(Queue.RESPONSES)
    assert again.errors
    identifier = again.entry.message_id
    with pytest.raises(ValueError, match=identifier):
        client.taker.acknowledge(identifier)
    forced = client.taker.acknowledge(identifier, force=True).entry
    assert forced.forced
    assert forced.acknowledged
    world.clock.pass_by(minutes=16)
    assert list(client.take(Queue.RESPONSES)) == []


def test_garbage_is_kept_on_the_tape(client, world):
    client.request(echo(), key="k")
    list(client.send_due())
    world.settle()
    world.trouble("receive", "garbage", 2)
    for _number in range(2):
        with pytest.raises(Exception, match=r"not SMEV's|no answer"):
            list(client.take(Queue.RESPONSES))
        world.clock.pass_by(minutes=16)
    assert any(operation == "garbage" and octets for _at, operation, _way, octets in client.store.tape())
    assert len(taken(client, world)) == 1


def test_everything_is_kept_as_it_came(client, world):
    client.request(echo(), key="k")
    entry = next(client.send_due()).entry
    passed = list(client.store.tape(entry.message_id))
    assert [(operation, way) for _at, operation, way, _octets in passed][:2] == [
        ("SendRequest", "out"),
        ("SendRequest", "in"),
    ]
    assert entry.receipt == passed[1][3]
    (message,) = taken(client, world)
    assert b"SMEVSignature" in message.entry.raw
    client.store.inbox.handled(message.entry.message_id, world.clock())
    assert client.replay(message.entry.message_id).handled is None
    assert [one.message_id for one in client.answers("k")] == [message.entry.message_id]


def test_requests_of_others_are_answered_by_their_id(client, world):
    asked = world.ask_us(echo())
    (message,) = client.take(Queue.REQUESTS)
    client.respond(asked, (Rejection("NO_DATA", "нет"),), key="answer")
    assert next(client.send_due()).entry.state is State.DELIVERED
    assert isinstance(message.entry.raw, bytes)
    with pytest.raises(InputError):
        client.respond("unknown", b"<a xmlns='urn:a'/>")


def test_the_content_is_read_as_it_was_written(client, world):
    """The transform renames prefixes: values that use them (xsi:type) must survive."""
    content = (
        b'<p:EchoRequest xmlns:p="urn:sedlink-stand:echo:1.0" xmlns:i="urn:i" i:type="p:Special">'
        b"1</p:EchoRequest>"
    )
    client.request(content, key="k")
    list(client.send_due())
    world.settle()
    incoming = world.transport.receive(Queue.RESPONSES)
    assert isinstance(incoming.message.body, Content)
    assert b'type="p:Special"' in incoming.message.body.xml
    assert b"<p:EchoResponse" in incoming.message.body.xml


def test_gone_is_told_apart(client, world):
    client.request(echo(), key="k")
    list(client.send_due())
    (message,) = taken(client, world)
    with pytest.raises(GoneError):
        world.transport.acknowledge(message.entry.handle)
    assert not client.taker.acknowledge(message.entry.message_id).errors


def test_two_senders_do_not_send_one_message_twice(client, world, opened):
    client.request(echo(), key="k")
    other = opened()
    first = client.store.outbox.claim(world.clock(), world.clock() + Policy().lease)
    assert first.key == "k"
    assert other.sender.send("k").entry.state is State.QUEUED
    assert list(Sender(other.store, world.transport, world.clock, Policy()).send_due()) == []


def test_a_claim_lives_as_long_as_the_attempt(client, world):
    from datetime import timedelta

    client.request(echo(), key="k")
    sender = Sender(client.store, world.transport, world.clock, Policy(lease=timedelta(seconds=0.15)))
    extended = []
    client.store.outbox.extend = lambda key, until: extended.append((key, until))
    world.trouble("send", "slow")  # 0.3 s
    assert sender.send("k").entry.state is State.DELIVERED
    assert ("k", world.clock() + timedelta(seconds=0.15)) in extended
