"""A clock that ran years ahead and was set right holds nothing back."""

from datetime import timedelta

from connector.errors import ItemError, RetryableError
from connector.journal.records import Failed
from tests.connector.journal.support import LEASE, claim_one, done, listed, receive

TWO_DAYS = timedelta(days=2)


def test_what_was_put_off_by_a_wrong_clock_is_due_again(journal, clock):
    receive(journal, listed("1"))
    receive(journal, listed("2"), opa_id=8)
    clock.forward(days=3650)
    work = claim_one(journal, channels={"platform:7"})
    journal.finish([Failed(work.lease, ItemError("the file store is away"), park=False)])
    journal.channel_failed("platform:8", RetryableError("503"))
    clock.forward(days=-3650)
    assert journal.claim("w", 10, LEASE) == []
    assert journal.recall(TWO_DAYS) == 2
    assert {one.platform_id for one in journal.claim("w", 10, LEASE)} == {"1", "2"}


def test_an_honest_wait_stays(journal, clock):
    receive(journal, listed("1"))
    work = claim_one(journal)
    journal.finish([Failed(work.lease, ItemError("the file store is away"), park=False)])
    journal.channel_failed("platform:8", RetryableError("come back tomorrow", after=86_400))
    assert journal.recall(TWO_DAYS) == 0


def test_a_lease_of_the_wrong_time_is_fenced_when_another_takes_over(journal, second, clock):
    receive(journal, listed("1"))
    clock.forward(days=3650)
    asleep = claim_one(journal)
    clock.forward(days=-3650)
    assert second.claim("other", 10, LEASE) == []
    second.recall(TWO_DAYS)
    [taken] = second.claim("other", 10, LEASE)
    assert journal.finish([done(asleep)]) == [asleep.lease]  # it woke too late: nothing is written twice
    assert second.finish([done(taken)]) == []
