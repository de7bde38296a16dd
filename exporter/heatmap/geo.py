"""Outlines from the administrator's GeoJSON, joined by OKTMO, laid flat by Albers' equal-area conic."""

import json
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.i18n import _
from exporter.heatmap.engine import MapError

_MAX_BYTES = 64 << 20
_OKTMO = re.compile(r"[0-9]{1,11}")
WIDTH = 1000.0  # of the drawing, in its own units

Point = tuple[float, float]
Ring = list[Point]


@dataclass(frozen=True, slots=True)
class Outline:
    """A territory's shape as an SVG path."""

    key: str
    name: str
    path: str


@dataclass(frozen=True, slots=True)
class Outlines:
    """All shapes and the height of the drawing (its width is WIDTH)."""

    shapes: tuple[Outline, ...]
    height: float


def load_outlines(path: Path) -> Outlines:
    """Read a FeatureCollection whose features bear `oktmo`. Raises MapError that names file and feature."""
    try:
        size = path.stat().st_size
        told = json.loads(path.read_text(encoding="utf-8")) if size <= _MAX_BYTES else None
    except (OSError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise MapError(_("{file}: not a GeoJSON file: {reason}").format(file=path, reason=error)) from error
    if size > _MAX_BYTES:
        raise MapError(_("{file}: larger than {limit} MB; simplify it").format(file=path, limit=64))
    features = told.get("features") if isinstance(told, dict) else None
    if not isinstance(features, list) or not features:
        raise MapError(_("{file}: holds no list of features").format(file=path))
    parsed = [_feature(one, number, path) for number, one in enumerate(features, start=1)]
    flat = _projection([point for _key, _name, rings in parsed for ring in rings for point in ring])
    laid = [(key, name, [[flat(point) for point in ring] for ring in rings]) for key, name, rings in parsed]
    return _fitted(laid)


def region_key(oktmo: str) -> str:
    """Return the code as the mart keeps it: eight digits."""
    return oktmo.strip().ljust(8, "0")[:8]


def _feature(one: Any, number: int, path: Path) -> tuple[str, str, list[Ring]]:  # noqa: ANN401 - JSON
    try:
        properties, geometry = one["properties"], one["geometry"]
        oktmo = _oktmo(str(properties["oktmo"]).strip())
        kind, coordinates = geometry["type"], geometry["coordinates"]
        polygons = {"Polygon": [coordinates], "MultiPolygon": coordinates}[kind]
        rings = [[_point(point) for point in ring] for polygon in polygons for ring in polygon]
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise MapError(
            _(
                "{file}: feature {number}: needs properties.oktmo and a Polygon or MultiPolygon "
                "in degrees ({reason})"
            ).format(file=path, number=number, reason=error)
        ) from error
    return region_key(oktmo), _written(str(properties.get("name") or oktmo)), rings


def _oktmo(text: str) -> str:
    if not _OKTMO.fullmatch(text):
        raise ValueError(_("{oktmo} is no code of OKTMO").format(oktmo=ascii(text[:40])))
    return text


def _written(name: str) -> str:
    """Show half a surrogate pair as U+FFFD: no file takes it."""
    return name.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _point(point: Any) -> Point:  # noqa: ANN401 - JSON
    longitude, latitude = float(point[0]), float(point[1])  # past 180: some files mend a torn country so
    if not (-180 <= longitude <= 360 and -90 <= latitude <= 90):
        raise ValueError(_("coordinates outside the globe"))
    return longitude, latitude


def _projection(points: list[Point]) -> "Albers":
    """Fit the cone to what is shown; a country across the 180th meridian is not torn."""
    if not points:
        raise MapError(_("the GeoJSON has no points"))
    torn = min(lon for lon, _lat in points) < -90 and max(lon for lon, _lat in points) > 90
    longitudes = [lon + 360 if torn and lon < 0 else lon for lon, _lat in points]
    latitudes = [lat for _lon, lat in points]
    low, high = min(latitudes), max(latitudes)
    return Albers((min(longitudes) + max(longitudes)) / 2, low, high, torn=torn)


class Albers:
    """Albers' equal-area conic on a sphere (Snyder, Map Projections, 14-1 … 14-6)."""

    def __init__(self, middle: float, low: float, high: float, *, torn: bool) -> None:
        first = math.radians(low + (high - low) / 6)
        second = math.radians(high - (high - low) / 6)
        n = (math.sin(first) + math.sin(second)) / 2
        self._n = n if abs(n) > 1e-3 else 1e-3
        self._c = math.cos(first) ** 2 + 2 * self._n * math.sin(first)
        self._middle = middle
        self._torn = torn

    def __call__(self, point: Point) -> Point:
        """Lay longitude and latitude (degrees) flat; y grows downwards, as in SVG."""
        longitude, latitude = point
        if self._torn and longitude < 0:
            longitude += 360
        rho = math.sqrt(max(self._c - 2 * self._n * math.sin(math.radians(latitude)), 0.0)) / self._n
        theta = self._n * math.radians(longitude - self._middle)
        return rho * math.sin(theta), rho * math.cos(theta)


def _fitted(laid: Iterable[tuple[str, str, list[Ring]]]) -> Outlines:
    laid = list(laid)
    xs, ys = zip(*(point for _k, _n, rings in laid for ring in rings for point in ring), strict=True)
    left, top = min(xs), min(ys)
    factor = WIDTH / ((max(xs) - left) or 1.0)

    def path_of(ring: Ring) -> Iterator[str]:
        last: Point | None = None
        for x, y in ring:
            at = round((x - left) * factor, 1), round((y - top) * factor, 1)
            if at != last:
                yield f"{'M' if last is None else 'L'}{at[0]:g} {at[1]:g}"
            last = at
        yield "Z"

    shapes = (
        Outline(key, name, "".join(text for ring in rings for text in path_of(ring)))
        for key, name, rings in laid
    )
    return Outlines(tuple(shapes), round((max(ys) - top) * factor, 1))
