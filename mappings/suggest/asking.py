"""What a platform category asks for: its words, their equals, and the concepts behind them, weighted."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from mappings.suggest.index import Term
from mappings.suggest.thesaurus import Concept, Thesaurus
from mappings.suggest.words import says_other, stem, stems, words

FOCUS = 1.0  # a word of the sub-category or the fact
CONTEXT = 0.35  # a word of the category above it
EQUAL = 0.75  # closeness of a word of the same family
AREA = 0.4  # the general entries of the upper category, when the narrow words say something else
MEANT = 0.7  # a word of a concept beside a word that was said
SHORT = 1.25  # how much more a one-word meaning counts than the words of a longer one


class Asked(NamedTuple):
    """A platform category as the platform names it: категория, подкатегория, факт."""

    category: str
    subcategory: str = ""
    fact: str = ""

    @property
    def focus(self) -> str:
        """The narrowest words: sub-category and fact, or the category when they say nothing («Иное»)."""
        parts = [self.subcategory.strip(), self.fact.strip()]
        narrow = ". ".join(dict.fromkeys(part for part in parts if part and not says_other(part)))
        return narrow or self.category.strip()

    @property
    def context(self) -> str:
        """The words around the focus: the category, unless it is the focus."""
        category = self.category.strip()
        return "" if self.focus == category else category

    @property
    def whole(self) -> str:
        """All the words in one line, as a sentence for the model of meaning."""
        return f"{self.context}: {self.focus}" if self.context else self.focus


def read(
    asked: Asked,
    thesaurus: Thesaurus,
    *,
    alike: Iterable[tuple[str, float]] = (),
    context: float = CONTEXT,
) -> tuple[Term, ...]:
    """Turn names into weighted terms.

    `alike`: phrases of the dictionary near in meaning, with closeness 0…1; `context`: what a word of the
    upper category counts. An entry is found by the narrow words, its theme by all of them alike.
    """
    terms: dict[str, Term] = {}
    for text, weight in ((asked.focus, FOCUS), (asked.context, context)):
        for word in words(text):
            _add(terms, thesaurus, word, weight)
    said = set()
    for concept, weight in _concepts(asked, thesaurus, context):
        said.add(concept.said)
        for word, part in _meant(concept.means):
            _add(terms, thesaurus, word, weight * part, concept.said)
    for phrase, closeness in alike:
        if phrase not in said:
            for word, part in _meant(thesaurus.phrases[phrase]):
                _add(terms, thesaurus, word, MEANT * closeness * part, f"≈ {phrase}")
    return tuple(terms.values())


@lru_cache(maxsize=4096)
def _meant(means: str) -> tuple[tuple[str, float], ...]:
    """Return the words of a meaning; those of a long name count less, lest it outvote a short one."""
    names = [words(name) for name in means.split(";")]
    return tuple((word, SHORT / len(name) ** 0.25) for name in names for word in name)


def _concepts(asked: Asked, thesaurus: Thesaurus, context: float) -> Iterator[tuple[Concept, float]]:
    """Yield the concepts with their weights; the general entries of a category are the last resort."""
    focus = thesaurus.notions(asked.focus)
    said = frozenset(stems(asked.whole))
    whole = not asked.context
    for concept in thesaurus.areas(focus if whole else thesaurus.notions(asked.context), said):
        yield concept, MEANT if whole else MEANT * AREA
    for concept in thesaurus.concepts(focus | thesaurus.notions(asked.context), said):
        touching = len(concept.notions & focus) / len(concept.notions)
        yield concept, MEANT * (context + (FOCUS - context) * touching)


def _add(terms: dict[str, Term], thesaurus: Thesaurus, word: str, weight: float, said: str = "") -> None:
    """Add a term, unless the same word already counts for as much."""
    root = stem(word)
    known = terms.get(root)
    if known is None or known.weight < weight:
        equals = ((other, EQUAL) for other in thesaurus.equals(root))
        terms[root] = Term(word, said, weight, ((root, 1.0), *equals))
