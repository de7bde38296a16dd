"""A weighted inverted index: how much of what is asked the words of each text answer (BM25 over fields)."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from mappings.suggest.affinity import Vocabulary

SATURATION = 0.9  # BM25 k: how fast a repeated word stops adding
SHORTNESS = 0.6  # BM25 b: how much a short name is preferred to a long one


@dataclass(frozen=True, slots=True)
class Term:
    """One thing asked for: a word with its equals. A text answers it by the best of them.

    `said` is the phrase that brought the word in, empty when the word itself was said; `weight` is how much
    the term matters (1 = a word of the sub-category); `stems` are those that mean it with closeness 0…1.
    """

    word: str
    said: str
    weight: float
    stems: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """What one text got for a question: the sum, and each term's part in it."""

    score: float
    parts: tuple[tuple[Term, float], ...]


class Index:
    """Texts given as weighted stems, each under its key."""

    def __init__(self, texts: Mapping[str, Sequence[tuple[str, float]]]) -> None:
        self.keys = tuple(texts)
        self._postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
        lengths = [sum(weight for _stem, weight in text) or 1.0 for text in texts.values()]
        mean = sum(lengths) / len(lengths) if lengths else 1.0
        for at, text in enumerate(texts.values()):
            norm = 1 - SHORTNESS + SHORTNESS * lengths[at] / mean
            counts: dict[str, float] = defaultdict(float)
            for stem, weight in text:
                counts[stem] += weight
            for stem, count in counts.items():
                tf = count / norm
                self._postings[stem].append((at, tf * (1 + SATURATION) / (tf + SATURATION)))
        self._count = len(self.keys)
        self.vocabulary = Vocabulary(self._postings)

    def rarity(self, stem: str) -> float:
        """Return the inverse document frequency of a stem (that of a unique one, when it is unknown)."""
        holders = len(self._postings.get(stem, ())) or 1
        return math.log(1 + (self._count - holders + 0.5) / (holders + 0.5))

    def search(self, terms: Iterable[Term]) -> dict[str, Hit]:
        """Return the texts that answer at least one term. Order of the result is that of the keys."""
        found: dict[int, list[tuple[Term, float]]] = defaultdict(list)
        for term in terms:
            for at, value in self._answers(term).items():
                found[at].append((term, value))
        return {
            self.keys[at]: Hit(sum(value for _term, value in found[at]), tuple(found[at]))
            for at in sorted(found)
        }

    def _answers(self, term: Term) -> dict[int, float]:
        best: dict[int, float] = {}
        for stem, closeness in term.stems:
            for like, likeness in self.vocabulary.like(stem):
                worth = term.weight * closeness * likeness**2 * self.rarity(like)
                for at, tf in self._postings[like]:
                    value = worth * tf
                    if value > best.get(at, 0.0):
                        best[at] = value
        return best
