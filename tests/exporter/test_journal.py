"""Facts of the journal: one per question of every round, nothing personal, repeated and postponed told."""

from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta

import pytest

from connector.appeal import AnswerResult, Applicant, Category, EventKind, Person, Question, Territory
from connector.journal.journal import Journal
from connector.lifecycle import State
from exporter.applicants import Applicants
from exporter.definitions import load_definitions
from exporter.load import load
from exporter.marts.registry import open_mart
from exporter.quality import check
from exporter.sources.journal import CabinetFacts, JournalSource
from tests.connector.journal.support import (
    NOON,
    Changes,
    Clock,
    Listed,
    appeal,
    event,
    judge,
    listed,
    open_journal,
    receive,
    register,
    unreadable,
)

PLACE = Territory(region="Тверская обл", oktmo="28701000", municipality="г Тверь", address="ул. Примерная, 1")


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def journal(tmp_path, clock):
    url = f"sqlite:///{tmp_path / 'journal.db'}"
    Journal.upgrade(url)
    with open_journal(url, tmp_path / "files", clock) as opened:
        yield opened


@pytest.fixture
def read(journal):
    """Read all rows as of some days after the message, or give the source."""
    with Applicants() as applicants:

        def reading(days=1, **more):
            return JournalSource(
                journal,
                load_definitions("Europe/Moscow"),
                applicants,
                NOON + timedelta(days=days),
                {7: CabinetFacts("Администрация города", "Обращения")},
                **more,
            )

        yield reading


def message(platform_id="101", **more):
    told = replace(appeal(platform_id), **{"territory": PLACE, **more})
    return Listed(platform_id, f'{{"id": {platform_id}}}', told)


def test_a_question_is_a_row(journal, read):
    questions = (
        Question(
            1, "а", Category(1, "Дороги", 2, "Ямы"), "0005.0005.0056.1162", "mapping version 3, code row 5"
        ),
        Question(2, "б", Category(subject="Мосты")),
    )
    receive(journal, message(questions=questions))
    first, second = (row.fact for row in read().rows())
    assert first.key == ("journal", "pos:7:101:1", "1")
    assert (first.category, first.subcategory, first.code, first.mapping_version) == (
        "Дороги",
        "Ямы",
        "0005.0005.0056.1162",
        3,
    )
    assert (second.question, second.category, second.code) == ("2", "Мосты", "")
    assert (first.region, first.municipality, first.oktmo) == ("28000000", "г Тверь", "28701000")
    assert (first.cabinet, first.organisation, first.card_file) == (7, "Администрация города", "Обращения")


def test_nothing_personal_reaches_a_fact(journal, read):
    receive(journal, message(text="Я, Тестова Анна"))
    said = "".join(map(str, (row for row in read().rows())))
    for personal in ("Тестова", "Анна", "anna@example.org", "Примерная"):
        assert personal not in said


def test_the_state_is_told_in_the_platforms_words(journal, read):
    receive(journal, message("1"))
    assert [row.fact.status for row in read().rows()] == [""]


def test_overdue_has_two_faces(journal, read, clock):
    register(journal, message("1"))
    assert [row.fact.overdue for row in read(30).rows()] == [False]
    assert [row.fact.overdue for row in read(31).rows()] == [True]
    clock.forward(days=31)
    answered = event("a", EventKind.ANSWER, "1", commanded=True, result=AnswerResult.SOLVED)
    journal.record_events("delo", Changes((answered,), "1"), judge, "c")
    [row] = read(100).rows()
    assert (row.fact.overdue, row.fact.status, row.fact.result) == (
        True,
        "Отправлен ответ заявителю",
        "solved",
    )
    assert row.closed


def test_a_postponed_one_has_its_new_due_date(journal, read):
    register(journal, message("1"))
    later = event("e", EventKind.EXTENDED, "1", deadline=date(2026, 4, 20))
    journal.record_events("delo", Changes((later,), "1"), judge, "c")
    [row] = read(40).rows()
    assert row.fact.due_at.isoformat() == "2026-04-20T20:59:59+00:00"
    assert (row.fact.overdue, row.fact.status) == (
        False,
        "Перенос срока обработки утвержден. Отправлен ответ Заявителю",
    )


def test_repeated_by_round_and_by_the_same_applicant(journal, read):
    receive(journal, message("1"))
    receive(journal, message("1", round=2), round_=2)
    receive(journal, message("2", created_at=NOON + timedelta(days=5)))
    receive(journal, message("3", created_at=NOON - timedelta(days=5)))
    other = Applicant(Person("Образцов", "Пётр", phone="80000000009"))
    receive(journal, message("4", created_at=NOON + timedelta(days=6), applicant=other))
    said = {row.fact.card: (row.fact.repeated, row.fact.new) for row in read(10).rows()}
    assert said == {
        "pos:7:1:1": (True, False),  # 3 was written five days before, though it was received later
        "pos:7:1:2": (True, False),
        "pos:7:2:1": (True, False),
        "pos:7:3:1": (False, True),
        "pos:7:4:1": (False, True),
    }


def test_what_cannot_go_is_named(journal, read):
    receive(journal, unreadable("5"), message("6", confidential=True))
    broken, secret = (check(row, NOON) for row in read().rows())
    assert [problem.code for problem in broken.refusals] == ["unreadable-card"]
    assert secret.withheld
    assert not secret.refusals


def test_an_unknown_region_keeps_its_name_and_no_code(journal, read):
    receive(journal, message("1", territory=Territory(region="Край света")))
    [row] = read().rows()
    assert (row.fact.region, row.fact.region_name) == ("", "Край света")


def test_a_later_load_reads_what_changed_and_what_is_open(journal, read, clock):
    register(journal, message("1"), state=State.REFUSED)
    register(journal, message("2"))
    clock.forward(days=10)
    register(journal, message("3"), state=State.REFUSED)
    since = read(11, changed_from=NOON + timedelta(days=9))
    assert {row.fact.card for row in since.rows()} == {"pos:7:2:1", "pos:7:3:1"}


def test_a_load_of_the_journal_takes_up_where_the_last_one_was(journal, read, tmp_path, clock):
    for number in range(3):
        receive(journal, listed(str(number)))
    with closing(open_mart(f"duckdb:///{tmp_path}/mart.duckdb")) as mart:
        source = read()
        first = load(mart, source, source.as_of, max_refused=0).batch
        receive(journal, listed("9"))
        second = load(mart, source, source.as_of, max_refused=0).batch
    assert (first.inserted, second.inserted, second.unchanged) == (3, 1, 3)


def test_a_rating_that_comes_later_brings_its_round_again_once(journal, read, clock):
    register(journal, message("1"))
    answered = event("a", EventKind.ANSWER, "1", commanded=True, result=AnswerResult.SOLVED)
    journal.record_events("delo", Changes((answered,), "1"), judge, "c")
    register(journal, message("2"), state=State.REFUSED)
    [first, _second] = read(40).rows()
    clock.forward(days=30)
    since = NOON + timedelta(days=29)
    assert list(read(31, changed_from=since).rows()) == []
    [one] = journal.rounds(states=[State.ANSWERED])
    assert journal.rate(one.message_id, 2)
    assert journal.rate(one.message_id, 5)
    assert not journal.rate(one.message_id, 5), "nothing new"
    [row] = read(31, changed_from=since).rows()
    assert (row.fact.key, row.fact.rating) == (first.fact.key, 5)
    assert row.fact.version > first.fact.version
    assert [line.detail["rating"] for line in journal.trail(7, "1") if line.what == "rated"] == [2, 5]
