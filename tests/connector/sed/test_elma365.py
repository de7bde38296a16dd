"""ELMA365: the suite of SED adapters against the stand's own, and what is ELMA365's own."""

import pytest

from connector.sed.testing import SedConformance, Store
from tests.connector.sed.elma365_peer import StandElma


@pytest.fixture
def peer():
    peer = StandElma().start()
    yield peer
    peer.stop()


@pytest.fixture
def store():
    return Store()


class TestElma365(SedConformance):
    @pytest.fixture
    def peer(self):
        peer = StandElma().start()
        yield peer
        peer.stop()
