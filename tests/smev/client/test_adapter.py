"""The «Типовой адаптер» as a way to SMEV: the conformance suite."""

import os
from datetime import timedelta

import pytest

from smev.client.adapter import AdapterTransport
from smev.client.exchange import Client
from smev.client.faults import BusError, NextStep, RetryError, WireError, next_step
from smev.client.line import Line, Timeouts
from smev.client.store import Store
from smev.client.words import Queue
from tests.smev.client.conftest import AdapterWorld
from tests.smev.transport_conformance import TransportConformance, echo


class AgeingClock:
    """The stand's clock; when it is moved, what waits in our own folder grows older, too."""

    def __init__(self, clock, folder):
        self._clock, self._folder = clock, folder

    def __call__(self):
        return self._clock()

    def pass_by(self, **time_passed):
        self._clock.pass_by(**time_passed)
        for path in self._folder.glob("*.xml"):
            moment = path.stat().st_mtime - timedelta(**time_passed).total_seconds()
            os.utime(path, (moment, moment))


@pytest.fixture
def adapter_world(stand, clock, tmp_path):
    access = stand.client
    transport = AdapterTransport(
        Line(access.adapter, timeouts=Timeouts(connect=2, read=2, whole=5)),
        it_system=access.mnemonic,
        folder=tmp_path / "box",
        shared_folder=access.adapter_folder,
        clock=clock,
    )
    world = AdapterWorld(stand, transport, AgeingClock(clock, tmp_path / "box"), "1.2")
    yield world
    transport.close()


class TestAdapter(TransportConformance):
    test_every_fault_says_what_to_do_next = None  # the adapter has faults of its own

    @pytest.fixture
    def world(self, adapter_world):
        return adapter_world


@pytest.mark.parametrize("name", ["SMEVFailure", "DestinationOverflow"])
def test_a_system_fault_is_repeated(adapter_world, name):
    adapter_world.trouble("send", name)
    with pytest.raises(RetryError):
        adapter_world.transport.send(TransportConformance().request(adapter_world))


@pytest.mark.parametrize("name", ["InvalidContent", "AccessDenied"])
def test_a_validation_fault_waits_for_a_person(adapter_world, name):
    adapter_world.trouble("send", name)
    with pytest.raises(BusError) as failed:
        adapter_world.transport.send(TransportConformance().request(adapter_world))
    assert next_step(failed.value) in (NextStep.FIX, NextStep.ACCESS)


@pytest.mark.parametrize("trouble", ["cut_after", "garbage"])
def test_an_answer_that_was_lost_on_its_way_is_asked_for_by_name(adapter_world, tmp_path, trouble):
    world = adapter_world
    store = Store(tmp_path / "store", world.clock)
    client = Client(store, world.transport, world.clock)
    client.request(echo("lost"), key="k")
    list(client.send_due())
    world.settle()
    world.trouble("receive", trouble)
    with pytest.raises(WireError):
        list(client.take(Queue.RESPONSES))
    assert list(client.take(Queue.RESPONSES)) == []
    world.clock.pass_by(minutes=16)
    (found,) = client.take(Queue.RESPONSES)
    assert found.entry.key == "k"
    assert found.entry.complete
    assert found.entry.acknowledged
    world.clock.pass_by(minutes=16)
    assert list(client.take(Queue.RESPONSES)) == []
    store.close()
