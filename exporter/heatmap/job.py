"""From what was asked for to a view: settings, engine, sums, layout."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

from config.i18n import _, speaking
from config.settings import Settings
from connector.commands.common import load_settings
from exporter.heatmap.engine import Engine, MapError, file_engine, mart_engine
from exporter.heatmap.geo import load_outlines
from exporter.heatmap.layout import load_layout, tiles
from exporter.heatmap.metrics import CLASSES, METRICS, MetricName
from exporter.heatmap.query import By, Scope, count, mart_as_of
from exporter.heatmap.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the command line asks for."""

    metric: str
    by: str
    since: date | None
    until: date | None
    cabinets: tuple[int, ...]
    facts: Path | None
    mart: str | None
    geojson: Path | None
    layout: Path | None
    breaks: str | None
    as_of: datetime | None
    config: Path | None
    language: str | None = None


def make(wanted: Wanted) -> tuple[View, str]:
    """Count and place everything; return the view and the language of the settings. Raises MapError."""
    own_breaks = parse_breaks(wanted.breaks)
    if wanted.since and wanted.until and wanted.since > wanted.until:
        raise MapError(_("the period ends before it begins"))
    settings = settings_for(wanted.config, needed=not (wanted.facts or wanted.mart))
    outlines = load_outlines(wanted.geojson) if wanted.geojson else None
    places = load_layout(wanted.layout) if wanted.layout or wanted.by == "region" else None
    with open_engine(settings, wanted.facts, wanted.mart) as (engine, source, fallback):
        scope = Scope(
            by=cast("By", wanted.by), as_of=as_of(engine, wanted, settings, fallback),
            zone=ZoneInfo(settings.timezone), since=wanted.since, until=wanted.until,
            cabinets=wanted.cabinets,
        )  # fmt: skip
        heat = count(engine, scope)
    names = {one.opa_id: one.name for one in settings.cabinet}
    cabinets = tuple(names.get(one, str(one)) for one in wanted.cabinets)
    metric = METRICS[MetricName(wanted.metric)]
    own_language = wanted.language or settings.language
    with speaking(own_language):
        placed = tiles(heat, places)
    view = View(heat, scope, metric, placed, outlines, source, cabinets, own_breaks)
    return view, own_language


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


def as_of(engine: Engine, wanted: Wanted, settings: Settings, fallback: datetime | None) -> datetime:
    """Return the moment as of which is counted: the one asked for, else the data's own."""
    if wanted.as_of is not None:
        return wanted.as_of.replace(tzinfo=ZoneInfo(settings.timezone))
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
