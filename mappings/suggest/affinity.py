"""Character n-grams: the words of a vocabulary that look like a word which is not in it."""

from collections import defaultdict
from collections.abc import Iterable

_SIZE = 3
LEAST = 0.6  # below this shared n-grams are chance («связь» — «связка»)


class Vocabulary:
    """Stems of one classifier edition, searchable by likeness."""

    def __init__(self, stems: Iterable[str]) -> None:
        self._grams: dict[str, frozenset[str]] = {stem: _grams(stem) for stem in sorted(set(stems))}
        self._holders: dict[str, list[str]] = defaultdict(list)
        for stem, grams in self._grams.items():
            for gram in sorted(grams):
                self._holders[gram].append(stem)
        self._known: dict[str, tuple[tuple[str, float], ...]] = {}

    def __contains__(self, stem: str) -> bool:
        return stem in self._grams

    def like(self, stem: str) -> tuple[tuple[str, float], ...]:
        """Return (stem of the vocabulary, likeness 0…1), the same stem with 1.0, best first, at most six."""
        if stem not in self._known:
            if len(self._known) > 100_000:
                self._known.clear()
            self._known[stem] = self._search(stem)
        return self._known[stem]

    def _search(self, stem: str) -> tuple[tuple[str, float], ...]:
        if len(stem) < 4 or stem.isdigit():
            return ((stem, 1.0),) if stem in self._grams else ()
        grams = _grams(stem)
        shared: dict[str, int] = defaultdict(int)
        for gram in grams:
            for holder in self._holders.get(gram, ()):
                shared[holder] += 1
        found = [
            (holder, 2 * count / (len(grams) + len(self._grams[holder])))
            for holder, count in shared.items()
            if holder != stem
        ]
        close = sorted((pair for pair in found if pair[1] >= LEAST), key=lambda pair: (-pair[1], pair[0]))
        own = [(stem, 1.0)] if stem in self._grams else []
        return tuple(own + close[:5])


def _grams(stem: str) -> frozenset[str]:
    padded = f"^^{stem}$"
    return frozenset(padded[at : at + _SIZE] for at in range(len(padded) - _SIZE + 1))
