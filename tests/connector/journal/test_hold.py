"""A lease is prolonged while its step runs, and whoever lost it learns so before it acts."""

import pytest

from connector.relay.hold import Hold, LeaseLostError
from tests.connector.journal.support import LEASE, claim_one, done, listed, receive

MARGIN = LEASE / 4


@pytest.fixture
def hold(journal, clock):
    receive(journal, listed("101"))
    work = claim_one(journal)
    hold = Hold(journal, work.lease, clock=clock, length=LEASE, margin=MARGIN)
    hold.work = work
    return hold


def test_a_long_step_keeps_its_lease(journal, clock, hold):
    for _part in range(8):
        clock.forward(seconds=(LEASE - MARGIN).total_seconds() / 2 + 1)
        hold.keep()
        assert not journal.claim("other", 5, LEASE)
    assert journal.finish([done(hold.work)]) == []


def test_a_long_stream_keeps_its_lease(journal, clock, hold):
    def body():
        for part in (b"a", b"b", b"c", b"d"):
            clock.forward(seconds=(LEASE - MARGIN).total_seconds() / 2 + 1)
            yield part

    assert b"".join(hold.kept(body())) == b"abcd"
    assert not journal.claim("other", 5, LEASE)


def test_a_lease_that_is_over_and_that_nobody_took_is_prolonged(journal, clock, hold):
    clock.forward(days=1)
    hold.assure()
    assert not journal.claim("other", 5, LEASE)


def test_who_lost_the_lease_is_told_before_it_acts(journal, clock, hold):
    clock.forward(seconds=LEASE.total_seconds() + 1)
    other = claim_one(journal)
    with pytest.raises(LeaseLostError):
        hold.keep()
    with pytest.raises(LeaseLostError):
        hold.assure()
    assert journal.finish([done(other)]) == []


def test_a_machine_whose_own_clock_stood_still_is_told_too(journal, clock, hold):
    """A virtual machine that was suspended: by its clock the lease is young."""
    clock.forward(seconds=LEASE.total_seconds() + 1)
    claim_one(journal)
    clock.forward(seconds=-LEASE.total_seconds())
    hold.keep()
    with pytest.raises(LeaseLostError):
        hold.assure()
