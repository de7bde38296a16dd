"""Which region of the mart an OKTMO code or a region's name means. Nothing is guessed: no match is ""."""

import re
import tomllib
from functools import cache
from importlib.resources import files

from mappings.words import same_key

_DASHES = re.compile(r"\s*[-–—]\s*")
_SHORT = {
    "обл": "область",
    "респ": "республика",
    "край": "край",
    "г": "город",
    "ао": "автономный округ",
    "аобл": "автономная область",
}
_OKTMO = re.compile(r"\d{8}(?:\d{3})?")


def region_by_oktmo(oktmo: str) -> str:
    """Return the mart's code of the region in which an OKTMO code (8 or 11 digits) lies, "" for none."""
    if not _OKTMO.fullmatch(oktmo):
        return ""
    by_code = _regions()[0]
    return next((code for code in (f"{oktmo[:3]}00000", f"{oktmo[:2]}000000") if code in by_code), "")


def region_by_name(name: str) -> str:
    """Return the mart's code of a region by its full name in any word order, "" for none."""
    return _regions()[1].get(_key(name), "") if name else ""


def region_name(code: str) -> str:
    """Return the name of a region by the mart's code, "" for an unknown one."""
    return _regions()[0].get(code, "")


@cache
def _regions() -> tuple[dict[str, str], dict[frozenset[str], str]]:
    text = files("exporter").joinpath("regions.toml").read_text(encoding="utf-8")
    by_code: dict[str, str] = {}
    by_name: dict[frozenset[str], str] = {}
    for region in tomllib.loads(text)["region"]:
        by_code[region["oktmo"]] = region["name"]
        for name in (region["name"], *region.get("aliases", ())):
            by_name[_key(name)] = region["oktmo"]
    return by_code, by_name


@cache
def _key(name: str) -> frozenset[str]:
    """«Тверская обл», «обл. Тверская» and «Тверская область» are one name; «город» adds nothing."""
    words = _DASHES.sub("-", same_key(name)).replace(".", " ").replace(",", " ").split()
    full = " ".join(_SHORT.get(word, word) for word in words).split()
    return frozenset(full) - {"город"}
