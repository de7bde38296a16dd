"""ДЕЛО of the stand in its folders: what it refuses, what it reports, that all of it is valid."""

import hashlib
from datetime import date

import pytest
from lxml import etree

from stand.blobs import Kind as FileKind
from stand.delo.checks import Schemas
from stand.delo.clerk import Delo
from stand.desk import SampleDesk
from stand.faults import Fault, FaultPlan, Pains
from stand.ledger import Ledger
from stand.words import Decision, DecisionKind, FileSpec, Official
from tests.stand.sev import NS, SUBSCRIBED, Letter, notices, reports

CLERK = Official("Тестов", "Тест", "Тестович", "Консультант", "clerk@example.org", "+70000000000")
FILES = (FileSpec("Ответ № 1/2.pdf", FileKind.PDF, 3000, "a"), FileSpec("Фото.png", FileKind.PNG, 900, "b"))
TASK = {"text": "Рассмотреть", "executors": (CLERK, CLERK), "manager": CLERK}
LIFE = (
    Decision(DecisionKind.REGISTER, deadline=date(2025, 2, 1)),
    Decision(DecisionKind.ASSIGN, deadline=date(2025, 2, 1), **TASK),
    Decision(DecisionKind.PROGRESS, deadline=date(2025, 2, 1), **TASK),
    Decision(DecisionKind.PROLONG, deadline=date(2025, 3, 1), **TASK),
    Decision(DecisionKind.DRAFT, text="Проект", manager=CLERK),
    Decision(DecisionKind.ANSWER, text="Сделано", files=FILES, manager=CLERK, executors=(CLERK,)),
)
EXPECTED = ["Reception", "Registration", "Consideration", "Report", "Consideration", "Answer", "Answer"]


def make(tmp_path, *decisions, **settings):
    ledger = Ledger()
    delo = Delo(
        tmp_path / "in", tmp_path / "out", plans=SampleDesk(decisions), ledger=ledger, fsync=False, **settings
    )
    return delo, ledger


def what(ledger):
    return [entry.what for entry in ledger.entries()]


def test_a_whole_life_is_reported_in_order_with_files_and_the_mark_on_the_last_answer(tmp_path):
    delo, ledger = make(tmp_path, *LIFE)
    letter = Letter(files={"фото.png": b"123"}).put(delo.to_sed)
    delo.step()
    assert notices(delo.out.path) == EXPECTED
    assert not list(delo.to_sed.iterdir())  # taken
    for _kind, root, _inside in reports(delo.out.path):
        assert root.find("s:Header", NS).get("ReturnID") == letter.uid
        assert root.find("s:Notification/s:InitialDoc", NS).get("UID") == letter.uid
    *_rest, (_k1, draft, _in), (_k2, final, inside) = reports(delo.out.path)
    marks = [
        [(one.get("Name"), one.text) for one in root.iterfind(".//s:AdditionalField", NS)]
        for root in (draft, final)
    ]
    assert ("Ответ в ПОС", "1") not in marks[0]
    assert ("Ответ в ПОС", "true") not in marks[0]
    assert {name for name, _text in marks[1]} == {"Ответ в ПОС", "Результат ПОС"}
    sent = [inside / one.get("UniqueName") for one in final.iterfind(".//s:Resource", NS)][1:]
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in sent]
    assert digests == [spec.sha256 for spec in FILES]
    sizes = [int(one.get("Size")) for one in final.iterfind(".//s:File", NS)]
    assert sizes == [path.stat().st_size for path in sent]
    arrived = next(entry for entry in ledger.entries() if entry.what == "arrived")
    assert arrived.detail["files"] == [hashlib.sha256(b"123").hexdigest()]


@pytest.mark.parametrize("generation", ["xsd_sev", "xsd_sev_v12"])
def test_everything_it_writes_is_valid_by_the_schemas(tmp_path, shared_data, generation):
    schemas = Schemas(shared_data / "sed" / generation)
    envelopes = Schemas(shared_data / "sed" / "xsd_sev")
    faults = FaultPlan([Fault.ACCUMULATED_REPORT], probability=1.0)
    lives = [
        LIFE,
        (Decision(DecisionKind.REFUSE, code=101, text="Не читается"),),
        (Decision(DecisionKind.REGISTER), Decision(DecisionKind.REDIRECT, organisation="Управление")),
    ]
    for number, life in enumerate(lives):
        delo, _ledger = make(tmp_path / str(number), *life, faults=faults, schemas=schemas)
        Letter(files={"a.txt": b"1"}).put(delo.to_sed)
        delo.step()
        assert len(reports(delo.out.path)) == len(life) + 1
        for _kind, root, _inside in reports(delo.out.path):
            assert schemas.complaint("ReportInfo", root) == ""
        for path in delo.out.path.glob("*.env"):
            assert envelopes.complaint("Envelop", etree.parse(path).getroot()) == ""


def test_a_message_that_the_schema_dislikes_is_refused(tmp_path, shared_data):
    delo, ledger = make(tmp_path, *LIFE, schemas=Schemas(shared_data / "sed" / "xsd_sev"))
    Letter(rubric="<Colour>red</Colour>").put(delo.to_sed)
    delo.step()
    assert what(ledger) == ["sed_rejected"]
    assert notices(delo.out.path) == ["Failure"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"author": ""}, 39),
        ({"index": "OTHER"}, 27),
        ({"uid": ""}, 25),
        ({"number": ""}, 37),
        ({"text": "None"}, 45),
        ({"rubric": "<Rubric>Дороги</Rubric>"}, 44),
        ({"files": {"a.txt": b"1"}, "size_error": 1}, 41),
        ({"message_dir": "nowhere"}, 16),
        ({"message_dir": "../in"}, 15),
    ],
)
def test_a_wrong_message_gets_a_failure_and_is_kept_for_a_person(tmp_path, change, code):
    delo, ledger = make(tmp_path, *LIFE, rejected=tmp_path / "rejected")
    Letter(**change).put(delo.to_sed)
    delo.step()
    assert what(ledger) == ["sed_rejected"]
    assert ledger.entries()[0].detail["code"] == code
    assert notices(delo.out.path) == ["Failure"]
    assert list((tmp_path / "rejected").glob("*.env"))


def test_a_dtd_is_refused(tmp_path):
    delo, ledger = make(tmp_path, *LIFE)
    delo.to_sed.joinpath("a.env").write_text('<!DOCTYPE x [<!ENTITY a "b">]><Envelop/>')
    delo.step()
    assert ledger.entries()[0].detail["code"] == 13


def test_the_same_document_twice_is_registered_once_and_noted(tmp_path):
    delo, ledger = make(tmp_path, *LIFE)
    letter = Letter().put(delo.to_sed)
    delo.step()
    letter.put(delo.to_sed)
    delo.step()
    assert what(ledger).count("registered") == 1
    assert what(ledger).count("arrived_again") == 1
    assert notices(delo.out.path) == [*EXPECTED, "Reception"]


def test_only_what_was_subscribed_is_reported(tmp_path):
    delo, ledger = make(tmp_path, *LIFE)
    Letter(subscribed=tuple(name for name in SUBSCRIBED if name != "Answer")).put(delo.to_sed)
    delo.step()
    assert notices(delo.out.path) == EXPECTED[:-2]
    assert what(ledger).count("unsubscribed") == 2


def test_a_half_written_message_is_completed_later_and_a_repeated_one_says_the_same(tmp_path):
    kinds = [Fault.HALF_WRITTEN, Fault.DUPLICATE_REPORT]
    pains = Pains(half_written=0.0, duplicate=0.0)
    faults = FaultPlan(kinds, probability=1.0, pains=pains, max_in_row=100)
    delo, ledger = make(tmp_path, *LIFE[:2], faults=faults)
    Letter().put(delo.to_sed)
    while not delo.idle:
        delo.step()
    assert sorted(notices(delo.out.path)) == sorted([*EXPECTED[:3], *EXPECTED[1:3]])
    assert what(ledger).count("reported") == 2  # a repeat is not a new decision


def test_reports_out_of_order_keep_the_answer_last(tmp_path):
    faults = FaultPlan([Fault.OUT_OF_ORDER], probability=1.0, max_in_row=100)
    delo, _ledger = make(tmp_path, *LIFE, faults=faults)
    Letter().put(delo.to_sed)
    delo.step()
    told = notices(delo.out.path)
    assert told != EXPECTED
    assert sorted(told) == sorted(EXPECTED)
    assert told[-1] == "Answer"
