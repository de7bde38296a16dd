"""The voices that speak for an entry, and their sum: its words, its theme, its meaning, checked rows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mappings.suggest.index import Hit
from mappings.suggest.learned import Example
from mappings.suggest.tree import Proposal

# The voice of an entry's own words is 1. Tuned on the development half of our own labels
# (docs/suggestions.md); the optimum is flat.
THEME = 0.45
MEANING = 0.6  # per standard deviation, where words say nothing; the more they say, the less it counts
LEARNED = 2.0  # a row checked for the very same category outweighs every word

_ENOUGH_WORDS = 8.0  # a sum of words at which the best score is a half
_ENOUGH_MEANING = 6.0  # standard deviations at which it is, when words say nothing


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that speaks for entries in one answer; `themes` by code of a theme, the others by entry."""

    words: Mapping[str, Hit]
    themes: Mapping[str, Hit]
    close: Mapping[str, float]
    learned: Mapping[str, tuple[float, Example]]

    def hit(self, one: Proposal) -> Hit | None:
        """Return the words that speak for an entry, those of its theme when it has none of its own."""
        return self.words.get(one.code) or self.themes.get(one.theme)

    def speaks_for(self, one: Proposal) -> bool:
        """Tell whether anything but its theme speaks for an entry."""
        return one.code in self.words or one.code in self.close or one.code in self.learned


def scores(evidence: Evidence, allowed: Iterable[Proposal], *, fill: bool) -> dict[str, float]:
    """Return the scores 0…1 by code, of entries that something speaks for; with `fill` of all of them.

    A score tells two things: how near an entry is to the best one, and how strong the best one is.
    """
    allowed = list(allowed)
    best_words = max(
        (evidence.words[one.code].score for one in allowed if one.code in evidence.words), default=0
    )
    themes = {one.theme for one in allowed} & evidence.themes.keys()
    best_theme = max((evidence.themes[theme].score for theme in themes), default=0)
    sums = {
        one.code: _sum(evidence, one, best_words, best_theme)
        for one in allowed
        if fill or evidence.speaks_for(one)
    }
    best = max(sums.values(), default=0.0)
    if best <= 0:
        return dict.fromkeys(sums, 0.0)
    strength = _strength(evidence, allowed, best_words)
    return {code: strength * max(0.0, value / best) for code, value in sums.items()}


def _sum(evidence: Evidence, one: Proposal, best_words: float, best_theme: float) -> float:
    total = MEANING * (1 - _said(best_words)) * evidence.close.get(one.code, 0.0)
    if one.code in evidence.words:
        total += evidence.words[one.code].score / best_words
    if one.theme in evidence.themes:
        total += THEME * evidence.themes[one.theme].score / best_theme
    if one.code in evidence.learned:
        total += LEARNED * evidence.learned[one.code][0] ** 2
    return total


def _strength(evidence: Evidence, allowed: Iterable[Proposal], best_words: float) -> float:
    codes = {one.code for one in allowed}
    close = max((value for code, value in evidence.close.items() if code in codes), default=0.0)
    learned = max((near for code, (near, _row) in evidence.learned.items() if code in codes), default=0.0)
    return max(_said(best_words), max(0.0, close) / (close + _ENOUGH_MEANING), learned)


def _said(best_words: float) -> float:
    """Return how much the words say, 0…1."""
    return best_words / (best_words + _ENOUGH_WORDS)
