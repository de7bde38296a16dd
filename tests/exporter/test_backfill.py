"""The retrospective: empty fields are filled once, unknown statuses reported, interruptions harmless."""

from contextlib import closing
from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from config.progress import Progress
from connector.appeal import Card, CardRef, RubricValue
from connector.errors import PermanentError, RetryableError
from connector.sed.testing import a_card
from exporter.backfill import EXPORT_FIELD, STATUS_FIELD, Fate, backfill
from mappings.crosswalk import Crosswalk
from mappings.model import Content
from tests.connector.sed.sql_peer import SqlPeer
from tests.exporter.pressed import calls_of, stopped_at

STATUS_OF = Crosswalk(Content()).status
DAY, MOSCOW = date(2026, 3, 1), ZoneInfo("Europe/Moscow")


class Kept:
    """A SED that keeps cards in memory and takes fields: what the mart's two methods need."""

    def __init__(self, *statuses):
        self.asked, self.fail_at = [], None
        self.stored = {
            str(n): Card(CardRef(str(n), f"А-{n}"), "К", (RubricValue("1", "", status=status),))
            for n, status in enumerate(statuses)
        }

    def cards(self, query):
        self.asked.append(query)
        yield from list(self.stored.values())

    def annotate(self, ref, question, fields):
        if self.fail_at == ref.id:
            raise self.failure
        card = self.stored[ref.id]
        told = replace(question, platform_status=fields.get(STATUS_FIELD, question.platform_status))
        self.stored[ref.id] = replace(card, questions=(told,), fields={**card.fields, **fields})

    def said(self):
        return [
            (c.fields.get(EXPORT_FIELD, ""), c.questions[0].platform_status) for c in self.stored.values()
        ]


@pytest.fixture
def sed():
    return Kept("InWork", "Explained", "Не зарегистрировано", "Потеряно")


def fates(sed, **more):
    return [line.fate for line in backfill(sed, STATUS_OF, DAY, zone=MOSCOW, **more)]


def test_fields_are_filled_by_the_table_of_statuses(sed):
    assert fates(sed) == [Fate.WRITTEN, Fate.WRITTEN, Fate.NOT_YET, Fate.UNMAPPED]
    assert sed.said() == [
        ("Да", "Назначен исполнитель"),
        ("Да", "Отправлен ответ заявителю"),
        ("", ""),
        ("", ""),
    ]


def test_a_dry_run_writes_nothing_and_says_the_same(sed):
    assert fates(sed, dry_run=True) == [Fate.WRITTEN, Fate.WRITTEN, Fate.NOT_YET, Fate.UNMAPPED]
    assert sed.said() == [("", "")] * 4


def test_what_people_have_filled_is_left_alone(sed):
    sed.annotate(
        CardRef("0"), sed.stored["0"].questions[0], {EXPORT_FIELD: "Нет", STATUS_FIELD: "На модерации"}
    )
    assert fates(sed)[0] is Fate.FILLED
    assert sed.said()[0] == ("Нет", "На модерации")


def test_an_interrupted_run_is_run_again(sed):
    sed.fail_at, sed.failure = "1", RetryableError("away")
    with pytest.raises(RetryableError):
        fates(sed)
    sed.fail_at = None
    assert fates(sed) == [Fate.FILLED, Fate.WRITTEN, Fate.NOT_YET, Fate.UNMAPPED]


def test_one_refused_card_is_reported_and_the_rest_goes_on(sed):
    sed.fail_at, sed.failure = "0", PermanentError("the card is closed")
    lines = list(backfill(sed, STATUS_OF, DAY, zone=MOSCOW))
    assert (lines[0].fate, lines[0].note, lines[0].card) == (Fate.FAILED, "the card is closed", "А-0")
    assert lines[1].fate is Fate.WRITTEN


def test_the_day_and_the_card_files_are_asked_for(sed):
    fates(sed, card_files=[f"К{n}" for n in range(58)])
    assert [query.card_files for query in sed.asked] == [(f"К{n}",) for n in range(58)]
    assert {query.rubric_changed_from for query in sed.asked} == {DAY}


@pytest.mark.parametrize("times", [1, 2])
def test_stopped_at_any_instant_it_goes_on(tmp_path, times):
    """Once: what is in hand is finished. Twice: cut wherever it is, in the driver's commit too."""
    empty = "UPDATE rubric SET pos = NULL"
    with closing(SqlPeer(f"sqlite:///{tmp_path}/sed.db")) as peer:
        peer.keep(*(a_card(str(n)) for n in range(4)))
        found = []

        def work():
            found.clear()
            with Progress("") as bar:
                found.extend(bar.count(backfill(peer.sed(), STATUS_OF, DAY, zone=MOSCOW)))

        work()  # what is made ready once is ready now
        peer.run(empty)
        whole = calls_of(work)
        for number in range(1, 9):
            peer.run(empty)
            stopped_at(whole * number // 9, times, work)
            work()
            assert {line.fate for line in found} <= {Fate.WRITTEN, Fate.FILLED}
            assert len(found) == 4
            assert all(peer.written(str(n), "1")[STATUS_FIELD] for n in range(4))
