"""What operators see and do, on both databases: dead letters, trail, search, depths, reconciliation."""

from dataclasses import fields, replace
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from connector.appeal import EventKind
from connector.errors import ItemError
from connector.journal.journal import acting
from connector.journal.records import Failed, Stage
from connector.journal.reports import DeadFilter
from connector.lifecycle import State
from tests.connector.journal.support import (
    LEASE,
    NOON,
    Changes,
    appeal,
    claim_one,
    done,
    event,
    judge,
    listed,
    on_to,
    receive,
    register,
    unreadable,
)


def park(journal, code="refused", unsure=False):
    work = claim_one(journal)
    journal.finish([Failed(work.lease, ItemError("no", code=code), park=True, unsure=unsure)])
    return work


def test_a_dead_letter_can_be_tried_again_from_zero(journal):
    receive(journal, listed())
    park(journal)
    with acting("petrova"):
        assert journal.retry(DeadFilter()) == 1
    assert claim_one(journal).attempt == 1
    last = journal.trail(7, "101")[-1]
    assert (last.what, last.actor) == ("retried", "petrova")
    assert list(journal.dead()) == []


def test_a_retry_still_looks_up_what_is_unknown(journal):
    receive(journal, listed())
    journal.finish([on_to(claim_one(journal), Stage.REGISTER, "sed:delo")])
    park(journal, unsure=True)
    journal.retry(DeadFilter())
    assert claim_one(journal).unsure


def test_a_dropped_letter_lets_the_lane_go_on(journal):
    receive(journal, listed())
    receive(journal, listed(raw="{2}"), round_=2)
    park(journal)
    assert journal.drop(DeadFilter(platform_ids=("101",)), "spam", "petrova") == 1
    assert claim_one(journal).round == 2
    last = journal.trail(7, "101")[-1]
    assert (last.what, last.actor, last.detail["reason"]) == ("dropped", "petrova", "spam")
    assert journal.counts().dropped == 1


def test_a_reply_a_person_saw_arrive_is_confirmed(journal):
    register(journal, listed())
    answer = event("e1", EventKind.ANSWER)
    journal.record_events("delo", Changes((answer,), "1"), judge, "sed:delo")
    work = park(journal, unsure=True)
    receive(journal, unreadable("102"))
    assert journal.confirm(DeadFilter(stages=(Stage.READ,)), "seen", "petrova") == 0
    assert journal.confirm(DeadFilter(), "seen on the page", "petrova") == 1
    assert journal.known_rounds(7, ["101"])["101"].answered
    assert journal.confirmed_sent(work.message_id, work.reply) == [work.reply]
    assert [letter.platform_id for letter in journal.dead()] == ["102"]


def test_every_part_of_the_filter_restricts(journal, clock):
    receive(journal, listed())
    park(journal)
    clock.forward(hours=1)
    receive(journal, unreadable("102"))
    receive(journal, unreadable("103"), opa_id=8)
    first = next(journal.dead())
    cases = {
        "task_ids": ((first.task_id,), {"101"}),
        "opa_ids": ((8,), {"103"}),
        "platform_ids": (("102", "103"), {"102", "103"}),
        "codes": (("unreadable",), {"102", "103"}),
        "stages": ((Stage.ACCEPT,), {"101"}),
        "parked_before": (clock(), {"101"}),
    }
    assert cases.keys() == {field.name for field in fields(DeadFilter)}
    for name, (value, expected) in cases.items():
        found = {letter.platform_id for letter in journal.dead(DeadFilter(**{name: value}))}
        assert found == expected, name
    assert journal.drop(DeadFilter(opa_ids=(8,), codes=("other",)), "-", "p") == 0


def test_many_dead_letters_stream_and_are_settled_by_pages(journal, monkeypatch, clock):
    monkeypatch.setattr("connector.journal.dead._PAGE", 2)
    receive(journal, *(unreadable(str(n)) for n in range(5)))
    clock.forward(hours=1)
    receive(journal, *(unreadable(str(n)) for n in range(5, 7)))
    assert len({letter.task_id for letter in journal.dead()}) == 7
    assert journal.retry(DeadFilter(parked_before=clock())) == 5
    assert len(journal.claim("w", 10, LEASE)) == 5


def test_retrying_behind_a_head_at_work_leaves_the_head_alone(journal):
    receive(journal, listed())
    receive(journal, unreadable(raw="{2"), round_=2)
    head = claim_one(journal)
    assert journal.retry(DeadFilter()) == 1
    assert journal.claim("w", 10, LEASE) == []
    assert journal.finish([done(head)]) == []
    assert claim_one(journal).stage is Stage.READ


def test_the_trail_is_append_only(journal):
    receive(journal, listed())
    for statement in ("UPDATE audit SET actor = 'nobody'", "DELETE FROM audit"):
        with pytest.raises(DBAPIError, match="append-only"):
            journal._db.write(lambda connection, sql=statement: connection.execute(text(sql)))
    assert len(journal.trail(7, "101")) == 1


def test_a_trail_cannot_be_truncated_on_postgresql(journal):
    if not journal._db.postgres:
        pytest.skip("SQLite has no TRUNCATE")
    with pytest.raises(DBAPIError, match="append-only"):
        journal._db.write(lambda connection: connection.execute(text("TRUNCATE audit CASCADE")))


def test_the_trail_of_any_cabinet(journal):
    receive(journal, listed())
    receive(journal, listed(opa_id=8), opa_id=8)
    assert len(journal.trail(None, "101")) == 2
    assert len(journal.trail(8, "101")) == 1
    assert journal.trail(8, "999") == []


@pytest.mark.parametrize(
    "wanted", ["101", " 101 ", "Р-15", "pos:7:101:1", "e72ac69e-0b7c-5f0c-bbc0-000000000000"]
)
def test_a_conversation_is_found_by_what_people_have_at_hand(journal, wanted):
    receive(journal, replace(listed(), appeal=appeal(number="Р-15")), listed("102"))
    found = [one.platform_id for one in journal.find_conversations(wanted)]
    assert found == ([] if wanted.startswith("e72") else ["101"])
    assert journal.find_conversations("") == []


def test_a_found_conversation_shows_its_last_round(journal):
    register(journal, listed())
    receive(journal, listed(raw="{2}"), round_=2)
    [found] = journal.find_conversations("pos:7:101:1")
    assert (found.rounds, found.state, found.opa_id) == (2, State.RECEIVED, 7)


def test_depths_tell_waiting_in_work_and_parked_apart(journal, clock):
    receive(journal, listed(), listed("102"), listed("103"), unreadable("104"))
    claim_one(journal)
    clock.forward(minutes=1)
    [depth] = journal.depths()
    assert (depth.opa_id, depth.channel) == (7, "platform:7")
    assert (depth.waiting, depth.in_work, depth.parked, depth.oldest) == (2, 1, 1, NOON)
    clock.forward(seconds=LEASE.total_seconds())
    assert journal.depths()[0].in_work == 0  # its holder is gone


def test_depths_of_an_empty_journal(journal):
    assert journal.depths() == []
    assert journal.oldest() == []


def test_the_reconciliation_adds_up(journal):
    register(journal, listed())
    register(journal, listed("102"), state=State.PENDING)
    receive(journal, listed("103"), unreadable("104"))
    page = Changes((event("e1"), event("e2", EventKind.ANSWER)), "1")
    journal.record_events("delo", page, judge, "sed:delo")
    for _stage in range(2):
        journal.finish([done(work) for work in journal.claim("w", 1, LEASE)])
    counts = journal.counts()
    assert counts.received == sum(counts.by_state.values()) == 4
    assert counts.by_state[State.ANSWERED] == counts.by_state[State.PENDING] == 1
    assert counts.parked == {Stage.READ: 1}
    assert sum(counts.sent.values()) + counts.waiting == 3 - counts.accepted + 2
    assert journal.counts(8).received == 0


def test_sent_replies_are_counted_by_kind(journal):
    register(journal, listed())
    page = Changes((event("e1"), event("e2", EventKind.ANSWER)), "1")
    journal.record_events("delo", page, judge, "sed:delo")
    for _reply in range(2):
        journal.finish([done(claim_one(journal))])
    counts = journal.counts(7)
    assert counts.sent == {"interim": 1, "solved": 1}
    assert (counts.answered, counts.waiting) == (1, 0)


def test_oldest_ages_skip_what_is_over(journal, clock):
    register(journal, listed())
    journal.record_events("delo", Changes((event("e", EventKind.ANSWER),), "1"), judge, "sed:delo")
    receive(journal, listed("102"))
    clock.forward(days=3)
    receive(journal, listed("103"))
    [age] = journal.oldest()
    assert (age.opa_id, age.state, age.count, age.since) == (7, State.RECEIVED, 2, NOON)


def test_rounds_stream_by_pages_with_conditions(journal, monkeypatch, clock):
    monkeypatch.setattr("connector.journal.queries._PAGE", 2)
    receive(journal, *(listed(str(n)) for n in range(5)))
    receive(journal, listed(opa_id=8), opa_id=8)
    assert [round_.platform_id for round_ in journal.rounds(opa_ids=[7])] == list("01234")
    clock.forward(hours=1)
    journal.finish([on_to(claim_one(journal, channels=["platform:8"]), Stage.REGISTER, state=State.ACCEPTED)])
    [changed] = journal.rounds(changed_from=clock() - timedelta(minutes=1))
    assert (changed.opa_id, changed.state, changed.received_at) == (8, State.ACCEPTED, NOON)
    assert len(list(journal.rounds(states=[State.RECEIVED]))) == 5
