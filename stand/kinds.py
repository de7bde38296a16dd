"""The table of the SEDs that the stand can play (`--sed`); imports nothing, for the command line reads it."""

from collections.abc import Mapping
from typing import NamedTuple


class Kind(NamedTuple):
    """A SED of the stand: the name of sedlink's [sed.NAME], and what makes it from a `stand.seds.Setting`."""

    section: str
    factory: str  # "module:function"


KINDS: Mapping[str, Kind] = {
    "medo": Kind("medo", "stand.medo.play:play"),
    "sev": Kind("delo", "stand.delo.play:play"),
    "dms1c": Kind("dms1c", "stand.dms1c.clerk:play"),
    "directum": Kind("directum", "stand.directum.play:play"),
    "elma365": Kind("elma365", "stand.elma365.play:play"),
    "mayan": Kind("mayan", "stand.mayan.play:play"),
}
