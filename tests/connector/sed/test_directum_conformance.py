"""Directum over OData passes the suite of SED adapters against the stand's strict Integration Service."""

import pytest

from connector.sed.testing import SedConformance
from tests.connector.sed.directum_peer import StandDirectum


class TestDirectum(SedConformance):
    @pytest.fixture
    def peer(self):
        peer = StandDirectum().start()
        yield peer
        peer.stop()
