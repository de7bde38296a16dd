"""The circuit breaker on both databases: pauses, half-open, persons, one alert each way."""

from datetime import timedelta

import pytest

from connector.errors import AuthError, ItemError, RetryableError
from connector.journal.records import Failed, Released
from connector.journal.reports import AlertKind
from tests.connector.journal.support import LEASE, PAUSE, claim_one, done, listed, on_to, receive

NAME = "platform:7"
AWAY = RetryableError("the platform answers 503", code="unavailable")
WRONG = AuthError("wrong id or password")


def claim(journal, limit=100):
    return journal.claim("w", limit, LEASE)


def state(journal, name=NAME):
    return {one.name: one for one in journal.channels()}[name]


def messages(journal, count=3):
    receive(journal, *(listed(str(n)) for n in range(count)))


def recover(clock):
    clock.forward(seconds=PAUSE.cap.total_seconds())


def test_a_failed_channel_hands_out_nothing_and_costs_no_attempt(journal, clock):
    messages(journal)
    [work, *_] = works = claim(journal)
    failed = journal.channel_failed(NAME, AWAY)
    journal.finish([Released(one.lease) for one in works])
    assert (failed.failures, failed.error_code, failed.needs_person) == (1, "unavailable", False)
    assert clock() < failed.paused_until <= clock() + PAUSE.base
    assert claim(journal) == []
    recover(clock)
    assert claim_one(journal).attempt == work.attempt


def test_the_other_channels_go_on(journal):
    messages(journal)
    receive(journal, listed(opa_id=8), opa_id=8)
    journal.channel_failed(NAME, AWAY)
    assert [work.opa_id for work in claim(journal)] == [8]


def test_after_the_pause_one_task_tries_until_it_succeeds(journal, second, clock):
    messages(journal)
    journal.channel_failed(NAME, AWAY)
    recover(clock)
    [probe] = claim(journal)
    assert claim(journal) == claim(second) == []
    second.finish([done(probe)])
    assert len(claim(second)) == 2
    assert state(journal).failures == 0


def test_a_probe_that_fails_again_makes_the_pause_longer(journal, clock):
    messages(journal)
    pauses = []
    for count in range(1, 6):
        paused = journal.channel_failed(NAME, AWAY)
        assert paused.failures == count
        pauses.append(paused.paused_until - clock())
        recover(clock)
        [probe] = claim(journal)
        journal.finish([Released(probe.lease)])
    assert pauses[0] < pauses[2] < pauses[4] <= PAUSE.cap


def test_a_probe_whose_item_fails_frees_the_channel_for_the_next(journal, clock):
    messages(journal)
    journal.channel_failed(NAME, AWAY)
    recover(clock)
    [probe] = claim(journal)
    journal.finish([Failed(probe.lease, ItemError("no"), park=True)])
    assert len(claim(journal)) == 1


def test_a_probe_that_never_comes_back_is_replaced(journal, clock):
    messages(journal)
    journal.channel_failed(NAME, AWAY)
    recover(clock)
    claim_one(journal)
    clock.forward(seconds=LEASE.total_seconds())
    assert len(claim(journal)) == 1


def test_a_channel_without_work_can_be_tried_later(journal, clock):
    journal.channel_failed(NAME, AWAY)
    recover(clock)
    assert claim(journal) == []
    messages(journal)
    assert len(claim(journal)) == 1


def test_failures_that_were_on_the_way_do_not_count_twice(journal):
    first = journal.channel_failed(NAME, AWAY)
    assert journal.channel_failed(NAME, AWAY) == first


def test_the_peers_own_wish_is_respected(journal, clock):
    wish = RetryableError("too many requests", after=600)
    assert journal.channel_failed(NAME, wish).paused_until == clock() + timedelta(seconds=600)
    assert journal.channel_failed(NAME, AWAY).paused_until == clock() + timedelta(seconds=600)


def test_wrong_credentials_wait_for_a_person(journal, clock):
    messages(journal)
    assert journal.channel_failed(NAME, WRONG).needs_person
    clock.forward(days=30)
    assert claim(journal) == []
    journal.channel_ok(NAME)  # something of an earlier token came back: the password is still wrong
    assert claim(journal) == []
    assert journal.resume(NAME)
    assert len(claim(journal)) == 3
    assert not journal.resume(NAME)


def test_resuming_what_is_well_or_unknown_is_nothing(journal):
    assert not journal.resume("sed:none")


def test_a_person_may_cut_a_pause_short(journal):
    messages(journal)
    journal.channel_failed(NAME, AWAY)
    assert journal.resume(NAME)
    assert len(claim(journal)) == 3


def test_new_credentials_resume_the_channel(journal):
    assert not journal.channel_configured(NAME, "one")
    journal.channel_failed(NAME, WRONG)
    assert not journal.channel_configured(NAME, "one")
    assert state(journal).needs_person
    assert journal.channel_configured(NAME, "two")
    assert not state(journal).needs_person


def test_new_credentials_leave_an_ordinary_pause(journal):
    journal.channel_configured(NAME, "one")
    journal.channel_failed(NAME, AWAY)
    assert not journal.channel_configured(NAME, "two")
    assert state(journal).failures == 1


def test_success_is_remembered(journal, clock):
    journal.channel_ok(NAME)
    assert journal.last_success() == {NAME: clock()}
    clock.forward(hours=1)
    messages(journal)
    journal.finish([on_to(claim_one(journal), "register", "sed:delo")])
    assert journal.last_success()[NAME] == clock()


def test_one_alert_each_way(journal, second, clock):
    journal.channel_failed(NAME, AWAY)
    assert journal.alerts_due() == []  # a short trouble is nobody's business
    clock.forward(seconds=PAUSE.grace.total_seconds())
    [alert] = journal.alerts_due()
    assert (alert.kind, alert.channel, alert.sentence) == (AlertKind.FAILING, NAME, AWAY.sentence)
    journal.alerts_sent([alert])
    assert second.alerts_due() == []  # another process, or this one after a restart
    clock.forward(hours=1)
    journal.channel_failed(NAME, AWAY)
    assert journal.alerts_due() == []
    journal.channel_ok(NAME)
    [well] = journal.alerts_due()
    assert (well.kind, well.since, well.until) == (AlertKind.RECOVERED, alert.since, clock())
    assert well.sentence == AWAY.sentence
    journal.alerts_sent([well])
    assert journal.alerts_due() == []
    assert state(journal).since is None


def test_a_short_trouble_gives_no_alert_at_all(journal, clock):
    journal.channel_failed(NAME, AWAY)
    journal.channel_ok(NAME)
    clock.forward(days=1)
    assert journal.alerts_due() == []


def test_what_needs_a_person_is_told_at_once(journal):
    journal.channel_failed(NAME, WRONG)
    [alert] = journal.alerts_due()
    assert alert.needs_person
    journal.alerts_sent([alert])
    journal.resume(NAME)
    assert [alert.kind for alert in journal.alerts_due()] == [AlertKind.RECOVERED]


def test_a_relapse_before_the_good_news_went_out_is_one_trouble(journal, clock):
    journal.channel_failed(NAME, WRONG)
    journal.alerts_sent(journal.alerts_due())
    journal.resume(NAME)
    good_news = journal.alerts_due()
    journal.channel_failed(NAME, AWAY)
    journal.alerts_sent(good_news)
    assert journal.alerts_due() == []
    journal.channel_ok(NAME)
    assert [alert.kind for alert in journal.alerts_due()] == [AlertKind.RECOVERED]


def test_good_news_that_overtook_the_bad_is_told_too(journal):
    journal.channel_failed(NAME, WRONG)
    alerts = journal.alerts_due()
    journal.resume(NAME)
    journal.alerts_sent(alerts)
    [alert] = journal.alerts_due()
    assert alert.kind is AlertKind.RECOVERED


@pytest.mark.parametrize("what", ["channel-failed", "channel-resumed"])
def test_the_trail_names_who_paused_and_resumed(journal, what):
    from sqlalchemy import select

    from connector.journal.journal import acting
    from connector.journal.schema import audit

    journal.channel_failed(NAME, WRONG)
    with acting("petrova"):
        journal.resume(NAME)
    lines = dict(journal._db.read(lambda c: c.execute(select(audit.c.what, audit.c.actor)).all()))
    assert lines == {"channel-failed": "daemon", "channel-resumed": "petrova"}
    assert what in lines
