"""МЭДО passes the suite of SED adapters against a peer built from the facts and the stand."""

import time
from datetime import UTC, datetime
from uuid import UUID

import pytest

from connector.appeal import key_uuid
from connector.sed.medo import MedoSed, Participant
from connector.sed.testing import Received, SedConformance, Store, an_appeal, drain, of, sha256, unique
from stand.faults import Fault, FaultPlan, Pains
from stand.ledger import Ledger
from stand.medo.reading import Schemas
from stand.medo.sed import MedoStand
from stand.medo.writing import Identity
from stand.words import Decision, DecisionKind
from tests.connector.sed.medo_peer import Beside, MailService, settings_for
from tests.connector.sed.stand_peer import AnyPlan, Clerk, running
from tests.connector.sed.test_sev_conformance import LIVES, Plan, assert_whole_life


class TestMedo(SedConformance):
    @pytest.fixture
    def peer(self, tmp_path):
        return MailService(tmp_path)


class TestMedoBeside(SedConformance):
    """The same, with the envelope beside the message's folder."""

    @pytest.fixture
    def peer(self, tmp_path):
        return Beside(tmp_path, layout="beside")


class StandMedo(Clerk):
    """The stand's SED as the peer: its clerk is told what to decide next."""

    lose_connection_after_commit = MailService.lose_connection_after_commit
    lose_connection_before_commit = MailService.lose_connection_before_commit

    def __init__(self, root, schemas=None, **changes):
        me = Identity()
        self.ledger = Ledger()
        self.stand = MedoStand(root, plans=AnyPlan(), ledger=self.ledger, schemas=schemas, fsync=False)
        recipient = Participant(UUID(me.uid), me.organisation, me.box)
        self.settings = settings_for(root, folder_in=root / "In", recipient=recipient, **changes)

    def sed(self):
        return MedoSed(self.settings)

    def received(self, key):
        self.stand.step()
        assert [entry.detail for entry in self.ledger.entries() if entry.what == "sed_rejected"] == []
        uid = str(key_uuid(key))
        if uid not in self.stand.documents:
            return Received(0)
        arrivals = [entry for entry in self.ledger.entries() if entry.detail.get("uid") == uid]
        folder = self.settings.folder_sent / uid
        hashes = self.stand.documents[uid].file_hashes
        text = {"document.xml", "envelope.ini", "Текст сообщения.txt"}
        names = sorted(path.name for path in folder.iterdir() if path.name not in text)
        files = {}
        for name in names:
            files[name] = sha256((folder / name).read_bytes())
        assert sorted(files.values()) == sorted(hashes)
        return Received(sum(entry.what.startswith("arrived") for entry in arrivals), files)

    def refuse(self, key, code, text):
        self._decide(key, Decision(DecisionKind.REFUSE, code=2, text=text))
        return "3"

    def repeat(self):
        self.stand.repeat()

    def _decide(self, key, decision):
        self.stand.decide(str(key_uuid(key)), decision)


class TestMedoWithTheStand(SedConformance):
    @pytest.fixture
    def peer(self, tmp_path):
        return StandMedo(tmp_path)


@pytest.mark.parametrize("version", ["2.2", "2.6"])
def test_the_stand_takes_it_by_the_vendor_s_schemas(tmp_path, shared_data, version):
    peer, store = StandMedo(tmp_path, Schemas(shared_data / "sed" / "xsd_medo"), version=version), Store()
    files = (store.put("фото.jpg", b"\xff\xd8"), store.put("a.txt", b"a"))
    appeal = an_appeal(round=2, rework_comment="Снова", collective=True, text="Не горит " * 1000)
    peer.sed().register(appeal, files, store.open)
    assert peer.received(appeal.key).cards == 1  # it asserts that nothing was rejected
    peer.register(appeal.key, "Т-1", datetime(2024, 3, 5, tzinfo=UTC).date())
    drain(peer.sed())
    peer.received(appeal.key)
    assert [(one.accepted) for one in peer.stand.receipts] == [True]


@pytest.mark.parametrize("seed", [1])
def test_every_fault_of_the_folders_at_once_loses_and_doubles_nothing(tmp_path, seed):
    kinds = (
        Fault.DUPLICATE_REPORT, Fault.OUT_OF_ORDER, Fault.HALF_WRITTEN, Fault.STRAY_FILE,
        Fault.SLOW, Fault.NOT_SENT, Fault.GARBAGE,
    )  # fmt: skip
    plan = FaultPlan(kinds, seed=seed, probability=0.4, pains=Pains(slow=0.05, not_sent=0.1))
    lives = {number: LIVES[number % len(LIVES)] for number in range(12)}
    appeals = [an_appeal(platform_id=str(number)) for number in lives]
    peer, store, ledger = StandMedo(tmp_path), Store(), Ledger()
    stand = MedoStand(tmp_path, plans=Plan(lives), ledger=ledger, faults=plan, pace=0.01, fsync=False)
    sed, events, cursor = peer.sed(), [], ""
    with running(stand):
        for appeal in appeals:
            sed.register(appeal, (store.put("a.txt", b"a"),), store.open)
        wanted = sum(len(life) for life in lives.values())
        deadline = time.monotonic() + 40
        while time.monotonic() < deadline:
            fresh, cursor, notes = drain(sed, cursor)
            assert all("корень — html" in note or "не отправлено" in note for note in notes), notes
            events += fresh
            reported = sum(entry.what == "reported" for entry in ledger.entries())
            left = [path for path in peer.settings.folder_in.iterdir() if path.is_dir()]
            if reported == wanted and stand.idle and not left:
                break
            time.sleep(0.02)
        else:
            pytest.fail("the exchange does not come to rest")
    assert set(plan.struck()) == {str(kind) for kind in kinds}
    assert [entry for entry in ledger.entries() if entry.what in ("sed_rejected", "arrived_again")] == []
    for number, appeal in enumerate(appeals):
        told = of(unique(events), appeal.key)
        # whose a half-written document is cannot be told yet: a draft may be read after the answer
        assert_whole_life(number % len(LIVES), sorted(told, key=lambda event: event.commanded))
