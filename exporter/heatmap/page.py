"""The page: Python draws it whole, so that it reads without its script; the script only recolours it."""

import base64
import hashlib
import json
from collections.abc import Iterator
from html import escape
from importlib.resources import files
from string import Template

from config.i18n import _, language
from exporter.heatmap import drawing
from exporter.heatmap.figures import figures, notes
from exporter.heatmap.layout import shown
from exporter.heatmap.metrics import Metric, Scale, bounds
from exporter.heatmap.model import FEW
from exporter.heatmap.palette import PALETTES, Theme, colours, surface
from exporter.heatmap.tables import WIDE, kind_name, matrix_heads, matrix_rows, table_heads, table_rows
from exporter.heatmap.view import View, metrics

_COLUMNS = (
    "n", "late", "open", "overdue", "matured", "share", "repeated", "fresh", "days_n", "days", "rating_n",
    "rating",
)  # fmt: skip


def page(view: View) -> str:
    """Return the page in the language of the moment."""
    script = _asset("page.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    said = {
        "language": language(),
        "palette": view.metric.palette,
        "script_hash": f"sha256-{digest}",
        "title": escape(view.title()),
        "lines": escape(" · ".join(view.lines())),
        "style": style(),
        "data": _json(_data(view)),
        "script": script,
        **_words(),
        **_controls(view),
        **_maps(view),
        **_tables(view),
    }
    return Template(_asset("page.html")).substitute(said)


def style() -> str:
    """Return the style sheet with the colours of both themes."""
    dark = "".join(_theme_rules("dark"))
    light = "".join(_theme_rules("light"))
    return (
        f":root{{{light}}}@media screen{{:root[data-theme=dark]{{{dark}}}}}"
        f"@media screen and (prefers-color-scheme:dark){{:root[data-theme=auto]{{{dark}}}}}"
        + "".join(_class_rules())
        + _asset("page.css")
    )


def _theme_rules(theme: Theme) -> Iterator[str]:
    for name, colour in surface(theme).items():
        yield f"--{name}:{colour};"
    for palette in PALETTES:
        for at, one in enumerate(colours(palette, theme)):
            yield f"--{palette}{at}:{one.fill};--{palette}{at}-ink:{one.text};"


def _class_rules() -> Iterator[str]:
    for palette in PALETTES:
        one = "--q{at}:var(--{palette}{at});--q{at}-ink:var(--{palette}{at}-ink);"
        ramp = "".join(one.format(at=at, palette=palette) for at in range(7))
        yield f":root[data-palette={palette}] body{{{ramp}}}"
    for name in (*(f"q{at}" for at in range(7)), "few", "none"):
        ink = f"var(--{name}-ink)" if name != "none" else "var(--soft)"
        yield f"td.{name},i.{name}{{background:var(--{name});color:{ink}}}"
        yield f".place.{name} rect,path.place.{name}{{fill:var(--{name})}}.place.{name} text{{fill:{ink}}}"


def _words() -> dict[str, str]:
    said = {
        "skip": _("to the matrix"), "theme_label": _("colours"), "theme_auto": _("auto"),
        "theme_light": _("light"), "theme_dark": _("dark"), "figures_label": _("key figures"),
        "controls_label": _("filters"), "metric_label": _("what is shown"), "category_label": _("category"),
        "all_categories": _("all categories"), "kind_label": _("kind"), "all_kinds": _("all kinds"),
        "search_label": _("find a territory"), "reset": _("reset"), "map_title": _("Tile map"),
        "tiles_label": _("tile map: arrow keys move, Enter chooses"), "legend_label": _("legend"),
        "matrix_title": _("Territory × category"), "territory": _("territory"),
        "matrix_hint": _(
            "A click on a category filters the map; numbers in brackets: fewer than five cases."
        ),
        "table_title": _("All figures by territory"), "notes_title": _("How it was counted"),
        "footer": _("Made by sedlink. The page is one file and asks the network for nothing."),
    }  # fmt: skip
    return {name: escape(text) for name, text in said.items()}


def _controls(view: View) -> dict[str, str]:
    heat = view.heat
    kinds = heat.kinds()
    buttons = "".join(
        f'<label title="{escape(_(one.hint))}"><input type="radio" name="metric" value="{one.name}"'
        f"{' checked' if one is view.metric else ''}><span>{escape(_(one.title))}</span></label>"
        for one in metrics()
    )
    return {
        "metrics": buttons,
        "category_options": _options(category or _("not determined") for category in heat.categories()),
        "kind_options": _options(kind_name(kind) for kind in kinds),
        "kind_hidden": "" if len(kinds) > 1 else " hidden",
        "names": "".join(f'<option value="{escape(shown(one))}">' for one in heat.ranked()),
        "hint": escape(f"{_(view.metric.title)}: {_(view.metric.hint)}."),
        "figures": figures(view),
        "notes": "".join(f"<li>{escape(text)}</li>" for text in notes(view)),
    }


def _maps(view: View) -> dict[str, str]:
    metric, scale = view.metric, view.map_scale(view.metric)
    width, height = drawing.tile_size(view.tiles)
    return {
        "tiles": drawing.tile_map(view.heat, view.tiles, metric, scale, view.fmt),
        "tiles_box": f"-2 -2 {width + 4} {height + 4}",
        "map_legend": _legend(view, metric, scale),
        "matrix_legend": _legend(view, metric, view.matrix_scale(metric)),
        "outlines": _outlines(view, metric, scale),
    }


def _outlines(view: View, metric: Metric, scale: Scale) -> str:
    if view.outlines is None:
        return ""
    width, height = drawing.outlines_size(view.outlines)
    title, how = _("Map"), _("map: arrow keys move, Enter chooses")
    shapes = drawing.choropleth(view.heat, view.outlines, metric, scale, view.fmt)
    return (
        f'<section class="map" aria-labelledby="geo-title"><h2 id="geo-title">{escape(title)}</h2>'
        f'<svg class="outlines" viewBox="-2 -2 {width + 4:g} {height + 4:g}" role="group" '
        f'aria-label="{escape(how)}">{shapes}</svg>'
        f'<div class="legend" data-legend="map" role="list">{_legend(view, metric, scale)}</div></section>'
    )


def _tables(view: View) -> dict[str, str]:
    extra = len(view.heat.categories()) - WIDE
    more = ""
    if extra > 0:
        text = _("show {n} rarer categories too").format(n=extra)
        more = f' <label class="no-print"><input type="checkbox" id="every"> {escape(text)}</label>'
    return {
        "matrix_heads": matrix_heads(view), "matrix_rows": matrix_rows(view),
        "table_heads": table_heads(), "table_rows": table_rows(view), "more_categories": more,
    }  # fmt: skip


def _legend(view: View, metric: Metric, scale: Scale) -> str:
    marks = [(f"q{at}", text) for at, text in enumerate(bounds(metric, scale.breaks, view.fmt))]
    marks += [("few", _("n < 5")), ("none", _("no data"))]
    return "".join(
        f'<span role="listitem"><i class="{name}"></i>{escape(text)}</span>' for name, text in marks
    )


def _options(names: Iterator[str]) -> str:
    return "".join(f'<option value="{at}">{escape(name)}</option>' for at, name in enumerate(names))


def _data(view: View) -> dict[str, object]:
    heat = view.heat
    territories, categories, kinds = heat.ranked(), heat.categories(), heat.kinds()
    place = {None: -1} | {one.key: at for at, one in enumerate(territories)}
    topic = {None: -1} | {one: at for at, one in enumerate(categories)}
    sort = {None: -1} | {one: at for at, one in enumerate(kinds)}
    return {
        "language": language(),
        "metric": view.metric.name,
        "few": FEW,
        "columns": _COLUMNS,
        "metrics": [_metric(view, one) for one in metrics()],
        "territories": [{"key": one.key, "name": shown(one)} for one in territories],
        "categories": [one or _("not determined") for one in categories],
        "kinds": [{"name": kind_name(one)} for one in kinds],
        "words": _script_words(),
        "cells": [
            [place[t], topic[c], sort[k], *(_short(getattr(cell, name)) for name in _COLUMNS)]
            for (t, c, k), cell in heat.cells.items()
        ],
    }


def _metric(view: View, metric: Metric) -> dict[str, object]:
    by_map, by_matrix = view.map_scale(metric), view.matrix_scale(metric)
    return {
        "name": metric.name, "title": _(metric.title), "hint": _(metric.hint), "value": metric.value,
        "base": metric.base, "palette": metric.palette, "digits": metric.digits, "percent": metric.percent,
        "map": by_map.breaks, "matrix": by_matrix.breaks,
        "map_texts": bounds(metric, by_map.breaks, view.fmt),
        "matrix_texts": bounds(metric, by_matrix.breaks, view.fmt),
    }  # fmt: skip


def _script_words() -> dict[str, str]:
    return {
        "received": _("Received"), "overdue": _("Overdue"), "late": _("closed late"),
        "open": _("open past due"), "share": _("Overdue share"), "of": _("of the matured"),
        "repeated": _("Repeated"), "fresh": _("New"), "days": _("Median days"), "rating": _("Median rating"),
        "few": _("n < 5"), "none": _("no data"), "everywhere": _("everywhere"),
        "all_categories": _("all categories"),
    }  # fmt: skip


def _short(value: float | None) -> float | None:
    return round(value, 9) if isinstance(value, float) else value


def _json(value: object) -> str:
    """JSON that no text can end: the page's parser never sees < > & of the data."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for mark in ("&", "<", ">", "\u2028", "\u2029"):
        text = text.replace(mark, f"\\u{ord(mark):04x}")
    return text


def _asset(name: str) -> str:
    return files("exporter.heatmap").joinpath(name).read_text(encoding="utf-8")
