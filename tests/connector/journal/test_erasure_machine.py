"""Any interleaving of messages, purges, seals, erasures: nothing goes early, the trail proves itself."""

import shutil
import sqlite3
import tempfile
from contextlib import closing
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from connector.journal import cuts, erasure
from tests.connector.journal.support import Clock, claim_one, done, listed, open_journal, receive
from tests.connector.journal.test_erasure import live_through
from tests.connector.journal.test_machine import MEMORY
from tests.connector.journal.test_seals import bypass

DAYS = st.sampled_from([1, 200, 400])
TAMPERED = st.sampled_from(
    [
        "UPDATE audit SET actor = actor || '!' WHERE id = {line}",
        "DELETE FROM audit WHERE id = {line}",
        "UPDATE audit SET at = '2020-01-01 00:00:00.000000' WHERE id = {line}",
        "UPDATE audit_seal SET digest = 'ff' WHERE id = {seal}",
        "DELETE FROM audit_seal WHERE id = {seal}",
        "DELETE FROM audit_cut WHERE upto = {upto}",
        "UPDATE audit_cut SET digest = 'ff' WHERE upto = {upto}",
        "UPDATE audit_cut SET upto = upto - 1 WHERE upto = {upto}",
    ]
)


class Years(RuleBasedStateMachine):
    """The model: who is there, since when nothing is told of it, and whether its content is gone."""

    def __init__(self, url):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.clock, self.url = Clock(), url
        self.journal = open_journal(url, self.folder, self.clock)
        self.names = count(1)
        self.ended, self.purged, self.told, self.ratings = {}, set(), {}, {}
        self.ids, self.received = {}, 0

    def teardown(self):
        self.journal.close()
        shutil.rmtree(self.folder)

    @rule()
    def answered(self):
        name = str(next(self.names))
        self.ids[name] = live_through(self.journal, name)
        self.ended[name] = self.told[name] = self.clock()
        self.ratings[name] = 4
        self.received += 1

    @rule()
    def accepted_only(self):
        """A round that never ends: its lines may go, the round stays."""
        receive(self.journal, listed(str(next(self.names))))
        self.journal.finish([done(claim_one(self.journal))])
        self.received += 1

    @precondition(lambda self: self.ids)
    @rule(index=st.integers(0, 9), value=st.integers(1, 5))
    def rated(self, index, value):
        name = list(self.ids)[index % len(self.ids)]
        if self.journal.rate(self.ids[name], value):
            self.told[name], self.ratings[name] = self.clock(), value

    @rule(days=DAYS)
    def wait(self, days):
        self.clock.forward(days=days)

    @rule(days=DAYS)
    def purge(self, days):
        before = self.clock() - timedelta(days=days)
        due = {name for name, at in self.ended.items() if at < before} - self.purged
        assert self.journal.purge(before) == len(due)
        self.purged |= due
        self.told |= dict.fromkeys(due, self.clock())

    @rule()
    def seal(self):
        self.journal.seal()

    @rule(days=DAYS)
    def erase(self, days):
        before = self.clock() - timedelta(days=days)
        planned = self.journal.erasable(before)
        assert self.journal.erase(before) == planned
        here = {one.platform_id for one in self.journal.rounds()}
        gone = self.ids.keys() - here
        assert len(gone) == planned.conversations
        for name in gone:
            assert name in self.purged
            assert max(self.ended[name], self.told[name]) < before
            for known in (self.ids, self.ended, self.told, self.ratings):
                del known[name]
        self.purged -= gone
        assert all(self.journal.trail(7, name) for name in self.purged)

    @invariant()
    def the_trail_is_whole_from_its_cut_on(self):
        found = self.journal.check_seals()
        assert found.ok
        assert not found.leftover

    @invariant()
    def what_there_was_stays_counted(self):
        assert self.journal.counts().received == self.received
        found = self.journal.ratings(self.ids.values())
        assert {name: found[of].value for name, of in self.ids.items()} == self.ratings

    @precondition(lambda self: self.url.startswith("sqlite"))
    @rule(change=TAMPERED, data=st.data())
    def tampering_is_found(self, change, data):
        found = self.journal.check_seals()
        upto = found.cut.upto if found.cut else 0
        with closing(sqlite3.connect(self.url.removeprefix("sqlite:///"))) as connection:
            seals = connection.execute("SELECT id, upto FROM audit_seal ORDER BY id").fetchall()
            last = max([end for _id, end in seals], default=0)
            lines = [
                one for (one,) in connection.execute(
                    "SELECT id FROM audit WHERE id > ? AND id <= ?", (upto, last)
                )
            ]  # fmt: skip
            if not lines or ("audit_cut" in change and not upto):
                return
            copy = self.folder / "tampered.db"
            connection.execute("VACUUM INTO ?", (str(copy),))
        line = data.draw(st.sampled_from(lines))
        seal = data.draw(st.sampled_from([one for one, end in seals if upto <= end < last] or [seals[-1][0]]))
        # An end that is cut off shows by a kept digest only.
        if change.startswith("DELETE FROM audit_seal") and seal == seals[-1][0]:
            change = "UPDATE audit_seal SET digest = 'ff' WHERE id = {seal}"
        bypass(f"sqlite:///{copy}", change.format(line=line, seal=seal, upto=upto))
        with open_journal(f"sqlite:///{copy}", self.folder, self.clock) as journal:
            assert not journal.check_seals().ok
        copy.unlink()


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(cuts, "_LINES", 3)
    monkeypatch.setattr(erasure, "_BATCH", 2)


def test_years_on_sqlite(sqlite_template, tmp_path, small):
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else tmp_path) as folder:

        def begin():
            path = Path(tempfile.mkdtemp(dir=folder)) / "journal.db"
            shutil.copy(sqlite_template, path)
            return Years(f"sqlite:///{path}")

        run_state_machine_as_test(
            begin, settings=settings(max_examples=8, stateful_step_count=20, deadline=None)
        )


def test_years_on_postgresql(postgres, postgres_template, small):
    made = []

    def begin():
        made.append(postgres.create(postgres_template))
        return Years(postgres.url(made[-1]))

    run_state_machine_as_test(begin, settings=settings(max_examples=2, stateful_step_count=10, deadline=None))
    for name in made:
        postgres.drop(name)
