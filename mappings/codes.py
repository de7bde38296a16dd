"""Codes of the national classifier as they occur in the wild, read into one canonical form.

Canonical: 1 to 5 segments of four digits joined by dots (section.thematic.theme.question.subquestion).
The official list pads upper levels with zeros (0003.0009.0000.0000) and glues footnote digits to the last
segment (01262 = 0126 and footnote 2); spreadsheets turn 0003 into the number 3 and 0003.0010 into 3.001.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

MAX_LEVEL = 5
LEVELS = ("section", "thematic", "theme", "question", "subquestion")

CellValue: TypeAlias = object

_CODE_CHARS = re.compile(r"\d{1,6}(?:\s*[.,]\s*\d{1,6}){0,4}\.?")
_LEADING = re.compile(r"\(?\s*(\d{4}(?:\s*\.\s*\d{4,6}){0,4})(?:\.(?=\s))?\s*\)?(?![\d.])[\s.:;–—-]*")
_SUPERSCRIPT = str.maketrans(dict.fromkeys("⁰¹²³⁴⁵⁶⁷⁸⁹*", None))


@dataclass(frozen=True, slots=True)
class CodeReading:
    """A code found in a cell: canonical code, the text that stood after it, the footnote digits cut off."""

    code: str
    rest: str = ""
    footnote: str = ""


def level_of(code: str) -> int:
    """Return the level of a canonical code: 1 section … 5 subquestion."""
    return code.count(".") + 1


def parent_of(code: str) -> str:
    """Return the canonical code one level up, "" for a section."""
    return code.rpartition(".")[0]


def read_code(value: CellValue) -> CodeReading | None:
    """Read the code in a cell, alone or before a name («0001.0002 Name», «(0001.0002) Name»).

    None when the cell holds no code. Numbers get their lost zeros back.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return _from_number(value)
    return _from_text(value) if isinstance(value, str) else None


def _from_number(value: float) -> CodeReading | None:
    if value < 1 or value > 9999 or round(value, 4) != value:
        return None
    whole, fraction = f"{value:.4f}".split(".")
    segments = [whole.zfill(4)] if fraction == "0000" else [whole.zfill(4), fraction]
    return CodeReading(".".join(segments))


@lru_cache(maxsize=65_536)
def _from_text(value: str) -> CodeReading | None:
    text = value.translate(_SUPERSCRIPT).strip()
    if _CODE_CHARS.fullmatch(text.strip("() ")):
        return _canonical(text.strip("() ."), "")
    match = _LEADING.match(text)
    if match is None:
        return None
    return _canonical(match.group(1), text[match.end() :].strip())


def _canonical(digits: str, rest: str) -> CodeReading | None:
    segments = [segment.strip() for segment in re.split("[.,]", digits)]
    last, footnote = segments[-1][:4], segments[-1][4:]
    if any(len(segment) > 4 for segment in segments[:-1]):
        return None
    padded = [segment.zfill(4) for segment in (*segments[:-1], last)]
    while len(padded) > 1 and padded[-1] == "0000":
        padded.pop()
    if "0000" in padded:
        return None
    return CodeReading(".".join(padded), rest, footnote)
