"""Many workers at once, on both databases: every task in one pair of hands, done once, in order."""

import threading
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from connector.errors import RetryableError
from connector.journal.records import Released, Stage
from connector.lifecycle import State
from tests.connector.journal.support import Changes, done, event, judge, listed, on_to, open_journal, receive

LEASE = timedelta(minutes=1)


def together(*jobs):
    with ThreadPoolExecutor(len(jobs)) as pool:
        return [future.result() for future in [pool.submit(job) for job in jobs]]


class Crew:
    """Workers that register messages and send replies, and watch that no lane is held twice."""

    def __init__(self, journals):
        self.journals = journals
        self.sent = defaultdict(list)
        self.stop = threading.Event()
        self._held = Counter()
        self._guard = threading.Lock()

    def worker(self, number):
        journal = self.journals[number % len(self.journals)]
        while not self.stop.is_set():
            works = journal.claim(f"w{number}", 3, LEASE)
            lanes = [work.lease.lane_id for work in works]
            with self._guard:
                self._held.update(lanes)
                assert max(self._held.values(), default=0) <= 1
            outcomes = [self.outcome(work) for work in works]
            with self._guard:
                self._held.subtract(lanes)
            assert journal.finish(outcomes) == []

    def outcome(self, work):
        if work.stage is Stage.ACCEPT:
            return on_to(work, Stage.REGISTER, "sed:delo", state=State.ACCEPTED)
        if work.stage is Stage.REPLY:
            self.sent[work.platform_id].append(work.reply.event_id)
        return done(work)

    def wait_for_the_end(self):
        deadline = datetime.now(UTC) + timedelta(seconds=60)
        while self.journals[0].counts().waiting and datetime.now(UTC) < deadline:
            self.stop.wait(0.02)
        self.stop.set()


def test_workers_never_share_a_conversation_and_lose_nothing(url, tmp_path):
    def host(number):
        return open_journal(url, tmp_path / "files", lambda: datetime.now(UTC), actor=f"host{number}")

    messages = [str(n) for n in range(20)]
    with host(0) as one, host(1) as two:
        receive(one, *(listed(message) for message in messages))
        crew = Crew([one, two])

        def tracker():
            for number in range(6):
                events = tuple(event(f"e{number}-{message}", platform_id=message) for message in messages)
                for journal in crew.journals:  # both hosts read the same page
                    journal.record_events("delo", Changes(events, str(number)), judge, "sed:delo")
            crew.wait_for_the_end()

        together(tracker, *(lambda n=n: crew.worker(n) for n in range(4)))
        counts = one.counts()
    assert crew.sent == {message: [f"e{number}-{message}" for number in range(6)] for message in messages}
    assert (counts.received, counts.waiting, sum(counts.sent.values())) == (20, 0, 120)


def test_daemons_that_list_the_same_pages_store_each_message_once(journal, second):
    pages = [[listed(str(n)) for n in range(start, start + 10)] for start in range(0, 50, 5)]
    receipts = together(
        lambda: [receive(journal, *page) for page in pages],
        lambda: [receive(second, *reversed(page)) for page in reversed(pages)],
    )
    assert sum(receipt.new for some in receipts for receipt in some) == 55 == journal.counts().received
    assert len(journal.claim("w", 100, LEASE)) == 55


def test_two_readers_of_one_sed_record_each_event_once(journal, second):
    receive(journal, *(listed(str(n)) for n in range(5)))
    events = [event(f"e{n}", platform_id=str(n % 5)) for n in range(40)]
    pages = [Changes(tuple(events[start : start + 10]), str(start)) for start in range(0, 40, 5)]

    def read(reader):
        return [reader.record_events("delo", page, judge, "sed:delo") for page in pages]

    recorded = together(lambda: read(journal), lambda: read(second))
    assert sum(one.new for some in recorded for one in some) == 40
    assert sum(one.replies for some in recorded for one in some) == 40


def test_one_probe_for_all_daemons(journal, second, clock):
    receive(journal, *(listed(str(n)) for n in range(10)))
    for _round in range(5):
        journal.channel_failed("platform:7", RetryableError("away"))
        clock.forward(hours=1)
        claims = together(*(lambda j=j: j.claim("w", 5, LEASE) for j in (journal, second, journal, second)))
        [probe] = [work for some in claims for work in some]
        journal.finish([Released(probe.lease)])
