"""The protocol of what was not uploaded: table, workbook, one mail when it begins and one when it is over."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from config.i18n import speaking
from connector.journal.journal import Journal
from exporter.marts.datamart.ledger import File, Item, Ledger
from exporter.protocol.collect import Line, Protocol
from exporter.protocol.letter import failing_letter
from stand.mailbox import Mailbox

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
CONFIG = """
[mail]
host = "127.0.0.1"
port = {port}
security = "none"
sender = "sedlink@example.org"
recipients = ["admin@example.org"]
[export]
mart = "sqlite:///mart.db"
card_link = "https://sed.example.org/{{card}}"
[datamart.region]
url = "http://127.0.0.1:9"
environment = "test"
datamart = "appeals"
"""


@pytest.fixture
def mailbox():
    box = Mailbox()
    box.start()
    yield box
    box.stop()


@pytest.fixture
def sedlink(sedlink, tmp_path, mailbox):
    (tmp_path / "sedlink.toml").write_text(CONFIG.format(port=mailbox.port), encoding="utf-8")
    Journal.upgrade(f"sqlite:///{tmp_path / 'sedlink.db'}")
    return sedlink


@pytest.fixture
def load(sedlink, small):
    def loading(*lines, code):
        return sedlink("load", *small(*lines), "--json", code=code)

    return loading


GOOD = [f"{n};02.03.2026;Дороги" for n in range(9)]


def test_one_mail_when_it_begins_none_while_it_lasts_one_when_it_is_over(load, mailbox):
    load(*GOOD, code=0)
    assert mailbox.mails == []
    load(*GOOD, "10;вчера;Дороги", code=1)
    [began] = mailbox.mails
    assert began.recipients == ("admin@example.org",)
    assert "1 строка не выгружена в витрину" in began.subject
    for part in ("даты поступления нет или она не читается: 1", "Карточки: 10", "Что сделать: "):
        assert part in began.text
    load(*GOOD, "10;вчера;Дороги", "11;вчера;Дороги", code=1)
    assert len(mailbox.mails) == 1, "the reason is the same: nothing new to say"
    load(*GOOD, "10;вчера;Дороги", "11;02.03.2026;Дороги", "12;02.03.2099;Дороги", code=1)
    assert len(mailbox.mails) == 2, "a new reason"
    assert "поступило позже сегодняшнего дня" in mailbox.mails[1].text
    load(*GOOD, *(f"{n};02.03.2026;Дороги" for n in (10, 11, 12)), code=0)
    assert "снова выгружено всё" in mailbox.mails[2].subject
    load(*GOOD, code=0)
    assert len(mailbox.mails) == 3


def test_a_held_load_is_told_once_and_its_end_too(load, mailbox):
    for _again in range(2):
        load(GOOD[0], "10;вчера;Дороги", code=1)
    [began] = mailbox.mails
    assert (
        "малая: не принято слишком много строк (1 из 2), из этой загрузки не опубликовано ничего"
        in began.text
    )
    load(GOOD[0], "10;02.03.2026;Дороги", code=0)
    assert "снова выгружено всё" in mailbox.mails[1].subject


def test_a_mail_that_was_not_sent_goes_with_the_next_run(sedlink, load, mailbox, tmp_path):
    config = tmp_path / "sedlink.toml"
    whole = config.read_text(encoding="utf-8")
    config.write_text(whole.replace(f"port = {mailbox.port}", "port = 9"), encoding="utf-8")
    load(*GOOD, "10;вчера;Дороги", code=1)
    assert sedlink("protocol", "--mail", "--json", code=1)["mail"] == "not sent"
    config.write_text(whole, encoding="utf-8")
    assert sedlink("protocol", "--mail", "--json", code=1)["mail"] == "failing"
    assert sedlink("protocol", "--mail", "--json", code=1)["mail"] == "nothing new"
    assert len(mailbox.mails) == 1


def test_table_and_workbook_name_reasons_and_rows(sedlink, load, tmp_path):
    load(*GOOD, "=1+1;вчера;Дороги", "11;вчера;Дороги", code=1)
    said = sedlink("protocol", "--report", "p.xlsx", "--json", code=1)
    assert said["rows"] == 2
    assert [(one["code"], one["rows"], one["cards"]) for one in said["reasons"]] == [
        ("no-received", 2, ["11", "=1+1"])
    ]
    assert "the date of receipt is missing" in sedlink("protocol", code=1)
    book = openpyxl.load_workbook("p.xlsx")
    assert book.sheetnames == ["Причины", "Не выгружено"]
    cells = list(book["Не выгружено"].iter_rows(min_row=2))
    assert {row[4].value for row in cells} == {"=1+1", "11"}
    assert all(cell.data_type != "f" for row in cells for cell in row)
    assert {row[4].hyperlink.target for row in cells} == {
        "https://sed.example.org/11",
        "https://sed.example.org/=1+1",
    }
    load(*GOOD, code=0)  # what is no longer in the list stays in the quarantine
    assert sedlink("protocol", "--json", code=1)["rows"] == 2


def test_what_a_data_mart_refused_is_in_it(sedlink, load, tmp_path):
    load(*GOOD, code=0)
    folder = tmp_path / "datamart"
    folder.mkdir()
    path = folder / "f.csv"
    path.write_bytes(b"x")
    with Ledger(folder / "datamart.db", "region/test") as ledger:
        file = File("1", "upload", path, 1, 1, "made", "", "")
        ledger.add(file, [Item("sed1:7", "f", "r")], at=NOW.isoformat())
        ledger.refuse(file, "not a boolean: yes", NOW.isoformat())
    said = sedlink("protocol", "--mail", "--json", code=1)
    assert said["mail"] == "failing"
    assert [(one["target"], one["code"], one["cards"]) for one in said["reasons"]] == [
        ("region", "not a boolean: yes", ["sed1:7"])
    ]


def test_without_a_configuration_it_shows_and_sends_nothing(sedlink, load, mailbox, tmp_path):
    load(*GOOD, "10;вчера;Дороги", code=1)
    (tmp_path / "sedlink.toml").unlink()
    assert sedlink("protocol", "--mart", "sqlite:///mart.db", "--json", code=1)["mail"] is None
    assert "no configuration file" in sedlink("protocol", "--mart", "sqlite:///mart.db", "--mail", code=3)
    assert len(mailbox.mails) == 1


def test_the_mail_stays_short_and_holds_no_line_from_outside():
    protocol = Protocol()
    for number in range(500):
        protocol.rows += 1
        card_file = f"К{number % 70}\nBcc: x@example.org"
        protocol.add(
            Line("mart", "s", 7, card_file, f"{number}", "1", "status-unknown", value="+7 900 123-45-67")
        )
    with speaking("ru"):
        letter = failing_letter(protocol, NOW, ZoneInfo("Europe/Moscow"))
    assert len(letter.body.splitlines()) < 300
    assert "\nBcc" not in letter.body
    assert "900" not in letter.body, "values may be personal: the mail names cards only"
    assert "ещё причин: 20" in letter.body
