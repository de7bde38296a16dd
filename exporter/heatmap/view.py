"""One map to be drawn: what was counted, how it is placed, which metric comes first, and its words."""

from dataclasses import dataclass
from datetime import date, datetime

from config.i18n import _, language
from exporter.heatmap.geo import Outlines
from exporter.heatmap.layout import Tile
from exporter.heatmap.metrics import METRICS, Formatter, Metric, MetricName, Scale, scale
from exporter.heatmap.model import Heat
from exporter.heatmap.query import Scope


@dataclass(frozen=True, slots=True)
class View:
    """Everything the drawings share."""

    heat: Heat
    scope: Scope
    metric: Metric
    tiles: tuple[Tile, ...]
    outlines: Outlines | None
    source: str
    cabinets: tuple[str, ...]  # as a reader knows them
    breaks: tuple[float, ...] | None = None

    @property
    def fmt(self) -> Formatter:
        """Numbers in the language of the moment."""
        return Formatter(language())

    def title(self) -> str:
        """Return the heading."""
        if self.scope.by == "municipality":
            return _("Heat map of appeals by municipality")
        return _("Heat map of appeals by region")

    def lines(self) -> list[str]:
        """Return what must stand beside the figures for them to mean anything."""
        return context(self.scope, self.cabinets, self.source)

    def map_scale(self, metric: Metric) -> Scale:
        """Return the scale of the maps: by the greatest territory."""
        return self._scale(metric, [one.key for one in self.heat.territories], None)

    def matrix_scale(self, metric: Metric) -> Scale:
        """Return the scale of the matrix: by its greatest cell."""
        greatest = max(
            (
                metric.of(cell) or 0
                for (t, c, k), cell in self.heat.cells.items()
                if k is None and None not in (t, c)
            ),
            default=0,
        )
        return scale(metric, greatest, self._own(metric))

    def _scale(self, metric: Metric, keys: list[str], kind: str | None) -> Scale:
        greatest = max((metric.of(self.heat.cell(key, None, kind)) or 0 for key in keys), default=0)
        return scale(metric, greatest, self._own(metric))

    def _own(self, metric: Metric) -> tuple[float, ...] | None:
        return self.breaks if metric.name == self.metric.name else None


def context(scope: Scope, cabinets: tuple[str, ...], source: str) -> list[str]:
    """Return period, moment, cabinets and source in words."""
    period = _("received {since} – {until}").format(
        since=day(scope.since) or "…", until=day(scope.until) or "…"
    )
    whole = _("received at any time")
    told = [whole if scope.since is None and scope.until is None else period]
    told.append(_("as of {moment}").format(moment=moment(scope.as_of.astimezone(scope.zone))))
    names = ", ".join(cabinets)
    told.append(_("cabinets: {names}").format(names=names) if names else _("all cabinets"))
    told.append(_("source: {source}").format(source=source))
    return told


def metrics() -> list[Metric]:
    """Return all metrics in the order of the buttons."""
    return [METRICS[name] for name in MetricName]


def day(value: date | None) -> str:
    """Return a day as the language writes it."""
    if value is None:
        return ""
    return value.strftime("%d.%m.%Y") if language() == "ru" else value.isoformat()


def moment(value: datetime) -> str:
    """Return a local moment as the language writes it."""
    return f"{day(value.date())} {value:%H:%M}"
