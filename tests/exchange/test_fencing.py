"""Who wakes after its lease does not act: another worker has taken the conversation over meanwhile."""

import time
from contextvars import Context
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from config.load import load
from connector.journal.journal import Journal
from connector.journal.opening import upgrade_database
from connector.relay import Relay
from connector.relay.links import Links
from connector.runtime import build_links
from stand.running import Stand
from tests.exchange.setup import write_configuration

LEASE = timedelta(seconds=60)
MARGIN = timedelta(seconds=20)


class Clock:
    """The time that all workers share; a sleeper's absence moves it."""

    def __init__(self):
        self.ahead = timedelta()

    def __call__(self):
        return datetime.now(UTC) + self.ahead


class Sleeper:
    """A peer or helper of one worker that falls asleep, once, before or after a method of it."""

    def __init__(self, real, method, when, asleep):
        self._real, self._method, self._when, self._asleep = real, method, when, asleep

    def __getattr__(self, name):
        real = getattr(self._real, name)
        if name != self._method:
            return real

        def slow(*arguments, **named):
            if self._when == "before":
                self._asleep()
            result = real(*arguments, **named)
            if self._when == "after":
                self._asleep()
            return result

        return slow


class Pair:
    """Two workers on one journal. The first falls asleep beyond its lease; the second goes on alone."""

    def __init__(self, folder, stand, *, sleeps_at=("", "", "")):
        settings = load(write_configuration(folder, stand))
        upgrade_database(settings)
        self.stand, self.clock, self.slept = stand, Clock(), 0
        self.journal = Journal.open(settings.journal.database, files=folder / "files", clock=self.clock)
        self.links = build_links(settings, classify)
        self.second = self._relay(self.links, "second")
        self.first = self._relay(self._sleepy(*sleeps_at), "first")

    def _relay(self, links, name):
        return Relay(self.journal, links, worker=name, clock=self.clock, lease=LEASE, margin=MARGIN)

    def _sleepy(self, who, method, when):
        cabinets = self.links.cabinets
        if who == "platform":
            cabinets = {
                opa_id: replace(link, platform=Sleeper(link.platform, method, when, self.sleep))
                for opa_id, link in cabinets.items()
            }
        classifier = classify if who != "classifier" else Sleeper(Words(), method, when, self.sleep).question
        classifier = Counting(classifier)
        return Links(cabinets, self.links.seds, classifier)

    def sleep(self):
        if self.slept:
            return
        self.slept += 1
        self.clock.ahead += LEASE + timedelta(seconds=1)
        Context().run(self.others_go_on)  # of their own: what the sleeper is about is not theirs

    def others_go_on(self):
        while self.second.work().claimed:
            pass

    def close(self):
        for cabinet in self.links.cabinets.values():
            cabinet.platform.close()
        self.journal.close()

    def play(self):
        """Let the first do everything there is, the SED answering, until the stand has heard all."""
        for _pass in range(400):
            for opa_id in self.links.cabinets:
                self.first.intake(opa_id)
            while self.first.work().claimed:
                pass
            for sed in self.links.seds:
                self.first.track(sed)
            if self.stand.settled() and not self.journal.counts().waiting:
                return
            self.clock.ahead += timedelta(seconds=5)
            time.sleep(0.05)  # the stand's clerks have a thread of their own
        raise AssertionError(self.journal.counts())


class Words:
    def question(self, _appeal, question):
        return replace(question, code="0001.0001.0001.0001")


class Counting:
    """A classifier as the relay wants it: a call for a question, a count for a batch."""

    def __init__(self, question):
        self._question = question

    def __call__(self, appeal, question):
        return self._question(appeal, question)

    def count(self, appeals):
        pass


classify = Counting(Words().question)


# Before `send`: the journal has said that the lease is ours, nothing is on the wire yet.
PLACES = [
    ("platform", "upload", "after"),
    ("classifier", "question", "after"),
    ("platform", "send", "before"),
]


@pytest.mark.parametrize("place", PLACES, ids="-".join)
def test_who_sleeps_beyond_its_lease_does_not_act_a_second_time(tmp_path, place):
    with Stand(tmp_path / "stand", messages=12, seed=3) as stand:
        pair = Pair(tmp_path, stand, sleeps_at=place)
        try:
            pair.play()
        finally:
            pair.close()
        assert pair.slept
        result = stand.reconcile()
    assert result.exact, result
    assert result.received == result.offered
    assert not result.repelled
