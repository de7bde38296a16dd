"""The report as one self-contained page without any script."""

from collections.abc import Iterable, Sequence
from datetime import date
from html import escape
from importlib.resources import files
from string import Template

from config.i18n import _, language
from exporter.heatmap.metrics import Formatter
from exporter.heatmap.page import style
from exporter.summary.columns import COLUMNS, cards, shown, text_of
from exporter.summary.model import Line, Problem, Summary

TOP = 20  # problems in the report; the workbook holds all


def page(summary: Summary, lines: Sequence[str], names: dict[int | None, str]) -> str:
    """Return the page; `lines` say period and source, `names` the cabinets. In the language of the moment."""
    fmt = Formatter(language())
    by_cabinet = sorted(summary.cabinets.items(), key=lambda one: (-one[1].n, one[0] or 0))
    rows = [(names.get(one) or cabinet_name(one), line) for one, line in by_cabinet]
    months = [(f"{first:%m.%Y}", line) for first, line in summary.months]
    said = {
        "language": language(), "style": style(), "title": escape(_("Summary report on appeals")),
        "lines": escape(" · ".join(lines)), "figures": _figures(summary.whole, fmt),
        "cabinets_title": escape(_("By cabinet")), "months_title": escape(_("By month")),
        "problems_title": escape(_("Top problems and their trend")),
        "cabinets": _table(_("cabinet"), rows, fmt), "months": _table(_("month"), months, fmt),
        "problems": _problems(summary.problems[:TOP], [first for first, _line in summary.months], fmt),
        "note": escape(_note()), "palette": "volume",
    }  # fmt: skip
    return Template(files("exporter.summary").joinpath("page.html").read_text(encoding="utf-8")).substitute(
        said
    )


def cabinet_name(cabinet: int | None) -> str:
    """Return how a cabinet without a name is called."""
    return _("no cabinet") if cabinet is None else _("cabinet {id}").format(id=cabinet)


def change_text(problem: Problem, fmt: Formatter) -> str:
    """Return the change with its sign and arrow; a dash where it cannot be told."""
    if problem.change is None:
        return "—"
    arrow = "▲" if problem.change > 0 else "▼" if problem.change < 0 else "■"
    return f"{arrow} {'+' if problem.change > 0 else ''}{text_of(problem.change, 'share', fmt)}"


def _note() -> str:
    return _(
        "Overdue share: only cases due before the as-of day. Change: the last whole month against the one "
        "before. Days run from receipt to answer. A median is the middle value."
    )


def _figures(line: Line, fmt: Formatter) -> str:
    return "".join(
        f'<div class="figure"><span>{escape(name)}</span><b>{escape(value)}</b>'
        f"<small>{escape(small)}</small></div>"
        for name, value, small in cards(line, fmt)
    )


def _table(first: str, rows: Iterable[tuple[str, Line]], fmt: Formatter) -> str:
    titles = (first, *(_(one.title) for one in COLUMNS))
    heads = "".join(f'<th scope="col">{escape(title)}</th>' for title in titles)
    body = "".join(
        f'<tr><th scope="row">{escape(name)}</th>'
        + "".join(f"<td>{escape(shown(column, line, fmt))}</td>" for column in COLUMNS)
        + "</tr>"
        for name, line in rows
    )
    return f'<table class="plain"><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>'


def _problems(problems: Iterable[Problem], months: Sequence[date], fmt: Formatter) -> str:
    titles = (_("category"), _("Received"), _("trend by month"), _("Change"), _("Overdue share"),
              _("Median days"), _("Median rating"))  # fmt: skip
    heads = "".join(f'<th scope="col">{escape(title)}</th>' for title in titles)
    body = "".join(_problem(one, months, fmt) for one in problems)
    return f'<table class="plain"><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>'


def _problem(problem: Problem, months: Sequence[date], fmt: Formatter) -> str:
    line = problem.line
    texts = (
        change_text(problem, fmt), text_of(line.share, "share", fmt), text_of(line.days_median, "real", fmt),
        text_of(line.rating_median, "real", fmt),
    )  # fmt: skip
    boxes = "".join(f"<td>{escape(text)}</td>" for text in texts)
    name = escape(problem.name or _("not determined"))
    return (
        f'<tr><th scope="row">{name}</th><td>{escape(fmt.number(line.n))}</td>'
        f"<td>{_sparkline(problem.series, months, fmt)}</td>{boxes}</tr>"
    )


def _sparkline(series: Sequence[int], months: Sequence[date], fmt: Formatter) -> str:
    """Bars by month; the words beside them are for who does not see them."""
    top = max(series, default=0) or 1
    bars = "".join(
        f'<rect x="{at * 9}" y="{22 - 20 * value / top:.1f}" width="7" height="{20 * value / top:.1f}"/>'
        for at, value in enumerate(series)
    )
    said = ", ".join(
        f"{month:%m.%Y}: {fmt.number(value)}" for month, value in zip(months, series, strict=True)
    )
    return (
        f'<svg class="spark" role="img" aria-label="{escape(said)}" width="{len(series) * 9}" height="22">'
        f"<title>{escape(said)}</title>{bars}</svg>"
    )
