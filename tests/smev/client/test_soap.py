"""The bus itself over SOAP: the conformance suite in all three versions."""

import pytest

from tests.smev.client.conftest import BusWorld
from tests.smev.transport_conformance import TransportConformance


class TestSoap(TransportConformance):
    @pytest.fixture(params=["1.1", "1.2", "1.3"])
    def world(self, request, stand, make_transport, clock):
        return BusWorld(stand, make_transport(request.param), clock, request.param)
