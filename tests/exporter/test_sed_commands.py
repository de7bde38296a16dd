"""`sedlink export … --sed` on a database of cards, as an administrator runs it, to the mart and back."""

import json
from contextlib import closing
from datetime import timedelta

import openpyxl
import pytest
from typer.testing import CliRunner

from cli import app
from config.load import load as load_file
from connector.appeal import Category, Question, conversation_key
from connector.journal.journal import Journal
from connector.sed.testing import CODE, MART, NOON, OTHER, STATUS, a_card
from exporter.bookmarks import Bookmarks
from tests.connector.journal.support import Clock, open_journal, receive, register
from tests.connector.sed.sql_peer import ANNOTATE, BY_CURSOR, CARD_FILES, CARDS, SqlPeer
from tests.exporter.test_journal import message

REGION = {"region": "Тверская область"}
CONFIG = """
[platform]
test_url = "http://127.0.0.1:9"
[[cabinet]]
opa_id = 7
name = "Администрация"
client_id = "x"
secret = "env:CABINET_SECRET"
environment = "test"
sed = "delo"
card_file = "К1"
[sed.delo]
kind = "sev"
folder_out = "out"
folder_in = "in"
folder_state = "state"
sender = {{ uid = "A", name = "A" }}
recipient = {{ uid = "B", name = "B" }}
[sed.cards]
kind = "sqlview"
exchange = "delo"
url = "{url}"
card_files = {card_files}
cards = {cards}
[sed.cards.annotate]
sql = {annotate}
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def peer(request, tmp_path):
    url = f"sqlite:///{tmp_path}/sed.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
    with closing(SqlPeer(url)) as peer:
        yield peer


@pytest.fixture
def lite(tmp_path):
    with closing(SqlPeer(f"sqlite:///{tmp_path}/sed.db")) as peer:
        yield peer


@pytest.fixture
def sedlink(sedlink, monkeypatch):
    monkeypatch.setenv("CABINET_SECRET", "тайна-кабинета")
    return sedlink


def configure(folder, peer, cards=CARDS):
    told = {"url": peer.section["url"], "card_files": json.dumps(CARD_FILES), "cards": json.dumps(cards)}
    text = CONFIG.format(**told, annotate=json.dumps(ANNOTATE))
    (folder / "sedlink.toml").write_text(text, encoding="utf-8")
    Journal.upgrade(f"sqlite:///{folder / 'sedlink.db'}")


def test_from_check_to_reconcile(sedlink, peer, tmp_path):
    configure(tmp_path, peer)
    peer.keep(*(a_card(str(n), CODE, OTHER, fields=REGION) for n in range(1, 11)))
    peer.keep(a_card("11", status="Потеряно", fields=REGION))
    checked = sedlink("check", "--sed", "cards", "--json", code=1)
    assert (checked["rows"], checked["refused"], checked["reasons"]["status-unknown"]) == (21, 1, 1)
    loaded = sedlink("load", "--sed", "cards", "--json", code=1)
    assert (loaded["batch"]["inserted"], loaded["batch"]["refused"]) == (20, 1)
    found = sedlink("reconcile", "--sed", "cards", "--json")
    assert (found["in_source"], found["in_mart"], found["differences"]) == (20, 20, 0)
    again = sedlink("load", "--sed", "cards", "--all", "--json", code=1)["batch"]
    assert (again["inserted"], again["updated"], again["unchanged"]) == (0, 0, 20)


@pytest.mark.parametrize("count", [58, 300])
def test_any_number_of_card_files_as_options(sedlink, lite, tmp_path, count):
    configure(tmp_path, lite)
    names = [f"Картотека {n}" for n in range(count)]
    lite.keep(*(a_card(str(n), card_file=name, fields=REGION) for n, name in enumerate(names)))
    options = [part for name in names for part in ("--cardfile", name)]
    loaded = sedlink("load", "--sed", "cards", *options, "--json")
    assert loaded["batch"]["inserted"] == count


def test_a_card_withheld_or_deleted_later_leaves_the_mart(sedlink, lite, tmp_path):
    cards = CARDS.replace("c.region,", "c.region, CASE WHEN c.reg_no = '' THEN 'да' END AS deleted,")
    configure(tmp_path, lite, cards)
    lite.keep(*(a_card(str(n), fields=REGION) for n in range(1, 5)))
    assert sedlink("load", "--sed", "cards", "--json")["batch"]["inserted"] == 4
    lite.run(
        "UPDATE card SET to_mart = 'Нет' WHERE id = '2'", "UPDATE card SET reg_no = '' WHERE id = '3'"
    )  # fmt: skip
    before = sedlink("reconcile", "--sed", "cards", "--json", code=1)
    assert {(one["kind"], one["card"]) for one in before["named"]} == {("different", "2"), ("different", "3")}
    loaded = sedlink("load", "--sed", "cards", "--all", "--json")
    assert (loaded["withheld"], loaded["batch"]["updated"]) == (1, 2)
    found = sedlink("reconcile", "--sed", "cards", "--json")
    assert (found["in_source"], found["in_mart"], found["differences"]) == (2, 2, 0)


def test_reading_goes_on_from_the_cursor_of_each_card_file(sedlink, lite, tmp_path):
    configure(tmp_path, lite, BY_CURSOR)
    lite.keep(*(a_card(str(n), fields=REGION) for n in range(1, 6)))
    assert sedlink("load", "--sed", "cards", "--json")["rows"] == 5
    assert sedlink("load", "--sed", "cards", "--json")["rows"] == 0
    lite.keep(a_card("3", OTHER, fields=REGION))
    again = sedlink("load", "--sed", "cards", "--json")
    assert (again["rows"], again["batch"]["updated"]) == (1, 1)
    assert sedlink("load", "--sed", "cards", "--all", "--json")["rows"] == 5
    other = sedlink("load", "--sed", "cards", "--mart", f"sqlite:///{tmp_path}/other.db", "--json")
    assert other["batch"]["inserted"] == 5, "another mart has read nothing yet"


def test_each_card_file_has_a_place_of_its_own_although_none_was_named(sedlink, lite, tmp_path):
    configure(tmp_path, lite, BY_CURSOR.replace("WHERE", "WHERE c.file = :cardfile AND"))
    path = tmp_path / "sedlink.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('card_file = "К1"', ""), encoding="utf-8")
    lite.keep(a_card("1", card_file="А", fields=REGION), a_card("2", card_file="Б", fields=REGION))
    assert sedlink("load", "--sed", "cards", "--json")["rows"] == 2
    settings = load_file(path)
    assert Bookmarks(settings, "cards", settings.export.mart).read(["А", "Б"]) == {"А": "1", "Б": "2"}
    assert sedlink("load", "--sed", "cards", "--json")["rows"] == 0


def test_a_held_load_does_not_move_the_cursor(sedlink, lite, tmp_path):
    configure(tmp_path, lite, BY_CURSOR)
    lite.keep(*(a_card(str(n), fields=REGION) for n in range(1, 6)))
    sedlink("load", "--sed", "cards", "--json")
    lite.keep(a_card("6", status="Потеряно", fields=REGION))
    assert sedlink("load", "--sed", "cards", "--json", code=1)["batch"]["state"] == "held"
    lite.run("UPDATE rubric SET sstu = 'InWork'")
    assert sedlink("load", "--sed", "cards", "--json")["batch"]["inserted"] == 1


def test_three_sides_source_journal_and_mart(sedlink, lite, tmp_path):
    configure(tmp_path, lite)
    with open_journal(f"sqlite:///{tmp_path / 'sedlink.db'}", tmp_path / "files", Clock()) as journal:
        for number in ("101", "102", "103"):
            questions = (Question(1, "а", Category(1, "Дороги")),)
            register(journal, message(number, questions=questions))
        receive(journal, message("104"))  # not registered yet: no card is expected
    lite.keep(
        a_card("1", key=conversation_key(7, "101", 1), fields=REGION),
        a_card("2", key=conversation_key(7, "102", 1), fields=REGION),
        a_card("3", fields=REGION),  # came on paper
        a_card("4", key=conversation_key(7, "999", 1), fields=REGION),  # the journal knows nothing of it
    )
    sedlink("load", "--sed", "cards")
    found = sedlink("reconcile", "--sed", "cards", "--json", code=1)
    assert [found[side] for side in ("in_source", "exchanged", "in_journal", "in_mart")] == [4, 3, 3, 4]
    assert {(one["kind"], one["card"]) for one in found["named"]} == {
        ("not in journal", "4"),
        ("only in journal", "7/103/1"),
    }
    lite.run(
        f"UPDATE card SET pos_key = '{conversation_key(7, '103', 1)}' WHERE id = '4'"
    )  # fmt: skip
    sedlink("load", "--sed", "cards", "--all")
    assert sedlink("reconcile", "--sed", "cards", "--json")["differences"] == 0


def test_a_list_is_compared_with_the_journal_for_its_days_and_cabinets(sedlink, lite, tmp_path):
    configure(tmp_path, lite)
    with open_journal(f"sqlite:///{tmp_path / 'sedlink.db'}", tmp_path / "files", Clock()) as journal:
        for number in ("101", "102", "103"):
            register(journal, message(number))
        register(journal, message("104", created_at=NOON + timedelta(days=90)))  # not of the list's days
    (tmp_path / "map.toml").write_text(
        'name = "список"\n[columns]\ncard = { header = "Номер" }\nreceived_at = { header = "Дата" }\n'
        'message = { header = "Сообщение ПОС №" }\nregion_name = { constant = "Тверская область" }',
        encoding="utf-8",
    )
    rows = ("А-1;01.03.2026;", "А-2;02.03.2026;101", "А-3;03.03.2026;102", "А-4;03.03.2026;777")
    (tmp_path / "l.csv").write_text("\n".join(("Номер;Дата;Сообщение ПОС №", *rows)), encoding="utf-8")
    given = ("--list", tmp_path / "l.csv", "--map", tmp_path / "map.toml")
    sedlink("load", *given)
    found = sedlink("reconcile", *given, "--json", code=1)
    assert [found[side] for side in ("in_source", "exchanged", "in_journal", "in_mart")] == [4, 3, 3, 4]
    assert {(one["kind"], one["card"]) for one in found["named"]} == {
        ("not in journal", "А-4"),
        ("only in journal", "7/103/1"),
    }
    (tmp_path / "sedlink.db").unlink()
    alone = sedlink("reconcile", *given, "--config", tmp_path / "sedlink.toml")
    assert "without the journal: " in alone
    assert "differences\t0" in alone


# -- the retrospective


def test_backfill_from_a_dry_run_to_a_repeat(sedlink, peer, tmp_path):
    configure(tmp_path, peer)
    peer.keep(
        a_card("1", CODE, OTHER, status="Explained"),
        a_card("2", status="Потеряно"),
        a_card("3", status="Не зарегистрировано"),
        a_card("4", changed=NOON - timedelta(days=60), answered_at=None),  # open, but older
        a_card("5", fields={MART: "Нет"}),
    )
    fill = ("backfill", "--sed", "cards", "--from", "2026-03-01", "--json")
    dry = sedlink(*fill, "--dry-run", "--report", "r.xlsx", code=1)
    assert dry["counts"] == {"written": 3, "unmapped": 1, "not yet": 1}
    assert peer.written("1", "1") == {MART: "", STATUS: ""}
    rows = list(openpyxl.load_workbook("r.xlsx")["Заполнение"].iter_rows(min_row=2, values_only=True))
    assert ("К1", "А-2", "1", "статуса нет в таблице", None, "Потеряно") in rows
    assert sedlink(*fill, code=1)["counts"] == dry["counts"]
    assert peer.written("1", "2") == {MART: "Да", STATUS: "Отправлен ответ заявителю"}
    assert peer.written("2", "1") == {MART: "", STATUS: ""}, "an unmapped status is never written"
    assert peer.written("4", "1") == {MART: "", STATUS: ""}
    assert peer.written("5", "1") == {MART: "Нет", STATUS: "Назначен исполнитель"}
    assert sedlink(*fill, code=1)["counts"] == {"filled": 3, "unmapped": 1, "not yet": 1}
    wider = sedlink(*fill, "--look-back", "90", code=1)
    assert wider["counts"] == {"filled": 3, "unmapped": 1, "not yet": 1, "written": 1}


def test_backfill_needs_a_grant(sedlink, lite, tmp_path):
    configure(tmp_path, lite)
    path = tmp_path / "sedlink.toml"
    path.write_text(path.read_text(encoding="utf-8").partition("[sed.cards.annotate]")[0], encoding="utf-8")
    said = sedlink("backfill", "--sed", "cards", "--from", "2026-03-01", code=3)
    assert "sed.cards: this kind of SED takes no fields" in said


def test_a_cabinet_cannot_exchange_with_a_database_of_cards(sedlink, lite, tmp_path):
    configure(tmp_path, lite)
    path = tmp_path / "sedlink.toml"
    path.write_text(
        path.read_text(encoding="utf-8").replace('sed = "delo"', 'sed = "cards"'), encoding="utf-8"
    )
    result = CliRunner(env={"LC_ALL": "C"}).invoke(app, ["config", "check"])
    assert result.exit_code == 3
    assert "[sed.cards] only gives cards for the mart" in result.output
