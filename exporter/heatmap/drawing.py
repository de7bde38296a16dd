"""The maps as SVG: tiles and outlines whose fills are classes, so that a page can recolour them."""

from collections.abc import Iterable
from html import escape

from exporter.heatmap.geo import WIDTH, Outlines
from exporter.heatmap.layout import Tile
from exporter.heatmap.metrics import Formatter, Metric, Scale
from exporter.heatmap.model import Cell, Heat

STEP = 62  # from tile to tile
SIDE = 58
_LONG = 7  # letters that fit a tile in the usual size


def shade(metric: Metric, scale: Scale, cell: Cell) -> str:
    """Return the class of a cell: q0 … q6, few, or none."""
    value = metric.of(cell)
    if value is None or (not value and not cell.n):
        return "none"
    return "few" if metric.few(cell) else f"q{scale.class_of(value)}"


def label(metric: Metric, cell: Cell, fmt: Formatter) -> str:
    """Return what stands in a cell: in brackets where there are too few cases to read anything from it."""
    value = metric.of(cell)
    if value is None:
        return ""
    text = fmt.value(metric, value)
    return f"({text})" if metric.few(cell) else text


def tile_map(heat: Heat, tiles: Iterable[Tile], metric: Metric, scale: Scale, fmt: Formatter) -> str:
    """Return the tiles as an SVG group, and nothing around it."""
    return "".join(_tile(tile, heat.cell(tile.key), metric, scale, fmt) for tile in tiles)


def tile_size(tiles: Iterable[Tile]) -> tuple[float, float]:
    """Return width and height of the tile map."""
    tiles = list(tiles)
    return (
        max((tile.col for tile in tiles), default=0) * STEP + SIDE,
        round(max((tile.row for tile in tiles), default=0) * STEP + SIDE, 1),
    )


def choropleth(heat: Heat, outlines: Outlines, metric: Metric, scale: Scale, fmt: Formatter) -> str:
    """Return the outlines as an SVG group."""
    parts = []
    for shape in outlines.shapes:
        cell = heat.cell(shape.key)
        title = escape(f"{shape.name}: {label(metric, cell, fmt) or '—'}")
        parts.append(
            f'<path class="place {shade(metric, scale, cell)}" data-t="{escape(shape.key)}" '
            f'tabindex="-1" role="button" aria-label="{title}" d="{shape.path}"/>'
        )
    return "".join(parts)


def outlines_size(outlines: Outlines) -> tuple[float, float]:
    """Return width and height of the outlines."""
    return WIDTH, outlines.height


def _tile(tile: Tile, cell: Cell, metric: Metric, scale: Scale, fmt: Formatter) -> str:
    x, y = tile.col * STEP, round(tile.row * STEP, 1)
    long = " long" if len(tile.short) > _LONG else ""
    value = label(metric, cell, fmt)
    said = escape(f"{tile.name}: {value or '—'}")
    return (
        f'<g class="place {shade(metric, scale, cell)}" data-t="{escape(tile.key)}" '
        f'tabindex="-1" role="button" '
        f'aria-label="{said}" transform="translate({x} {y:g})">'
        f'<rect width="{SIDE}" height="{SIDE}" rx="5"/>'
        f'<text class="short{long}" x="{SIDE / 2:g}" y="23">{escape(tile.short)}</text>'
        f'<text class="value" x="{SIDE / 2:g}" y="43">{escape(value)}</text></g>'
    )
