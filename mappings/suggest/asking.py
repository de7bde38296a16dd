"""What a platform category asks for: its words, their equals, and the concepts behind them, weighted."""

from collections.abc import Iterable
from dataclasses import dataclass

from mappings.suggest.index import Term
from mappings.suggest.thesaurus import Concept, Thesaurus
from mappings.suggest.words import says_other, stem, words

FOCUS = 1.0  # a word of the sub-category or the fact
CONTEXT = 0.35  # a word of the category above it
EQUAL = 0.75  # closeness of a word of the same family
MEANT = 0.65  # a word of a concept beside a word that was said


@dataclass(frozen=True, slots=True)
class Asked:
    """A platform category as the platform names it: категория, подкатегория, факт."""

    category: str
    subcategory: str = ""
    fact: str = ""

    @property
    def focus(self) -> str:
        """The narrowest words: sub-category and fact, or the category when they say nothing («Иное»)."""
        narrow = ". ".join(part.strip() for part in (self.subcategory, self.fact) if part.strip())
        return self.category if not narrow or says_other(narrow) else narrow

    @property
    def context(self) -> str:
        """The words around the focus: the category, unless it is the focus."""
        return "" if self.focus == self.category else self.category


@dataclass(frozen=True, slots=True)
class Reading:
    """An asked category, read: the terms to search by, and the concepts found in it."""

    terms: tuple[Term, ...]
    concepts: tuple[Concept, ...]


def read(asked: Asked, thesaurus: Thesaurus) -> Reading:
    """Turn names into weighted terms."""
    terms: dict[str, Term] = {}
    for text, weight in ((asked.focus, FOCUS), (asked.context, CONTEXT)):
        for word in words(text):
            _add(terms, word, weight, thesaurus)
    focus = thesaurus.notions(asked.focus)
    found = thesaurus.concepts(focus | thesaurus.notions(asked.context))
    for concept in found:
        touching = len(concept.notions & focus) / len(concept.notions)
        weight = MEANT * (FOCUS if touching == 1 else CONTEXT + (FOCUS - CONTEXT) * touching)
        for word in words(concept.means):
            _add(terms, word, weight, thesaurus, said=concept.said)
    return Reading(tuple(terms.values()), tuple(found))


def _add(terms: dict[str, Term], word: str, weight: float, thesaurus: Thesaurus, said: str = "") -> None:
    root = stem(word)
    known = terms.get(root)
    if known and known.weight >= weight:
        return
    equals: Iterable[tuple[str, float]] = ((other, EQUAL) for other in thesaurus.equals(root))
    shown = f"{said} → {word}" if said else word
    terms[root] = Term(shown, weight, ((root, 1.0), *equals))
