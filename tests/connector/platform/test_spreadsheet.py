"""Exports in a folder as a way to the platform, and the clerk's list that answers go to."""

import io
import shutil
import subprocess
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.appeal import Attachment, Cabinet, ItemKind, ReplyKind
from connector.errors import RetryableError, UnsupportedError
from connector.platform.spreadsheet import SpreadsheetPlatform, default_sheet_profile, load_sheet_profile
from connector.platform.spreadsheet.rows import RawRow
from connector.platform.spreadsheet.translate import Reader
from tests.connector.platform.conformance import PlatformConformance, make_reply, stored
from tests.connector.platform.sheets import COLUMNS, LINE, write_export

CABINET = Cabinet(101, "Управа района Образцовый")
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def connect(folder, **more):
    values = {
        "folder_in": folder / "in",
        "folder_out": folder / "out",
        "folder_state": folder / "state",
        "clock": lambda: NOW,
    }
    (folder / "in").mkdir(exist_ok=True)
    return SpreadsheetPlatform(CABINET, **values | more)


def listed(platform):
    return [message for page in platform.pages() for message in page.messages]


def appeal_of(folder, **line):
    write_export(folder / "in/a.xlsx", line)
    [message] = listed(connect(folder))
    return message.appeal


def workbooks(folder):
    return sorted((folder / "out").glob("*.xlsx"))


def rows_of(folder):
    return [
        row
        for path in workbooks(folder)
        for row in list(openpyxl.load_workbook(path).active.iter_rows(values_only=True))[1:]
    ]


# ---- reading


def test_a_line_is_a_message_with_what_the_export_holds_and_no_more(tmp_path):
    write_export(tmp_path / "in/a.xlsx", {}, order=sorted(LINE))
    platform = connect(tmp_path)
    [message] = listed(platform)
    appeal = message.appeal
    assert (appeal.platform_id, appeal.number, appeal.kind) == ("77-1", "77-1", ItemKind.MESSAGE)
    assert appeal.created_at == datetime(2026, 1, 31, 21, tzinfo=UTC), "midnight in Moscow"
    assert appeal.due_at == datetime(2026, 3, 2, 21, tzinfo=UTC)
    [question] = appeal.questions
    assert (question.category.subject, question.category.subsubject) == ("Дороги", "Ямы во дворах")
    assert question.category.fact == "", "a dash is an empty cell"
    assert (appeal.fast_track, appeal.channel, appeal.attachments) == (True, "Виджет", ())
    assert "нет ни текста" in appeal.text
    assert "77-1" in appeal.text
    assert "Категория: Дороги" in appeal.text
    assert platform.read(message.raw) == message


def test_law_59_makes_an_appeal_and_a_repeated_one_is_round_two(tmp_path):
    appeal = appeal_of(tmp_path, law="Да", repeated="Да")
    assert (appeal.kind, appeal.round) == (ItemKind.APPEAL, 2)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ({"received": "вчера"}, "Sheet0!J2"),
        ({"received": "-"}, "Дата поступления"),
        ({"due": "-"}, "due_days"),
        ({"due": "31.01.2026"}, "Sheet0!K2"),
        ({"law": "Может быть"}, "Sheet0!Q2"),
        ({"number": "-"}, "Sheet0!A2"),
        ({"number": "../x"}, "Sheet0!A2"),
    ],
)
def test_a_line_that_cannot_be_read_is_named_and_the_rest_goes_on(tmp_path, line, words):
    path = write_export(tmp_path / "in/выгрузка.xlsx", line, {"number": "2"})
    platform = connect(tmp_path)
    bad, good = listed(platform)
    assert bad.appeal is None
    assert "выгрузка.xlsx" in bad.problem
    assert words in bad.problem
    assert good.platform_id == "2"
    assert platform.read(bad.raw).problem == bad.problem
    health = platform.check()
    assert not health.ok
    assert words in health.findings[0].sentence
    platform.accept("2")
    assert [message.platform_id for message in listed(platform)] == [bad.platform_id]
    assert path.exists(), "a file with something unread is not put away"


def test_an_unknown_status_is_reported_with_its_cell_and_the_message_taken(tmp_path, caplog):
    write_export(tmp_path / "in/a.xlsx", {"status": "Нечто новое"})
    platform = connect(tmp_path)
    assert len(listed(platform)) == 1
    assert "Sheet0!N2" in caplog.text
    assert "Нечто новое" in platform.check().findings[0].sentence


@pytest.mark.parametrize("line", [{"finished": "02.03.2026"}, {"status": "Отправлен ответ заявителю"}])
def test_what_is_finished_is_left_out_and_its_file_put_away(tmp_path, line):
    path = write_export(tmp_path / "in/a.xlsx", line)
    assert listed(connect(tmp_path)) == []
    assert not path.exists()
    assert (tmp_path / "in/done/a.xlsx").exists()


def test_a_number_in_several_exports_is_one_message_told_by_the_latest(tmp_path):
    write_export(tmp_path / "in/b.xlsx", {"category": "Старая"}, {"number": "1"}, age=500)
    write_export(tmp_path / "in/a.xlsx", {"category": "Новая"}, {}, {"category": "Новейшая"}, age=100)
    found = {message.platform_id: message for message in listed(connect(tmp_path))}
    assert set(found) == {"1", "77-1"}
    assert found["77-1"].appeal.questions[0].category.subject == "Новейшая"


def test_accepted_is_remembered_by_another_process_and_a_rework_comes_again(tmp_path):
    path = write_export(tmp_path / "in/a.xlsx", {})
    platform = connect(tmp_path)
    assert len(listed(platform)) == 1
    platform.accept("77-1")
    platform.accept("77-1")
    assert listed(connect(tmp_path)) == []
    assert not path.exists()
    write_export(tmp_path / "in/a.xlsx", {})
    assert listed(connect(tmp_path)) == []
    write_export(tmp_path / "in/c.xlsx", {"repeated": "Да"})
    [again] = listed(connect(tmp_path))
    assert (again.round_told, again.appeal.round) == (2, 2)
    assert len(list((tmp_path / "in/done").iterdir())) == 2, "one name twice keeps both files"


def test_a_round_that_was_not_stored_yet_is_not_accepted_with_the_one_before(tmp_path):
    write_export(tmp_path / "in/a.xlsx", {})
    platform = connect(tmp_path)
    listed(platform)
    write_export(tmp_path / "in/b.xlsx", {"repeated": "Да"})
    next(platform.pages())  # died before it was stored
    platform.accept("77-1")
    assert [message.round_told for message in listed(platform)] == [2]


def test_a_file_that_is_still_being_written_waits(tmp_path):
    write_export(tmp_path / "in/a.xlsx", {}, age=0)
    write_export(tmp_path / "in/~$b.xlsx", {"number": "2"})
    assert listed(connect(tmp_path)) == []
    assert len(listed(connect(tmp_path, settle=0.0))) == 1


def test_a_file_replaced_while_its_messages_are_worked_on_is_not_put_away_unread(tmp_path):
    write_export(tmp_path / "in/a.xlsx", {"finished": "02.03.2026"})
    pages = connect(tmp_path).pages()
    next(pages)
    write_export(tmp_path / "in/a.xlsx", {"number": "2"}, age=30)
    list(pages)
    assert [message.platform_id for message in listed(connect(tmp_path))] == ["2"]


def test_a_wrong_file_is_named_and_the_others_go_on(tmp_path, caplog):
    write_export(tmp_path / "in/other.xlsx", {}, without=("law", "due"))
    (tmp_path / "in/broken.xlsx").write_bytes(b"PK\x03\x04 no zip")
    write_export(tmp_path / "in/good.xlsx", {})
    platform = connect(tmp_path, settle=0.0)
    assert len(listed(platform)) == 1
    assert "«Дата планируемого завершения работ», «ФЗ»" in caplog.text
    assert "broken.xlsx" in caplog.text
    assert not platform.check().ok


def test_only_messages_of_our_organisations(tmp_path):
    write_export(tmp_path / "in/a.xlsx", {}, {"number": "2", "organisation": "Чужая"})
    platform = connect(tmp_path, organisations=("управа",))
    assert [message.platform_id for message in listed(platform)] == ["77-1"]


def test_many_lines_come_in_pages(tmp_path):
    write_export(tmp_path / "in/a.xlsx", *({"number": str(n)} for n in range(450)))
    pages = list(connect(tmp_path).pages())
    assert [len(page.messages) for page in pages] == [200, 200, 50]
    assert [page.last for page in pages] == [False, False, True]


def test_no_folder_is_a_wait_not_a_crash(tmp_path):
    platform = connect(tmp_path, folder_in=tmp_path / "away")
    with pytest.raises(RetryableError, match="away"):
        listed(platform)
    assert not platform.check().ok
    assert connect(tmp_path).check().ok


def test_a_profile_gives_a_term_to_lines_without_one(tmp_path):
    own = tmp_path / "own.toml"
    own.write_text('due_days = 30\n[statuses]\n"Новое" = "open"\n', encoding="utf-8")
    write_export(tmp_path / "in/a.xlsx", {"due": "-", "status": "новое"})
    platform = connect(tmp_path, profile=load_sheet_profile(own))
    [message] = listed(platform)
    assert (message.appeal.due_at - message.appeal.created_at).days == 30
    assert platform.check().ok


def test_the_mart_reads_the_same_columns():
    root = Path(__file__).parents[3]
    theirs = tomllib.loads((root / "exporter/maps/pos-export.toml").read_text(encoding="utf-8"))
    ours = default_sheet_profile()
    assert {one["header"] for one in theirs["columns"].values()} <= set(COLUMNS.model_dump().values())
    assert (tuple(theirs["formats"]), theirs["timezone"]) == (ours.formats, ours.timezone)
    seen = (root / "tests/exporter/data/pos-export.txt").read_text(encoding="utf-8").splitlines()
    assert {line.split("|")[0] for line in seen} == set(COLUMNS.model_dump().values())


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(LINE)), st.text(max_size=20)))
def test_any_cells_are_a_message_or_a_problem_and_read_the_same_from_the_raw_text(cells):
    line = {getattr(COLUMNS, name): (f"{name}2", text) for name, text in (LINE | cells).items()}
    reader = Reader(CABINET, default_sheet_profile())
    received = reader.row(RawRow("a.xlsx", "Sheet0", 2, line)).received
    assert (received.appeal is None) is bool(received.problem)
    assert reader.stored(received.raw) == received


@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice (soffice) is not installed")
def test_a_workbook_that_libreoffice_wrote(tmp_path):
    made = write_export(tmp_path / "made/a.xlsx", {"received": date(2026, 2, 1), "rating": 5}, {"number": 12})
    soffice = ["soffice", f"-env:UserInstallation=file://{tmp_path}/office", "--headless", "--convert-to"]
    subprocess.run(
        [*soffice, "ods", "--outdir", tmp_path / "ods", made], check=True, timeout=120, capture_output=True
    )
    subprocess.run(
        [*soffice, "xlsx", "--outdir", tmp_path / "in", tmp_path / "ods/a.ods"],
        check=True, timeout=120, capture_output=True,
    )  # fmt: skip
    first, second = listed(connect(tmp_path, settle=0.0))
    assert first.appeal.created_at == datetime(2026, 1, 31, 21, tzinfo=UTC)
    assert second.appeal.number == "12"


# ---- the clerk's list


def test_a_reply_is_a_row_with_its_files_beside_and_never_there_twice(tmp_path):
    appeal = appeal_of(tmp_path)
    platform = connect(tmp_path)
    reply = make_reply(appeal, ReplyKind.SOLVED, card_number="ОГ-1", card_date=date(2026, 2, 2))
    ids = [platform.upload(stored(b"answer"), io.BytesIO(b"answer")) for _n in range(2)]
    assert ids[0] == ids[1]
    assert platform.count_sent(reply) == 0
    for way in (platform, platform, connect(tmp_path)):
        way.send(reply, (ids[0],))
        assert way.count_sent(reply) == 1
    [row] = rows_of(tmp_path)
    assert row[:4] == ("77-1", "Закрыто", "Обращение рассмотрено", reply.text)
    assert (row[5], row[6].date()) == ("ОГ-1", date(2026, 2, 2))
    assert (tmp_path / "out" / row[13]).read_bytes() == b"answer"
    assert workbooks(tmp_path)[0].name == "replies-101-2026-03-01-1.xlsx"


def test_a_death_between_the_workbook_and_the_memory_doubles_nothing(tmp_path):
    appeal = appeal_of(tmp_path)
    reply = make_reply(appeal, ReplyKind.SOLVED)
    connect(tmp_path).send(reply, ())
    shutil.rmtree(tmp_path / "state")
    platform = connect(tmp_path)
    assert platform.count_sent(reply) == 1
    platform.send(reply, ())
    assert len(rows_of(tmp_path)) == 1
    workbooks(tmp_path)[0].unlink()  # the clerk put it away
    assert platform.count_sent(reply) == 1
    platform.send(reply, ())
    assert rows_of(tmp_path) == []


def test_a_death_before_the_workbook_leaves_nothing_behind(tmp_path):
    appeal = appeal_of(tmp_path)
    reply = make_reply(appeal, ReplyKind.SOLVED)
    (tmp_path / "out").write_bytes(b"in the way")
    with pytest.raises(RetryableError, match="out"):
        connect(tmp_path).send(reply, ())
    (tmp_path / "out").unlink()
    assert connect(tmp_path).count_sent(reply) == 0
    connect(tmp_path).send(reply, ())
    assert len(rows_of(tmp_path)) == 1


def test_no_text_is_a_formula_and_the_clerks_marks_stay(tmp_path):
    appeal = appeal_of(tmp_path)
    platform = connect(tmp_path)
    texts = ['=HYPERLINK("http://example.org")', "+7", "-1", "@SUM(A1)"]
    for place, text in enumerate(texts):
        platform.send(make_reply(appeal, ReplyKind.SOLVED, event_id=f"e{place}", text=text), ())
        if place == 0:
            [path] = workbooks(tmp_path)
            book = openpyxl.load_workbook(path)
            book.active["R2"] = "внесено"
            book.save(path)
    sheet = openpyxl.load_workbook(workbooks(tmp_path)[0]).active
    cells = [sheet.cell(row, 4) for row in range(2, 6)]
    assert [cell.value for cell in cells] == texts
    assert {cell.data_type for cell in cells} == {"s"}
    assert all(cell.quotePrefix for cell in cells)
    assert sheet["R2"].value == "внесено"
    assert all(
        platform.count_sent(make_reply(appeal, ReplyKind.SOLVED, event_id="x", text=text)) == 1
        for text in texts
    )


def test_a_text_that_no_cell_holds_lies_whole_beside_the_list(tmp_path):
    appeal = appeal_of(tmp_path)
    text = "ы" * 40_000
    connect(tmp_path).send(make_reply(appeal, ReplyKind.SOLVED, text=text), ())
    [row] = rows_of(tmp_path)
    assert (tmp_path / "out" / row[13]).read_text(encoding="utf-8").startswith(text)


def test_replies_of_several_threads_all_come_into_the_list(tmp_path):
    appeal = appeal_of(tmp_path)
    replies = [make_reply(appeal, ReplyKind.INTERIM, event_id=f"e{n}") for n in range(12)]
    platform = connect(tmp_path)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda reply: platform.send(reply, ()), replies * 2))
    assert len(rows_of(tmp_path)) == platform.count_sent(replies[0]) == 12


def test_a_list_that_cannot_be_read_waits_for_the_clerk(tmp_path):
    appeal = appeal_of(tmp_path)
    platform = connect(tmp_path)
    platform.send(make_reply(appeal, ReplyKind.INTERIM), ())
    time.sleep(0.01)
    workbooks(tmp_path)[0].write_bytes(b"PK\x03\x04 half")
    with pytest.raises(RetryableError, match="replies-101"):
        platform.send(make_reply(appeal, ReplyKind.SOLVED, event_id="e2"), ())


def test_what_an_export_has_not_is_said(tmp_path):
    platform = connect(tmp_path)
    with pytest.raises(UnsupportedError):
        platform.dictionary("regions")
    with pytest.raises(UnsupportedError):
        platform.download(Attachment("1", "1"))
    platform.close()


# The conformance suite speaks to a server that faults can strike; of it, this is what a folder has too.
class TestConformance:
    """Tests of the suite that need no server."""

    @pytest.mark.parametrize("kind", [kind for kind in ReplyKind if kind is not ReplyKind.INTERIM])
    def test_every_kind_of_reply_arrives_and_is_found_in_the_list(self, tmp_path, kind):
        appeal, platform = appeal_of(tmp_path), connect(tmp_path)
        assigned = make_reply(appeal, ReplyKind.INTERIM, status_text="Назначен исполнитель", event_id="e0")
        for reply in (assigned, make_reply(appeal, kind)):
            assert platform.count_sent(reply) == 0
            platform.send(reply, ())
            assert platform.count_sent(reply) == 1
        assert [row[2] for row in rows_of(tmp_path)] == [
            assigned.status_text,
            make_reply(appeal, kind).status_text,
        ]

    @pytest.mark.parametrize("size", [0, 1, 300_000])
    def test_an_uploaded_file_arrives_whole_under_its_name(self, tmp_path, size):
        content = b"\x00\xff" * size
        name = connect(tmp_path).upload(stored(content, "..\\Ответ:1.pdf"), io.BytesIO(content))
        assert (tmp_path / "out" / name).read_bytes() == content
        assert PlatformConformance.harmless(Path(name).name)
