"""The sums: every engine says what a naive count says; the borders of the matured cohort."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.fact import UNKNOWN, Fact
from exporter.factfile import write_facts
from exporter.heatmap.engine import MapError, file_engine, mart_engine
from exporter.heatmap.query import Scope, count, mart_as_of
from exporter.row import Row
from tests.exporter.heatmap import marts_made
from tests.exporter.heatmap.made import AS_OF, make_facts
from tests.exporter.mart_conformance import put

MOSCOW = ZoneInfo("Europe/Moscow")
ODD = {  # what a fact may say of its place and topic, and what it may leave out
    "region": ["28000000", "29000000", "28", "", UNKNOWN],
    "region_name": ["Тверская область", "Тверь", "", UNKNOWN],
    "municipality": ["Район 1", "Район 2", "", UNKNOWN],
    "oktmo": ["28701000", "28701000001", "28000000", "287", ""],
    "category": ["Дороги", "Вода", "", UNKNOWN],
    "code": ["0005.0001", "Дороги", ""],
}


def made():
    """Make facts of which every other one is odd, and one is deleted."""
    dice = random.Random(1)
    for fact in make_facts(300):
        odd = {name: dice.choice(values) for name, values in ODD.items()} if int(fact.card) % 2 else {}
        yield replace(fact, deleted=fact.card == "7", **odd)


FACTS = list(made())


def picked(facts, scope):
    """Choose what is counted the slow way."""
    return [
        one for one in facts
        if not one.deleted
        and (scope.since is None or one.received_at >= scope.start(scope.since))
        and (scope.until is None or one.received_at < scope.start(scope.until + timedelta(days=1)))
        and (not scope.cabinets or one.cabinet in scope.cabinets)
    ]  # fmt: skip


def naive(facts, scope):
    """Count the slow way."""
    ripe = scope.start(AS_OF.astimezone(MOSCOW).date())
    cells = {}
    for one in facts:
        for t in (_territory(one, scope.by), None):
            for c in (_said(one.category) or one.code, None):
                for k in (one.kind, None):
                    cells.setdefault((t, c, k), []).append(one)
    return {key: _naive_cell(own, ripe) for key, own in cells.items()}


def _said(text):
    return "" if text == UNKNOWN else text


def _territory(one, by):
    region = _said(one.region) or _said(one.region_name)
    if by == "region":
        return region
    if len(one.oktmo) >= 8 and one.oktmo[2:8] != "000000":
        return one.oktmo[:8]
    return f"{region}|{one.municipality}" if _said(one.municipality) else ""


def naive_names(facts, by):
    """Name the territories the slow way: the last of the names that are known."""
    names = {}
    for one in facts:
        key, name = _territory(one, by), _said(one.region_name if by == "region" else one.municipality)
        names[key] = max(name, names.get(key, ""))
    return names


def _naive_cell(facts, ripe):
    days = [(one.answered_at - one.received_at) / timedelta(days=1) for one in facts if one.answered_at]
    ratings = [one.rating for one in facts if one.rating]
    matured = [one for one in facts if one.due_at < ripe and one.overdue is not None]
    return (
        len(facts), sum(bool(one.overdue and one.answered_at) for one in facts),
        sum(bool(one.overdue and not one.answered_at) for one in facts), len(matured),
        sum(bool(one.overdue) for one in matured), sum(one.repeated for one in facts),
        sum(one.new for one in facts), len(days), pytest.approx(median(days)) if days else None,
        pytest.approx(median(ratings)) if ratings else None,
    )  # fmt: skip


def said(cell):
    return (cell.n, cell.late, cell.open, cell.matured, cell.ripe, cell.repeated, cell.fresh, cell.answered,
            cell.days, cell.rating)  # fmt: skip


@pytest.fixture(params=["duckdb", "sqlite", "postgresql", "csv", "jsonl"])
def engine(request, tmp_path):
    kind = request.param
    if kind in ("csv", "jsonl"):
        path = tmp_path / f"facts.{kind}"
        write_facts(FACTS, path)
        with file_engine(path) as opened:
            yield opened
        return
    if kind == "postgresql":
        url = marts_made.postgres_mart(request.getfixturevalue("postgres_url"), FACTS, AS_OF)
    else:
        url = getattr(marts_made, f"{kind}_mart")(tmp_path / "mart", FACTS, AS_OF)
    with mart_engine(url) as opened:
        assert mart_as_of(opened).replace(tzinfo=UTC) == AS_OF
        yield opened


@pytest.mark.parametrize("by", ["region", "municipality"])
@pytest.mark.parametrize("narrow", [False, True])
def test_every_engine_counts_as_a_naive_loop_does(engine, by, narrow):
    period = {"since": date(2026, 1, 5), "until": date(2026, 2, 1), "cabinets": (101, 102)} if narrow else {}
    scope = Scope(by=by, as_of=AS_OF, zone=MOSCOW, **period)
    heat = count(engine, scope)
    chosen = picked(FACTS, scope)
    assert {key: said(cell) for key, cell in heat.cells.items()} == naive(chosen, scope)
    assert {one.key: one.name for one in heat.territories} == naive_names(chosen, by)


def one(**changes):
    received = datetime(2026, 1, 1, 12, tzinfo=MOSCOW)
    fact = Fact(source="s", card="1", question="1", region="28000000", category="Дороги",
                received_at=received,
                due_at=datetime(2026, 1, 31, 12, tzinfo=MOSCOW), overdue=False)  # fmt: skip
    return replace(fact, **changes)


@pytest.mark.parametrize(
    ("fact", "matured", "ripe"),
    [
        (one(due_at=datetime(2026, 2, 28, 23, 59, 59, tzinfo=MOSCOW), overdue=True), 1, 1),
        (one(due_at=datetime(2026, 3, 1, tzinfo=MOSCOW), overdue=False), 0, 0),  # due today: not matured
        (
            one(due_at=datetime(2026, 3, 1, 1, tzinfo=MOSCOW), overdue=True),
            0,
            0,
        ),  # by the clock, not ripe
        (one(overdue=None), 0, 0),  # withdrawn: cannot be told
        (one(due_at=None, overdue=None), 0, 0),
        (one(overdue=False), 1, 0),
    ],
)
def test_the_share_counts_the_matured_only(tmp_path, fact, matured, ripe):
    write_facts([fact], tmp_path / "f.csv")
    with file_engine(tmp_path / "f.csv") as engine:
        cell = count(engine, Scope(by="region", as_of=AS_OF, zone=MOSCOW)).cell()
    assert (cell.matured, cell.ripe) == (matured, ripe)
    assert cell.share == (ripe / matured if matured else None)


@settings(max_examples=30, deadline=None)
@given(
    by=st.sampled_from(["region", "municipality"]),
    facts=st.lists(
        st.builds(one, **{name: st.sampled_from(values) for name, values in ODD.items()}), min_size=1
    ),
)
def test_whatever_a_fact_does_not_say_it_is_counted_where_it_belongs(by, facts):
    scope = Scope(by=by, as_of=AS_OF, zone=MOSCOW)
    with TemporaryDirectory() as folder:
        url = marts_made.sqlite_mart(Path(folder) / "mart", facts, AS_OF)
        with mart_engine(url) as opened:
            heat = count(opened, scope)
    assert {key: said(cell) for key, cell in heat.cells.items()} == naive(facts, scope)
    assert {one.key: one.name for one in heat.territories} == naive_names(facts, by)


def test_an_answer_before_the_receipt_says_nothing_of_days(tmp_path):
    early = one(answered_at=datetime(2025, 12, 1, tzinfo=UTC))
    write_facts([early], tmp_path / "f.csv")
    with file_engine(tmp_path / "f.csv") as engine:
        cell = count(engine, Scope(by="region", as_of=AS_OF, zone=MOSCOW)).cell()
    assert (cell.n, cell.answered, cell.days_n, cell.days) == (1, 1, 0, None)


def test_text_guarded_for_a_spreadsheet_is_read_as_it_was(tmp_path):
    write_facts([one(category="=1+1"), one(category="-свалки", card="2")], tmp_path / "f.csv")
    with file_engine(tmp_path / "f.csv") as engine:
        heat = count(engine, Scope(by="region", as_of=AS_OF, zone=MOSCOW))
    assert set(heat.categories()) == {"=1+1", "-свалки"}


def test_what_is_not_determined_is_counted_whatever_it_is_called(tmp_path):
    facts = [one(region="", card="1"), one(region="не определено", category="", card="2")]
    write_facts(facts, tmp_path / "f.csv")
    with file_engine(tmp_path / "f.csv") as engine:
        heat = count(engine, Scope(by="region", as_of=AS_OF, zone=MOSCOW))
    assert [territory.key for territory in heat.territories] == [""]
    assert heat.cell("").n == 2


@pytest.mark.parametrize("url", ["mysql://h/d", "nothing", "duckdb:///no/such/file"])
def test_a_mart_that_is_none(url):
    with pytest.raises(MapError), mart_engine(url):
        pass


def test_a_file_that_holds_no_facts(tmp_path):
    (tmp_path / "f.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(MapError, match="region, category, received_at"), file_engine(tmp_path / "f.csv"):
        pass


@pytest.mark.parametrize("kind", ["duckdb", "sqlite"])
def test_what_came_at_the_very_first_instant_of_a_period_belongs_to_it(tmp_path, kind):
    midnight = datetime(2026, 2, 1, tzinfo=MOSCOW)
    url = f"{kind}:///{tmp_path}/mart"
    put(url, Row(one(received_at=midnight.astimezone(UTC), due_at=None)))
    for since, until, counted in ((1, 28, 1), (2, 28, 0)):
        scope = Scope(
            by="region", as_of=AS_OF, zone=MOSCOW, since=date(2026, 2, since), until=date(2026, 2, until)
        )
        with mart_engine(url) as opened:
            assert count(opened, scope).cell().n == counted
    before = Scope(by="region", as_of=AS_OF, zone=MOSCOW, until=date(2026, 1, 31))
    with mart_engine(url) as opened:
        assert count(opened, before).cell().n == 0
