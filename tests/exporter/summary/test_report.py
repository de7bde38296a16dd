"""The summary report: every engine alike, figures against a naive count, text from outside stays text."""

import json
from dataclasses import replace
from datetime import date, datetime
from statistics import fmean, median, quantiles

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

import cli
from config.i18n import speaking
from exporter.factfile import write_facts
from exporter.heatmap.engine import mart_engine
from exporter.heatmap.metrics import Formatter
from exporter.heatmap.query import Scope
from exporter.summary.model import Line, Problem
from exporter.summary.page import change_text
from exporter.summary.query import summarise
from tests.exporter.heatmap import marts_made
from tests.exporter.heatmap.made import AS_OF, make_facts
from tests.exporter.heatmap.test_counting import MOSCOW

EVIL = '=HYPERLINK("http://example.org")<script>alert(1)</script>'
FACTS = list(make_facts(300))


@pytest.mark.parametrize("kind", ["duckdb", "sqlite", "postgresql"])
def test_every_engine_says_what_a_naive_count_says(kind, tmp_path, request):
    if kind == "postgresql":
        url = marts_made.postgres_mart(request.getfixturevalue("postgres_url"), FACTS, AS_OF)
    else:
        url = getattr(marts_made, f"{kind}_mart")(tmp_path / "mart", FACTS, AS_OF)
    with mart_engine(url) as engine:
        summary = summarise(engine, Scope(by="region", as_of=AS_OF, zone=MOSCOW))
    _agrees(summary.whole, FACTS)
    for cabinet, line in summary.cabinets.items():
        _agrees(line, [one for one in FACTS if one.cabinet == cabinet])
    for problem in summary.problems:
        own = [one for one in FACTS if one.category == problem.name]
        _agrees(problem.line, own)
        months = [first for first, _line in summary.months]
        assert list(problem.series) == [sum(_month(one) == first for one in own) for first in months]
    assert sum(line.n for _first, line in summary.months) == len(FACTS)


def _month(fact):
    return fact.received_at.astimezone(MOSCOW).date().replace(day=1)


def _agrees(line, facts):
    days = [(one.answered_at - one.received_at).total_seconds() / 86400 for one in facts if one.answered_at]
    ratings = [one.rating for one in facts if one.rating]
    assert (line.n, line.answered, line.rating_n) == (len(facts), len(days), len(ratings))
    assert line.overdue == sum(bool(one.overdue) for one in facts)
    assert line.days_median == (pytest.approx(median(days), abs=1e-4) if days else None)
    assert line.days_mean == (pytest.approx(fmean(days), abs=1e-4) if days else None)
    if len(days) > 1:
        assert line.days_p90 == pytest.approx(quantiles(days, n=10, method="inclusive")[-1], abs=1e-4)
    assert line.rating_median == (pytest.approx(median(ratings)) if ratings else None)


def run(*arguments):
    result = CliRunner().invoke(cli.app, ["export", "report", *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def test_the_command_writes_both_files_and_text_stays_text(tmp_path):
    facts = [replace(one, category=EVIL) for one in FACTS]
    write_facts(facts, tmp_path / "facts.csv")
    result = run(
        "--facts", tmp_path / "facts.csv", "--out", tmp_path / "out", "--as-of", "2026-03-01", "--json"
    )
    assert result.exit_code == 0
    assert json.loads(result.stdout)["received"] == len(FACTS)
    text = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "<script" not in text
    assert "Сводный отчёт" in text
    book = load_workbook(tmp_path / "out" / "report.xlsx")
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert [cell.value for cell in cells if cell.data_type == "f"] == []
    assert EVIL in [cell.value for cell in cells]
    assert book["Сводка"]["B2"].value == len(FACTS)


def test_an_empty_period_is_said(tmp_path):
    write_facts(FACTS, tmp_path / "facts.csv")
    result = run("--facts", tmp_path / "facts.csv", "--out", tmp_path, "--from", "2030-01-01", "--lang", "en")
    assert result.exit_code == 1
    assert "nothing falls" in result.stderr
    assert (
        run(
            "--facts", tmp_path / "facts.csv", "--out", tmp_path, "--from", "2030-01-01", "--to", "2029-01-01"
        ).exit_code
        == 3
    )


@pytest.mark.parametrize(("change", "text"), [(None, "—"), (0.25, "▲ +25%"), (-0.5, "▼ -50%"), (0, "■ 0%")])
def test_a_change_has_a_sign(change, text):
    with speaking("en"):
        assert change_text(Problem("x", Line(), (), change), Formatter("en")) == text


def test_the_month_that_still_runs_is_not_compared(tmp_path):
    def received(month, day, number):
        at = datetime(2026, month, day, 12, tzinfo=MOSCOW)
        return [replace(FACTS[0], card=f"{at}-{number}", received_at=at) for number in range(number)]

    facts = [*received(1, 5, 10), *received(2, 5, 20), *received(3, 1, 1)]
    url = marts_made.duckdb_mart(tmp_path / "mart", facts, AS_OF)
    with mart_engine(url) as engine:
        running = summarise(engine, Scope(by="region", as_of=AS_OF, zone=MOSCOW))
        whole = summarise(engine, Scope(by="region", as_of=AS_OF, zone=MOSCOW, until=date(2026, 2, 28)))
    assert running.problems[0].change == whole.problems[0].change == 1.0
