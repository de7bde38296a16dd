"""What differs between two versions of the crosswalk: rules added, removed, changed."""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from mappings.model import Content, Direction, Rule
from mappings.words import same_key

_SOURCE_FIELDS = ("cabinets", "kinds", "regions", "since", "until", "words")
_COMPARED = [f for f in Rule._fields if f not in {"row", *_SOURCE_FIELDS}]


class RuleChange(StrEnum):
    """What happened to a rule."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


class RuleDifference(NamedTuple):
    """One rule in both versions; `fields` are the changed ones."""

    change: RuleChange
    old: Rule | None
    new: Rule | None
    fields: tuple[str, ...] = ()


def compare_rules(old: Content, new: Content) -> list[RuleDifference]:
    """Return the differences: changed and removed in the order of the old version, then what was added.

    Two rules are one when source and condition are equal; repeated ones are paired in their order.
    """
    before, after = _by_source(old.rules), _by_source(new.rules)
    found = []
    for key, rules in before.items():
        others = after.get(key, [])
        for i, rule in enumerate(rules):
            if i >= len(others):
                found.append(RuleDifference(RuleChange.REMOVED, rule, None))
            elif fields := tuple(f for f in _COMPARED if getattr(rule, f) != getattr(others[i], f)):
                found.append(RuleDifference(RuleChange.CHANGED, rule, others[i], fields))
    for key, others in after.items():
        found += [RuleDifference(RuleChange.ADDED, None, rule) for rule in others[len(before.get(key, [])) :]]
    return found


def _by_source(rules: Iterable[Rule]) -> dict[tuple[object, ...], list[Rule]]:
    found: dict[tuple[object, ...], list[Rule]] = {}
    for rule in rules:
        incoming = rule.direction is Direction.INCOMING
        source = (tuple(map(same_key, rule.path)), rule.id) if incoming else (rule.code,)
        condition = (getattr(rule, field) for field in _SOURCE_FIELDS)
        found.setdefault((rule.direction, source, *condition), []).append(rule)
    return found
