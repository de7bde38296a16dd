"""The key figures above the map and the notes under it: what every number means."""

from html import escape

from config.i18n import _
from exporter.heatmap.metrics import METRICS, PLATFORM_DAYS, MetricName
from exporter.heatmap.model import Cell
from exporter.heatmap.view import View, day


def figures(view: View) -> str:
    """Return the cards."""
    return "".join(
        f'<div class="figure"><span>{escape(name)}</span><b>{escape(value)}</b>'
        f"<small>{escape(small)}</small></div>"
        for name, value, small in _cards(view)
    )


def _cards(view: View) -> list[tuple[str, str, str]]:
    all_, fmt = view.heat.cell(), view.fmt
    share, days, rating = (
        METRICS[name] for name in (MetricName.OVERDUE_SHARE, MetricName.MEDIAN_DAYS, MetricName.MEDIAN_RATING)
    )
    answered = _("answered: {n}").format(n=fmt.number(all_.answered))
    faces = _("closed late: {late}, open past due: {open}").format(
        late=fmt.number(all_.late), open=fmt.number(all_.open)
    )
    mean = _("mean {mean}; the platform's average in 2023: {platform}").format(
        mean="—" if all_.mean_days is None else fmt.number(all_.mean_days, 1),
        platform=fmt.number(PLATFORM_DAYS),
    )
    rated = _("rated: {n}, {rate} of the answered").format(
        n=fmt.number(all_.rating_n), rate=fmt.value(share, response_rate(all_))
    )
    of_matured = _("of {n} due before the as-of day").format(n=fmt.number(all_.matured))
    return [
        (_("Received"), fmt.number(all_.n), answered),
        (_("Overdue"), fmt.number(all_.overdue), faces),
        (_("Overdue share"), fmt.value(share, all_.share), of_matured),
        (_("Repeated"), fmt.number(all_.repeated), _("new: {n}").format(n=fmt.number(all_.fresh))),
        (_("Median days"), fmt.value(days, all_.days), mean),
        (_("Median rating"), fmt.value(rating, all_.rating), rated),
    ]


def response_rate(cell: Cell) -> float | None:
    """Return the share of the answered that were rated."""
    return cell.rating_n / cell.answered if cell.answered else None


def notes(view: View) -> list[str]:
    """Return the notes."""
    as_of = day(view.scope.as_of.astimezone(view.scope.zone).date())
    told = [
        _("One question of an appeal is one case: an appeal with three questions counts three times."),
        _(
            "Overdue has two faces: closed late, and open past due. Its share counts only cases due "
            "before {day}: of those due later nobody knows yet."
        ).format(day=as_of),
        _(
            "Classes have fixed breaks, so two maps can be laid side by side; counts take steps of the "
            "greatest value's order."
        ),
        _("Fewer than five cases are shown grey and in brackets: chance, not a tendency."),
        _("A median is the middle value: half of the cases lie below it. Days run from receipt to answer."),
        _("What «overdue», «repeated» and «new» mean is written in definitions.toml of this installation."),
    ]
    unknown = view.heat.cell("").n
    if unknown:
        told.append(
            _("Territory not determined: {n} cases; they have a tile of their own.").format(
                n=view.fmt.number(unknown)
            )
        )
    return told
