"""Limits to themes as administrators write them: codes or names, in one cell, in any sensible order.

Accepted in one text: full codes of any level (0003.0009.0097, padded 0003.0009.0097.0000 too), bare numbers
of themes (0097), names or whole paths of themes and of upper levels, a code with its name; parted by «;»,
«|», a line break or a comma. Names hold commas themselves: the longest run of pieces that is a name is one.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from mappings.classifier import Entry
from mappings.codes import level_of, read_code
from mappings.suggest.tree import QUESTION, THEME, about
from mappings.words import same_key

_HARD = re.compile(r"[;|\r\n]+")
_EDGES = " \t\"'«»[](){}.,"
_MOST_PARTS = 12  # commas in the longest name, with room
_CODE = re.compile(r"(?<![\d.])\d{4}(?:\.\d{4})*(?![\d.]*\d)")


@dataclass(frozen=True, slots=True)
class Limit:
    """Codes below which candidates may stand, and the pieces of the text that name nothing."""

    codes: frozenset[str]
    unknown: tuple[str, ...] = ()


class Themes:
    """Names and codes of an edition, down to the themes, to read limits with."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._codes: set[str] = set()
        self._numbers: dict[str, set[str]] = defaultdict(set)
        self._names: dict[str, set[str]] = defaultdict(set)
        for entry in entries:
            if entry.retired:
                continue
            self._codes.add(entry.code)
            if entry.level == THEME:
                self._numbers[entry.code[-4:]].add(entry.code)
            if entry.level < QUESTION:
                for name in {entry.name, about(entry.name), entry.full_path}:
                    self._names[_key(name)].add(entry.code)

    def read(self, text: str) -> Limit:
        """Read one limit. An empty text limits nothing."""
        if whole := self._run(text):
            return Limit(frozenset(whole))
        codes: set[str] = set()
        unknown: list[str] = []
        for piece in _HARD.split(text):
            parts = [part for part in piece.split(",") if part.strip(_EDGES)]
            while parts:
                found, used = self._longest(parts)
                if not found:
                    unknown.append(parts[0].strip(_EDGES))
                codes |= found
                del parts[:used]
        return Limit(frozenset(codes), tuple(unknown))

    def _longest(self, parts: list[str]) -> tuple[set[str], int]:
        """Return the codes that the longest beginning of the parts names, and its length (1 for none)."""
        for end in range(min(len(parts), _MOST_PARTS), 0, -1):
            if found := self._run(",".join(parts[:end])):
                return found, end
        found = self._codes_in(parts[0])
        return found, 1

    def _run(self, text: str) -> set[str]:
        """Return the codes of a text that is one name, one code, or one code with its name."""
        if named := self._names.get(_key(text)):
            return named
        reading = read_code(text.strip(_EDGES))
        if reading is None:
            return set()
        if reading.rest and reading.code not in self._names.get(_key(reading.rest), ()):
            return set()
        if not reading.rest and "," in text:  # a list of codes, not one code with commas for dots
            return set()
        return self._coded(reading.code)

    def _coded(self, code: str) -> set[str]:
        """Return the codes that a written one means: a bare number may be a theme's and a section's."""
        numbered = self._numbers.get(code, set()) if level_of(code) == 1 else set()
        return numbered | ({code} & self._codes)

    def _codes_in(self, text: str) -> set[str]:
        """Return the codes found anywhere in a text, all of them or none: «Связь (0003.0009.0100)»."""
        readings = [read_code(match) for match in _CODE.findall(text)]
        found = [self._coded(reading.code) for reading in readings if reading]
        return set().union(*found) if found and all(found) else set()


def _key(name: str) -> str:
    return same_key(name).strip(_EDGES)
