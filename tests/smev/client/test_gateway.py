"""РСМЭВ as a way to SMEV: the conformance suite."""

import pytest

from smev.client.exchange import Client
from smev.client.ftp import FileStore
from smev.client.gateway import GatewayTransport
from smev.client.line import Line, Timeouts
from smev.client.policy import Policy
from smev.client.store import State, Store
from smev.client.words import Queue
from tests.smev.client.conftest import GatewayWorld, identity_of
from tests.smev.transport_conformance import TransportConformance, echo


@pytest.fixture
def gateway_world(stand, clock, fast):
    access = stand.client
    transport = GatewayTransport(
        Line(access.base_url, timeouts=Timeouts(connect=2, read=2, whole=5)),
        entrypoint=access.mnemonic,
        node_id="",
        identity=identity_of(access, fast),
        file_store=FileStore(access.ftp, timeout=2),
        clock=clock,
    )
    yield GatewayWorld(stand, transport, clock, "1.2")
    transport.close()


class TestGateway(TransportConformance):
    test_every_fault_says_what_to_do_next = None  # the gateway has its own

    @pytest.fixture
    def world(self, gateway_world):
        return gateway_world


@pytest.fixture
def client(gateway_world, tmp_path):
    store = Store(tmp_path / "store", gateway_world.clock)
    yield Client(store, gateway_world.transport, gateway_world.clock)
    store.close()


@pytest.mark.parametrize("trouble", ["cut_after", "garbage"])
def test_what_may_have_arrived_is_repeated_by_a_person_only(client, gateway_world, trouble):
    client.request(echo(), key="k")
    gateway_world.trouble("send", trouble)
    entry = client.sender.send("k").entry
    assert (entry.state, entry.step) == (State.STOPPED, "look")
    gateway_world.clock.pass_by(days=1)
    assert list(client.send_due()) == []
    assert gateway_world.held("") == 1
    client.again("k")
    assert client.sender.send("k").entry.state is State.DELIVERED


def test_a_process_that_died_while_sending_leaves_a_question_not_a_repeat(client, gateway_world):
    client.request(echo(), key="k")
    now = gateway_world.clock()
    client.store.outbox.claim(now, now + Policy().lease)  # and then it died
    gateway_world.clock.pass_by(minutes=6)
    (sent,) = client.send_due()
    assert (sent.entry.state, sent.entry.step) == (State.STOPPED, "look")
    assert gateway_world.held("") == 0
    client.again("k")
    assert client.sender.send("k").entry.state is State.DELIVERED


def test_what_did_not_arrive_is_repeated_by_itself(client, gateway_world):
    client.request(echo(), key="k")
    gateway_world.trouble("send", "error")
    entry = client.sender.send("k").entry
    assert (entry.state, entry.step) == (State.QUEUED, "retry")
    gateway_world.clock.now = entry.due
    assert next(client.send_due()).entry.state is State.DELIVERED


def test_the_answer_finds_its_request_by_the_gateways_id(client, gateway_world):
    client.request(echo("mine"), key="k")
    assert client.sender.send("k").entry.reference
    gateway_world.settle()
    (taken,) = client.take(Queue.RESPONSES)
    assert taken.entry.key == "k"
    assert b"mine" in taken.entry.message.body.xml
