"""Rules that would answer one message differently, found before any message comes.

Order of rules with one source: higher priority first, then the narrower condition. Two rules conflict when
some message satisfies both, neither goes before the other, their answers differ, and no third rule that goes
before one of them decides that message. The search is exact: it tries one message of every kind that the
conditions can tell apart (tests hold it against brute force).
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, product
from typing import NamedTuple

from mappings.conditions import PREFIX, Conjunction, Guard, Point, guard_of
from mappings.model import Rule

_ENDING = "\x00"  # stands for the ending of a word that only a prefix names: equal to no real word
_DAY = dt.timedelta(days=1)
_SETS = 4  # parts of a condition that are sets of values
_FEW = 8


class Ranked(NamedTuple):
    """A rule with its compiled condition and its answer."""

    rule: Rule
    guard: Guard
    priority: int
    outcome: tuple[object, ...]

    def before(self, other: "Ranked") -> bool:
        """Tell whether this rule decides where both hold."""
        if self.priority != other.priority:
            return self.priority > other.priority
        return self.guard.narrower(other.guard)


def rank(rules: Iterable[Rule]) -> tuple[Ranked, ...]:
    """Compile rules for comparing."""
    return tuple(Ranked(rule, guard_of(rule), rule.priority, rule.outcome) for rule in rules)


def strongest(holding: Sequence[Ranked]) -> list[Ranked]:
    """Return the rules before which no other one goes."""
    if len(holding) == 1:
        return list(holding)
    return [one for one in holding if not any(other.before(one) for other in holding)]


def conflicts(rules: Sequence[Ranked]) -> Iterator[tuple[Rule, Rule]]:
    """Yield the pairs that conflict among rules with one source, each pair once, the earlier rule first."""
    found: set[tuple[int, int]] = set()
    for i, j in _pairs(rules, range(len(rules))):
        one, other = rules[i], rules[j]
        if (
            one.priority == other.priority
            and one.outcome != other.outcome
            and (i, j) not in found
            and one.guard.overlaps(other.guard)
            and not one.before(other)
            and not other.before(one)
            and _undecided(one, other, rules)
        ):
            found.add((i, j))
            yield one.rule, other.rule


def _pairs(rules: Sequence[Ranked], some: Sequence[int], part: int = 0) -> Iterator[tuple[int, int]]:
    """Yield the pairs that may overlap: rules for different cabinets (ids, kinds, regions) never do."""
    if part == _SETS or len(some) < _FEW:
        yield from combinations(some, 2)
        return
    anywhere: list[int] = []
    buckets: dict[str, list[int]] = {}
    for i in some:
        values = rules[i].guard.sets()[part]
        for value in values:
            buckets.setdefault(value, []).append(i)
        if not values:
            anywhere.append(i)
    for members in buckets.values():
        yield from _pairs(rules, members, part + 1)
        yield from ((min(i, j), max(i, j)) for i in members for j in anywhere)
    yield from _pairs(rules, anywhere, part + 1)


def _undecided(one: Ranked, other: Ranked, rules: Sequence[Ranked]) -> bool:
    """Tell whether some message satisfies both and no rule that goes before one of them."""
    deciders = [
        r.guard
        for r in rules
        if r.guard.overlaps(one.guard)
        and r.guard.overlaps(other.guard)
        and (r.before(one) or r.before(other))
    ]
    return any(
        not any(guard.holds(p) for guard in deciders) for p in _points(one.guard, other.guard, deciders)
    )


def _points(one: Guard, other: Guard, deciders: list[Guard]) -> Iterator[Point]:
    """Yield one message of every kind inside the overlap that the deciders can tell apart."""
    mentioned = [frozenset().union(*parts) for parts in zip(*(g.sets() for g in deciders), strict=True)]
    sets = [
        _values(mine, others, seen)
        for mine, others, seen in zip(
            one.sets(), other.sets(), mentioned or [frozenset[str]()] * 4, strict=True
        )
    ]
    texts = [_text(a | b) for a, b in product(one.words or (frozenset(),), other.words or (frozenset(),))]
    for (item_id, cabinet, kind, region), date, tokens in product(
        product(*sets), _dates(one, other, deciders), texts
    ):
        yield Point(item_id, cabinet, kind, region, date, tokens)


def _values(mine: frozenset[str], others: frozenset[str], mentioned: frozenset[str]) -> list[str]:
    """Return the admitted values: those that deciders mention, and one that none of them does."""
    if not mine and not others:
        return [*sorted(mentioned), ""]
    admitted = mine & others if mine and others else mine or others
    return [*sorted(admitted & mentioned), *sorted(admitted - mentioned)[:1]]


def _dates(one: Guard, other: Guard, deciders: list[Guard]) -> list[dt.date | None]:
    since, until = one.period(other)
    edges = {since, until}
    for guard in deciders:
        edges |= {guard.since and guard.since - _DAY, guard.until and guard.until + _DAY}
    inside = [d for d in edges if d and (not since or d >= since) and (not until or d <= until)]
    return [*sorted(inside), *([] if since or until else [None])]


def _text(words: Conjunction) -> frozenset[str]:
    return frozenset(word.removesuffix(PREFIX) + _ENDING if word.endswith(PREFIX) else word for word in words)
