"""The classifier as suggestions see it: which entries can be proposed, and the words around each."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mappings.classifier import Entry
from mappings.codes import level_of
from mappings.suggest.words import stems

THEME, QUESTION = 3, 4  # levels of the classifier

# How much a word of the texts around an entry counts beside a word of its own name.
BELOW, THEME_NAME, THEMATIC_NAME, QUESTION_NAME = 0.15, 0.3, 0.1, 0.3

# What an entry excludes is not what it is about: «Труд (за исключением международного сотрудничества)».
_EXCLUDED = re.compile(
    r"\((?:за исключением|кроме)\b[^()]*\)|(?:^|(?<=[.;]))\s*за исключением[^.;]*", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Proposal:
    """An entry that can be proposed, with its theme (the first three segments of the code).

    `above`: names of its ancestors, nearest first; `below`: its sub-entries.
    """

    code: str
    name: str
    theme: str
    above: tuple[str, ...]
    below: tuple["Proposal", ...] = ()


def about(name: str) -> str:
    """Return a name without the clause that says what it does not cover."""
    return _EXCLUDED.sub(" ", name)


def stands_below(code: str, upper: Iterable[str]) -> bool:
    """Tell whether a code is one of the upper codes or stands below one."""
    return any(code == one or code.startswith(f"{one}.") for one in upper)


def proposals(entries: Iterable[Entry]) -> dict[str, Proposal]:
    """Return by code the questions, and upper entries that have nothing below them, sorted; no retired ones.

    Sub-questions are not among them: their names repeat up to 41 times, so they follow their question.
    """
    live = {entry.code: entry for entry in entries if not entry.retired}
    made: dict[str, Proposal] = {}
    below: dict[str, list[Proposal]] = {}
    for code in sorted(live, key=lambda code: (-level_of(code), code)):
        theme = ".".join(code.split(".")[:THEME])
        made[code] = Proposal(
            code, live[code].name, theme, live[code].path[-2::-1], tuple(below.get(code, ()))
        )
        below.setdefault(live[code].parent, []).append(made[code])
    return {
        code: made[code]
        for code in sorted(made)
        if level_of(code) == QUESTION or (level_of(code) < QUESTION and not made[code].below)
    }


def entry_text(one: Proposal) -> list[tuple[str, float]]:
    """Return the weighted stems of an entry: its name, the names below it and above it."""
    text = [(stem, 1.0) for stem in stems(about(one.name))]
    for lower in one.below:
        text += [(stem, BELOW / len(one.below) ** 0.5) for stem in stems(about(lower.name))]
    for name, weight in zip(one.above, (THEME_NAME, THEMATIC_NAME), strict=False):
        text += [(stem, weight) for stem in stems(about(name))]
    return text


def theme_texts(all_of_them: Iterable[Proposal]) -> Mapping[str, list[tuple[str, float]]]:
    """Return by theme its weighted stems: its name, that of its thematic, and the names of its questions."""
    texts: dict[str, list[tuple[str, float]]] = {}
    for one in all_of_them:
        if one.theme not in texts:
            upper = zip(one.above, (1.0, QUESTION_NAME), strict=False)
            texts[one.theme] = [(stem, weight) for name, weight in upper for stem in stems(about(name))]
        texts[one.theme] += [(stem, QUESTION_NAME) for stem in stems(about(one.name))]
    return texts
