"""Colours of the classes, light and dark: steps of lightness first, so that no eye needs the hue.

Computed from OKLCH ramps; a test holds the contrast of every text on its class at 4.5 or more.
"""

import math
from dataclasses import dataclass
from functools import cache
from typing import Literal

from exporter.heatmap.metrics import CLASSES

Theme = Literal["light", "dark"]
PALETTES = ("volume", "trouble", "rating")

_HUES = {"volume": (245.0, 0.13), "trouble": (50.0, 0.15)}  # hue in degrees, greatest chroma
_LIGHT = (0.965, 0.90, 0.82, 0.73, 0.56, 0.45, 0.34)  # lightness from the lowest class to the highest
_DARK = (0.29, 0.36, 0.43, 0.50, 0.70, 0.80, 0.90)
_RATING = (50.0, 50.0, 50.0, 100.0, 245.0, 245.0, 245.0)  # orange, hardly coloured, blue
_RATING_LIGHT = (0.48, 0.70, 0.85, 0.955, 0.85, 0.70, 0.48)
_RATING_DARK = (0.80, 0.68, 0.42, 0.30, 0.42, 0.68, 0.82)
_RATING_CHROMA = (0.13, 0.12, 0.07, 0.005, 0.06, 0.10, 0.13)


@dataclass(frozen=True, slots=True)
class Colour:
    """A fill and the text on it, as #rrggbb."""

    fill: str
    text: str


@cache
def colours(palette: str, theme: Theme) -> tuple[Colour, ...]:
    """Return the colours of all classes of a palette."""
    if palette == "rating":
        lightness = _RATING_LIGHT if theme == "light" else _RATING_DARK
        ramp = zip(lightness, _RATING_CHROMA, _RATING, strict=True)
        return tuple(_colour(light, chroma, hue) for light, chroma, hue in ramp)
    hue, greatest = _HUES[palette]
    lightness = _LIGHT if theme == "light" else _DARK
    made = []
    for step, light in enumerate(lightness):
        chroma = greatest * math.sin(math.pi * (0.12 + 0.62 * step / (CLASSES - 1)))
        made.append(_colour(light, chroma, hue))
    return tuple(made)


def surface(theme: Theme) -> dict[str, str]:
    """Return the colours of everything that is no class."""
    if theme == "light":
        return {"page": "#ffffff", "ink": "#1b1f24", "soft": "#57606a", "line": "#d0d7de",
                "few": "#e6e8eb", "few-ink": "#5b636c", "none": "#f5f6f8", "focus": "#0b57d0"}  # fmt: skip
    return {"page": "#14171b", "ink": "#e8ebef", "soft": "#a3adb8", "line": "#343b44",
            "few": "#30353c", "few-ink": "#a9b2bc", "none": "#1c2025", "focus": "#8ab4f8"}  # fmt: skip


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours by WCAG 2."""
    bright, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _colour(light: float, chroma: float, hue: float) -> Colour:
    fill = _rgb(light, chroma, hue)
    return Colour(fill, max(("#14181d", "#ffffff"), key=lambda ink: contrast(ink, fill)))


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _rgb(light: float, chroma: float, hue: float) -> str:
    """OKLCH to sRGB; chroma shrinks until the colour can be shown."""
    while chroma > 0:
        linear = _linear(light, chroma, hue)
        if all(-1e-4 <= part <= 1.0001 for part in linear):
            break
        chroma -= 0.005
    shown = [_gamma(min(max(part, 0.0), 1.0)) for part in _linear(light, max(chroma, 0.0), hue)]
    return "#" + "".join(f"{round(part * 255):02x}" for part in shown)


def _linear(light: float, chroma: float, hue: float) -> tuple[float, float, float]:
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (light + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (light - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (light - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )


def _gamma(part: float) -> float:
    return 12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055
