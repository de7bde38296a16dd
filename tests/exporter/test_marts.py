"""Every engine of the mart passes the same suite; what is one engine's own is tested below."""

import subprocess
import sys
import tempfile
from contextlib import closing
from datetime import UTC
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.progress import Progress
from exporter.fact import moment_text
from exporter.load import load
from exporter.marts import MartError
from exporter.marts.registry import open_mart
from exporter.run import Watched
from tests.exporter.facts import NOON, Given, row
from tests.exporter.mart_conformance import MartConformance, column, finished_before, newest_wins, put
from tests.exporter.pressed import calls_of, stopped_at


class TestDuck(MartConformance):
    @pytest.fixture
    def url(self, tmp_path):
        return f"duckdb:///{tmp_path}/mart.duckdb"

    @pytest.fixture
    def fresh_url(self, tmp_path):
        return f"duckdb:///{tmp_path}/fresh.duckdb"


class TestLite(MartConformance):
    @pytest.fixture
    def url(self, tmp_path):
        return f"sqlite:///{tmp_path}/mart.db"

    @pytest.fixture
    def fresh_url(self, tmp_path):
        return f"sqlite:///{tmp_path}/fresh.db"


class TestPostgres(MartConformance):
    @pytest.fixture
    def url(self, postgres_url):
        return postgres_url

    @pytest.fixture
    def fresh_url(self, postgres):
        name = postgres.create()
        yield postgres.url(name)
        postgres.drop(name)


OPEN = """
import sys
from exporter.marts.registry import open_mart
mart = open_mart(sys.argv[1])
print("open", flush=True)
sys.stdin.read()
"""
STATES = st.tuples(st.sampled_from("abc"), st.integers(1, 4))
BATCHES = st.lists(st.lists(STATES, max_size=4), max_size=4)


@settings(max_examples=12, deadline=None)
@given(loads=BATCHES)
@pytest.mark.parametrize("kind", ["duckdb", "sqlite", "postgresql"])
def test_any_order_of_batches_comes_to_the_newest_of_each_card(tmp_path_factory, postgres, kind, loads):
    base = tmp_path_factory.getbasetemp()
    newest_wins(postgres.url() if kind == "postgresql" else f"{kind}:///{base}/order.{kind}", loads)


def test_a_replayed_batch_leaves_postgres_rows_untouched(postgres_url):
    put(postgres_url, row("1"), row("2"))
    with closing(open_mart(postgres_url)) as mart:
        before = mart.run("SELECT ctid, xmin, xmax FROM fact ORDER BY card")
    put(postgres_url, row("1"), row("2"))
    with closing(open_mart(postgres_url)) as mart:
        assert mart.run("SELECT ctid, xmin, xmax FROM fact ORDER BY card") == before


@pytest.mark.parametrize("url", ["oracle://scott@db.example.org/mart", "mart.duckdb", ""])
def test_a_url_that_is_no_mart_says_what_to_write(url):
    with pytest.raises(MartError, match="duckdb:///PATH"):
        open_mart(url)


def test_two_loads_into_one_duckdb_file(tmp_path):
    url = f"duckdb:///{tmp_path}/mart.duckdb"
    with subprocess.Popen(
        [sys.executable, "-c", OPEN, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout.readline() == "open\n"
        with pytest.raises(MartError, match="is another load at work"):
            open_mart(url)
        other.stdin.close()
        other.wait(30)


def test_a_load_that_was_killed_leaves_no_files_behind_the_next(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temp"))
    (tmp_path / "temp").mkdir()
    url = f"sqlite:///{tmp_path}/mart.db"
    put(url, row("1"))
    assert not finished_before(url, 6, [row("2")])
    assert len(list((tmp_path / "temp").iterdir())) == 1
    put(url, row("2"))
    assert list((tmp_path / "temp").iterdir()) == []


# Twice only where the driver has no thread and no server of its own to wait for.
@pytest.mark.parametrize(("kind", "times"), [("sqlite", 1), ("sqlite", 2), ("postgresql", 1)])
def test_a_load_stopped_at_any_instant_is_all_or_nothing(tmp_path, request, kind, times):
    url = request.getfixturevalue("postgres_url") if kind == "postgresql" else f"sqlite:///{tmp_path}/m.db"
    versions = count(1)

    def work():
        told = [row(card, version=version, category=f"Дороги {version}") for card in "abc"]
        with closing(open_mart(url)) as mart, Progress("") as bar:
            load(mart, Watched(Given(told), bar), NOON, max_refused=1, step=bar.step)

    version = next(versions)
    work()
    whole = calls_of(work)
    for number in range(1, 9):
        version = next(versions)
        stopped_at(whole * number // 9, times, work)
        assert column(url, "version") in ([version - 1] * 3, [version] * 3)
        work()
        assert column(url, "version") == [version] * 3


def test_a_server_that_is_away_is_said_in_a_sentence(tmp_path):
    with pytest.raises(MartError, match="the mart cannot be reached"):
        open_mart(f"postgresql://nobody@/none?host={tmp_path}")


def test_a_role_that_may_only_write_can_load_too(postgres_url):
    with closing(open_mart(postgres_url)) as mart:
        mart.run("CREATE ROLE loader LOGIN")
        mart.run("GRANT SELECT, INSERT, UPDATE, DELETE ON fact, batch, quarantine TO loader")
        mart.run("GRANT CREATE ON SCHEMA public TO loader")
    try:
        url = postgres_url.replace("postgres@", "loader@")
        assert put(url, row("1"), row("2")).batch.inserted == 2
        assert put(url, row("1", version=2, category="Мосты")).batch.updated == 1
    finally:
        with closing(open_mart(postgres_url)) as mart:
            mart.run("DROP OWNED BY loader")
            mart.run("DROP ROLE loader")


def test_lines_sent_ahead_that_the_server_refuses_stop_the_reading(postgres_url):
    def pieces(take):
        for _piece in range(10):
            take(b"not a line of facts\n")

    with closing(open_mart(postgres_url)) as mart, mart.ahead() as take, pytest.raises(MartError):
        pieces(take)


def test_a_fact_is_written_and_digested_alike_whatever_stands_in_it(tmp_path):
    odd = [
        row("1", category="a\x1fb"),
        row("2", category='"'),
        row("3", status="x\0y"),
        row("4", result="\r"),
    ]
    put(f"sqlite:///{tmp_path}/mart.db", *odd)
    with closing(open_mart(f"sqlite:///{tmp_path}/mart.db")) as mart:
        stored = mart.run("SELECT category, status, result, fingerprint FROM fact ORDER BY card")
    assert [line[0] for line in stored[:2]] == ["a\x1fb", '"']
    assert (stored[2][1], stored[3][2]) == ("xy", "\r")
    assert [line[3] for line in stored] == [one.fact.fingerprint for one in odd]


@settings(deadline=None)
@given(st.datetimes(timezones=st.timezones()))
def test_instants_are_written_as_iso_in_utc(moment):
    try:
        wanted = moment.astimezone(UTC).isoformat(timespec="microseconds")
    except OverflowError:
        return
    assert moment_text(moment) == wanted
