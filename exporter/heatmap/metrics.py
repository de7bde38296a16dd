"""What the map can show: value, base, fixed breaks, palette: one table for Python and the page."""

from bisect import bisect_right
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Literal

from config.i18n import N_, _
from exporter.heatmap.model import FEW, Cell

PLATFORM_DAYS = 9.0  # mean days to an answer on the platform in 2023, as its operator says
CLASSES = 7
_LADDER = (10.0, 50.0, 100.0, 500.0, 1000.0, 5000.0)


class MetricName(StrEnum):
    """The metrics by the names of the command line."""

    COUNT = "count"
    OVERDUE = "overdue"
    OVERDUE_SHARE = "overdue-share"
    REPEATED = "repeated"
    NEW = "new"
    MEDIAN_DAYS = "median-days"
    MEDIAN_RATING = "median-rating"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric. `breaks`: lower bounds of the classes from the second on; None = the counts' ladder."""

    name: MetricName
    title: str
    hint: str
    value: str  # a field or property of Cell
    base: str  # the number of cases behind the value
    palette: Literal["volume", "trouble", "rating"]
    digits: int = 0
    percent: bool = False
    breaks: tuple[float, ...] | None = None

    def of(self, cell: Cell) -> float | None:
        """Return the value of a cell; None = there is nothing to say."""
        value: float | None = getattr(cell, self.value)
        return None if not self.behind(cell) else value

    def behind(self, cell: Cell) -> int:
        """Return the number of cases behind the value."""
        number: int = getattr(cell, self.base)
        return number

    def few(self, cell: Cell) -> bool:
        """Whether there are too few cases to read anything from the value."""
        return 0 < self.behind(cell) < FEW


METRICS = {
    metric.name: metric
    for metric in (
        Metric(
            MetricName.COUNT, N_("Received"), N_("all questions received in the period"),
            "n", "n", "volume",
        ),
        Metric(
            MetricName.OVERDUE, N_("Overdue"),
            N_("closed late or open past due; the two faces are told apart in the details"),
            "overdue", "n", "trouble",
        ),
        Metric(
            MetricName.OVERDUE_SHARE, N_("Overdue share"),
            N_("only of those due before the as-of day: of younger ones nobody knows yet"),
            "share", "matured", "trouble", digits=1, percent=True, breaks=(0.01, 0.05, 0.1, 0.2, 0.3, 0.5),
        ),
        Metric(
            MetricName.REPEATED, N_("Repeated"),
            N_("marked so, returned for rework, or the same applicant about the same within the window"),
            "repeated", "n", "trouble",
        ),
        Metric(MetricName.NEW, N_("New"), N_("the first of their kind"), "fresh", "n", "volume"),
        Metric(
            MetricName.MEDIAN_DAYS, N_("Median days"),
            N_("from receipt to answer; half were answered faster"),
            "days", "days_n", "trouble", digits=1, breaks=(3, 6, 9, 15, 20, 30),
        ),
        Metric(
            MetricName.MEDIAN_RATING, N_("Median rating"), N_("applicants' rating of the answer, 1 to 5"),
            "rating", "rating_n", "rating", digits=1, breaks=(1.5, 2, 2.5, 3.5, 4, 4.5),
        ),
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scale:
    """The breaks of one metric on one drawing: fixed, so that two maps can be laid side by side."""

    breaks: tuple[float, ...]

    def class_of(self, value: float) -> int:
        """Return the class, 0 .. CLASSES - 1."""
        return bisect_right(self.breaks, value)


def scale(metric: Metric, greatest: float, own: tuple[float, ...] | None = None) -> Scale:
    """Return the scale of a metric. Counts take the ladder of the greatest value's order of magnitude."""
    if own is not None:
        return Scale(own)
    if metric.breaks is not None:
        return Scale(metric.breaks)
    factor = 1.0
    while greatest >= 10 * _LADDER[-1] * factor:
        factor *= 10
    if greatest < _LADDER[-3]:
        return Scale((1.0, 5.0, 10.0, 20.0, 50.0, 100.0))
    return Scale(tuple(step * factor for step in _LADDER))


def bounds(metric: Metric, breaks: tuple[float, ...], fmt: "Formatter") -> list[str]:
    """Return the text of every class for a legend."""
    texts = [fmt.value(metric, bound) for bound in breaks]
    first = _("below {bound}").format(bound=texts[0])
    last = _("{bound} and more").format(bound=texts[-1])
    between = [f"{low} – {high}" for low, high in pairwise(texts)]
    return [first, *between, last]


@dataclass(frozen=True, slots=True)
class Formatter:
    """Numbers as a reader of the language writes them."""

    language: str

    def number(self, value: float, digits: int = 0) -> str:
        """Return a number: «1 234,5» or "1,234.5"."""
        exact = Decimal(round(value, 9)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
        text = f"{exact:,f}"  # halves up, as the page's script does
        if digits:
            text = text.rstrip("0").rstrip(".")
        if self.language == "ru":
            return text.replace(",", "\u00a0").replace(".", ",")
        return text

    def value(self, metric: Metric, value: float | None) -> str:
        """Return the value of a metric with its unit; a dash for none."""
        if value is None:
            return "—"
        if metric.percent:
            space = "\u00a0" if self.language == "ru" else ""
            return f"{self.number(value * 100, metric.digits)}{space}%"
        return self.number(value, metric.digits)
