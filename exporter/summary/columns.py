"""The report's columns and cards, the same in the page and in the workbook."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from config.i18n import N_, _
from exporter.heatmap.metrics import Formatter
from exporter.summary.model import PLATFORM_DAYS, Line

Kind = Literal["number", "real", "share"]


@dataclass(frozen=True, slots=True)
class Column:
    """One figure of a line."""

    title: str
    of: Callable[[Line], float | None]
    kind: Kind = "number"


COLUMNS = (
    Column(N_("Received"), lambda line: line.n),
    Column(N_("Answered"), lambda line: line.answered),
    Column(N_("Closed late"), lambda line: line.late),
    Column(N_("Open past due"), lambda line: line.open),
    Column(N_("Overdue share"), lambda line: line.share, "share"),
    Column(N_("Matured"), lambda line: line.matured),
    Column(N_("Repeated"), lambda line: line.repeated),
    Column(N_("New"), lambda line: line.fresh),
    Column(N_("Median days"), lambda line: line.days_median, "real"),
    Column(N_("90 % answered within, days"), lambda line: line.days_p90, "real"),
    Column(N_("Mean days"), lambda line: line.days_mean, "real"),
    Column(N_("Median rating"), lambda line: line.rating_median, "real"),
    Column(N_("Ratings"), lambda line: line.rating_n),
    Column(N_("Response rate"), lambda line: line.response_rate, "share"),
)


def shown(column: Column, line: Line, fmt: Formatter) -> str:
    """Return a figure as text; a dash where there is nothing to say."""
    return text_of(column.of(line), column.kind, fmt)


def text_of(value: float | None, kind: Kind, fmt: Formatter) -> str:
    """Return a value of a kind as text."""
    if value is None:
        return "—"
    if kind == "share":
        percent = fmt.number(value * 100, 1)
        return f"{percent}\u00a0%" if fmt.language == "ru" else f"{percent}%"
    return fmt.number(value, 1 if kind == "real" else 0)


def cards(line: Line, fmt: Formatter) -> list[tuple[str, str, str]]:
    """Return name, value and small print of the key figures."""
    faces = _("closed late: {late}, open past due: {open}").format(
        late=fmt.number(line.late), open=fmt.number(line.open)
    )
    mean = _("mean {mean}; the platform's average in 2023: {platform}").format(
        mean=text_of(line.days_mean, "real", fmt), platform=fmt.number(PLATFORM_DAYS)
    )
    rated = _("rated: {n}, {rate} of the answered").format(
        n=fmt.number(line.rating_n), rate=text_of(line.response_rate, "share", fmt)
    )
    matured = _("of {n} due before the as-of day").format(n=fmt.number(line.matured))
    p90 = _("90 % answered within {days}").format(days=text_of(line.days_p90, "real", fmt))
    return [
        (_("Received"), fmt.number(line.n), _("answered: {n}").format(n=fmt.number(line.answered))),
        (_("Overdue"), fmt.number(line.overdue), faces),
        (_("Overdue share"), text_of(line.share, "share", fmt), matured),
        (_("Median days"), text_of(line.days_median, "real", fmt), f"{p90}; {mean}"),
        (_("Repeated"), fmt.number(line.repeated), _("new: {n}").format(n=fmt.number(line.fresh))),
        (_("Median rating"), text_of(line.rating_median, "real", fmt), rated),
    ]
