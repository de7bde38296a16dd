"""What changed between two editions of a classifier, and what that means for every row of the crosswalk.

An entry's key is its code (national) or its id, else its full path (platform). Renamed: same key, another
name (case, quotes, spaces and ё do not count). Moved: the key is gone and one new entry, and only one, bears
its number or its name, or the key stays and what stands above it changed.
"""

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from mappings.categories import Category
from mappings.classifier import Entry
from mappings.model import Rule
from mappings.words import SEPARATOR, same_key


class Item(NamedTuple):
    """An entry of either classifier, reduced to what is compared."""

    key: str
    path: tuple[str, ...]
    number: str = ""  # the last segment of a question's code: kept when the question moves
    national: bool = False

    @property
    def name(self) -> str:
        """Return the entry's own name."""
        return self.path[-1]

    @property
    def title(self) -> str:
        """Return the full path in one line."""
        return SEPARATOR.join(self.path)


class ChangeKind(StrEnum):
    """What happened to an entry."""

    NEW = "new"
    GONE = "gone"
    RENAMED = "renamed"
    MOVED = "moved"


class Change(NamedTuple):
    """One change; `old` is None for a new entry, `new` for one that is gone."""

    kind: ChangeKind
    old: Item | None
    new: Item | None


def national_items(entries: Iterable[Entry]) -> list[Item]:
    """Reduce the live entries of the national classifier."""
    return [
        Item(e.code, e.path, e.code[-4:] if e.level == 4 else "", national=True)
        for e in entries
        if not e.retired
    ]


def platform_items(entries: Iterable[Category]) -> list[Item]:
    """Reduce the live categories of one region."""
    return [Item(_platform_key(e), e.path) for e in entries if not e.retired]


def _platform_key(entry: Category) -> str:
    return f"{len(entry.path)}:{entry.id}" if entry.id else "\n".join(entry.key)


def compare(old: Iterable[Item], new: Iterable[Item]) -> list[Change]:
    """Return the changes from the old edition to the new one, in the order of the lists."""
    before, after = {item.key: item for item in old}, {item.key: item for item in new}
    gone = [item for key, item in before.items() if key not in after]
    fresh = [item for key, item in after.items() if key not in before]
    moves = _moves(gone, fresh)
    changes = [
        Change(ChangeKind.MOVED, item, moves[item.key])
        if item.key in moves
        else Change(ChangeKind.GONE, item, None)
        for item in gone
    ]
    arrived = {item.key for item in moves.values()}
    changes += [Change(ChangeKind.NEW, None, item) for item in fresh if item.key not in arrived]
    keys = {item.path: item.key for item in before.values()}
    for old_item in before.values():
        new_item = after.get(old_item.key)
        if new_item is None:
            continue
        above = after.get(keys.get(old_item.path[:-1], ""))
        if same_key(old_item.name) != same_key(new_item.name):
            changes.append(Change(ChangeKind.RENAMED, old_item, new_item))
        elif (
            not old_item.national
            and _path_key(old_item) != _path_key(new_item)
            and (above is None or above.path != new_item.path[:-1])
        ):
            changes.append(Change(ChangeKind.MOVED, old_item, new_item))
    return changes


def _path_key(item: Item) -> tuple[str, ...]:
    return tuple(map(same_key, item.path))


def _moves(gone: list[Item], fresh: list[Item]) -> dict[str, Item]:
    """Pair gone entries with new ones by number and name, or by name, where no other pair is possible."""
    moves: dict[str, Item] = {}
    for marks in (_number_and_name, _name):
        left = [item for item in gone if item.key not in moves]
        taken = {item.key for item in moves.values()}
        free = [item for item in fresh if item.key not in taken]
        here, there = Counter(map(marks, left)), {marks(item): item for item in free}
        unique = Counter(map(marks, free))
        for item in left:
            mark = marks(item)
            if mark and here[mark] == 1 and unique[mark] == 1:
                moves[item.key] = there[mark]
    return moves


def _number_and_name(item: Item) -> tuple[object, ...]:
    return (item.number, same_key(item.name)) if item.number else ()


def _name(item: Item) -> tuple[object, ...]:
    return (len(item.path), same_key(item.name))


class Fate(NamedTuple):
    """What a change of an edition does to one row of the crosswalk."""

    rule: Rule
    change: Change


def fates(rules: Iterable[Rule], changes: Iterable[Change]) -> list[Fate]:
    """Return the rows that a change touches, by their code, their category's id or its path.

    A row written for a path is touched by what happens to any part of the path.
    """
    touched = [change for change in changes if change.old is not None]
    by_key = {change.old.key: change for change in touched if change.old}
    by_path = {_path_key(change.old): change for change in touched if change.old and not change.old.national}
    found = []
    for rule in rules:
        path = tuple(map(same_key, rule.path))
        found += [Fate(rule, by_key[rule.code])] if rule.code in by_key else []
        above = [path[:depth] for depth in range(len(path), 0, -1)]
        source = by_key.get(f"{len(path)}:{rule.id}") if rule.id else None
        source = source or (None if rule.id else next((by_path[p] for p in above if p in by_path), None))
        found += [Fate(rule, source)] if source else []
    return found


def shrinkage(changes: Iterable[Change], before: int) -> float:
    """Return the share of the old entries that are gone for good (0 to 1)."""
    return sum(change.kind is ChangeKind.GONE for change in changes) / before if before else 0.0
