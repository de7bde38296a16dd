"""The stand's mart on loopback, and an uploader that talks to it without waiting."""

import random
from contextlib import closing, contextmanager
from zoneinfo import ZoneInfo

import pytest

from config.secret import Secret
from exporter.marts.datamart.client import Access, Client
from exporter.marts.datamart.ledger import Ledger
from exporter.marts.datamart.packing import Packer
from exporter.marts.datamart.profile import load_profile
from exporter.marts.datamart.uploader import Patience, Uploader
from stand.mart.app import MartApp
from stand.mart.rules import Field, Table
from stand.mart.state import MartState
from stand.server import HttpServer
from tests.exporter.heatmap.made import make_facts

PROFILE = load_profile(None)
AT = "2026-03-01T00:00:00+00:00"
MOSCOW = ZoneInfo("Europe/Moscow")


def table_of(profile=PROFILE):
    fields = tuple(Field(one.name, one.type, one.required, one.max_length) for one in profile.column)
    return Table(profile.table, profile.key.name, fields)


def row_of(fact):
    from dataclasses import asdict

    return {**asdict(fact), "fingerprint": fact.fingerprint}


def rows_of(count, **options):
    return [row_of(fact) for fact in make_facts(count, **options) if fact.region]


class Running:
    """A mart on loopback, and an uploader into it. A subclass says which, and with what client."""

    def __init__(self, state, app):
        self.state = state
        self.app = app(state)
        self.server = HttpServer(self.app)
        self.sleeps = []

    @property
    def rows(self):
        return self.state.rows[PROFILE.table]

    @contextmanager
    def uploader(self, folder, *, profile=PROFILE, patience=None, prefix="sed1", wire=None, **changes):
        with (
            closing(self.client(folder, **changes)) as client,
            Ledger(folder / "ledger.db", "t/test") as ledger,
        ):
            packer = Packer(ledger, profile, folder / "files", MOSCOW, prefix, lambda: AT)
            yield Uploader(
                wire(client) if wire else client, ledger, packer, profile.table, profile.max_bytes_in_flight,
                patience or Patience(poll=0, wait=30), now=lambda: AT, sleep=self.sleeps.append,
            )  # fmt: skip

    def upload(self, folder, rows, **options):
        with self.uploader(folder, **options) as uploader:
            return uploader.run(rows)

    def __enter__(self):
        self.server.start()
        return self

    def __exit__(self, *_error):
        self.server.stop()


class Mart(Running):
    """The REST uploader's mart; `password` puts it behind the studio's proxy."""

    def __init__(self, *, password="", **options):
        self.password = password
        super().__init__(MartState([table_of()]), lambda state: MartApp(state, password=password, **options))

    def access(self, **changes):
        own = {"username": "org", "password": Secret(self.password), "ogrn": "1", "installation": "main",
               "installation_id": "1"} if self.password else {}  # fmt: skip
        return Access(**{"url": self.server.base_url, "datamart": "appeals", **own, **changes})

    def client(self, _folder=None, **changes):
        return Client(self.access(**changes), sleep=self.sleeps.append, dice=random.Random(1))


@pytest.fixture
def mart():
    with Mart() as running:
        yield running
