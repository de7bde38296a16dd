"""The classifier as suggestions see it: which entries can be proposed, and under which theme each stands."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

# What an entry excludes is not what it is about: «Труд (за исключением международного сотрудничества)».
_EXCLUDED = re.compile(r"\((?:за исключением|кроме)\b[^()]*\)|(?:^|(?<=[.;]))\s*за исключением[^.;]*", re.IGNORECASE)
THEME_DEPTH = 3  # раздел.тематика.тема
QUESTION_DEPTH = 4


class Entry(Protocol):
    """An entry of a classifier: a dotted code and its name."""

    @property
    def code(self) -> str:
        """Full code, segments joined with dots."""

    @property
    def name(self) -> str:
        """Official name."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """An entry that can be proposed: its own words and the words around it.

    `below` are the names of its sub-questions; `above` the names of its ancestors, nearest first.
    """

    code: str
    name: str
    theme: str
    above: tuple[str, ...]
    below: tuple[str, ...] = ()

    @property
    def depth(self) -> int:
        """Number of segments of the code: 4 is a question, 5 a sub-question."""
        return self.code.count(".") + 1


def parent(code: str) -> str:
    """Return the code one level up, empty for a section."""
    return code.rpartition(".")[0]


def theme_of(code: str) -> str:
    """Return the first three segments of a code."""
    return ".".join(code.split(".")[:THEME_DEPTH])


def about(name: str) -> str:
    """Return a name without the clause that says what it does not cover."""
    return _EXCLUDED.sub(" ", name)


def proposals(entries: Iterable[Entry]) -> list[Proposal]:
    """Return every question, and every entry that has nothing below it, sorted by code."""
    names = {entry.code: entry.name for entry in entries}
    children: dict[str, list[str]] = {}
    for code in sorted(names):
        children.setdefault(parent(code), []).append(code)
    return [
        Proposal(
            code=code,
            name=names[code],
            theme=theme_of(code),
            above=tuple(names[up] for up in _ancestors(code) if up in names),
            below=tuple(names[down] for down in children.get(code, ())),
        )
        for code in sorted(names)
        if code.count(".") + 1 == QUESTION_DEPTH or code not in children
    ]


def _ancestors(code: str) -> Iterable[str]:
    while code := parent(code):
        yield code
