"""A bus on loopback with a clock of its own, and clients that speak to it on the wire."""

from datetime import timedelta

import pytest

from stand.ledger import utc_now
from stand.smev.running import SmevStand
from tests.stand.smev.wire import Caller


class Clock:
    """The time of the moment, moved by hand."""

    def __init__(self):
        self.ahead = timedelta()

    def __call__(self):
        return utc_now() + self.ahead


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def bus(tmp_path, clock):
    with SmevStand(tmp_path / "smev", clock=clock) as running:
        yield running


@pytest.fixture
def caller(bus):
    with Caller(bus.client, clock=bus.bus.clock) as one:
        yield one
