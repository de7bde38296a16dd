"""The queue against a simple model: any interleaving of receiving, work, crashes, expiry and retries."""

import shutil
import tempfile
from datetime import timedelta
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from connector.errors import ItemError
from connector.journal.records import Failed, Released, Stage
from connector.journal.reports import DeadFilter
from connector.lifecycle import State
from tests.connector.journal.support import LEASE, RETRY, Clock, done, listed, on_to, open_journal, receive

IDS = st.sampled_from(["a", "b", "c"])


class Task:
    """The model of one task."""

    def __init__(self, round_):
        self.round = round_
        self.stage = Stage.ACCEPT
        self.attempts = 0
        self.unsure = False
        self.was_unsure = False
        self.parked = False
        self.due = None


class Queue(RuleBasedStateMachine):
    """Lanes are lists of tasks; a head may be held until a moment by one holder."""

    def __init__(self, template, folder):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(dir=folder))
        self.url = f"sqlite:///{self.folder / 'journal.db'}"
        shutil.copy(template, self.folder / "journal.db")
        self.journal = None
        self.clock = Clock()
        self.lanes = {}
        self.over = set()
        self.held = []  # what workers have in hand; forgotten when they die
        self.holders = {}  # platform id → the last work handed out

    @initialize()
    def open(self):
        self.journal = open_journal(self.url, self.folder, self.clock)

    def teardown(self):
        self.journal.close()
        shutil.rmtree(self.folder)

    @rule(platform_id=IDS, again=st.booleans())
    def receive(self, platform_id, again):
        lane = self.lanes.setdefault(platform_id, [])
        last = max([round_ for name, round_ in self.over if name == platform_id], default=0)
        round_ = max([last, *(task.round for task in lane)]) + (0 if again else 1)
        new = receive(self.journal, listed(platform_id), round_=max(round_, 1)).new
        known = (platform_id, round_) in self.over or round_ in [task.round for task in lane]
        assert new == (0 if known else 1)
        if not known:
            lane.append(Task(max(round_, 1)))

    @rule(limit=st.integers(1, 3))
    def claim(self, limit):
        free = {name for name, lane in self.lanes.items() if self.is_free(name, lane)}
        works = self.journal.claim("w", limit, LEASE)
        handed = {work.platform_id for work in works}
        assert len(works) == len(handed) <= limit
        assert handed <= free
        spent = {name for name in free - handed if self.lanes[name][0].attempts >= RETRY.attempts}
        assert len(handed) + len(spent) >= min(limit, len(free))
        for name in spent:
            if any(letter.platform_id == name for letter in self.journal.dead()):
                self.lanes[name][0].parked = True
                self.holders.pop(name, None)  # who still has it in hand after its time has lost it
        for work in works:
            self.begin(work)

    def begin(self, work):
        task = self.lanes[work.platform_id][0]
        task.attempts += 1
        assert (work.round, work.stage, work.attempt) == (task.round, task.stage, task.attempts)
        assert work.unsure == task.unsure
        task.was_unsure = task.unsure
        task.unsure = task.unsure or task.stage is Stage.REGISTER
        task.due = self.clock() + LEASE
        self.held.append(work)
        self.holders[work.platform_id] = work

    def is_free(self, _name, lane):
        return bool(lane) and not lane[0].parked and (lane[0].due is None or lane[0].due <= self.clock())

    def hand_back(self, data_index, outcome_of):
        work = self.held.pop(data_index % len(self.held))
        lost = self.journal.finish([outcome_of(work)])
        mine = self.holders.get(work.platform_id) is work
        assert lost == ([] if mine else [work.lease])
        if mine:
            del self.holders[work.platform_id]
        return self.lanes[work.platform_id] if mine else None

    @precondition(lambda self: self.held)
    @rule(index=st.integers(0, 9))
    def advance(self, index):
        def outcome(work):
            if work.stage is Stage.ACCEPT:
                return on_to(work, Stage.REGISTER, "sed:delo", state=State.ACCEPTED)
            return done(work, state=State.REGISTERED)

        work = self.held[index % len(self.held)]
        lane = self.hand_back(index, outcome)
        if lane is None:
            return
        task = lane[0]
        if task.stage is Stage.ACCEPT:
            task.stage, task.attempts, task.unsure, task.due = Stage.REGISTER, 0, False, None
        else:
            self.over.add((work.platform_id, lane.pop(0).round))

    @precondition(lambda self: self.held)
    @rule(index=st.integers(0, 9), park=st.booleans(), unsure=st.booleans())
    def fail(self, index, park, unsure):
        lane = self.hand_back(index, lambda work: Failed(work.lease, ItemError("no"), park, unsure))
        if lane is None:
            return
        task = lane[0]
        task.unsure = unsure
        task.parked = park or task.attempts >= RETRY.attempts
        task.due = self.clock() + RETRY.cap  # at the latest
        self.clock.now += RETRY.cap

    @precondition(lambda self: self.held)
    @rule(index=st.integers(0, 9), unsure=st.booleans())
    def release(self, index, unsure):
        lane = self.hand_back(index, lambda work: Released(work.lease, unsure))
        if lane is None:
            return
        task = lane[0]
        task.attempts -= 1
        task.unsure = unsure or task.was_unsure
        task.due = None

    @precondition(lambda self: self.held)
    @rule()
    def crash(self):
        """The process dies: whatever was in hand is forgotten, the database file is opened anew."""
        self.held.clear()
        self.journal.close()
        self.journal = open_journal(self.url, self.folder, self.clock)

    @rule(seconds=st.sampled_from([1, LEASE.total_seconds() - 1, LEASE.total_seconds()]))
    def wait(self, seconds):
        self.clock.now += timedelta(seconds=seconds)

    @rule(drop=st.booleans())
    def operator(self, drop):
        parked = {name for name, lane in self.lanes.items() if lane and lane[0].parked}
        which = DeadFilter()
        count = self.journal.drop(which, "-", "p") if drop else self.journal.retry(which)
        assert count == len(parked)
        for name in parked:
            lane = self.lanes[name]
            self.holders.pop(name, None)
            if drop:
                self.over.add((name, lane.pop(0).round))
            else:
                lane[0].parked, lane[0].attempts, lane[0].due = False, 0, None

    @invariant()
    def nothing_is_lost(self):
        counts = self.journal.counts()
        tasks = [task for lane in self.lanes.values() for task in lane]
        assert counts.received == len(tasks) + len(self.over)
        assert counts.waiting == sum(not task.parked for task in tasks)
        assert sum(counts.parked.values()) == sum(task.parked for task in tasks)


MEMORY = Path("/dev/shm")  # commits by the thousand: a disk's fsync would be most of the time


def test_the_queue_behaves_like_its_model(sqlite_template, tmp_path):
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else tmp_path) as folder:
        run_state_machine_as_test(
            lambda: Queue(sqlite_template, folder),
            settings=settings(max_examples=60, stateful_step_count=30, deadline=None),
        )
