"""How fast a peer is called: on average as told, with a burst after a silence."""

import threading

from hypothesis import given, settings
from hypothesis import strategies as st

from connector.pace import Pace


class Clock:
    def __init__(self):
        self.now, self.slept = 1000.0, []

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds

    def pace(self, per_second):
        return Pace(per_second, monotonic=lambda: self.now, sleep=self.sleep)


def test_a_burst_then_one_after_another():
    clock = Clock()
    pace = clock.pace(8.0)  # a gap without rounding
    for _call in range(32):
        pace.wait()
    assert clock.slept == [0.125] * 8


def test_no_limit_is_no_limit():
    clock = Clock()
    pace = clock.pace(0.0)
    assert all(pace.try_take() for _call in range(10_000))
    pace.wait()
    assert clock.slept == []


@settings(max_examples=50)
@given(st.floats(0.5, 100), st.lists(st.floats(0, 5), min_size=1, max_size=80))
def test_never_more_than_the_pace_and_its_burst(per_second, pauses):
    clock = Clock()
    pace = clock.pace(per_second)
    for pause in pauses:
        clock.now += pause
        pace.wait()
    spent = clock.now - 1000
    assert len(pauses) <= (spent + 3) * per_second + 1


def test_threads_share_one_line():
    clock = Clock()
    pace = clock.pace(8.0)
    places = []
    threads = [threading.Thread(target=lambda: places.append(pace.take())) for _one in range(48)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(places) == [0.0] * 24 + [0.125 * place for place in range(1, 25)]
