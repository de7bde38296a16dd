"""List files: CSV, XLSX and real XLS by column maps; odd cells are named and stop nothing."""

import tracemalloc
from datetime import UTC, datetime

import openpyxl
import pytest

from exporter.definitions import load_definitions
from exporter.quality import check
from exporter.sources.columnmap import MapError, load_map, parse_map, shipped
from exporter.sources.listfile import ListFile
from exporter.survey import surveyed
from tests.conftest import ROOT
from tests.exporter.facts import NOON

AS_OF = datetime(2026, 11, 21, tzinfo=UTC)
SMALL = """
name = "малая"
[columns]
card = { header = "Номер" }
received_at = { header = "Дата" }
rating = { header = "Оценка", optional = true }
repeated = { header = "Повторное", optional = true }
confidential = { header = "ДСП", optional = true }
category = { header = "Категория", optional = true }
"""
PRINTED = """
name = "delo-list"
[columns]
card = { header = "Номер" }
card_file = { header = "Картотека" }
received_at = { header = "Дата" }
due_at = { header = "Дата", occurrence = 2 }
answered_at = { header = "дата ", occurrence = 3 }
code = { header = "Рубрика", pattern = '^\\((?P<value>[0-9.]+)\\)' }
category = { header = "Рубрика", pattern = '^\\([0-9.]+\\)\\s*(?P<value>.*)' }
region_name = { header = "Регион" }
[columns.status]
header = "Статус"
[columns.status.values]
"Рассмотрено. Разъяснено" = "Отправлен ответ заявителю"
"Находится на рассмотрении" = "Назначен исполнитель"
"""


def source(path, columns, as_of=AS_OF):
    columns = parse_map(columns, "test.toml") if "\n" in columns else load_map(columns)
    return ListFile(path, columns, load_definitions(columns.timezone), as_of)


def rows(tmp_path, text, columns=SMALL, name="list.csv", encoding="utf-8"):
    (tmp_path / name).write_text(text, encoding=encoding)
    return list(source(tmp_path / name, columns).rows())


@pytest.fixture
def new_york(shared_data):
    return source(shared_data / "real311" / "nyc311_2019_sample.csv", "nyc311")


def test_the_real_list_with_all_its_defects(new_york):
    survey = surveyed(new_york.rows(), AS_OF)
    assert survey.rows == 1000
    assert survey.by_reason() == {
        "answered-before-received": 10,
        "territory-missing": 27,
        "code-missing": 1000,
        "open-with-date": 17,
        "due-missing": 514,
        "open-past-due": 7,
    }
    named = {
        one.card
        for (_cabinet, _file, code), cards in survey.named.items()
        for one in cards
        if code == "open-past-due"
    }
    assert named == {"40438351", "40160109", "40160113", "41005290", "37696706", "39574872", "39357740"}


def test_a_fact_of_the_real_list_says_what_the_line_says(new_york):
    fact = next(row.fact for row in new_york.rows())
    assert fact.key == ("nyc311", "39573567", "1")
    assert fact.received_at == datetime(2018, 6, 26, 14, 58, 54, tzinfo=UTC), "New York is four hours behind"
    assert (fact.region_name, fact.category, fact.status) == (
        "QUEENS",
        "Non-Emergency Police Matter",
        "Отправлен ответ заявителю",
    )
    assert fact.overdue is False


def test_a_real_xls_with_doubled_headers_under_a_title():
    first, second, third = source(ROOT / "tests/exporter/data/PrintResult.xls", PRINTED).rows()
    assert (first.fact.code, first.fact.category) == ("0002.0014.0143.0416", "Качество оказания услуг")
    assert (first.fact.received_at.month, first.fact.due_at.month, first.fact.answered_at.month) == (2, 3, 3)
    assert first.fact.due_at < first.fact.answered_at
    assert first.fact.overdue is True
    assert {first.fact.region, second.fact.region} == {"28000000"}
    assert second.fact.answered_at is None
    assert [(one.code, one.place) for one in third.problems] == [
        ("bad-value", "Лист1!C6"),
        ("status-unknown", "Лист1!F6"),
    ]
    assert {one.code for one in check(third, AS_OF).refusals} == {"no-received", "status-unknown"}


def test_the_platforms_own_export_in_any_order_of_columns(tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "Sheet0"
    lines = (ROOT / "tests/exporter/data/pos-export.txt").read_text(encoding="utf-8").splitlines()
    columns = sorted(line.split("|") for line in lines)  # another order than the platform's
    assert len(columns) == 25
    book.active.append([header for header, _value in columns])
    book.active.append([value for _header, value in columns])
    book.save(tmp_path / "export.xlsx")
    [row] = source(tmp_path / "export.xlsx", "pos-export").rows()
    fact = row.fact
    assert (fact.card, fact.kind, fact.rating, fact.repeated, fact.new) == ("77", "appeal", 5, True, False)
    assert (fact.organisation, fact.fast_track, fact.overdue) == ("Район", False, True)
    assert fact.received_at == datetime(2026, 1, 31, 21, tzinfo=UTC), "midnight in Moscow"
    assert "Т. Т." not in str(fact), "no names of officials in a fact"


def test_an_odd_cell_is_named_and_the_rest_goes_on(tmp_path):
    text = (
        "Номер;Дата;Оценка;Повторное\n1;02.03.2026;7;да\n2;вчера;;нет\n;02.03.2026;;\n4;02.03.2026;3;может\n"
    )
    found = rows(tmp_path, text)
    assert [[(p.code, p.value, p.place) for p in row.problems] for row in found] == [
        [("bad-value", "7", "row 2, column «Оценка»")],
        [("bad-value", "вчера", "row 3, column «Дата»")],
        [],
        [("bad-value", "может", "row 5, column «Повторное»")],
    ]
    codes = [{problem.code for problem in check(row, AS_OF).refusals} for row in found]
    assert codes == [set(), {"no-received"}, {"no-key"}, set()]
    assert found[2].place == "list.csv, row 4"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16"])
def test_the_usual_encodings_of_csv(tmp_path, encoding):
    [row] = rows(tmp_path, "Номер;Дата;Категория\n1;02.03.2026;Дороги\n", encoding=encoding)
    assert row.fact.category == "Дороги"


def test_a_short_line_and_empty_lines(tmp_path):
    found = rows(tmp_path, "Номер;Дата;Категория\n\n1;02.03.2026\n;;\n2;02.03.2026;Дороги\n")
    assert [row.fact.card for row in found] == ["1", "2"]


def test_a_line_that_cannot_be_read_is_one_problem(tmp_path):
    huge = "x" * 200_000
    first, second = rows(tmp_path, f'Номер;Дата;Категория\n1;02.03.2026;"{huge}"\n2;02.03.2026;Дороги\n')
    assert [problem.code for problem in first.problems] == ["unreadable-row"]
    assert check(first, AS_OF).fact is None
    assert second.fact.card == "2"


def test_marks_hold_a_row_back(tmp_path):
    [row] = rows(tmp_path, "Номер;Дата;ДСП\n1;02.03.2026;Да\n")
    assert check(row, AS_OF).withheld


def test_a_missing_column_is_named_with_what_there_is(tmp_path):
    with pytest.raises(MapError, match=r"there is no column «Дата»; the sheet has: Номер, Дата приёма"):
        rows(tmp_path, "Номер;Дата приёма\n1;02.03.2026\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('name = "x"\n[columns]\ncard = {header="a"}', "columns.received_at: must be given"),
        (SMALL + 'ratings = {header = "a"}', "no such field; known: rating"),
        (SMALL + "due_at = {}", "give either header or constant"),
        (SMALL + "code = {header='a', pattern='('}", "code"),
        ('timezone = "Mars"\n' + SMALL, "there is no time zone Mars"),
        ("[", "test.toml"),
    ],
)
def test_a_wrong_map_says_where(text, said):
    with pytest.raises(MapError, match=said):
        parse_map(text, "test.toml")


def test_shipped_maps_can_be_read():
    assert shipped() == ["nyc311", "pos-export"]
    assert all(load_map(name).columns for name in shipped())
    with pytest.raises(MapError, match="nyc311, pos-export"):
        load_map("none")


def test_memory_stays_flat(tmp_path):
    line = "{n};02.03.2026;5;нет;нет;Дороги\n"
    path = tmp_path / "long.csv"

    def peak(count):
        path.write_text(
            "Номер;Дата;Оценка;Повторное;ДСП;Категория\n" + "".join(line.format(n=n) for n in range(count))
        )
        tracemalloc.start()
        total = sum(1 for _row in source(path, SMALL, NOON).rows())
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert total == count
        return size

    small, large = peak(500), peak(4000)
    assert large < small * 1.5 + 100_000
