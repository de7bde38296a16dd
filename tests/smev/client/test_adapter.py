"""The «Типовой адаптер» as a way to SMEV: the conformance suite."""

import os
from datetime import timedelta

import pytest

from smev.client.adapter import AdapterTransport
from smev.client.line import Line, Timeouts
from tests.smev.client.conftest import AdapterWorld
from tests.smev.transport_conformance import TransportConformance


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


class TestAdapter(TransportConformance):
    @pytest.fixture
    def world(self, stand, clock, tmp_path):
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
