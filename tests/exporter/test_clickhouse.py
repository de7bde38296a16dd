"""The ClickHouse mart passes the suite of all marts, on the embedded engine: `make test-real` installs it."""

import uuid
from contextlib import closing, suppress
from dataclasses import astuple
from datetime import UTC, date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import make_url

from config.secret import Secret
from exporter.heatmap.engine import mart_engine
from exporter.heatmap.query import Scope, count, mart_as_of
from exporter.load import load
from exporter.marts import MartError
from exporter.marts.datamart.source import facts_of
from exporter.marts.registry import clickhouse_options, open_mart
from exporter.row import Row
from exporter.summary.query import summarise
from tests.exporter.facts import NOON, Given, row
from tests.exporter.heatmap.made import AS_OF, make_facts
from tests.exporter.mart_conformance import MartConformance, put


@pytest.fixture(scope="session")
def engine(tmp_path_factory):
    """One folder for the whole run: the engine takes one per process, and is slow to start."""
    pytest.importorskip("chdb", reason="the embedded ClickHouse (chdb) is absent: run `make test-real`")
    folder = tmp_path_factory.mktemp("clickhouse")
    with closing(open_mart(database(folder))):
        yield folder


def database(folder):
    return f"chdb:///{folder}?database=d{uuid.uuid4().hex}"


class Killed(BaseException):
    """The process is gone: nothing of ours runs any more."""


@pytest.mark.real
class TestClickHouse(MartConformance):
    finishes_killed = True

    @pytest.fixture
    def url(self, engine):
        return database(engine)

    @pytest.fixture
    def fresh_url(self, engine):
        return database(engine)

    def finished_before(self, url, points, rows):
        """The engine outlives its client, as a server does, so the client alone dies at its n-th call."""
        left = [points]
        with closing(open_mart(url)) as mart:

            def counted(call):
                def counting(*args, **more):
                    left[0] -= 1
                    if left[0] < 0:
                        raise Killed
                    return call(*args, **more)

                return counting

            for name in ("run", "copy_in", "_send"):
                setattr(mart, name, counted(getattr(mart, name)))
            with suppress(Killed):
                load(mart, Given(rows), NOON, max_refused=1)
                return True
        return False

    def test_what_a_dead_load_left_is_carried_to_its_end_with_its_counts(self, url):
        with closing(open_mart(url)) as mart:
            real = mart._carry
            mart._carry = lambda batch, token: (_ for _ in ()).throw(Killed)
            with suppress(Killed):
                load(mart, Given([row("1"), row("2")]), NOON, max_refused=1)
            assert mart.run("SELECT count(*) FROM fact") == [(0,)]
            mart._carry = real
            again = load(mart, Given([row("1"), row("2")]), NOON, max_refused=1).batch
            assert (again.number, again.inserted, again.unchanged) == (2, 0, 2)
            assert [(one.number, one.inserted) for one in mart.batches()] == [(2, 0), (1, 2)]
            assert mart.run("SELECT name FROM system.tables WHERE match(name, '^(staged|coming|refused)_')"
                            " AND database = currentDatabase()") == []  # fmt: skip


STATES = st.tuples(st.sampled_from("abc"), st.integers(1, 4))


@pytest.mark.real
@settings(max_examples=12, deadline=None)
@given(loads=st.lists(st.lists(STATES, max_size=4), max_size=4))
def test_any_order_of_batches_comes_to_the_newest_of_each_card(engine, loads):
    url, newest = database(engine), {}
    for one in loads:
        put(url, *(row(card, version=version, category=f"{card}{version}") for card, version in one))
    for card, version in (state for one in loads for state in one):
        newest[card] = max(newest.get(card, 0), version)
    with closing(open_mart(url)) as mart:
        assert dict(mart.run("SELECT card, version FROM fact")) == newest
        assert dict(mart.run("SELECT card, category FROM fact")) == {c: f"{c}{v}" for c, v in newest.items()}


@pytest.mark.real
@pytest.mark.parametrize("by", ["region", "municipality"])
def test_map_and_report_say_what_they_say_of_duckdb(engine, tmp_path, by):
    facts = [Row(fact, closed=True) for fact in make_facts(400)]
    scope = Scope(by=by, as_of=AS_OF, zone=ZoneInfo("Europe/Moscow"), since=date(2026, 1, 5))
    told = []
    for url in (f"duckdb:///{tmp_path}/mart.duckdb", database(engine)):
        put(url, *facts, as_of=AS_OF, name="list")
        with mart_engine(url) as opened:
            assert mart_as_of(opened).replace(tzinfo=UTC) == AS_OF
            told.append((count(opened, scope), summarise(opened, scope), list(facts_of(opened))))
    (duck, duck_report, duck_facts), (click, click_report, click_facts) = told
    assert click.cells.keys() == duck.cells.keys()
    for key, cell in duck.cells.items():
        assert astuple(click.cells[key]) == pytest.approx(astuple(cell)), key
    assert astuple(click_report.whole) == pytest.approx(astuple(duck_report.whole))
    assert [one.name for one in click_report.problems] == [one.name for one in duck_report.problems]
    assert click_facts == duck_facts


def test_the_address_is_https_and_verified_unless_it_is_this_machine():
    options, name = clickhouse_options(make_url("clickhouse://loader@ch.example.org/mart"), Secret("тайна"))
    assert (options["interface"], options["port"], options["password"], name) == (
        "https", 8443, "тайна", "mart",
    )  # fmt: skip
    assert "verify" not in options  # the client's own default: it verifies
    with pytest.raises(MartError, match="in clear"):
        clickhouse_options(make_url("clickhouse+http://ch.example.org/mart"), None)
    local, _name = clickhouse_options(make_url("clickhouse+http://localhost/mart?ca_file=a.pem"), None)
    assert (local["port"], local["ca_cert"]) == (8123, "a.pem")


def test_a_server_that_is_away_is_said_in_a_sentence():
    with pytest.raises(MartError, match="the mart cannot be reached"):
        open_mart("clickhouse+http://127.0.0.1:9/mart")
