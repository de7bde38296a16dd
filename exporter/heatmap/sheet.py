"""The map as a picture of its own: SVG with literal colours, and PNG made of it without a browser."""

import re
from collections.abc import Iterator
from html import escape

from config.i18n import _
from exporter.heatmap.drawing import STEP, choropleth, outlines_size, tile_map, tile_size
from exporter.heatmap.engine import MapError
from exporter.heatmap.metrics import bounds
from exporter.heatmap.palette import Theme, colours, surface
from exporter.heatmap.view import View

FONTS = "'PT Sans', 'Noto Sans', 'DejaVu Sans', 'Liberation Sans', 'Segoe UI', Arial, sans-serif"
"""Fonts that know Cyrillic, most likely first: the system's own, nothing is shipped."""

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MARGIN = 32
_HEAD = 104
_LEGEND = 62


def svg(view: View, theme: Theme = "light") -> str:
    """Return the picture: heading, map (outlines where there are some, else tiles), legend."""
    return _NOT_XML.sub("", _drawn(view, theme))


def _drawn(view: View, theme: Theme) -> str:
    scale, metric, heat, fmt = view.map_scale(view.metric), view.metric, view.heat, view.fmt
    if view.outlines is not None:
        body, (width, height) = (
            choropleth(heat, view.outlines, metric, scale, fmt),
            outlines_size(view.outlines),
        )
        body += _lost(view, height)
        height += STEP if body.count("<g ") else 0
    else:
        body, (width, height) = tile_map(heat, view.tiles, metric, scale, fmt), tile_size(view.tiles)
    width = max(width, 860)
    whole_width, whole_height = width + 2 * _MARGIN, height + _HEAD + _LEGEND + _MARGIN
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {whole_width:g} {whole_height:g}" '
        f'width="{whole_width:g}" height="{whole_height:g}" role="img" aria-label="{escape(view.title())}">'
        f"<title>{escape(view.title())}</title><style>{_style(view, theme)}</style>"
        f'<rect class="page" width="{whole_width:g}" height="{whole_height:g}"/>'
        f'<text class="h1" x="{_MARGIN}" y="44">{escape(_heading(view))}</text>'
        f'<text class="soft" x="{_MARGIN}" y="70">{escape(" · ".join(view.lines()))}</text>'
        f'<g transform="translate({_MARGIN} {_HEAD})">{body}</g>'
        f'<g transform="translate({_MARGIN} {_HEAD + height + 22})">{_legend(view, width)}</g></svg>'
    )


def png(view: View, theme: Theme = "light", zoom: float = 2.0) -> bytes:
    """Return the picture as PNG. Raises MapError when the extra is absent or no font can draw the names."""
    try:
        import resvg_py
    except ImportError as error:
        raise MapError(_("PNG needs the extra `mart`: pip install sedlink[mart]")) from error
    if not _draws_letters(resvg_py):
        raise MapError(
            _("PNG: no font with Cyrillic letters is installed (Debian: apt-get install fonts-dejavu-core)")
        )
    try:
        return bytes(resvg_py.svg_to_bytes(svg_string=svg(view, theme), zoom=zoom))
    except ValueError as error:
        raise MapError(_("PNG: {reason}").format(reason=error)) from error


def _draws_letters(resvg_py: object) -> bool:
    """Whether a Cyrillic letter leaves ink: without fonts resvg draws nothing and says nothing."""
    frame = '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20">{}</svg>'
    letter = f'<text x="2" y="16" font-size="16" font-family="{escape(FONTS)}">Ж</text>'
    drawn, empty = (
        resvg_py.svg_to_bytes(svg_string=frame.format(inner))  # type: ignore[attr-defined]  # the module
        for inner in (letter, "")
    )
    return bytes(drawn) != bytes(empty)


def _heading(view: View) -> str:
    return f"{view.title()}: {_(view.metric.title).lower()}"


def _lost(view: View, height: float) -> str:
    """Return tiles of the territories that the outlines do not hold, in a row under them."""
    assert view.outlines is not None  # noqa: S101 - the caller's condition, for the type checker
    known = {shape.key for shape in view.outlines.shapes}
    lost = [tile for tile in view.tiles if tile.key not in known and view.heat.cell(tile.key).n]
    moved = [type(tile)(tile.key, tile.name, tile.short, at, 0, own=True) for at, tile in enumerate(lost)]
    scale = view.map_scale(view.metric)
    drawn = tile_map(view.heat, moved, view.metric, scale, view.fmt)
    return f'<g transform="translate(0 {height + 8:g})">{drawn}</g>' if drawn else ""


def _legend(view: View, width: float) -> str:
    metric = view.metric
    texts = bounds(metric, view.map_scale(metric).breaks, view.fmt)
    marks = [
        *((f"q{at}", text) for at, text in enumerate(texts)),
        ("few", _("n < 5")),
        ("none", _("no data")),
    ]
    step = width / len(marks)
    drawn = (
        f'<g transform="translate({at * step:.1f} 0)"><rect class="key {shade_}" width="{step - 6:.1f}" '
        f'height="14" rx="3"/><text class="soft" x="0" y="32">{escape(text)}</text></g>'
        for at, (shade_, text) in enumerate(marks)
    )
    return "".join(drawn)


def _style(view: View, theme: Theme) -> str:
    return "".join(_rules(view.metric.palette, theme))


def _rules(palette: str, theme: Theme) -> Iterator[str]:
    ground = surface(theme)
    yield f"text{{font-family:{FONTS};fill:{ground['ink']};font-size:13px}}.page{{fill:{ground['page']}}}"
    yield f".h1{{font-size:24px;font-weight:bold}}.soft{{fill:{ground['soft']};font-size:13px}}"
    yield ".short{font-size:10.5px;text-anchor:middle}.long{font-size:9px}"
    yield ".value{font-size:13px;font-weight:bold;text-anchor:middle}"
    yield f"path{{stroke:{ground['page']};stroke-width:.7}}.key{{stroke:{ground['line']}}}"
    for at, colour in enumerate(colours(palette, theme)):
        yield f"path.q{at},rect.q{at},.q{at} rect{{fill:{colour.fill}}}.q{at} text{{fill:{colour.text}}}"
    for name, ink in (("few", "few-ink"), ("none", "soft")):
        yield f"path.{name},rect.{name},.{name} rect{{fill:{ground[name]}}}.{name} text{{fill:{ground[ink]}}}"
