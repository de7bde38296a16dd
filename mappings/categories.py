"""The platform's categories: three levels of names, ids, regions. An entry's key is its id or its full path.

A bare name is never a key: «Иное» stands under almost every category. Equal full paths with different ids
are legal and shown apart.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from mappings.findings import Finding
from mappings.words import SEPARATOR, clean, same_key

MAX_DEPTH = 3  # категория, подкатегория, факт


class Category(NamedTuple):
    """One category. `region` "" = not bound to a region; `id` "" = unknown."""

    path: tuple[str, ...]
    id: str = ""
    region: str = ""
    retired: bool = False

    @property
    def title(self) -> str:
        """Return the full path in one line."""
        return SEPARATOR.join(self.path)

    @property
    def key(self) -> tuple[str, ...]:
        """Return the path in its key form."""
        return tuple(map(same_key, self.path))


@dataclass(frozen=True)
class Categories:
    """The categories of one or several regions, in the order of the list."""

    entries: tuple[Category, ...] = ()
    findings: tuple[Finding, ...] = ()

    def __iter__(self) -> Iterator[Category]:
        """Iterate in the order of the list."""
        return iter(self.entries)

    def __len__(self) -> int:
        """Count the entries, retired ones included."""
        return len(self.entries)

    @cached_property
    def by_path(self) -> dict[tuple[str, ...], tuple[Category, ...]]:
        """Entries by the key of their path."""
        found: dict[tuple[str, ...], list[Category]] = {}
        for entry in self.entries:
            found.setdefault(entry.key, []).append(entry)
        return {key: tuple(entries) for key, entries in found.items()}

    @cached_property
    def by_title(self) -> dict[str, tuple[Category, ...]]:
        """Entries by the key of their path written in one line."""
        found: dict[str, list[Category]] = {}
        for entry in self.entries:
            found.setdefault(same_key(entry.title), []).append(entry)
        return {title: tuple(entries) for title, entries in found.items()}

    @cached_property
    def by_id(self) -> dict[str, tuple[Category, ...]]:
        """Entries by id; levels may number independently, so an id may name one entry per level."""
        found: dict[str, list[Category]] = {}
        for entry in self.entries:
            if entry.id:
                found.setdefault(entry.id, []).append(entry)
        return {key: tuple(entries) for key, entries in found.items()}

    @cached_property
    def inner(self) -> frozenset[tuple[str, ...]]:
        """Keys of the paths that have live entries below them."""
        return frozenset(
            entry.key[:depth] for entry in self if not entry.retired for depth in range(1, len(entry.path))
        )

    def ids(self) -> list[tuple[tuple[str, ...], str, str]]:
        """Return (path, id, region) of the live entries with an id, as the crosswalk wants them."""
        return [
            (entry.path, entry.id, entry.region) for entry in self.entries if entry.id and not entry.retired
        ]


def from_rest(
    subjects: Iterable[Mapping[str, object]], subsubjects: Iterable[Mapping[str, object]], region: str = ""
) -> Categories:
    """Make categories of the platform's own dictionary (protocols: platform, section 1.3).

    `subjects`: rows {id, name, deleted}; `subsubjects`: rows {id, name, deleted, subject{id, name}}.
    A row without a name is left out as nothing can be shown for it; a deleted one is marked retired.
    """
    entries = []
    tops: dict[str, tuple[str, bool]] = {}
    for row in subjects:
        name, deleted = clean(str(row.get("name") or "")), bool(row.get("deleted"))
        tops[str(row.get("id"))] = (name, deleted)
        if name:
            entries.append(Category((name,), str(row.get("id")), region, deleted))
    for row in subsubjects:
        subject = row.get("subject")
        parent: Mapping[str, object] = subject if isinstance(subject, Mapping) else {}
        top, gone = tops.get(str(parent.get("id")), (clean(str(parent.get("name") or "")), False))
        name = clean(str(row.get("name") or ""))
        if name and top:
            entries.append(
                Category((top, name), str(row.get("id")), region, gone or bool(row.get("deleted")))
            )
    return Categories(tuple(entries))
