"""What every mart must do. Subclass, give the fixture `url`, and everything here runs against it."""

import os
import warnings
from contextlib import closing
from datetime import timedelta

import pytest

from exporter.fact import COLUMNS, UNKNOWN
from exporter.load import changed_from, load
from exporter.marts import BatchState, Spooled
from exporter.marts.registry import open_mart
from exporter.prune import bury, gone
from exporter.reconcile import reconcile
from exporter.replay import replay
from exporter.spool import Spool
from tests.exporter.facts import NOON, Given, fact, row

BAD = {"answered_at": NOON - timedelta(days=1), "closed": True}


def put(url, *rows, as_of=NOON, max_refused=1.0, name="delo"):
    with closing(open_mart(url)) as mart:
        return load(mart, Given(list(rows), name), as_of, max_refused=max_refused)


def held(url):
    """The mart's facts by key: what a report reads, without what says when they came."""
    with closing(open_mart(url)) as mart:
        columns = ", ".join([*COLUMNS, "fingerprint"])
        return {line[:3]: line for line in mart.run(f"SELECT {columns} FROM fact")}


def column(url, name):
    with closing(open_mart(url)) as mart:
        return [line[0] for line in mart.run(f"SELECT {name} FROM fact ORDER BY source, card, question")]


class MartConformance:
    """Inherit this."""

    finishes_killed = False  # whether a load that was killed late is carried to its end, a batch of its own

    def test_what_was_loaded_stands_there_as_it_was(self, url):
        odd = fact("=1+1", category='Дороги; "ямы"\nи мостовые', organisation="O'Кей", rating=5, overdue=True)
        done = put(url, row("1"), type(row())(odd))
        assert (done.batch.state, done.batch.rows, done.batch.inserted) == (BatchState.PUBLISHED, 2, 2)
        stored = held(url)["delo", "=1+1", "1"]
        assert stored[COLUMNS.index("category")] == odd.category
        assert stored[COLUMNS.index("organisation")] == odd.organisation
        assert stored[COLUMNS.index("rating")] == 5
        assert stored[-1] == odd.fingerprint
        assert stored[COLUMNS.index("answered_at")] is None
        with closing(open_mart(url)) as mart:
            [(overdue, open_ones)] = mart.run(
                "SELECT count(*), (SELECT count(*) FROM fact WHERE NOT overdue) FROM fact WHERE overdue"
            )
        assert (overdue, open_ones) == (1, 1)

    def test_loading_twice_changes_nothing(self, url):
        rows = [row(str(number)) for number in range(50)]
        put(url, *rows)
        before = held(url)
        again = put(url, *rows, as_of=NOON + timedelta(hours=1)).batch
        assert (again.inserted, again.updated, again.unchanged) == (0, 0, 50)
        assert held(url) == before
        assert set(column(url, "batch")) == {1}, "a row that did not change was rewritten"

    def test_a_corrected_card_corrects_one_row(self, url):
        put(url, *(row(str(number)) for number in range(10)))
        changed = row("4", version=2, category="Мосты")
        done = put(url, *(row(str(number)) for number in range(4)), changed).batch
        assert (done.inserted, done.updated, done.unchanged) == (0, 1, 4)
        assert column(url, "category").count("Мосты") == 1

    def test_an_older_version_never_overwrites_a_newer(self, url):
        put(url, row("1", version=5, category="Мосты"))
        late = put(url, row("1", version=4, category="Дороги"), as_of=NOON + timedelta(days=1)).batch
        assert (late.updated, late.stale) == (0, 1)
        assert column(url, "category") == ["Мосты"]

    def test_a_newer_version_counts_even_when_it_says_the_same(self, url):
        put(url, row("1", version=2, category="Мосты"))
        put(url, row("1", version=4, category="Мосты"))
        put(url, row("1", version=3, category="Дороги"))
        assert column(url, "category") == ["Мосты"]

    def test_time_alone_makes_an_open_question_overdue(self, url):
        put(url, row("1", overdue=False))
        put(url, row("1", overdue=True), as_of=NOON + timedelta(days=40))
        late = put(url, row("1", overdue=False), as_of=NOON + timedelta(days=20)).batch
        assert late.stale == 1
        assert [bool(said) for said in column(url, "overdue")] == [True]

    def test_two_states_of_a_key_in_one_batch(self, url):
        done = put(url, row("1", version=2, category="Б"), row("1", version=1, category="А"), row("2"))
        assert done.batch.doubled == 1
        assert column(url, "category") == ["Б", "Дороги"]

    def test_a_tombstone_takes_a_fact_out_of_the_count(self, url):
        put(url, row("1"), row("2"))
        put(url, row("1", version=2, deleted=True))
        with closing(open_mart(url)) as mart:
            assert mart.run("SELECT card FROM fact WHERE NOT deleted") == [("2",)]

    def test_unknown_territory_and_category_are_counted_not_dropped(self, url):
        done = put(url, row("1", region="", region_name="", category=""))
        assert (column(url, "region_name"), column(url, "category")) == ([UNKNOWN], [UNKNOWN])
        assert done.survey.by_reason() == {"territory-missing": 1, "category-missing": 1}

    def test_what_breaks_the_contract_waits_with_its_reasons(self, url):
        done = put(url, row("1"), row("2", **BAD))
        assert (done.batch.inserted, done.batch.refused) == (1, 1)
        with closing(open_mart(url)) as mart:
            [waiting] = mart.quarantined()
        assert waiting.card == "2"
        assert [reason["code"] for reason in waiting.reasons] == ["answered-before-received"]
        assert waiting.fact["category"] == "Дороги"

    def test_a_mended_row_leaves_the_quarantine(self, url):
        put(url, row("2", **BAD))
        put(url, row("2", **BAD))
        put(url, row("2", version=2))
        with closing(open_mart(url)) as mart:
            assert list(mart.quarantined()) == []
        assert len(held(url)) == 1

    def test_replay_loads_what_time_has_mended(self, url):
        tomorrow = row("1", received_at=NOON + timedelta(days=3), due_at=None)
        put(url, tomorrow, row("2", **BAD))
        with closing(open_mart(url)) as mart:
            [batch] = replay(mart, NOON + timedelta(days=5))
            assert [one.card for one in mart.quarantined()] == ["2"]
            assert mart.last("delo").number == 1, "a replay says nothing about how far the source was read"
        assert (batch.inserted, batch.refused) == (1, 1)
        assert list(held(url)) == [("delo", "1", "1")]

    def test_above_the_threshold_nothing_is_published(self, url):
        done = put(url, row("1"), row("2", **BAD), max_refused=0.4)
        assert done.held
        assert held(url) == {}
        with closing(open_mart(url)) as mart:
            assert [one.card for one in mart.quarantined()] == ["2"]
            assert mart.last("delo") is None
        assert not put(url, row("1"), row("2", **BAD), max_refused=0.5).held

    def test_a_batch_of_many_pieces_above_and_below_the_threshold(self, url):
        many = [row(str(number)) for number in range(9000)]
        assert put(url, *many, row("bad", **BAD), max_refused=0).held
        assert held(url) == {}
        assert put(url, *many, row("bad", **BAD)).batch.inserted == 9000
        again = put(url, *many[:4001], row("0", version=2, category="Мосты")).batch
        assert (again.unchanged, again.updated, again.doubled) == (4000, 1, 1)

    def test_a_source_that_breaks_off_publishes_nothing(self, url):
        class Broken(Given):
            def rows(self):
                yield from (row(str(number)) for number in range(5000))
                raise ConnectionError("away")

        with closing(open_mart(url)) as mart, pytest.raises(ConnectionError):
            load(mart, Broken(), NOON, max_refused=1)
        assert held(url) == {}
        assert put(url, row("1")).batch.number == 1

    def test_an_empty_load_is_a_batch_too(self, url):
        assert put(url).batch.state is BatchState.PUBLISHED
        assert put(url, row("1"), name="другая").batch.number == 2

    def test_look_back_starts_before_the_last_load(self, url):
        with closing(open_mart(url)) as mart:
            assert changed_from(mart, "delo", timedelta(days=3)) is None
            load(mart, Given([row("1")]), NOON, max_refused=1)
            assert changed_from(mart, "delo", timedelta(days=3)) == NOON - timedelta(days=3)
            assert changed_from(mart, "другая", timedelta(days=3)) is None

    def test_reconcile_names_every_difference(self, url):
        put(url, row("1"), row("2"), row("3"), row("4", **BAD))
        put(url, row("9", source="другая"), name="другая")
        now = [row("1"), row("2", version=2, category="Мосты"), row("4", **BAD), row("5")]
        with closing(open_mart(url)) as mart:
            same = reconcile(mart, Given([row("1"), row("2"), row("3"), row("4", **BAD)]), NOON)
            found = reconcile(mart, Given(now), NOON)
        assert same.differences == []
        assert [(t.day, t.cabinet, t.category, t.in_source, t.in_mart) for t in same.lines] == [
            (NOON.date(), 101, "Дороги", 3, 3)
        ]
        named = {(one.kind, one.card) for one in found.differences}
        assert named == {("different", "2"), ("extra", "3"), ("missing", "5")}
        assert {(t.category, t.in_source, t.in_mart) for t in found.lines} == {
            ("Дороги", 2, 3),
            ("Мосты", 1, 0),
        }

    def test_what_is_gone_from_the_source_gets_a_tombstone_and_may_come_back(self, url):
        put(url, row("1"), row("1", "2", version=7), row("2"), row("3"), row("4"))
        put(url, row("9", source="другая"), name="другая")
        later = NOON + timedelta(days=1)
        now = Given([row("1"), row("2"), row("3", "0", problems=["no-question"]), row("4", **BAD)])
        with closing(open_mart(url)) as mart:
            found = gone(mart, now, later)
            assert [(one.card, one.question, one.version) for one in found.facts] == [("1", "2", 7)]
            assert (found.in_mart, found.not_read, found.share) == (5, 0, 0.2)
            assert bury(mart, found, later).updated == 1
            assert gone(mart, now, later).facts == []
            assert mart.run("SELECT count(*) FROM fact WHERE NOT deleted") == [(5,)]
            assert mart.last("delo").number == 1, "it says nothing about how far the source was read"
        back = put(url, row("1", "2", version=7), as_of=later + timedelta(days=1)).batch
        assert (back.updated, back.stale) == (1, 0)

    def test_two_loads_that_share_an_open_batch_are_two_lines_of_the_ledger(self, url):
        with closing(open_mart(url)) as mart:
            first, second = (mart.begin("delo", NOON) for _load in range(2))
            for batch, card in ((first, "1"), (second, "2")):
                with Spool() as spool:
                    spool.fill([row(card)], NOON)
                    mart.publish(batch, Spooled(spool.facts, spool.quarantine, spool.hash, 1, 0))
            assert [(one.number, one.inserted) for one in mart.batches()] == [(2, 1), (1, 1)]

    def test_killed_anywhere_and_run_again_the_mart_is_the_same(self, url, fresh_url):
        first = [row("1"), row("2"), row("3", **BAD)]
        second = [
            row("1", version=2, category="Мосты"),
            row("2"),
            row("3", version=2),
            row("4"),
            row("5", **BAD),
        ]
        put(fresh_url, *first)
        put(fresh_url, *second)
        wanted = held(fresh_url)
        put(url, *first)
        points = 0
        while not self.finished_before(url, points, second):
            points += 1
            assert held(url).keys() <= wanted.keys()
        assert points > 10, "the load has more steps than that: the kills miss it"
        assert held(url) == wanted
        with closing(open_mart(url)) as mart:
            assert [one.card for one in mart.quarantined()] == ["5"]
            states = [one.state for one in mart.batches()]
        assert set(states) == {BatchState.PUBLISHED}
        assert len(states) == 2 or self.finishes_killed

    def finished_before(self, url, points, rows):
        return finished_before(url, points, rows)


def newest_wins(url, loads):
    """Load batches of (card, version) in any order; the mart must hold the newest version of each card."""
    newest = {}
    with closing(open_mart(url)) as mart:
        mart.run("DELETE FROM fact")
        for one in loads:
            rows = [row(card, version=version, category=f"{card}{version}") for card, version in one]
            load(mart, Given(rows), NOON, max_refused=1)
        for card, version in (state for one in loads for state in one):
            newest[card] = max(newest.get(card, 0), version)
        assert dict(mart.run("SELECT card, version FROM fact")) == newest
        assert dict(mart.run("SELECT card, category FROM fact")) == {c: f"{c}{v}" for c, v in newest.items()}


def finished_before(url, calls, rows):
    """Load in a process of its own that dies, without a word, at its n-th call of the engine."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # fork beside the threads of another engine
        child = os.fork()
    if child == 0:
        try:
            mart = open_mart(url)
            _die_at(mart, calls)
            load(mart, Given(rows), NOON, max_refused=1)
            mart.close()
            os._exit(0)
        except BaseException:  # noqa: BLE001 - the parent asks why
            import traceback

            traceback.print_exc()
            os._exit(2)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code == 2:
        pytest.fail("the load failed by itself")
    return code == 0


def _die_at(mart, calls):
    left = [calls]

    def counted(call):
        def counting(*args, **more):
            if left[0] == 0:
                os._exit(9)
            left[0] -= 1
            return call(*args, **more)

        return counting

    for name in ("run", "copy_in", "_send"):
        if hasattr(mart, name):
            setattr(mart, name, counted(getattr(mart, name)))
