"""The SMEV way passes the conformance suite of every way to the platform, over the bus itself."""

import contextlib
import shutil
from datetime import UTC, datetime, timedelta

import pytest

from config.settings import PlatformSmevSettings
from connector.appeal import Cabinet
from connector.errors import RetryableError
from connector.journal.engine import Database
from connector.platform.smev import SmevPlatform, default_smev_profile
from connector.platform.smev.exchange import Pace
from connector.platform.smev.opening import open_exchange
from smev.client.settings import from_table
from stand.faults import Fault
from stand.platform.dictionaries import default_dictionaries
from stand.smev.running import SmevStand
from tests.connector.platform.conformance import PlatformConformance


def utc_now():
    return datetime.now(UTC)


def way(access, transport="soap", **more):
    address = access.adapter if transport == "adapter" else access.soap["1.2"]
    if transport == "rsmev":
        address = access.rsmev.removesuffix(f"/api/smev/{access.mnemonic}")
    values = {
        "transport": transport,
        "url": address,
        "signer": {"certificate": str(access.files.certificate), "key": str(access.files.key)},
        "trust": [str(access.files.bus)],
        "file_store": access.ftp,
        "it_system": access.mnemonic,
        "shared_folder": str(access.adapter_folder),
        "entrypoint": access.mnemonic,
    }
    return from_table(values | more, access.files.key.parent)


class SmevConformance(PlatformConformance):
    """Every test has its own store; the buses are as many as the suite's stands."""

    repeat_is_safe = True
    broken_upload = RetryableError
    retry_after = None
    no_such_message = "NOT_FOUND: "
    transport = "soap"

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def buses(cls):
        cls.running = {}
        yield
        for bus in cls.running.values():
            bus.stop()

    @pytest.fixture(autouse=True)
    def closing(self, tmp_path, journal_template):
        self.folder, self.opened, self.template = tmp_path, [], journal_template
        yield
        for platform in self.opened:
            platform.close()

    @staticmethod
    def again(call):
        for _attempt in range(12):
            with contextlib.suppress(RetryableError):
                return call()
        return call()

    def bus(self, stand):
        if stand not in self.running:
            bus = SmevStand(
                stand.folder / "smev",
                ledger=stand.ledger,
                faults=stand.faults,
                return_after=timedelta(seconds=1),
            )
            bus.add_platform(stand.platform, default_dictionaries())
            bus.start()
            self.running[stand] = bus
        return self.running[stand]

    def connect(self, stand, cabinet, *, secret="", read_timeout=10.0):
        # a call here is several of the wire, with signatures: still less than the slow peer's second
        settings = self.way(self.bus(stand), timedelta(seconds=max(read_timeout, 0.8)))
        number = len(self.opened)
        shutil.copy(self.template, self.folder / f"{number}.db")
        exchange = open_exchange(
            settings,
            PlatformSmevSettings(environment="test", folder=self.folder / f"spool-{number}"),
            default_smev_profile(),
            Database(f"sqlite:///{self.folder}/{number}.db"),
            utc_now,
            pace=Pace(poll=0.02, patience=read_timeout),
        )
        platform = SmevPlatform(
            Cabinet(cabinet.opa_id, cabinet.name),
            exchange,
            client_id=secret or cabinet.client_id,
            environment="test",
            region_id=str(cabinet.region_id),
        )
        self.opened.append(platform)
        return platform

    def way(self, bus, read):
        return way(bus.client, self.transport, timeouts={"read": read}, store=str(self.folder / "store"))


class TestSmev(SmevConformance):
    """Over the bus itself."""


class AimedConformance(SmevConformance):
    """Faults befall the call that hands a request over: a peer with lookups has others before it."""

    sending = ""
    # What the platform says does not depend on how it was carried: tried over the bus, above.
    test_dictionaries = None
    test_check_is_fine_and_changes_nothing = None
    test_a_wrong_password_stops_its_own_cabinet_and_names_it = None
    test_accept_takes_a_message_off_the_list_and_is_harmless_to_repeat = None
    test_too_many_requests_is_no_unknown_outcome = None
    test_every_message_is_understood_and_reads_the_same_from_its_raw_text = None
    test_nothing_is_skipped_while_accepted_messages_leave_the_list = None
    test_a_message_listed_twice_comes_once = None
    test_a_refusal_carries_the_platforms_own_words = None
    test_a_reply_that_the_platform_refuses_names_the_field = None
    test_a_repeated_interim_status_is_counted_as_often_as_it_arrived = None
    test_a_message_returned_for_rework_comes_with_its_round_and_comment = None
    test_every_kind_of_reply_arrives_and_is_found_in_the_history = None
    test_a_fault_of_the_list_closes_the_channel_for_a_while = None

    def strike(self, stand, *faults):
        if faults == (Fault.DUPLICATE_LISTING,):
            super().strike(stand, *faults)
        for fault in set(faults) - {Fault.DUPLICATE_LISTING}:
            self.bus(stand).troubles.ask(self.sending, fault)


class TestSmevByAdapter(AimedConformance):
    """Through the «Типовой адаптер»."""

    transport = "adapter"
    sending = "adapter Send"


class TestSmevByRegionalGateway(AimedConformance):
    """Through РСМЭВ, whose gateway takes a repeat for a new request."""

    transport = "rsmev"
    sending = "rsmev sendrequest"
    repeat_is_safe = False
