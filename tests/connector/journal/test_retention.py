"""Retention: people go, what counts stays, and nothing that still has to be done loses a word."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import create_engine, inspect, text

from connector.appeal import EventKind, Person
from connector.journal import retention
from connector.journal.records import Advanced, Stage
from connector.journal.schema import KEPT
from connector.lifecycle import State
from tests.connector.journal.support import (
    LEASE,
    NOON,
    Changes,
    claim_one,
    done,
    event,
    judge,
    listed,
    plan_of,
    receive,
    register,
)

CANARIES = ("Тестова", "anna@example.org", "Яма", "Исполнителев", "секретный ответ", "паспорт.pdf")


@pytest.fixture
def answered(journal, clock):
    """A round with its whole life: registered, answered, the answer sent; and one still in work."""
    register(journal, listed("101", raw='{"id": 101, "surname": "Тестова", "text": "Яма"}'))
    register(journal, listed("102", raw='{"id": 102, "surname": "Тестова", "text": "Яма"}'))
    told = event("e1", EventKind.ANSWER, "101", text="секретный ответ", executors=(Person("Исполнителев"),))
    journal.record_events("delo", Changes((told,), "c1"), judge, "sed:delo")
    journal.finish([done(claim_one(journal), note="reply-sent")])
    clock.forward(days=40)
    return journal


def everything(url):
    """Return all that the database holds of every table but the one in work, as one text."""
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    found = []
    with engine.connect() as connection:
        for table in inspect(engine).get_table_names():
            for row in connection.execute(text(f"SELECT * FROM {table}")).mappings():
                values = {
                    k: bytes(v).decode() if isinstance(v, bytes | memoryview) else v for k, v in row.items()
                }
                found.append(json.dumps({table: values}, ensure_ascii=False, default=str))
    engine.dispose()
    return found


def test_people_go_and_what_counts_stays(answered, clock, url):
    before = clock() - timedelta(days=30)
    counts = answered.counts()
    assert answered.purgeable(before).rounds == 1
    assert answered.purge(before) == 1
    assert answered.purge(before) == 0
    left = [line for line in everything(url) if any(canary in line for canary in CANARIES)]
    assert left, "the message in work must keep its words"
    assert all('"message"' in line and '"in_work"' not in line and "102" in line for line in left), left
    assert answered.counts() == counts
    assert [entry.what for entry in answered.trail(7, "101")][-1] == "purged"
    [one] = [one for one in answered.rounds() if one.platform_id == "101"]
    assert one.appeal.questions[0].category.subject == "Дороги"
    assert one.appeal.created_at


def test_a_purged_message_that_is_listed_again_is_recognised(answered, clock):
    answered.purge(clock() - timedelta(days=30))
    receipt = receive(answered, listed("101", raw='{"id": 101, "surname": "Тестова", "text": "Яма"}'))
    assert receipt.new == 0
    assert receipt.repeated == ["101"] or receipt.repeated == ("101",)


def test_what_still_has_to_be_done_is_left_whole(journal, clock):
    register(journal, listed("101"))
    told = event("e1", EventKind.ANSWER, "101", text="секретный ответ")
    journal.record_events("delo", Changes((told,), "c1"), judge, "sed:delo")  # its reply is not sent yet
    clock.forward(days=400)
    assert journal.purge(clock()) == 0
    work = claim_one(journal)
    assert work.stage is Stage.REPLY
    assert work.appeal.text == "Яма на дороге"
    journal.finish([done(work)])
    assert journal.purge(clock()) == 1
    assert State.ANSWERED in {one.state for one in journal.rounds()}


def test_a_purge_does_not_walk_over_what_was_purged_before(journal, url):
    """Years of purged rounds lie before the ones that are due: the index leads past them."""
    plan = plan_of(retention._due(NOON), url)
    assert "ix_message_kept" in plan, plan


def test_the_final_states_are_those_of_the_index():
    assert all(f"'{state}'" in KEPT for state in State if state.final)
    assert not any(f"'{state}'" in KEPT for state in State if not state.final)


def test_what_a_purge_frees_is_there_for_what_comes(journal, clock, url):
    """SQLite gives back whole pages only; a row that just became shorter would keep its own."""
    if not url.startswith("sqlite"):
        pytest.skip("PostgreSQL's own vacuum does this")
    names = [str(number) for number in range(1, 101)]
    journal.receive(7, [(listed(name, raw="x" * 2400), 1) for name in names])
    for stage in (Stage.REGISTER, None):
        works = journal.claim("w", 200, LEASE)
        journal.finish([Advanced(work.lease, stage, "sed:delo", state=State.REGISTERED) for work in works])
    told = tuple(event(f"e{name}", EventKind.ANSWER, name) for name in names)
    journal.record_events("delo", Changes(told, "c1"), judge, "sed:delo")
    journal.finish([done(work) for work in journal.claim("w", 200, LEASE)])
    clock.forward(days=40)
    assert journal.purge(clock()) == len(names)
    engine = create_engine(url)
    with engine.connect() as connection:
        free = connection.execute(text("PRAGMA freelist_count")).scalar_one()
        size = connection.execute(text("PRAGMA page_size")).scalar_one()
    engine.dispose()
    assert free * size > len(names) * 2400 / 2
