"""Cards of a SED: any number of card files, categories and statuses by the tables, nothing guessed."""

import csv
from datetime import UTC, datetime, timedelta

import pytest

from connector.appeal import Card, CardRef, RubricValue
from connector.errors import PermanentError, RetryableError
from connector.sed import CardQuery
from exporter.definitions import load_definitions
from exporter.quality import check
from exporter.sources.cards import CardSource
from mappings.crosswalk import Crosswalk
from mappings.model import Content, Direction, Rule, Status
from tests.exporter.facts import NOON

CODE, HIDDEN = "0005.0005.0056.1162", "0001.0002.0027.0125"
TABLE = Crosswalk(
    Content(
        (
            Rule(Direction.MART, ("Дороги", "Ямы"), code=CODE, status=Status.VERIFIED),
            Rule(Direction.MART, code=HIDDEN, excluded=True, status=Status.VERIFIED),
        )
    ),
    version=4,
)


class FolderSed:
    """A SED whose card files are CSV files of a folder: number;code;status;fields…"""

    def __init__(self, folder):
        self.folder = folder
        self.asked = []

    def cards(self, query: CardQuery):
        self.asked.append(query)
        for card_file in query.card_files or sorted(path.stem for path in self.folder.glob("*.csv")):
            yield from self._cards_of(card_file)

    def _cards_of(self, card_file):
        path = self.folder / f"{card_file}.csv"
        if not path.exists():
            raise PermanentError(f"there is no card file {card_file}")
        with path.open(encoding="utf-8") as stream:
            for said in csv.DictReader(stream, delimiter=";"):
                codes = [code for code in said.pop("code").split(",") if code]
                questions = tuple(
                    RubricValue(str(n), code, status=said.get("status", ""), changed_at=NOON)
                    for n, code in enumerate(codes, start=1)
                )
                yield Card(
                    CardRef(said["number"], said["number"]),
                    card_file,
                    questions,
                    received_at=NOON,
                    due_at=NOON + timedelta(days=30),
                    fields={name: value for name, value in said.items() if value},
                )


@pytest.fixture
def sed(tmp_path):
    return FolderSed(tmp_path)


def write(sed, card_file, *lines, columns="number;code;status;Регион"):
    (sed.folder / f"{card_file}.csv").write_text("\n".join((columns, *lines)), encoding="utf-8")


def source(sed, *card_files, **more):
    definitions = load_definitions("Europe/Moscow")
    return CardSource("delo", sed, TABLE, definitions, NOON + timedelta(days=1), card_files, **more)


@pytest.mark.parametrize("count", [58, 300])
def test_any_number_of_card_files(sed, count):
    names = [f"Картотека {number}" for number in range(count)]
    for number, name in enumerate(names):
        write(sed, name, f"{number};{CODE};InWork;Тверская область")
    rows = list(source(sed, *names, cabinets={names[57]: 101}).rows())
    assert [row.fact.card_file for row in rows] == names
    assert [row.fact.cabinet for row in rows if row.fact.cabinet] == [101]
    assert all(not check(row, NOON + timedelta(days=1)).refusals for row in rows)


def test_three_questions_are_three_rows_with_category_and_status_by_the_tables(sed):
    write(sed, "К", f"1;{CODE},{HIDDEN},9999.0001;Находится на рассмотрении;Тверская область")
    mapped, hidden, unmapped = source(sed).rows()
    assert mapped.fact.key == ("delo", "1", "1")
    assert (mapped.fact.category, mapped.fact.subcategory, mapped.fact.mapping_version) == (
        "Дороги",
        "Ямы",
        4,
    )
    assert (mapped.fact.status, mapped.fact.region) == ("Назначен исполнитель", "28000000")
    assert check(hidden, NOON).withheld, "«не выгружать» stands in the table"
    assert [problem.code for problem in check(unmapped, NOON + timedelta(days=1)).problems] == [
        "category-missing"
    ]


def test_an_unknown_status_is_reported_never_guessed(sed):
    write(sed, "К", f"1;{CODE};Потеряно;Тверская область")
    [row] = source(sed).rows()
    assert row.fact.status == ""
    assert [(one.code, one.value) for one in check(row, NOON + timedelta(days=1)).refusals] == [
        ("status-unknown", "Потеряно")
    ]


def test_a_refused_card_file_does_not_stop_the_others(sed):
    write(sed, "Б", f"1;{CODE};InWork;Тверская область")
    refused, good = source(sed, "А", "Б").rows()
    assert [one.code for one in check(refused, NOON).refusals] == ["card-file-refused"]
    assert good.fact.card_file == "Б"


def test_a_sed_that_is_away_stops_the_load(sed):
    def away(query):
        raise RetryableError("the SED is away")

    sed.cards = away
    with pytest.raises(RetryableError):
        list(source(sed).rows())


def test_marks_of_the_card(sed):
    columns = "number;code;status;Регион;Выгрузка в витрину ПОС;Конфиденциально;Повторное;Отозвано"
    write(
        sed,
        "К",
        f"1;{CODE};InWork;Тверская область;нет;;;",
        f"2;{CODE};InWork;Тверская область;;да;;",
        f"3;{CODE};InWork;Тверская область;да;;да;",
        f"4;{CODE};InWork;Тверская область;;;;да",
        columns=columns,
    )
    one, two, three, four = source(sed).rows()
    assert check(one, NOON).withheld
    assert check(two, NOON).withheld
    assert (three.fact.repeated, three.fact.new) == (True, False)
    assert (four.withdrawn, four.fact.overdue, four.fact.new) == (True, None, False)


def test_a_card_without_a_question_is_named(sed):
    write(sed, "К", "1;;InWork;Тверская область")
    [row] = source(sed).rows()
    assert [one.code for one in check(row, NOON).refusals] == ["no-question"]


def test_the_day_of_the_rubric_is_asked_for(sed):
    write(sed, "К", f"1;{CODE};InWork;Тверская область")
    day = datetime(2026, 3, 1, tzinfo=UTC).date()
    list(source(sed, "К", changed_from=day).rows())
    assert sed.asked == [CardQuery(card_files=("К",), rubric_changed_from=day)]
