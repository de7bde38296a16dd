"""The inbox on both databases: each round once, raw text kept, nothing lost on a repeat."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from connector.appeal import EventKind
from connector.journal.codec import raw_digest
from connector.journal.records import Advanced, Stage
from connector.journal.schema import message, revision
from connector.lifecycle import State
from tests.connector.journal.support import (
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


def texts(journal, table):
    return journal._db.read(lambda c: [bytes(raw).decode() for raw in c.scalars(select(table.c.raw))])


def whats(journal, platform_id="101"):
    return [entry.what for entry in journal.trail(7, platform_id)]


def test_a_new_message_waits_to_be_accepted(journal):
    receipt = receive(journal, listed())
    assert (receipt.new, receipt.repeated, receipt.unreadable) == (1, (), 0)
    work = claim_one(journal)
    assert work.stage is Stage.ACCEPT
    assert work.channel == "platform:7"
    assert work.key == "pos:7:101:1"
    assert work.state is State.RECEIVED
    assert work.raw == '{"id": 101}'
    assert work.appeal == appeal()
    assert (work.attempt, work.unsure, work.steps) == (1, False, {})


def test_a_message_with_files_waits_for_them(journal):
    receive(journal, listed(files=2))
    work = claim_one(journal)
    assert work.stage is Stage.FETCH
    assert work.files == (None, None)


def test_the_exact_text_is_kept(journal):
    raw = '{"id": 101, "description": "Ё \\u0000 \\ud800",\n "x": 1e400}\x00 \ud800'
    receive(journal, listed(raw=raw))
    assert claim_one(journal).raw == raw


@pytest.mark.parametrize("text", ["\x00", "\ud800 half a pair", "𝄞 a whole one"])
def test_odd_characters_stop_nothing(journal, text):
    odd = replace(appeal(), text=text, number=text)
    receive(journal, replace(listed(), appeal=odd))
    work = claim_one(journal)
    assert work.appeal.text in (text, "\ufffd half a pair")


def test_an_unreadable_message_is_parked_with_its_problem(journal):
    receipt = receive(journal, unreadable())
    assert (receipt.new, receipt.unreadable) == (1, 1)
    assert journal.claim("w", 10, journal.clock() - journal.clock()) == []
    [letter] = journal.dead()
    assert letter.stage is Stage.READ
    assert letter.error_code == "unreadable"
    assert letter.sentence == "field createdAt is missing"


def test_what_can_be_read_now_goes_on(journal):
    receive(journal, unreadable(raw="{broken"))
    receipt = receive(journal, listed(files=1, raw='{"id": 101}'))
    assert (receipt.new, receipt.revised) == (0, 0)
    work = claim_one(journal)
    assert work.stage is Stage.FETCH
    assert work.raw == '{"id": 101}'
    assert work.files == (None,)
    assert texts(journal, revision) == ["{broken"]
    assert whats(journal) == ["unreadable", "read"]


def test_an_unreadable_message_read_by_the_relay_gets_its_files(journal):
    from connector.journal.reports import DeadFilter

    receive(journal, unreadable())
    assert journal.retry(DeadFilter()) == 1
    work = claim_one(journal)
    assert work.stage is Stage.READ
    journal.finish([Advanced(work.lease, Stage.FETCH, "platform:7", appeal=appeal(files=2, number="Р-1"))])
    work = claim_one(journal)
    assert (work.stage, work.files) == (Stage.FETCH, (None, None))
    assert journal.find_conversations("Р-1")


def test_a_repeat_changes_nothing(journal):
    receive(journal, listed())
    receipt = receive(journal, listed())
    assert (receipt.new, receipt.repeated, receipt.revised) == (0, (), 0)
    claim_one(journal)
    assert journal.claim("w", 10, journal.clock() - journal.clock()) == []
    assert whats(journal) == ["received"]


def test_a_repeat_of_an_accepted_message_asks_to_mark_it_again(journal):
    receive(journal, listed())
    work = claim_one(journal)
    journal.finish([on_to(work, Stage.REGISTER, "sed:delo", state=State.ACCEPTED)])
    assert receive(journal, listed(), listed()).repeated == ("101",)


def test_a_repeat_with_another_text_is_kept_as_a_revision(journal):
    receive(journal, listed())
    assert receive(journal, listed(raw="{2}")).revised == 1
    assert receive(journal, listed(raw="{2}")).revised == 0
    assert texts(journal, message) == ['{"id": 101}']
    assert texts(journal, revision) == ["{2}"]
    assert journal.known_rounds(7, ["101"])["101"].raw_sha256 == raw_digest("{2}")
    assert whats(journal) == ["received", "revised"]


def test_one_message_twice_on_one_page_is_one(journal):
    receipt = receive(journal, listed(), listed(raw="{2}"), listed("102"))
    assert (receipt.new, receipt.revised) == (2, 1)


def test_the_same_id_in_two_cabinets_is_two_messages(journal):
    receive(journal, listed())
    receive(journal, listed(opa_id=8), opa_id=8)
    assert journal.counts().received == 2
    assert journal.counts(8).received == 1


def test_known_rounds_tell_what_round_of_needs(journal):
    assert journal.known_rounds(7, ["101"]) == {}
    register(journal, listed())
    known = journal.known_rounds(7, ["101", "102"])
    assert known.keys() == {"101"}
    assert (known["101"].round, known["101"].accepted, known["101"].answered) == (1, True, False)
    journal.record_events("delo", Changes((event("a", EventKind.ANSWER),), "1"), judge, "sed:delo")
    assert not journal.known_rounds(7, ["101"])["101"].answered
    journal.finish([done(claim_one(journal))])
    assert journal.known_rounds(7, ["101"])["101"].answered


def test_rework_opens_a_round_behind_the_first(journal):
    receive(journal, listed())
    receive(journal, listed(raw="{2}"), round_=2)
    assert journal.known_rounds(7, ["101"])["101"].round == 2
    first = claim_one(journal)
    assert first.round == 1
    assert journal.claim("w", 10, journal.clock() - journal.clock()) == []
    journal.finish([done(first)])
    second = claim_one(journal)
    assert (second.round, second.key, second.appeal.round) == (2, "pos:7:101:2", 2)


def test_an_empty_page_is_nothing(journal):
    assert journal.receive(7, []).new == 0


def test_an_appeal_that_cannot_be_stored_spoils_its_own_message_only(journal):
    broken = replace(listed("102"), appeal=replace(appeal("102"), created_at="yesterday"))
    receipt = receive(journal, broken, listed())
    assert (receipt.new, receipt.unreadable) == (2, 1)
    [letter] = journal.dead()
    assert (letter.platform_id, letter.stage) == ("102", Stage.READ)
    assert claim_one(journal).platform_id == "101"


def test_two_daemons_on_one_page_store_it_once(journal, second):
    page = [listed(str(n)) for n in range(5)]
    assert receive(journal, *page).new + receive(second, *reversed(page)).new == 5
