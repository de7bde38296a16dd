"""The schedule: nothing overlaps itself, nothing is forgotten."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from connector.schedule import Job, Schedule

START = datetime(2026, 3, 1, tzinfo=UTC)


@given(st.lists(st.integers(1, 600), min_size=1, max_size=30), st.lists(st.integers(0, 120), max_size=60))
def test_every_job_runs_at_its_pace_and_never_beside_itself(periods, pauses):
    jobs = [Job("intake", str(n), timedelta(seconds=period)) for n, period in enumerate(periods)]
    schedule, now, last = Schedule(jobs, START), START, {}
    for pause in pauses:
        now += timedelta(seconds=pause)
        due = schedule.due(now)
        assert len(due) == len(set(due))
        for job in due:
            if job in last:
                assert now - last[job] >= job.every
            assert job not in schedule.due(now)  # it is out until it is put back
            last[job] = now
        for job in due:
            schedule.done(job, now)
        assert timedelta() < schedule.wait(now) <= max(job.every for job in jobs)
    if sum(pauses) >= 5:
        assert set(last) == set(jobs)


def test_when_all_are_out_the_wait_is_bounded():
    schedule = Schedule([Job("track", "delo", timedelta(seconds=1))], START)
    schedule.due(START)
    assert schedule.wait(START) == timedelta(minutes=1)
