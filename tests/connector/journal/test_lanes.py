"""Lanes on both databases: head first, one holder, attempts, backoff, parking, fencing, fairness."""

from dataclasses import replace
from datetime import timedelta

import pytest

from connector.appeal import CardRef, EventKind, ReplyKind, StoredFile
from connector.errors import ItemError, OutcomeUnknownError
from connector.journal.records import Advanced, Failed, Lease, Released, Stage
from connector.lifecycle import State
from tests.connector.journal.support import (
    LEASE,
    RETRY,
    Changes,
    claim_one,
    done,
    event,
    judge,
    listed,
    on_to,
    receive,
    register,
    reply,
)

ERROR = ItemError("the peer does not like it", code="refused")


def claim(journal, limit=100, worker="w", **more):
    return journal.claim(worker, limit, LEASE, **more)


def fail(work, *, park=False, unsure=False):
    return Failed(work.lease, ERROR, park, unsure)


def test_a_claimed_lane_is_nobody_elses_until_the_lease_ends(journal, second, clock):
    receive(journal, listed())
    work = claim_one(journal)
    assert claim(second) == []
    clock.forward(seconds=LEASE.total_seconds() - 1)
    assert claim(second) == []
    clock.forward(seconds=1)
    again = claim_one(second)
    assert again.lease.task_id == work.lease.task_id
    assert again.attempt == 2


def test_a_stale_holder_is_refused(journal, second, clock):
    receive(journal, listed())
    old = claim_one(journal)
    clock.forward(minutes=10)
    new = claim_one(second)
    assert journal.finish([done(old)]) == [old.lease]
    assert journal.renew([old.lease], LEASE) == []
    assert second.finish([done(new)]) == []
    assert second.finish([done(new)]) == [new.lease]


def test_an_outcome_after_the_lease_counts_while_nobody_took_the_lane(journal, clock):
    receive(journal, listed())
    work = claim_one(journal)
    clock.forward(hours=2)
    assert journal.finish([done(work)]) == []


def test_one_outcome_per_lease(journal):
    receive(journal, listed())
    work = claim_one(journal)
    assert journal.finish([done(work), fail(work)]) == [work.lease]
    assert journal.finish([]) == []


def test_a_lease_can_be_prolonged(journal, clock):
    receive(journal, listed(), listed("102"))
    work, other = claim(journal)
    clock.forward(minutes=4)
    stranger = Lease(other.lease.lane_id, other.lease.task_id, "0" * 32, other.lease.until)
    [renewed] = journal.renew([work.lease, stranger], LEASE)
    assert renewed.until == clock() + LEASE
    clock.forward(minutes=4)
    assert [one.platform_id for one in claim(journal)] == [other.platform_id]
    assert journal.finish([Advanced(renewed, None)]) == []


def test_stages_follow_each_other_with_fresh_attempts(journal):
    receive(journal, listed(files=1))
    work = claim_one(journal)
    stored = StoredFile("a" * 64, 3, "фото.jpg", "image/jpeg")
    journal.finish([on_to(work, Stage.ACCEPT, state=State.FILED, files={0: stored}, note="filed")])
    work = claim_one(journal)
    assert (work.stage, work.channel, work.attempt) == (Stage.ACCEPT, "platform:7", 1)
    assert work.files == (stored,)
    journal.finish([on_to(work, Stage.REGISTER, "sed:delo", state=State.ACCEPTED, note="accepted")])
    work = claim_one(journal)
    assert (work.stage, work.channel, work.state) == (Stage.REGISTER, "sed:delo", State.ACCEPTED)
    card = CardRef("c1", "12-ОГ", None)
    coded = replace(work.appeal, questions=(replace(work.appeal.questions[0], code="0003.0008"),))
    journal.finish([done(work, state=State.REGISTERED, card=card, appeal=coded, detail={"card": "12-ОГ"})])
    assert claim(journal) == []
    [round_] = journal.rounds()
    assert (round_.state, round_.card, round_.appeal) == (State.REGISTERED, card, coded)
    assert [entry.what for entry in journal.trail(7, "101")] == [
        "received",
        "filed",
        "accepted",
        "register-done",
    ]


def test_a_state_never_goes_back(journal):
    receive(journal, listed())
    journal.finish([on_to(claim_one(journal), Stage.REGISTER, "sed:delo", state=State.ACCEPTED)])
    work = claim_one(journal)
    registered = event("r", EventKind.REGISTERED, number="12-ОГ")
    journal.record_events("delo", Changes((registered,), "1"), judge, "sed:delo")
    journal.finish([done(work, state=State.PENDING, card=CardRef("c1"))])
    [round_] = journal.rounds()
    assert round_.state is State.REGISTERED
    assert round_.card == CardRef("c1", "12-ОГ")


def test_a_failed_item_waits_and_is_parked_at_the_cap(journal, clock):
    receive(journal, listed())
    for attempt in range(1, RETRY.attempts + 1):
        work = claim_one(journal)
        assert work.attempt == attempt
        journal.finish([fail(work)])
        clock.forward(seconds=RETRY.cap.total_seconds())
    assert claim(journal) == []
    [letter] = journal.dead()
    assert (letter.error_code, letter.sentence, letter.attempts) == ("refused", str(ERROR), RETRY.attempts)
    assert [entry.what for entry in journal.trail(7, "101")] == ["received", "failed", "failed", "parked"]


def test_backoff_is_full_jitter_under_a_cap():
    class Chance:
        def random(self):
            return 0.999

    assert RETRY.delay(1, Chance()) < RETRY.base
    assert RETRY.delay(2, Chance()) > RETRY.base
    assert RETRY.cap * 0.99 < RETRY.delay(10_000, Chance()) < RETRY.cap


def test_a_waiting_item_is_not_handed_out_early(journal, clock):
    receive(journal, listed())
    journal.finish([fail(claim_one(journal))])
    assert claim(journal) == []
    clock.forward(seconds=RETRY.base.total_seconds())
    assert claim_one(journal).attempt == 2


def test_parking_blocks_its_own_lane_only(journal):
    register(journal, listed())
    receive(journal, listed(raw="{2}"), round_=2)
    journal.finish([fail(claim_one(journal), park=True)])
    receive(journal, listed(raw="{3}"), round_=3)
    journal.record_events("delo", Changes((event("e1"),), "1"), judge, "sed:delo")
    assert claim_one(journal).stage is Stage.REPLY  # the other direction goes on
    receive(journal, listed("102"))
    assert claim_one(journal).platform_id == "102"
    [letter] = journal.dead()
    assert (letter.round, letter.waiting_behind) == (2, 1)


def test_a_release_costs_nothing(journal):
    receive(journal, listed())
    journal.finish([Released(claim_one(journal).lease)])
    work = claim_one(journal)
    assert (work.attempt, work.unsure) == (1, False)


@pytest.mark.parametrize(
    ("end", "unsure"),
    [
        (lambda work: None, True),  # the holder died
        (lambda work: Released(work.lease), False),
        (lambda work: Released(work.lease, unsure=True), True),
        (lambda work: Failed(work.lease, ERROR, False), False),
        (lambda work: Failed(work.lease, OutcomeUnknownError("cut off"), False, unsure=True), True),
    ],
)
def test_an_attempt_without_outcome_leaves_registration_unsure(journal, clock, end, unsure):
    receive(journal, listed())
    journal.finish([on_to(claim_one(journal), Stage.REGISTER, "sed:delo")])
    work = claim_one(journal)
    assert not work.unsure
    if outcome := end(work):
        journal.finish([outcome])
    clock.forward(hours=1)
    assert claim_one(journal).unsure is unsure


def test_a_release_keeps_what_was_unknown_before(journal, clock):
    receive(journal, listed())
    journal.finish([on_to(claim_one(journal), Stage.REGISTER, "sed:delo")])
    claim_one(journal)  # and dies
    clock.forward(hours=1)
    journal.finish([Released(claim_one(journal).lease)])
    assert claim_one(journal).unsure


def test_fetching_files_is_never_unsure(journal, clock):
    receive(journal, listed(files=1))
    claim_one(journal)
    clock.forward(hours=1)
    assert not claim_one(journal).unsure


def test_what_kills_its_holder_again_and_again_is_parked(journal, clock):
    receive(journal, listed(), listed("102"))
    for _attempt in range(RETRY.attempts):
        assert len(claim(journal)) == 2
        clock.forward(hours=1)
    assert claim(journal) == []
    assert {letter.error_code for letter in journal.dead()} == {"attempts-spent"}


def test_steps_survive_their_attempt(journal, second, clock):
    receive(journal, listed())
    work = claim_one(journal)
    journal.step(work, "upload:abc", "file-1")
    journal.step(work, "upload:abc", "file-2")
    clock.forward(hours=1)
    again = claim_one(second)
    journal.step(work, "upload:def", "file-3")  # its lease is lost, but it did happen
    assert again.steps == {"upload:abc": "file-1"}
    second.finish([fail(again)])
    clock.forward(hours=1)
    assert claim_one(second).steps == {"upload:abc": "file-1", "upload:def": "file-3"}


def test_replies_leave_one_by_one_in_order(journal):
    register(journal, listed())
    events = tuple(event(f"e{n}") for n in range(3))
    journal.record_events("delo", Changes(events, "1"), judge, "sed:delo")
    sent = []
    for _n in events:
        work = claim_one(journal)
        assert claim(journal) == []
        sent.append(work.reply.event_id)
        journal.finish([done(work, note="reply-sent")])
    assert sent == ["e0", "e1", "e2"]


def test_look_alikes_are_counted_when_confirmed(journal):
    register(journal, listed())
    journal.record_events("delo", Changes((event("e1"), event("e2"), event("e3")), "1"), judge, "sed:delo")
    work = claim_one(journal)
    assert journal.confirmed_sent(work.message_id, work.reply) == []
    journal.finish([done(work)])
    assert journal.confirmed_sent(work.message_id, work.reply) == [work.reply]
    other = reply(next(journal.rounds()), event("x"), ReplyKind.INTERIM, comment="другое")
    assert journal.confirmed_sent(work.message_id, other) == []


def test_look_alikes_are_counted_over_all_rounds_of_a_conversation_only(journal):
    register(journal, listed())
    register(journal, listed("102"))
    for platform_id in ("101", "102"):
        page = Changes((event(f"e{platform_id}", platform_id=platform_id),), platform_id)
        journal.record_events("delo", page, judge, "sed:delo")
    works = claim(journal)
    journal.finish([done(work) for work in works])
    receive(journal, listed(raw="{2}"), round_=2)
    work = claim_one(journal)
    assert journal.confirmed_sent(work.message_id, works[0].reply) == [works[0].reply]


def test_a_big_cabinet_does_not_starve_the_others(journal):
    receive(journal, *(listed(str(n), opa_id=1) for n in range(200)), opa_id=1)
    for opa_id in range(2, 40):
        receive(journal, listed("5", opa_id=opa_id), opa_id=opa_id)
    first = claim(journal, 39)
    assert len({work.opa_id for work in first}) == 39
    assert {work.opa_id for work in claim(journal, 39)} == {1}


def test_cabinets_on_one_sed_share_it_fairly(journal):
    for opa_id, count in ((1, 60), (2, 1), (3, 1)):
        receive(journal, *(listed(str(n), opa_id=opa_id) for n in range(count)), opa_id=opa_id)
    while works := claim(journal, channels=["platform:1", "platform:2", "platform:3"]):
        journal.finish([on_to(work, Stage.REGISTER, "sed:delo") for work in works])
    assert {work.opa_id for work in claim(journal, 6)} == {1, 2, 3}


def test_a_batch_is_as_large_as_asked_for(journal):
    receive(journal, *(listed(str(n)) for n in range(50)))
    assert len(claim(journal, 32)) == 32
    assert len(claim(journal, 32)) == 18
    assert claim(journal, 0) == []


def test_only_the_wanted_channels_are_served(journal):
    receive(journal, listed())
    receive(journal, listed(opa_id=8), opa_id=8)
    assert claim(journal, channels=[]) == []
    assert claim(journal, channels=["platform:9"]) == []
    assert [work.opa_id for work in claim(journal, channels={"platform:8"})] == [8]


def test_an_appeal_that_cannot_be_stored_parks_its_own_task_only(journal):
    receive(journal, listed(), listed("102"))
    first, second = claim(journal)
    broken = replace(first.appeal, created_at="yesterday")
    assert journal.finish([done(first, appeal=broken), done(second)]) == []
    [letter] = journal.dead()
    assert (letter.platform_id, letter.error_code) == (first.platform_id, "internal")


def test_a_payload_of_a_newer_version_spoils_its_own_task_only(journal, caplog):
    from sqlalchemy import update

    from connector.journal.schema import message

    receive(journal, listed(), listed("102"))
    newer = update(message).where(message.c.number == "").values(appeal='{"kind": "petition"}')
    journal._db.write(lambda connection: connection.execute(newer.where(message.c.id == 1)))
    works = {work.platform_id: work.appeal for work in claim(journal)}
    assert works["101"] is None
    assert works["102"] is not None
    assert "petition" not in caplog.text  # values are personal data
    assert "kind (enum)" in caplog.text


def test_leases_end_by_the_injected_clock(journal, clock):
    receive(journal, listed())
    [work] = journal.claim("w", 1, timedelta(seconds=90))
    assert work.lease.until == clock() + timedelta(seconds=90)
    assert journal.clock is clock
