"""Candidates of one edition of the classifier for a category of the platform.

Nothing here accepts anything: a candidate is a proposal that a person looks at.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from mappings.classifier import Entry
from mappings.suggest.asking import FOCUS, Asked, read
from mappings.suggest.index import Index, Term
from mappings.suggest.learned import Example, Learned
from mappings.suggest.reasons import explain, named_below
from mappings.suggest.thesaurus import Thesaurus, standard
from mappings.suggest.tree import Proposal, entry_text, proposals, stands_below, theme_texts
from mappings.suggest.voices import Evidence, scores


class Meaning(Protocol):
    """Closeness by meaning, see meaning.py."""

    def closeness(self, asked: Asked) -> Mapping[str, float]:
        """Return by code how close each entry is, in standard deviations above the mean of all entries."""

    def alike(self, asked: Asked) -> Sequence[tuple[str, float]]:
        """Return the phrases of the dictionary near in meaning, with closeness 0…1."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A proposed entry. `score` is 0…1, higher is surer; `why` holds the words that made it."""

    code: str
    name: str
    score: float
    why: tuple[str, ...]


class Suggester:
    """The same question to the same edition with the same checked rows always gets the same answer."""

    def __init__(
        self,
        entries: Iterable[Entry],
        *,
        learned: Iterable[Example] = (),
        meaning: Meaning | None = None,
        thesaurus: Thesaurus | None = None,
    ) -> None:
        self._thesaurus = thesaurus or standard()
        self._meaning = meaning
        self._proposals = proposals(entries)
        self._learned = Learned(learned, self._thesaurus, self._proposals)
        self._entries = Index({code: entry_text(one) for code, one in self._proposals.items()})
        self._themes = Index(theme_texts(self._proposals.values()))

    def suggest(self, asked: Asked, *, top: int = 10, themes: Collection[str] = ()) -> list[Candidate]:
        """Return at most `top` candidates, best first; with `themes` (codes) only those below one."""
        alike = self._meaning.alike(asked) if self._meaning else ()
        terms = read(asked, self._thesaurus, alike=alike)
        evidence = Evidence(
            words=self._entries.search(terms),
            themes=self._themes.search(read(asked, self._thesaurus, alike=alike, context=FOCUS)),
            close=self._meaning.closeness(asked) if self._meaning else {},
            learned=self._learned.near(asked),
        )
        allowed = [one for code, one in self._proposals.items() if not themes or stands_below(code, themes)]
        found = scores(evidence, allowed, fill=bool(themes))
        ranked = sorted(found, key=lambda code: (-found[code], code))[:top]
        shown: list[Candidate] = []
        for code in ranked:
            shown += self._candidates(self._proposals[code], found[code], evidence, terms)
        return shown[:top]

    def _candidates(
        self, one: Proposal, score: float, evidence: Evidence, terms: Sequence[Term]
    ) -> Iterator[Candidate]:
        """Yield the entry and a sub-question: before it when people checked that one, after it when named."""
        row = evidence.learned.get(one.code)
        why = explain(evidence.hit(one), evidence.close.get(one.code, 0.0), row)
        score = round(score, 4)
        checked = next((lower for lower in one.below if row and lower.code == row[1].code), None)
        named = named_below(one, terms) if checked is None else None
        if checked:
            yield Candidate(checked.code, checked.name, score, why)
        yield Candidate(one.code, one.name, score, why)
        if named:
            lower, word = named
            yield Candidate(lower.code, lower.name, score, (word, *why))
