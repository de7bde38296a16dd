"""The tables of the page: the matrix territory × category, and all figures as text one can select."""

from html import escape

from config.i18n import _
from exporter.heatmap.drawing import label, shade
from exporter.heatmap.layout import shown
from exporter.heatmap.metrics import Metric
from exporter.heatmap.model import Cell
from exporter.heatmap.view import View, metrics

WIDE = 30  # categories shown before a reader asks for the rest


def kind_name(kind: str) -> str:
    """Return a kind in words."""
    return {
        "message": _("citizens' messages"),
        "appeal": _("appeals under 59-FZ"),
        "": _("kind not told"),
    }.get(kind, kind)


def matrix_heads(view: View) -> str:
    """Return the header cells: a sum, then a button per category."""
    names = [category or _("not determined") for category in view.heat.categories()]
    every = _("all")
    parts = [f'<th scope="col" class="sum">{escape(every)}</th>']
    for at, name in enumerate(names):
        text = escape(name)
        parts.append(
            f'<th scope="col" data-c="{at}"{_extra(at)}>'
            f'<button type="button" title="{text}">{text}</button></th>'
        )
    return "".join(parts)


def matrix_rows(view: View) -> str:
    """Return a row per territory."""
    metric, heat, fmt = view.metric, view.heat, view.fmt
    by_map, by_matrix = view.map_scale(metric), view.matrix_scale(metric)
    categories = heat.categories()

    def box(t: int, c: int, cell: Cell, extra: str) -> str:
        scale = by_map if c < 0 else by_matrix
        more = " sum" if c < 0 else extra
        return (
            f'<td class="{shade(metric, scale, cell)}{more}" data-t="{t}" data-c="{c}">'
            f"{escape(label(metric, cell, fmt))}</td>"
        )

    rows = []
    for t, territory in enumerate(heat.ranked()):
        name = escape(shown(territory))
        cells = [box(t, -1, heat.cell(territory.key), "")]
        cells += [
            box(t, c, heat.cell(territory.key, category), " extra" if c >= WIDE else "")
            for c, category in enumerate(categories)
        ]
        rows.append(f'<tr data-t="{t}"><th scope="row" title="{name}">{name}</th>{"".join(cells)}</tr>')
    return "".join(rows)


def table_heads() -> str:
    """Return the header cells of the table of figures; each sorts by itself."""
    titles = [_("territory"), *(_(metric.title) for metric in metrics())]
    return "".join(f'<th scope="col"><button type="button">{escape(title)}</button></th>' for title in titles)


def table_rows(view: View) -> str:
    """Return a row per territory with every metric."""
    rows = []
    for t, territory in enumerate(view.heat.ranked()):
        cell = view.heat.cell(territory.key)
        boxes = "".join(
            f'<td data-t="{t}" data-m="{metric.name}" data-v="{_sorted_by(metric, cell)}"'
            f"{_few(metric, cell)}>{escape(label(metric, cell, view.fmt) or '—')}</td>"
            for metric in metrics()
        )
        rows.append(f'<tr data-t="{t}"><th scope="row">{escape(shown(territory))}</th>{boxes}</tr>')
    return "".join(rows)


def _extra(at: int) -> str:
    return ' class="extra"' if at >= WIDE else ""


def _few(metric: Metric, cell: Cell) -> str:
    return ' class="few"' if metric.few(cell) else ""


def _sorted_by(metric: Metric, cell: Cell) -> float:
    value = metric.of(cell)
    return -1 if value is None else value
