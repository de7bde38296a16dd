"""РСМЭВ as a way to SMEV: the conformance suite."""

import pytest

from smev.client.ftp import FileStore
from smev.client.gateway import GatewayTransport
from smev.client.line import Line, Timeouts
from tests.smev.client.conftest import GatewayWorld, identity_of
from tests.smev.transport_conformance import TransportConformance


class TestGateway(TransportConformance):
    test_every_fault_says_what_to_do_next = None  # the gateway has its own

    @pytest.fixture
    def world(self, stand, clock, fast):
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
