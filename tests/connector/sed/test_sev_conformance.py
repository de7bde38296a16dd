"""ДЕЛО over СЭВ passes the suite of SED adapters against a peer built from the facts and the stand."""

import time
from datetime import date

import pytest

from connector.appeal import AnswerResult, EventKind
from connector.sed.sev import Organisation
from connector.sed.testing import SedConformance, Store, an_appeal, drain, of, unique
from stand.delo.checks import Schemas
from stand.delo.clerk import Delo
from stand.desk import Assignment
from stand.faults import Fault, FaultPlan
from stand.ledger import Ledger
from stand.words import Decision, DecisionKind, Message, Official
from tests.connector.sed.sev_peer import FolderDelo
from tests.connector.sed.stand_peer import INDEX, Paper, StandDelo, running


class TestSev(SedConformance):
    @pytest.fixture
    def peer(self, tmp_path):
        return FolderDelo(tmp_path)


class TestSevWithTheStand(SedConformance):
    @pytest.fixture
    def peer(self, tmp_path):
        return StandDelo(tmp_path)


@pytest.mark.parametrize("generation", ["xsd_sev", "xsd_sev_v12"])
def test_the_stand_takes_it_by_the_vendor_s_schemas(tmp_path, shared_data, generation):
    peer, store = StandDelo(tmp_path, Schemas(shared_data / "sed" / generation)), Store()
    files = (store.put("фото.jpg", b"\xff\xd8"), store.put("a.txt", b"a"))
    appeal = an_appeal(round=2, rework_comment="Снова", collective=True, text="Не горит " * 1000)
    peer.sed().register(appeal, files, store.open)
    assert peer.received(appeal.key).cards == 1  # it asserts that nothing was rejected


# -- a whole life of many messages with every fault of the folder at once

WHO = (Official("Исполнителев", "Илья", "Ильич", "консультант", "i@example.org", "1"),)
LIVES = [
    (
        Decision(DecisionKind.REGISTER),
        Decision(DecisionKind.ASSIGN, text="Ответить", deadline=date(2024, 3, 20), executors=WHO),
        Decision(DecisionKind.PROGRESS, text="Выехали", executors=WHO),
        Decision(DecisionKind.PROLONG, deadline=date(2024, 4, 25), executors=WHO),
        Decision(DecisionKind.DRAFT, text="Черновик", solved=True),
        Decision(
            DecisionKind.ANSWER, text="Готово", files=(Paper("ответ.pdf", b"%PDF" * 9000),), solved=False
        ),
    ),
    (Decision(DecisionKind.REFUSE, code=50, text="Не к нам"),),
    (Decision(DecisionKind.REGISTER), Decision(DecisionKind.REDIRECT, organisation="Управление примеров")),
]


class Plan:
    """Lives by the platform's number, each given once."""

    def __init__(self, lives):
        self._lives = lives
        self._given = set()

    def find(self, hints, uid):
        number = int(next(hint for hint in hints if hint.startswith("ПОС-")).removeprefix("ПОС-"))
        again = number in self._given
        self._given.add(number)
        return Assignment(Message(number, 77, f"ПОС-{number}", "{}"), 1, self._lives[number], ()), again


@pytest.mark.parametrize("seed", [1, 2])
def test_every_fault_of_the_folder_at_once_loses_and_doubles_nothing(tmp_path, seed):
    peer = FolderDelo(tmp_path, recipient=Organisation(INDEX, "Стенд ДЕЛО"))
    store, ledger = Store(), Ledger()
    appeals = [an_appeal(platform_id=str(number)) for number in range(18)]
    lives = {number: LIVES[number % len(LIVES)] for number in range(len(appeals))}
    kinds = (
        Fault.DUPLICATE_REPORT,
        Fault.ACCUMULATED_REPORT,
        Fault.OUT_OF_ORDER,
        Fault.HALF_WRITTEN,
        Fault.STRAY_FILE,
    )
    plan = FaultPlan(kinds, seed=seed, probability=0.4)
    out, in_ = peer.settings.folder_out, peer.settings.folder_in
    delo = Delo(out, in_, plans=Plan(lives), ledger=ledger, faults=plan, pace=0.01, fsync=False)
    sed, events, cursor = peer.sed(), [], ""
    with running(delo):
        for appeal in appeals:
            sed.register(appeal, (store.put("a.txt", b"a"),), store.open)
        wanted = sum(len(lives[number]) for number in lives)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            fresh, cursor, notes = drain(sed, cursor)
            assert notes == []
            events += fresh
            reported = sum(entry.what == "reported" for entry in ledger.entries())
            if reported == wanted and delo.idle and not list(in_.glob("*.env")):
                break
            time.sleep(0.02)
        else:
            pytest.fail("the exchange does not come to rest")
    assert set(plan.struck()) == {str(kind) for kind in kinds}
    for number, appeal in enumerate(appeals):
        told = of(unique(events), appeal.key)
        assert_whole_life(number % len(LIVES), told)


def assert_whole_life(life, told):
    """Assert that what was decided was told, each thing once."""
    kinds = [event.kind for event in told]
    once = [
        {EventKind.REGISTERED, EventKind.EXECUTOR_ASSIGNED, EventKind.EXTENDED},
        {EventKind.REFUSED},
        {EventKind.REGISTERED, EventKind.REDIRECTED},
    ][life]
    closed_list = {
        EventKind.REGISTERED,
        EventKind.EXECUTOR_ASSIGNED,
        EventKind.EXTENDED,
        EventKind.REFUSED,
        EventKind.REDIRECTED,
    }
    assert {kind: kinds.count(kind) for kind in closed_list} == {
        kind: int(kind in once) for kind in closed_list
    }
    answers = [event for event in told if event.kind is EventKind.ANSWER]
    if life:
        assert answers == []
        return
    assert [event.commanded for event in answers] == [False, True]
    assert (answers[1].result, answers[1].text) == (AnswerResult.NOT_SOLVED, "Готово")
    assert [file.size for file in answers[1].files] == [36_000]
    assert told[kinds.index(EventKind.EXTENDED)].deadline == date(2024, 4, 25)
