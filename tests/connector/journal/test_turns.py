"""Several daemons share the periodic jobs: each is done once a period, whoever does it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.connector.journal.support import Clock, open_journal

MINUTE = timedelta(minutes=1)


def test_once_a_period_whoever_comes(journal, second, clock):
    assert journal.take_turn("intake:7", MINUTE)
    assert not second.take_turn("intake:7", MINUTE)
    assert second.take_turn("intake:8", MINUTE)
    clock.forward(seconds=55)  # a visit a little early is the next one, not the same one again
    assert second.take_turn("intake:7", MINUTE)
    assert not journal.take_turn("intake:7", MINUTE)


def test_a_daemon_that_has_just_been_started_looks_at_once(journal, second, clock):
    assert journal.take_turn("intake:7", MINUTE)
    assert second.take_turn("intake:7", MINUTE, at_once=True)
    clock.forward(seconds=30)
    assert not journal.take_turn("intake:7", MINUTE)


def test_a_clock_that_ran_ahead_holds_no_turn(journal, clock):
    clock.forward(days=3650)
    assert journal.take_turn("intake:7", MINUTE)
    clock.forward(days=-3650)
    assert journal.take_turn("intake:7", MINUTE)


def test_of_many_at_the_same_moment_one_gets_it(journal, second):
    with ThreadPoolExecutor(8) as pool:
        for name in ("a", "b", "c"):
            asked = [pool.submit(j.take_turn, name, MINUTE) for j in (journal, second) * 4]
            assert sum(one.result() for one in asked) == 1


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(-30, 90)), max_size=30))
def test_once_a_period_and_never_held_for_longer(sqlite_template, tmp_path_factory, visits):
    path = tmp_path_factory.mktemp("turns") / "journal.db"
    path.write_bytes(sqlite_template.read_bytes())
    clock, last = Clock(), None
    url = f"sqlite:///{path}"
    with open_journal(url, path.parent, clock) as one, open_journal(url, path.parent, clock) as other:
        for who, seconds in visits:
            clock.forward(seconds=seconds)
            gap = None if last is None else clock() - last
            taken = (one, other)[who].take_turn("track:sed", MINUTE)
            assert taken == (gap is None or gap >= 0.9 * MINUTE or gap < -MINUTE)
            last = clock() if taken else last
