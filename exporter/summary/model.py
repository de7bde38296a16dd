"""The report's lines. Pure."""

from dataclasses import dataclass, field
from datetime import date

from exporter.heatmap.model import Counts

PLATFORM_DAYS = 9.0  # mean days to an answer on the platform in 2023, as its operator says


@dataclass(frozen=True, slots=True, kw_only=True)
class Line(Counts):
    """The figures of one cabinet, problem or month; None where nothing has them."""

    days_mean: float | None = None
    days_median: float | None = None
    days_p90: float | None = None
    rating_median: float | None = None

    @property
    def response_rate(self) -> float | None:
        """Share of the answered that were rated."""
        return self.rating_n / self.answered if self.answered else None


@dataclass(frozen=True, slots=True)
class Problem:
    """A category with its months."""

    name: str
    line: Line
    series: tuple[int, ...]  # received by month, the oldest first
    change: float | None  # the last whole month against the one before, −1 = all gone; None = cannot be told


@dataclass(frozen=True, slots=True)
class Summary:
    """The whole report."""

    whole: Line
    cabinets: dict[int | None, Line] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    months: tuple[tuple[date, Line], ...] = ()
