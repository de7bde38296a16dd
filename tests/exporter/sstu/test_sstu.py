"""The package for ССТУ: what goes is right by its rules, what is not stays here and is named."""

import base64
import io
import json
import zipfile
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import cli
from config.settings import Settings, SstuSettings
from connector.appeal import (
    Applicant,
    Card,
    CardRef,
    Category,
    EventKind,
    ItemKind,
    Person,
    RemoteFile,
    RubricValue,
    key_uuid,
)
from connector.appeal import (
    Question as Asked,
)
from connector.errors import PermanentError
from connector.journal.journal import Journal
from connector.journal.records import Stage
from connector.lifecycle import State
from exporter.sstu.from_cards import CardRecords
from exporter.sstu.from_journal import Bodies, JournalRecords
from exporter.sstu.job import make
from exporter.sstu.model import Attachment, Question, Record, Status, Transfer
from exporter.sstu.package import Package, wire
from exporter.sstu.rules import MOST_BASE64, faults
from tests.connector.journal.support import (
    NOON,
    Changes,
    Clock,
    Listed,
    appeal,
    claim_one,
    done,
    event,
    judge,
    on_to,
    open_journal,
    receive,
)

OURS, THEIRS = UUID(int=1), UUID(int=2)
MOSCOW = ZoneInfo("Europe/Moscow")
DAY = date(2026, 3, 2)
LARGE = Attachment("a", b"x" * 7_500_000)
PDF = Attachment("Ответ.pdf", b"%PDF-1.7")


def question(**more):
    return Question(**{"code": "0005.0005.0056.1162", "status": Status.IN_WORK, "incoming": DAY,
                       "registered": DAY, **more})  # fmt: skip


def record(*questions, **more):
    own = {"key": "pos:7:1:1", "card": "А-1", "department": OURS, "number": "А-1", "name": "Тестова Анна",
           "questions": questions or (question(),)}  # fmt: skip
    return Record(**{**own, **more})


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        (record(department=None), ["no-department departmentId"]),
        (record(number="", name=""), ["no-number number", "no-name name"]),
        (record(direct=False), ["no-created createDate"]),
        (record(direct=False, created=date(2026, 3, 3)), ["dates-out-of-order questions[1].incomingDate"]),
        (record(electronic=True), ["direct-by-medo format"]),
        (replace(record(), questions=()), ["no-questions questions"]),
        (record(question(), question(code="")), ["no-code questions[2].code"]),
        (record(question(code="12.3")), ["wrong-code questions[1].code"]),
        (record(question(status=None)), ["unknown-status questions[1].status"]),
        (record(question(registered=None)), ["no-date questions[1].registrationDate"]),
        (record(question(registered=date(2026, 3, 1))), ["dates-out-of-order questions[1].registrationDate"]),
        (record(question(status=Status.ANSWERED)),
         ["no-date questions[1].responseDate", "answer-files questions[1].attachment"]),
        (record(question(status=Status.ANSWERED, responded=DAY, answers=(PDF, PDF))),
         ["answer-files questions[1].attachment"]),
        (record(question(status=Status.EXPLAINED, responded=DAY, answers=(LARGE,))),
         ["answer-too-large questions[1].attachment"]),
        (record(question(status=Status.SUPPORTED, responded=DAY, answers=(PDF,))),
         ["actions-unknown questions[1].actionsTaken"]),
        (record(question(status=Status.TRANSFERRED, transfer=Transfer(None, DAY, "1"))),
         ["transfer-incomplete questions[1].transfer"]),
    ],
)  # fmt: skip
def test_what_cannot_go_is_named(wrong, named):
    assert [f"{one.code} {one.field}" for one in faults(wrong)] == named


def test_the_largest_answer_that_fits():
    fits = Attachment("a", b"x" * (MOST_BASE64 // 4 * 3 - 3))
    assert faults(record(question(status=Status.ANSWERED, responded=DAY, answers=(fits,)))) == []


def test_every_status_goes_with_what_it_needs_and_nothing_else():
    whole = question(responded=DAY, answers=(PDF,), actions_taken=True, transfer=Transfer(THEIRS, DAY, "7"))
    base = {"code", "status", "incomingDate", "registrationDate"}
    wanted = {
        Status.NOT_RECEIVED: {"code", "status"},
        Status.NOT_REGISTERED: {"code", "status", "incomingDate"},
        Status.IN_WORK: base | {"isExtend"},
        Status.IN_WORK_EXTENDED: base | {"isExtend"},
        Status.TRANSFERRED: base | {"transfer"},
        Status.LEFT_WITHOUT_ANSWER: base | {"responseDate"},
        Status.SUPPORTED: base | {"responseDate", "attachment", "actionsTaken"},
    }
    for status in Status:
        one = record(replace(whole, status=status))
        assert faults(one) == []
        [said] = wire(one)["questions"]
        assert set(said) == wanted.get(status, base | {"responseDate", "attachment"}), status


def test_the_wire_form():
    answered = question(status=Status.ANSWERED, responded=date(2026, 3, 9), answers=(PDF,))
    letter = record(
        answered, direct=False, created=DAY, electronic=True, number="А26-05-СО1", email="a@example.org"
    )
    assert wire(letter) == {
        "departmentId": str(OURS), "isDirect": False, "format": "Electronic", "number": "А26-05-СО1",
        "createDate": "2026-03-02", "name": "Тестова Анна", "email": "a@example.org",
        "questions": [{
            "code": "0005.0005.0056.1162", "status": "Answered", "incomingDate": "2026-03-02",
            "registrationDate": "2026-03-02", "responseDate": "2026-03-09",
            "attachment": {"name": "Ответ.pdf", "content": base64.b64encode(b"%PDF-1.7").decode()},
        }],
    }  # fmt: skip


@settings(max_examples=30, deadline=None)
@given(sizes=st.lists(st.integers(0, 3000), max_size=12), most=st.integers(1500, 4000))
def test_parts_keep_under_their_limit_and_hold_every_appeal_once(tmp_path_factory, sizes, most):
    folder = tmp_path_factory.mktemp("parts")
    kept = []
    with Package(folder, "p", most) as package:
        for number, size in enumerate(sizes):
            one = record(key=f"k{number}", address="я" * (size // 2))
            if package.add(one) is not None:
                kept.append(f"{key_uuid(one.key)}.json")
        assert list(folder.glob("*.zip")) == []
        parts = package.finish()
    held = []
    for part in parts:
        with zipfile.ZipFile(part) as opened:
            assert opened.testzip() is None
            assert sum(info.file_size for info in opened.infolist()) <= most
            held += opened.namelist()
        assert part.stat().st_mode & 0o077 == 0
    assert held == kept
    assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []


def of_parts(parts):
    found = {}
    for part in parts:
        with zipfile.ZipFile(part) as opened:
            found |= {name: json.loads(opened.read(name)) for name in opened.namelist()}
    return found


@pytest.fixture
def journal(tmp_path):
    url = f"sqlite:///{tmp_path / 'journal.db'}"
    Journal.upgrade(url)
    with open_journal(url, tmp_path / "files", Clock()) as opened:
        yield opened


def message(platform_id, **more):
    asked = (Asked(1, "а", Category(subject="Дороги"), "0005.0005.0056.1162"),)
    own = {"kind": ItemKind.APPEAL, "questions": asked, "number": f"П-{platform_id}",
           "applicant": Applicant(Person("Тестова", "Анна"), "г Тверь")}  # fmt: skip
    return Listed(platform_id, f'{{"id": {platform_id}}}', replace(appeal(platform_id), **{**own, **more}))


def registered(journal, platform_id, **more):
    receive(journal, message(platform_id, **more))
    journal.finish([on_to(claim_one(journal), Stage.REGISTER, "sed:delo", state=State.ACCEPTED)])
    card = CardRef(platform_id, f"Р-{platform_id}", DAY)
    journal.finish([done(claim_one(journal), state=State.REGISTERED, card=card)])


def records_of(journal, opened=None, **more):
    def away(opa_id, ref):
        raise PermanentError("gone")

    return JournalRecords(journal, Bodies(OURS), MOSCOW, opened or away, **more)


@contextmanager
def pdf(_opa_id, ref):
    assert ref == "ref-1"
    yield io.BytesIO(b"%PDF-1.7")


def test_the_journal_from_receipt_to_answer(journal, tmp_path):
    receive(journal, message("9"))
    claim_one(journal)  # it is being worked on: the next ones have lanes of their own
    registered(journal, "1")
    registered(journal, "2")
    files = (RemoteFile("ref-1", "Ответ.pdf"), RemoteFile("ref-2", "Ответ.pdf.sig"))
    told = [
        event(
            "a",
            EventKind.ANSWER,
            "1",
            files=files,
            number="И-1",
            document_date=date(2026, 3, 9),
            commanded=True,
        ),
        event("b", EventKind.EXTENDED, "2", deadline=date(2026, 5, 1)),
    ]
    journal.record_events("delo", Changes(tuple(told), "1"), judge, "c")
    made = make(records_of(journal, pdf), tmp_path / "out", Settings())
    held = of_parts(made.parts)
    assert (made.appeals, made.refused, made.not_sent) == (3, 0, None)
    said = {one["number"]: one["questions"][0] for one in held.values()}
    assert said["П-9"] == {
        "code": "0005.0005.0056.1162",
        "status": "NotRegistered",
        "incomingDate": "2026-03-02",
    }
    assert (said["Р-1"]["status"], said["Р-1"]["responseDate"]) == ("Answered", "2026-03-09")
    assert base64.b64decode(said["Р-1"]["attachment"]["content"]) == b"%PDF-1.7"
    assert (said["Р-2"]["status"], said["Р-2"]["isExtend"]) == ("InWorkExtended", True)
    assert f"{key_uuid('pos:7:1:1')}.json" in held


def test_messages_are_left_out_and_what_cannot_go_is_listed(journal, tmp_path):
    registered(journal, "1", kind=ItemKind.MESSAGE)
    registered(journal, "2")
    registered(journal, "3")
    told = [
        event("a", EventKind.ANSWER, "2", files=(RemoteFile("r", "a.pdf"),), commanded=True),
        event("b", EventKind.ANSWER, "3", files=(), commanded=True),
    ]
    journal.record_events("delo", Changes(tuple(told), "1"), judge, "c")
    made = make(records_of(journal), tmp_path / "out", Settings())
    assert (made.appeals, made.refused, made.parts) == (0, 2, [])
    assert made.reasons == {"answer-away": 1, "answer-files": 1}
    listed = made.not_sent.read_text(encoding="utf-8-sig")
    assert "7/2/1;attachment;СЭД не отдаёт файл ответа" in listed
    assert "Тестова" not in listed


class Cards:
    """What of a SED is read here."""

    def __init__(self, *cards):
        self.told = cards

    def cards(self, query):
        return iter(self.told)


def card(number, *questions, **fields):
    own = {"Заявитель": "Образцов Пётр", **fields}
    came, went = datetime(2026, 3, 2, 9, tzinfo=UTC), datetime(2026, 3, 9, 9, tzinfo=UTC)
    return Card(CardRef(f"id-{number}", number, DAY), "Обращения", questions, came, None, went, fields=own)


def test_cards_by_their_status_of_sstu(tmp_path):
    answers = tmp_path / "answers"
    answers.mkdir()
    (answers / "А-1-26.pdf").write_bytes(b"%PDF")
    code = "0005.0005.0056.1162"
    letter = {"Номер сопроводительного письма": "С-5", "Дата сопроводительного письма": "01.03.2026",
              "Вид доставки": "МЭДО"}  # fmt: skip
    sent = {"Направлено в": str(THEIRS), "Дата направления": "2026-03-05", "Номер направления": "Н-1"}
    cards = Cards(
        card("А-1/26", RubricValue("1", code, status="Рассмотрено. Поддержано", result="Меры приняты")),
        card("А-2", RubricValue("1", code, status="Находится на рассмотрении"), **letter),
        card("А-3", RubricValue("1", code, status="Направлено по компетенции"), **sent),
        card("А-4", RubricValue("1", code, status="Думаем")),
        card("=1", RubricValue("1", code, status="Дан ответ автору")),
    )
    source = CardRecords("delo", cards, Bodies(OURS), MOSCOW, answers=answers)
    made = make(source, tmp_path / "out", Settings(sstu=SstuSettings()))
    said = {one["number"]: one for one in of_parts(made.parts).values()}
    assert said["А-1/26"]["questions"][0]["actionsTaken"] is True
    assert (said["С-5"]["isDirect"], said["С-5"]["format"], said["С-5"]["createDate"]) == (
        False, "Electronic", "2026-03-01",
    )  # fmt: skip
    assert said["А-3"]["questions"][0]["transfer"] == {
        "departmentId": str(THEIRS), "transferDate": "2026-03-05", "transferNumber": "Н-1",
    }  # fmt: skip
    assert made.reasons == {"unknown-status": 1, "answer-files": 1}
    listed = made.not_sent.read_text(encoding="utf-8-sig")
    assert "Думаем" in listed
    assert "\n'=1;" in listed.replace("\r", "")


def test_the_command(tmp_path):
    journal = f"sqlite:///{tmp_path / 'journal.db'}"
    Journal.upgrade(journal)
    with open_journal(journal, tmp_path / "files", Clock(NOON)) as opened:
        registered(opened, "1")
    config = tmp_path / "sedlink.toml"
    config.write_text(
        f'[journal]\ndatabase = "{journal}"\nfiles = "{tmp_path}/files"\n[sstu]\ndepartment = "{OURS}"\n',
        encoding="utf-8",
    )
    command = ["export", "sstu", "--out", str(tmp_path / "out"), "--config", str(config), "--json"]
    tried = CliRunner().invoke(cli.app, [*command, "--dry-run"])
    assert tried.exit_code == 0, tried.output
    assert json.loads(tried.stdout)["appeals"] == 1
    assert not (tmp_path / "out").exists()
    done_ = CliRunner().invoke(cli.app, command)
    assert done_.exit_code == 0, done_.output
    told = json.loads(done_.stdout)
    assert (told["appeals"], told["refused"], len(told["parts"])) == (1, 0, 1)
    wrong = CliRunner().invoke(cli.app, [*command, "--answers", str(tmp_path)])
    assert wrong.exit_code == 2
    config.write_text(f'[journal]\ndatabase = "{journal}"\nfiles = "{tmp_path}/files"\n', encoding="utf-8")
    assert CliRunner().invoke(cli.app, command).exit_code == 1
