"""The domain's dictionary: families of words and concepts (thesaurus.toml), matched by stems."""

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from mappings.suggest.words import stems

DATA = Path(__file__).with_name("thesaurus.toml")


@dataclass(frozen=True, slots=True)
class Concept:
    """What is said (a phrase, as notions), and what it means in a classifier's words."""

    said: str
    notions: frozenset[str]
    means: str


class Thesaurus:
    """Families and concepts. A notion is the first stem of a family, or the stem itself.

    `phrases` maps what is said to what it means. Raises ValueError for a dictionary that contradicts itself.
    """

    def __init__(
        self,
        families: Iterable[str],
        concepts: Iterable[Sequence[str]],
        areas: Iterable[Sequence[str]] = (),
    ) -> None:
        self._notion: dict[str, str] = {}
        self._family: dict[str, tuple[str, ...]] = {}
        for family in families:
            members = tuple(dict.fromkeys(stems(family)))
            for member in members:
                if self._notion.setdefault(member, members[0]) != members[0]:
                    raise ValueError(
                        f"thesaurus: the word {member!r} stands in two families, {family!r} is one of them"
                    )
                self._family[member] = members
        self._concepts = self._by_notion(concepts)
        self._areas = self._by_notion(areas)
        self.phrases = {one.said: one.means for held in self._concepts.values() for one in held}

    def _by_notion(self, pairs: Iterable[Sequence[str]]) -> dict[str, list[Concept]]:
        found: dict[str, list[Concept]] = {}
        seen = set()
        for said, means in pairs:
            for phrase in map(str.strip, said.split(";")):
                concept = Concept(phrase, self.notions(phrase), means)
                if not concept.notions or phrase in seen:
                    raise ValueError(f"thesaurus: the phrase {phrase!r} is empty or stands twice")
                seen.add(phrase)
                for notion in concept.notions:
                    found.setdefault(notion, []).append(concept)
        return found

    def equals(self, stem: str) -> tuple[str, ...]:
        """Return the stems of the family of a stem, without itself."""
        return tuple(other for other in self._family.get(stem, ()) if other != stem)

    def notions(self, text: str) -> frozenset[str]:
        """Return the notions that a text speaks of."""
        return frozenset(self._notion.get(stem, stem) for stem in stems(text))

    def concepts(self, notions: frozenset[str], said: frozenset[str]) -> list[Concept]:
        """Return the concepts wholly said by these notions; one that holds another puts it aside.

        Of several phrases that are one to us, the one nearest to the stems that were `said` is returned.
        """
        return _present(self._concepts, notions, said)

    def areas(self, notions: frozenset[str], said: frozenset[str]) -> list[Concept]:
        """Return the areas named by a category that is asked for as a whole."""
        return _present(self._areas, notions, said)


def _present(held: dict[str, list[Concept]], notions: frozenset[str], said: frozenset[str]) -> list[Concept]:
    near = {concept for notion in notions for concept in held.get(notion, ()) if concept.notions <= notions}
    kept = [one for one in near if not any(one.notions < other.notions for other in near)]
    kept.sort(key=lambda concept: (-len(said.intersection(stems(concept.said))), concept.said, concept.means))
    return list({(concept.notions, concept.means): concept for concept in reversed(kept)}.values())


@cache
def standard() -> Thesaurus:
    """Return the dictionary that is shipped."""
    with DATA.open("rb") as source:
        data = tomllib.load(source)
    return Thesaurus(data["families"], data["concepts"], data["areas"])
