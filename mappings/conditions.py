"""Conditions of a rule in the form that is compared: does it hold, is it narrower, can two hold at once."""

import datetime as dt
from dataclasses import dataclass
from typing import NamedTuple

from mappings.model import Rule
from mappings.words import same_key, tokens_of

PREFIX = "*"
Conjunction = frozenset[str]  # words that must all occur; "ям*" is any word that begins so


class Point(NamedTuple):
    """One message as the conditions see it: keys, not spellings."""

    id: str = ""
    cabinet: str = ""
    kind: str = ""
    region: str = ""
    date: dt.date | None = None
    tokens: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Guard:
    """The compiled condition; an empty part holds always."""

    ids: frozenset[str] = frozenset()
    cabinets: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()
    since: dt.date | None = None
    until: dt.date | None = None
    words: tuple[Conjunction, ...] = ()

    def holds(self, point: Point) -> bool:
        """Tell whether the condition holds for the message; a part the message lacks does not hold."""
        return (
            self.admits(point)
            and (self.since is None or (point.date is not None and point.date >= self.since))
            and (self.until is None or (point.date is not None and point.date <= self.until))
            and (not self.words or any(_occurs(c, point.tokens) for c in self.words))
        )

    def admits(self, point: Point) -> bool:
        """Tell whether the parts that are sets of values hold."""
        return (
            (not self.ids or point.id in self.ids)
            and (not self.cabinets or point.cabinet in self.cabinets)
            and (not self.kinds or point.kind in self.kinds)
            and (not self.regions or point.region in self.regions)
        )

    def implies(self, other: "Guard") -> bool:
        """Tell whether this condition is at least as narrow: wherever it holds, the other one holds."""
        return (
            all(_subset(mine, others) for mine, others in zip(self.sets(), other.sets(), strict=True))
            and (other.since is None or (self.since is not None and self.since >= other.since))
            and (other.until is None or (self.until is not None and self.until <= other.until))
            and (not other.words or (bool(self.words) and all(_covered(c, other.words) for c in self.words)))
        )

    def narrower(self, other: "Guard") -> bool:
        """Tell whether this condition is strictly narrower than the other."""
        return self.implies(other) and not other.implies(self)

    def overlaps(self, other: "Guard") -> bool:
        """Tell whether some message satisfies both; words never exclude each other."""
        since, until = self.period(other)
        return all(
            not mine or not others or mine & others
            for mine, others in zip(self.sets(), other.sets(), strict=True)
        ) and (since is None or until is None or since <= until)

    def period(self, other: "Guard") -> tuple[dt.date | None, dt.date | None]:
        """Return the dates on which both hold; None is open."""
        since = max(filter(None, (self.since, other.since)), default=None)
        return since, min(filter(None, (self.until, other.until)), default=None)

    @property
    def varies(self) -> bool:
        """Tell whether the date or the text of a message is asked."""
        return bool(self.since or self.until or self.words)

    def sets(self) -> tuple[frozenset[str], ...]:
        """Return the parts that are sets of admitted values, in the order of Point."""
        return (self.ids, self.cabinets, self.kinds, self.regions)


ALWAYS = Guard()


def guard_of(rule: Rule) -> Guard:
    """Compile the condition of a rule; its category's id takes part where the rule answers for a category."""
    source_id = rule.id if rule.direction == "incoming" else ""
    if not (
        source_id or rule.cabinets or rule.kinds or rule.regions or rule.since or rule.until or rule.words
    ):
        return ALWAYS
    return Guard(
        frozenset((source_id,)) if source_id else frozenset(),
        frozenset(map(same_key, rule.cabinets)),
        frozenset(rule.kinds),
        frozenset(map(same_key, rule.regions)),
        rule.since,
        rule.until,
        tuple(filter(None, map(conjunction, rule.words))),
    )


def conjunction(phrase: str) -> Conjunction:
    """Return the words of a phrase, in key form, with * where any ending is meant."""
    atoms = set()
    for part in phrase.split():
        ending = PREFIX if part.endswith(PREFIX) else ""
        words = sorted(tokens_of(part))
        atoms |= {word + ending for word in words}
    return frozenset(atoms)


def _occurs(words: Conjunction, tokens: frozenset[str]) -> bool:
    return all(
        atom in tokens if not atom.endswith(PREFIX) else any(token.startswith(atom[:-1]) for token in tokens)
        for atom in words
    )


def _subset(mine: frozenset[str], others: frozenset[str]) -> bool:
    return not others or (bool(mine) and mine <= others)


def _covered(mine: Conjunction, others: tuple[Conjunction, ...]) -> bool:
    return any(all(any(_atom_implies(a, b) for a in mine) for b in other) for other in others)


def _atom_implies(mine: str, other: str) -> bool:
    return mine == other or (other.endswith(PREFIX) and mine.removesuffix(PREFIX).startswith(other[:-1]))
