"""The sums of the map as SQL: one pass over the facts, roll-ups from what it gave, medians beside it.

The same statements run in DuckDB, PostgreSQL, SQLite and ClickHouse; Python adds nothing up.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import product
from typing import Any, Literal
from zoneinfo import ZoneInfo

from exporter.fact import UNKNOWN
from exporter.heatmap.engine import Engine
from exporter.heatmap.model import Cell, Heat, Key, Territory

By = Literal["region", "municipality"]

_UNSAID = f"'{UNKNOWN}'"
_OWN_CODE = "length(oktmo) >= 8 AND substr(oktmo, 3, 6) <> '000000'"
# The plain case first: text functions over every fact cost more than the sums and medians themselves.
_REGION = (
    f"CASE WHEN region > '' AND region <> {_UNSAID} THEN region "
    f"ELSE coalesce(nullif(region_name, {_UNSAID}), '') END"
)
_MUNICIPALITY = f"nullif(nullif(municipality, {_UNSAID}), '')"
_MUNICIPAL_KEY = (
    f"CASE WHEN {_OWN_CODE} THEN substr(oktmo, 1, 8) "
    f"ELSE coalesce(({_REGION}) || '|' || {_MUNICIPALITY}, '') END"
)
_KEY: dict[By, str] = {"region": _REGION, "municipality": _MUNICIPAL_KEY}
_TITLE: dict[By, str] = {"region": "region_name", "municipality": "municipality"}
_CATEGORY = (
    f"CASE WHEN category > '' AND category <> {_UNSAID} THEN category ELSE coalesce(nullif(code, ''), '') END"
)

# What is grouped over all facts: columns as they are, and the category, whose plain case is one comparison.
# The key and the name of a territory are made of the few groups that are left: text functions and a max of
# texts over every fact would cost more than the sums.
_RAW: dict[By, str] = {
    "region": "region, region_name, c, k",
    "municipality": "region, region_name, municipality, oktmo, c, k",
}

_DAYS = {
    "duckdb": "(epoch_us(answered_at) - epoch_us(received_at)) / 86400e6",
    "postgresql": "CAST(extract(epoch FROM answered_at - received_at) AS double precision) / 86400.0",
    "sqlite": "julianday(answered_at) - julianday(received_at)",
    "clickhouse": "(toUnixTimestamp64Micro(answered_at) - toUnixTimestamp64Micro(received_at)) / 86400e6",
}
COUNTS = {  # the fields of model.Counts, over what `picked` gives
    "n": "count(*)",
    "late": "count(CASE WHEN overdue AND answered_at IS NOT NULL THEN 1 END)",
    "open": "count(CASE WHEN overdue AND answered_at IS NULL THEN 1 END)",
    "matured": "count(CASE WHEN ripe AND overdue IS NOT NULL THEN 1 END)",
    "ripe": "count(CASE WHEN ripe AND overdue THEN 1 END)",
    "repeated": "count(CASE WHEN repeated THEN 1 END)",
    "fresh": "count(CASE WHEN fresh THEN 1 END)",
    "answered": "count(answered_at)",
    "days_n": "count(days)",
    "rating_n": "count(rating)",
}
_ADDED = {**COUNTS, "days_sum": "sum(days)"}
_SUBSETS = tuple(product((True, False), repeat=3))  # which of territory, category, kind are kept


@dataclass(frozen=True, slots=True)
class Scope:
    """What is counted: local days, both ends included; cabinets by id; the day as of which it is judged."""

    by: By
    as_of: datetime
    zone: ZoneInfo
    since: date | None = None
    until: date | None = None
    cabinets: tuple[int, ...] = ()

    def start(self, day: date) -> datetime:
        """Return the instant at which a local day begins."""
        return datetime.combine(day, time(), self.zone)


def picked(engine: Engine, scope: Scope) -> tuple[str, list[Any]]:
    """Return the CTE of the facts that count, with what the sums need, and its parameters."""
    ripe_before = scope.start(scope.as_of.astimezone(scope.zone).date())
    where, parameters = _where(engine, scope)
    text = (
        f"picked AS (SELECT {_KEY[scope.by]} AS t, {_CATEGORY} AS c, kind AS k, cabinet, "  # noqa: S608 - our own words; values are bound
        f"region, region_name, municipality, oktmo, received_at, overdue, "
        f'repeated, "new" AS fresh, answered_at, rating, due_at < ? AS ripe, '
        f"CASE WHEN answered_at >= received_at THEN {_DAYS[engine.dialect]} END AS days "
        f"FROM fact WHERE {where})"
    )
    return text, [engine.moment(ripe_before), *parameters]


def sums(engine: Engine, scope: Scope) -> tuple[str, list[Any]]:
    """Return the statement of everything that adds up: finest cells once, every roll-up from them."""
    cte, parameters = picked(engine, scope)
    counted = ", ".join(f"{sql} AS {name}" for name, sql in _ADDED.items())
    added = ", ".join(f"sum({name}) AS {name}" for name in _ADDED)
    title = _TITLE[scope.by]
    name = f"max(CASE WHEN {title} <> {_UNSAID} THEN {title} ELSE '' END)"
    raw = _RAW[scope.by]
    grouped = f"raw AS (SELECT {raw}, {counted} FROM picked GROUP BY {raw})"  # noqa: S608 - as above
    once = "" if engine.dialect == "clickhouse" else "MATERIALIZED "  # it has no word for that
    base = (
        f"base AS {once}(SELECT {_KEY[scope.by]} AS t, c, k, {name} AS name, {added} "  # noqa: S608 - as above
        "FROM raw GROUP BY 1, 2, 3)"
    )
    rolled = ", ".join(f"sum({name})" for name in _ADDED)
    parts = [
        f"SELECT {_kept(engine.dialect, kept)}, max(name), {rolled} FROM base{_group(kept)}"  # noqa: S608 - as above
        for kept in _SUBSETS
    ]
    return f"WITH {cte}, {grouped}, {base} " + " UNION ALL ".join(parts), parameters


def medians(engine: Engine, scope: Scope) -> Iterator[tuple[str, list[Any]]]:
    """Yield a statement of the medians (days, rating) per roll-up: they do not add up.

    One after another: a median holds every value of its column, eight at once would hold eight copies.
    """
    cte, parameters = picked(engine, scope)
    for kept in _SUBSETS:
        yield f"WITH {cte} {_median(engine.dialect, kept)}", parameters


def count(engine: Engine, scope: Scope) -> Heat:
    """Run the statements and return the cells. Raises MapError."""
    cells: dict[Key, dict[str, float]] = {}
    names: dict[str, str] = {}
    statement, parameters = sums(engine, scope)
    for territory, category, kind, name, *numbers in engine.rows(statement, parameters):
        cells[territory, category, kind] = dict(zip(_ADDED, (value or 0 for value in numbers), strict=True))
        if territory is not None and category is None and kind is None:
            names[territory] = name or ""
    for statement, own in medians(engine, scope):
        for territory, category, kind, days, rating in engine.rows(statement, own):
            known = cells.get((territory, category, kind), {})
            known |= {"days": days} if days is not None else {}
            known |= {"rating": rating} if rating is not None else {}
    made = {key: _cell(said) for key, said in cells.items() if said["n"]}
    return Heat(scope.by, tuple(Territory(key, name) for key, name in names.items()), made)


def mart_as_of(engine: Engine) -> datetime | None:
    """Return the moment at which the mart's facts were judged last, None in an empty mart."""
    found = engine.rows("SELECT max(as_of) FROM fact")[0][0]
    return datetime.fromisoformat(found) if isinstance(found, str) else found


def _where(engine: Engine, scope: Scope) -> tuple[str, list[Any]]:
    terms, parameters = ["NOT deleted"], []
    if scope.since is not None:
        terms.append("received_at >= ?")
        parameters.append(engine.moment(scope.start(scope.since)))
    if scope.until is not None:
        terms.append("received_at < ?")
        parameters.append(engine.moment(scope.start(scope.until + timedelta(days=1))))
    if scope.cabinets:
        terms.append(f"cabinet IN ({', '.join('?' * len(scope.cabinets))})")
        parameters.extend(scope.cabinets)
    return " AND ".join(terms), parameters


def _kept(dialect: str, kept: Sequence[bool]) -> str:
    text = "Nullable(String)" if dialect == "clickhouse" else "text"
    return ", ".join(
        name if keep else f"CAST(NULL AS {text}) AS {name}" for name, keep in zip("tck", kept, strict=True)
    )


def _group(kept: Sequence[bool]) -> str:
    names = [name for name, keep in zip("tck", kept, strict=True) if keep]
    return f" GROUP BY {', '.join(names)}" if names else ""


def _median(dialect: str, kept: Sequence[bool]) -> str:
    if dialect != "sqlite":
        days, rating = (_MEDIAN[dialect].format(column=column) for column in ("days", "rating"))
        return f"SELECT {_kept(dialect, kept)}, {days}, {rating} FROM picked{_group(kept)}"  # noqa: S608 - as above
    halves = [_lite_median(kept, column) for column in ("days", "rating")]
    return " UNION ALL ".join(halves)


_MEDIAN = {
    "duckdb": "median({column})",
    "postgresql": "percentile_cont(0.5) WITHIN GROUP (ORDER BY {column})",
    "clickhouse": "quantileExactInclusive(0.5)({column})",
}


def _lite_median(kept: Sequence[bool], column: str) -> str:
    """SQLite has no median: the mean of the middle one or two by rank."""
    names = [name for name, keep in zip("tck", kept, strict=True) if keep]
    window = f"PARTITION BY {', '.join(names)}" if names else ""
    ranked = (
        f"SELECT t, c, k, {column} AS v, row_number() OVER ({window} ORDER BY {column}) AS place, "  # noqa: S608 - as above
        f"count(*) OVER ({window}) AS of FROM picked WHERE {column} IS NOT NULL"
    )
    values = "avg(v), NULL" if column == "days" else "NULL, avg(v)"
    middle = "place IN ((of + 1) / 2, (of + 2) / 2)"
    return f"SELECT {_kept('sqlite', kept)}, {values} FROM ({ranked}) AS ranked WHERE {middle}{_group(kept)}"  # noqa: S608 - as above


def _cell(said: dict[str, float]) -> Cell:
    whole = {name: int(said[name]) for name in COUNTS}
    days, rating = said.get("days"), said.get("rating")
    return Cell(
        **whole,
        days_sum=float(said["days_sum"]),
        days=None if days is None else float(days),
        rating=None if rating is None else float(rating),
    )
