"""Where the tiles stand: the shipped layout or the administrator's; other territories get tiles below."""

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from config.i18n import _
from exporter.heatmap.engine import MapError
from exporter.heatmap.model import Heat, Territory

_MAX_SHORT = 8
_GAP = 1.3  # rows from the layout to the tiles that it does not know
_WIDTH = 12  # tiles in a row where no layout stands


class Place(BaseModel):
    """A line of the layout."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    oktmo: str
    col: int = Field(ge=0, le=200)
    row: int = Field(ge=0, le=200)
    short: str = ""


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile of the map; `own` marks a territory that the layout does not know."""

    key: str
    name: str
    short: str
    col: int
    row: float
    own: bool = False


def load_layout(path: Path | None) -> tuple[Place, ...]:
    """Read a layout. Raises MapError that names the file and the place in it."""
    try:
        if path is None:
            text = files("exporter.heatmap").joinpath("tile-layout.json").read_text(encoding="utf-8")
        else:
            text = path.read_text(encoding="utf-8")
        places = TypeAdapter(tuple[Place, ...]).validate_json(text)
    except (OSError, UnicodeDecodeError) as error:
        raise MapError(f"{path}: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise MapError(
            _("{file}: entry {where}: {what}").format(
                file=path, where=".".join(map(str, first["loc"])), what=first["msg"]
            )
        ) from error
    _no_two_in_one_place(places, path)
    return places


def tiles(heat: Heat, places: tuple[Place, ...] | None) -> tuple[Tile, ...]:
    """Return a tile for every place of the layout and for every territory that is not in it."""
    names = {one.key: one for one in heat.territories}
    placed = tuple(
        Tile(place.oktmo, place.name, place.short or short_name(place.name), place.col, place.row)
        for place in places or ()
    )
    known = {tile.key for tile in placed}
    rest = sorted((one for key, one in names.items() if key not in known), key=_last_unknown)
    width = max((tile.col for tile in placed), default=_WIDTH - 1) + 1
    below = max((tile.row for tile in placed), default=-_GAP) + _GAP  # a gap tells them from the map
    added = (
        Tile(
            one.key,
            shown(one),
            short_name(shown(one)) if one.key else _("n/d"),
            at % width,
            below + at // width,
            own=True,
        )
        for at, one in enumerate(rest)
    )
    return (*placed, *added)


def shown(territory: Territory) -> str:
    """Return the name by which a reader knows a territory."""
    if not territory.key:
        return _("not determined")
    return territory.name or territory.key.rpartition("|")[2]


def short_name(name: str) -> str:
    """Return a name that fits into a tile."""
    return name if len(name) <= _MAX_SHORT else name[: _MAX_SHORT - 1].rstrip(" -—.,") + "…"


def _last_unknown(territory: Territory) -> tuple[bool, str]:
    return not territory.key, shown(territory)


def _no_two_in_one_place(places: tuple[Place, ...], path: Path | None) -> None:
    taken: dict[tuple[int, int], Place] = {}
    for place in places:
        other = taken.setdefault((place.col, place.row), place)
        if other is not place:
            raise MapError(
                _("{file}: «{one}» and «{other}» stand in one place (column {col}, row {row})").format(
                    file=path, one=other.name, other=place.name, col=place.col, row=place.row
                )
            )
