"""From what was asked for to a view: settings, engine, sums, layout."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

from config.i18n import _, speaking
from config.settings import Settings
from connector.commands.common import load_settings
from exporter.heatmap.choices import Chosen
from exporter.heatmap.engine import Engine, MapError, file_engine, mart_engine
from exporter.heatmap.geo import load_outlines
from exporter.heatmap.layout import load_layout, tiles
from exporter.heatmap.metrics import CLASSES, METRICS, MetricName
from exporter.heatmap.query import By, Scope, count, mart_as_of
from exporter.heatmap.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The map that the command line asks for."""

    of: Chosen
    metric: str = "count"
    by: str = "region"
    geojson: Path | None = None
    layout: Path | None = None
    breaks: str | None = None


def make(wanted: Wanted) -> tuple[View, str]:
    """Count and place everything; return the view and the language of the settings. Raises MapError."""
    own_breaks = parse_breaks(wanted.breaks)
    outlines = load_outlines(wanted.geojson) if wanted.geojson else None
    places = load_layout(wanted.layout) if wanted.layout or wanted.by == "region" else None
    with counting(wanted.of, wanted.by) as (engine, scope, source, settings):
        heat = count(engine, scope)
    metric = METRICS[MetricName(wanted.metric)]
    own_language = wanted.of.language or settings.language
    with speaking(own_language):
        placed = tiles(heat, places)
    cabinets = names_of(wanted.of.cabinets, settings)
    view = View(heat, scope, metric, placed, outlines, source, cabinets, own_breaks)
    return view, own_language


@contextmanager
def counting(of: Chosen, by: str) -> Iterator[tuple[Engine, Scope, str, Settings]]:
    """Open what is to be counted; yields the engine, what of it, its name for a reader. Raises MapError."""
    if of.since and of.until and of.since > of.until:
        raise MapError(_("the period ends before it begins"))
    settings = settings_for(of.config, needed=not (of.facts or of.mart))
    with open_engine(settings, of.facts, of.mart) as (engine, source, fallback):
        scope = Scope(
            by=cast("By", by), as_of=as_of(engine, of.as_of, settings, fallback),
            zone=ZoneInfo(settings.timezone), since=of.since, until=of.until, cabinets=of.cabinets,
        )  # fmt: skip
        yield engine, scope, source, settings


def names_of(cabinets: Iterable[int], settings: Settings) -> tuple[str, ...]:
    """Return the cabinets' names; a number where the settings know none."""
    names = {one.opa_id: one.name for one in settings.cabinet}
    return tuple(names.get(one, str(one)) for one in cabinets)


def settings_for(config: Path | None, *, needed: bool) -> Settings:
    """Read the configuration; where a file or URL says everything, its absence is no error."""
    from config.load import SettingsError, find

    if config is None and not needed:
        try:
            find(None)
        except SettingsError:
            return Settings()
    return load_settings(config)


@contextmanager
def open_engine(
    settings: Settings, facts: Path | None, mart: str | None
) -> Iterator[tuple[Engine, str, datetime | None]]:
    """Open what is counted; yields it, its name for a reader, and the moment of a file."""
    if facts is not None:
        with file_engine(facts) as engine:
            yield engine, facts.name, datetime.fromtimestamp(facts.stat().st_mtime, UTC)
        return
    url = mart or settings.export.mart
    password = settings.export.password if mart is None else None
    with mart_engine(url, password) as engine:
        yield engine, _source_name(url), None


def as_of(engine: Engine, wanted: datetime | None, settings: Settings, fallback: datetime | None) -> datetime:
    """Return the moment as of which is counted: the one asked for, else the data's own."""
    if wanted is not None:
        return wanted.replace(tzinfo=ZoneInfo(settings.timezone))
    moment = fallback or mart_as_of(engine) or datetime.now(UTC)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def parse_breaks(text: str | None) -> tuple[float, ...] | None:
    """Read `10,50,…`: six rising numbers. Raises MapError."""
    if text is None:
        return None
    try:
        found = tuple(float(part) for part in text.split(","))
    except ValueError:
        found = ()
    if len(found) != CLASSES - 1 or list(found) != sorted(set(found)):
        raise MapError(_("--breaks: give {n} rising numbers separated by commas").format(n=CLASSES - 1))
    return found


def _source_name(url: str) -> str:
    """Return what a reader may see of a URL: neither user nor password nor folder."""
    kind, _slashes, rest = url.partition("://")
    return f"{kind.partition('+')[0]}: {rest.rpartition('/')[2].partition('?')[0]}"
