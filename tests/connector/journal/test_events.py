"""Events on both databases: once each, one reply at most, the cursor with them, nothing dropped."""

from datetime import date, timedelta

import pytest

from connector.appeal import CardRef, Event, EventKind, Pending, RemoteFile, conversation_key, key_uuid
from connector.errors import ItemError
from connector.journal.records import Failed, Judgement, Stage
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
    on_to,
    receive,
    register,
)


def record(journal, *events, cursor="1", notes=(), judge=judge):
    return journal.record_events("delo", Changes(events, cursor, notes), judge, "sed:delo")


def only(journal):
    [round_] = journal.rounds()
    return round_


def test_events_states_replies_and_cursor_are_one(journal):
    register(journal, listed())
    assert journal.cursor("sed:delo") == ""
    recorded = record(journal, event("e1"), event("e2", EventKind.ANSWER), cursor="c7")
    assert (recorded.new, recorded.repeated, recorded.orphans, recorded.replies) == (2, 0, 0, 2)
    assert journal.cursor("sed:delo") == "c7"
    assert only(journal).state is State.ANSWERED
    work = claim_one(journal)
    assert (work.stage, work.channel, work.reply.event_id) == (Stage.REPLY, "platform:7", "e1")


def test_a_repeat_is_harmless(journal):
    register(journal, listed())
    record(journal, event("e1"))
    recorded = record(journal, event("e1"), event("e2"), event("e2"), cursor="2")
    assert (recorded.new, recorded.repeated, recorded.replies) == (1, 2, 1)
    assert journal.cursor("sed:delo") == "2"


def test_nothing_is_recorded_when_the_judge_breaks(journal):
    register(journal, listed())

    def broken(round_, event):
        raise RuntimeError("a fault of ours")

    with pytest.raises(RuntimeError):
        record(journal, event("e1"), judge=broken)
    assert journal.cursor("sed:delo") == ""
    assert record(journal, event("e1")).new == 1


def test_an_event_finds_its_message_by_either_form_of_the_key(journal):
    register(journal, listed())
    as_uuid = str(key_uuid(conversation_key(7, "101", 1))).upper()
    assert record(journal, event("e1", key=as_uuid), event("e2")).orphans == 0


def test_the_judge_sees_each_round_as_it_stands_by_then(journal):
    register(journal, listed())
    states = []

    def watching(round_, event):
        states.append((event.id, round_.state))
        return judge(round_, event)

    record(journal, event("e1"), event("e2", EventKind.ANSWER), event("e3"), judge=watching)
    assert states == [("e1", State.REGISTERED), ("e2", State.IN_WORK), ("e3", State.ANSWERED)]
    [noted] = journal.noted()
    assert (noted.event_id, noted.note, noted.platform_id, noted.opa_id) == ("e3", "after-final", "101", 7)


def test_a_registration_brings_number_and_date(journal):
    register(journal, listed(), state=State.PENDING)
    numbered = event("r", EventKind.REGISTERED, number="12-ОГ", document_date=date(2026, 3, 2))
    record(journal, numbered)
    assert only(journal).state is State.REGISTERED
    assert only(journal).card == CardRef("", "12-ОГ", date(2026, 3, 2))
    assert [found.platform_id for found in journal.find_conversations("12-ОГ")] == ["101"]


@pytest.mark.parametrize("park", [True, False])
def test_a_registration_ends_what_was_stuck_on_the_way_there(journal, park):
    receive(journal, listed())
    journal.finish([on_to(claim_one(journal), Stage.REGISTER, "sed:delo", state=State.ACCEPTED)])
    unknown = ItemError("cut off", code="outcome-unknown")
    journal.finish([Failed(claim_one(journal).lease, unknown, park, unsure=True)])
    receive(journal, listed(raw="{2}"), round_=2)
    record(journal, event("r", EventKind.REGISTERED, number="12-ОГ"))
    assert list(journal.dead()) == []
    assert claim_one(journal).round == 2  # the lane went on


def test_a_registration_in_somebodys_hands_is_theirs_to_end(journal):
    receive(journal, listed())
    journal.finish([on_to(claim_one(journal), Stage.REGISTER, "sed:delo", state=State.ACCEPTED)])
    work = claim_one(journal)
    record(journal, event("r", EventKind.REGISTERED, number="12-ОГ"))
    assert journal.finish([done(work, state=State.PENDING)]) == []
    assert only(journal).state is State.REGISTERED


def test_an_orphan_is_kept_and_judged_when_its_message_comes(journal):
    recorded = record(journal, event("e1"), event("r", EventKind.REGISTERED, platform_id="102"))
    assert (recorded.new, recorded.orphans, recorded.replies) == (2, 2, 0)
    assert [noted.note for noted in journal.noted("orphan")] == ["orphan", "orphan"]
    assert journal.counts().orphans == 2
    receive(journal, listed())
    recorded = record(journal, event("e2"), cursor="2")
    assert (recorded.new, recorded.replies) == (1, 2)
    assert [noted.platform_id for noted in journal.noted()] == [""]
    assert journal.counts().orphans == 1
    told = [entry.detail["event"] for entry in journal.trail(7, "101") if entry.what == "event"]
    assert told == ["e1", "e2"]


def test_an_orphan_of_a_race_is_found_too(journal, clock):
    """Its message was written by another daemon at the same moment: neither saw the other."""
    from sqlalchemy import update

    from connector.journal.schema import event as table

    record(journal, event("e1"))
    receive(journal, listed())
    journal._db.write(lambda c: c.execute(update(table).values(message_id=None)))
    assert record(journal, cursor="2").replies == 1


def test_an_orphan_of_another_sed_waits_for_its_own_reader(journal):
    journal.record_events("medo", Changes((event("e1"),), "1"), judge, "sed:medo")
    receive(journal, listed())
    assert record(journal).replies == 0
    assert journal.record_events("medo", Changes((), "2"), judge, "sed:medo").replies == 1


def test_two_seds_may_use_the_same_event_ids(journal):
    register(journal, listed())
    register(journal, listed("102"))
    assert record(journal, event("1")).new == 1
    page = Changes((event("1", platform_id="102"),), "1")
    assert journal.record_events("medo", page, judge, "sed:medo").replies == 1


def test_what_could_not_be_read_is_kept_once(journal):
    record(journal, notes=("Report.xml: no ReturnID",))
    record(journal, notes=("Report.xml: no ReturnID", "other"))
    assert [noted.text for noted in journal.noted("unreadable")] == ["Report.xml: no ReturnID", "other"]
    assert len(list(journal.noted())) == 2


def test_an_event_that_cannot_be_stored_is_kept_as_text(journal):
    register(journal, listed())
    broken = Event("e1", conversation_key(7, "101", 1), EventKind.PROGRESS, NOON, number=None, raw={"n": "7"})
    recorded = record(journal, broken, event("e2"))
    assert recorded.replies == 1
    [noted] = journal.noted("unreadable")
    assert "e1" in noted.text
    assert "{'n': '7'}" in noted.text


def test_the_whole_event_is_kept(journal):
    register(journal, listed())
    files = (RemoteFile("r1", "ответ.pdf", 10),)
    told = event("e1", text="Принято", files=files, raw={"a": NOON, "b": [1, {"c": object}]})

    def late(round_, event):
        return Judgement(round_.state, None, "no-rule")

    record(journal, told, judge=late)
    [noted] = journal.noted("no-rule")
    assert (noted.text, noted.kind, noted.at) == ("Принято", "resolution", NOON)


def test_noted_events_stream_by_pages(journal, monkeypatch):
    monkeypatch.setattr("connector.journal.events._PAGE", 2)
    record(journal, *(event(f"e{n}") for n in range(5)))
    assert [noted.event_id for noted in journal.noted("orphan")] == [f"e{n}" for n in range(5)]


def test_replies_go_to_the_lane_of_their_conversation(journal, second, clock):
    for platform_id in ("101", "102"):
        register(journal, listed(platform_id))
    record(journal, event("a1"), event("b1", platform_id="102"), event("a2"))
    works = journal.claim("w", 10, LEASE)
    assert {work.reply.event_id for work in works} == {"a1", "b1"}
    clock.forward(seconds=LEASE.total_seconds() + 1)
    assert {work.reply.event_id for work in second.claim("x", 10, timedelta(minutes=1))} == {"a1", "b1"}


def test_pending_has_a_receipt_in_the_trail(journal):
    receive(journal, listed())
    journal.finish([on_to(claim_one(journal), Stage.REGISTER, "sed:delo")])
    receipt = Pending("uid-1").receipt
    journal.finish([done(claim_one(journal), state=State.PENDING, detail={"receipt": receipt})])
    assert journal.trail(7, "101")[-1].detail == {"receipt": "uid-1"}
