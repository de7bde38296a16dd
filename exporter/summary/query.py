"""The report's sums as SQL over the facts that the map counts; quantiles in the engine too."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from exporter.heatmap.engine import Engine
from exporter.heatmap.query import COUNTS, Scope, picked
from exporter.summary.model import Line, Problem, Summary

MONTHS = 24  # the trend looks back no further
_FEW = 5  # below so many in both months a change is chance

_FIGURES = {**COUNTS, "days_mean": "avg(days)"}
_QUANTILES = {"days_median": ("days", 0.5), "days_p90": ("days", 0.9), "rating_median": ("rating", 0.5)}
_QUANTILE = {
    "duckdb": "quantile_cont({column}, {at})",
    "postgresql": "percentile_cont({at}) WITHIN GROUP (ORDER BY {column})",
    "clickhouse": "quantileExactInclusive({at})({column})",
}
_GROUPS = ((), ("cabinet",), ("c",), ("month",), ("c", "month"))

Group = tuple[str, ...]
Lines = dict[tuple[Any, ...], Line]


def summarise(engine: Engine, scope: Scope) -> Summary:
    """Run the statements. Raises MapError."""
    starts = _starts(engine, scope)
    lines = {group: _lines(engine, scope, starts, group) for group in _GROUPS}
    months = sorted(index for (index,) in lines["month",] if index is not None)
    span = range(months[0], months[-1] + 1) if months else range(0)
    topics = {category: line for (category,), line in lines["c",].items()}
    ranked = sorted(topics, key=lambda name: (-topics[name].n, name))
    by_month = lines["c", "month"]
    problems = []
    for name in ranked:
        series = tuple(by_month.get((name, month), Line()).n for month in span)
        problems.append(Problem(name, topics[name], series, _change(series, span, starts, scope)))
    return Summary(
        lines[()].get((), Line()),
        {cabinet: line for (cabinet,), line in lines["cabinet",].items()},
        tuple(problems),
        tuple((starts[month], lines["month",].get((month,), Line())) for month in span),
    )


def _starts(engine: Engine, scope: Scope) -> list[date]:
    """Return the first days of the months of the trend, the oldest first."""
    last = scope.until or scope.as_of.astimezone(scope.zone).date()
    first = _earliest(engine, scope)
    months: list[date] = []
    year, month = last.year, last.month
    while len(months) < MONTHS and (not months or date(year, month, 1) >= first.replace(day=1)):
        months.append(date(year, month, 1))
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
    return months[::-1]


def _earliest(engine: Engine, scope: Scope) -> date:
    cte, parameters = picked(engine, scope)
    statement = f"WITH {cte} SELECT min(received_at) FROM picked"  # noqa: S608 - our own words
    found = engine.rows(statement, parameters)[0][0]
    if found is None:
        return scope.as_of.astimezone(scope.zone).date()
    moment = datetime.fromisoformat(found) if isinstance(found, str) else found
    return (moment if moment.tzinfo else moment.replace(tzinfo=scope.zone)).astimezone(scope.zone).date()


def _lines(engine: Engine, scope: Scope, starts: Sequence[date], group: Group) -> Lines:
    cte, parameters = picked(engine, scope)
    month, bounds = _month(engine, scope, starts)
    ctes = f"{cte}, dated AS (SELECT picked.*, {month} AS month FROM picked)"  # noqa: S608 - our own words
    parameters = [*parameters, *bounds]
    counted = ", ".join(_FIGURES.values())
    statement = f"WITH {ctes} SELECT {_names(group)}{counted} FROM dated{_by(group)}"  # noqa: S608 - as above
    found = _run(engine, statement, parameters, group)
    lines: dict[tuple[Any, ...], dict[str, Any]] = {
        key: dict(zip(_FIGURES, numbers, strict=True)) for key, numbers in found.items()
    }
    for name, (column, at) in _QUANTILES.items():
        statement = f"WITH {ctes} {_quantile(engine.dialect, column, at, group)}"
        for key, numbers in _run(engine, statement, parameters, group).items():
            if key in lines:
                lines[key][name] = numbers[0]
    return {key: _line(said) for key, said in lines.items() if said["n"]}


def _run(
    engine: Engine, statement: str, parameters: list[Any], group: Group
) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    rows = engine.rows(statement, parameters)
    return {tuple(row[: len(group)]): tuple(row[len(group) :]) for row in rows}


def _month(engine: Engine, scope: Scope, starts: Sequence[date]) -> tuple[str, list[Any]]:
    """Local months as a number: their bounds are bound, so that no engine must know time zones."""
    cases = " ".join(f"WHEN received_at >= ? THEN {at}" for at in reversed(range(len(starts))))
    return f"CASE {cases} END", [engine.moment(scope.start(day)) for day in reversed(starts)]


def _quantile(dialect: str, column: str, at: float, group: Group) -> str:
    if dialect in _QUANTILE:
        value = _QUANTILE[dialect].format(column=column, at=at)
        return f"SELECT {_names(group)}{value} FROM dated{_by(group)}"  # noqa: S608 - our own words
    window = f"PARTITION BY {', '.join(group)}" if group else ""
    ranked = (
        f"SELECT {_names(group)}{column} AS v, row_number() OVER ({window} ORDER BY {column}) - 1 AS place, "  # noqa: S608 - as above
        f"(count(*) OVER ({window}) - 1) * {at} AS aim FROM dated WHERE {column} IS NOT NULL"
    )
    # SQLite has no quantiles: the two neighbours of the aim weigh by how near they are
    weighed = "sum(v * max(0.0, 1.0 - abs(place - aim)))"
    return f"SELECT {_names(group)}{weighed} FROM ({ranked}) AS ranked{_by(group)}"  # noqa: S608 - as above


def _names(group: Group) -> str:
    return "".join(f"{name}, " for name in group)


def _by(group: Group) -> str:
    return f" GROUP BY {', '.join(group)}" if group else ""


def _line(said: dict[str, Any]) -> Line:
    real = ("days_mean", "days_median", "days_p90", "rating_median")
    values: dict[str, Any] = {name: int(value or 0) for name, value in said.items() if name not in real}
    values |= {name: float(said[name]) for name in real if said.get(name) is not None}
    return Line(**values)


def _change(series: Sequence[int], span: range, starts: Sequence[date], scope: Scope) -> float | None:
    """Return the change of the last whole month; the month that still runs is not compared."""
    whole = list(series)
    last_day = scope.until or scope.as_of.astimezone(scope.zone).date()
    if span and starts[span[-1]] == last_day.replace(day=1) and not _is_last_of_month(last_day):
        whole = whole[:-1]
    if len(whole) < 2 or max(whole[-2:]) < _FEW or not whole[-2]:
        return None
    return whole[-1] / whole[-2] - 1


def _is_last_of_month(day: date) -> bool:
    return date.fromordinal(day.toordinal() + 1).day == 1
