"""The stand's bus with our client on it, for the tests of the client."""

from types import MappingProxyType

import pytest

from smev.client.ftp import FileStore
from smev.client.line import Line, Timeouts
from smev.client.soap import Identity, SoapTransport
from smev.envelope.words import Version
from smev.gost import certificate, keyfile
from smev.gost.signer import KeySigner
from smev.gost.trust import load_store
from stand.smev.parcels import Parcel
from stand.smev.running import CLIENT, SmevStand
from tests.smev.transport_conformance import ECHO, Clock, World

OURS = "urn:example:ours"


class BusWorld(World):
    """The bus itself over SOAP."""

    features = frozenset(
        (
            "requests",
            "selector",
            "node",
            "bus-signature",
            "file-store",
            "faults",
            "gone",
            "leases",
            "one-per-id",
        )
    )

    def __init__(self, stand, transport, clock, version):
        super().__init__(transport, clock)
        self.stand, self._version = stand, version
        if version == "1.1":
            self.features = self.features | {"statistics"}

    def held(self, message_id):
        return sum(
            entry.what == "smev_sent" and entry.detail["smev"] == message_id
            for entry in self.stand.bus.ledger.entries()
        )

    operations = MappingProxyType(
        {
            "send": ("SendRequest", "SendResponse"),
            "receive": ("GetResponse", "GetRequest"),
            "acknowledge": ("Ack",),
            "file": ("FTP",),
        }
    )

    def trouble(self, operation, name, times=1):
        for one in self.operations[operation]:
            self.stand.troubles.ask(one, name, times)

    def settle(self):
        """Wait until the system behind the bus has answered everything."""
        self.stand.providers.settle()

    def ask_us(self, content, *, files=(), test=False, node_id=""):
        bus = self.stand.bus
        sender, us = bus.system("STAND_ECHO"), bus.system(CLIENT)
        parcel = Parcel(
            id=bus.new_id(), kind="REQUEST", sender=sender, recipient=us, body=content, sent=bus.clock(),
            version=self._version, root=(ECHO, "EchoRequest"), test=test, node_id=node_id,
        )  # fmt: skip
        bus.send(parcel)
        return parcel.id

    def stop(self):
        self.stand.stop()


class AdapterWorld(BusWorld):
    """The «Типовой адаптер»: it signs and polls by itself, and files are in a folder that both see."""

    features = frozenset(("requests", "one-per-id"))
    operations = MappingProxyType({"send": ("adapter Send",), "receive": ("adapter Get",)})

    def held(self, message_id):
        return len(self.stand._adapter._sent.get((CLIENT, message_id), ()))


class GatewayWorld(BusWorld):
    """РСМЭВ: requests only, under ids of its own."""

    features = frozenset(("file-store", "gone", "leases", "lost-comes-again"))
    operations = MappingProxyType(
        {
            "send": ("rsmev sendrequest",),
            "receive": ("rsmev getresponse",),
            "acknowledge": ("rsmev confirmprocessing",),
            "file": ("FTP",),
        }
    )

    def held(self, message_id):
        """Return how many requests came at all: the gateway does not tell our ids."""
        return sum(
            entry.what == "smev_sent" and entry.detail["sender"] == CLIENT
            for entry in self.stand.bus.ledger.entries()
        )


def identity_of(access, provider, **more):
    """Return who we are, by the files that the stand wrote."""
    key = keyfile.load_private(access.files.key.read_bytes())
    held = certificate.load_file(access.files.certificate.read_bytes())[0]
    return Identity(
        signer=KeySigner(key, held, provider), provider=provider, trust=load_store([access.files.bus]), **more
    )


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def stand(tmp_path, clock):
    with SmevStand(tmp_path / "stand", clock=clock) as running:
        yield running


@pytest.fixture
def make_transport(stand, clock, fast):
    """Return a maker of transports to the stand; all are closed at the end."""
    made = []

    def make(version="1.2", **more):
        access = stand.client
        options = {"inline_limit": 100_000, "file_store": FileStore(access.ftp, timeout=2), **more}
        line = Line(access.soap[version], timeouts=Timeouts(connect=2, read=2, whole=5))
        identity = options.pop("identity", None) or identity_of(access, fast)
        made.append(SoapTransport(line, Version(version), identity, clock=clock, **options))
        return made[-1]

    yield make
    for transport in made:
        transport.close()
