"""What people checked before: the nearer a checked category is to the asked one, the more its code counts."""

from collections import defaultdict
from collections.abc import Container, Iterable
from typing import NamedTuple

from mappings.codes import parent_of
from mappings.suggest.asking import Asked
from mappings.suggest.thesaurus import Thesaurus

SAME_CATEGORY = 0.3  # part of likeness that the upper category gives; the narrow words give the rest
LEAST = 0.4  # less likeness than this teaches nothing


class Example(NamedTuple):
    """A row that a person checked: the category of the platform and the code that was right."""

    asked: Asked
    code: str


class Learned:
    """Checked rows, searchable by likeness of their notions.

    A row with a sub-question speaks for its question; a row whose code cannot be proposed any more is silent.
    """

    def __init__(self, examples: Iterable[Example], thesaurus: Thesaurus, known: Container[str]) -> None:
        self._thesaurus = thesaurus
        self._examples = sorted(one for one in set(examples) if _question(one.code, known))
        self._codes = [_question(example.code, known) for example in self._examples]
        self._focus = [thesaurus.notions(example.asked.focus) for example in self._examples]
        self._category = [thesaurus.notions(example.asked.category) for example in self._examples]
        self._holders: dict[str, list[int]] = defaultdict(list)
        for at, notions in enumerate(self._focus):
            for notion in sorted(notions):
                self._holders[notion].append(at)

    def __len__(self) -> int:
        """Count the distinct rows."""
        return len(self._examples)

    def near(self, asked: Asked) -> dict[str, tuple[float, Example]]:
        """Return by code of a question the nearest checked row and its likeness, LEAST…1."""
        focus = self._thesaurus.notions(asked.focus)
        category = self._thesaurus.notions(asked.category)
        found: dict[str, tuple[float, Example]] = {}
        for at in sorted({at for notion in focus for at in self._holders.get(notion, ())}):
            example = self._examples[at]
            likeness = (1 - SAME_CATEGORY) * _dice(focus, self._focus[at]) + SAME_CATEGORY * _dice(
                category, self._category[at]
            )
            if likeness >= LEAST and likeness > found.get(self._codes[at], (0.0,))[0]:
                found[self._codes[at]] = (likeness, example)
        return found


def _dice(one: frozenset[str], other: frozenset[str]) -> float:
    return 2 * len(one & other) / (len(one) + len(other)) if one or other else 0.0


def _question(code: str, known: Container[str]) -> str:
    upper = parent_of(code)
    return code if code in known else upper if upper in known else ""
