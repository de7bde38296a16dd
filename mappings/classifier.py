"""The national thematic classifier: read from a file, asked by code, by number of a question, by path.

Columns are found by header text or, failing that, by what stands in them; the list may hold code and name in
one column or in two, with padded upper levels, glued footnote digits, numbers that lost their zeros, merged
cells, empty leading rows and columns. What cannot be read is a finding with its cell, never a guess.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from mappings.codes import LEVELS, level_of
from mappings.findings import Finding
from mappings.words import SEPARATOR


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the classifier. `path` holds the names from the section down to the entry's own."""

    code: str
    name: str
    parent: str
    level: int
    is_leaf: bool
    path: tuple[str, ...]
    retired: bool = False

    @property
    def kind(self) -> str:
        """Return section, thematic, theme, question or subquestion."""
        return LEVELS[self.level - 1]

    @property
    def full_path(self) -> str:
        """Return the names of the path in one line."""
        return SEPARATOR.join(self.path)


@dataclass(frozen=True)
class Classifier:
    """An edition of the classifier: entries in the order of the list. Iterable; `by_code` asks by code."""

    entries: tuple[Entry, ...]
    edition: dt.date | None = None
    findings: tuple[Finding, ...] = ()

    @cached_property
    def by_code(self) -> dict[str, Entry]:
        """Entries by canonical code, retired ones included."""
        return {entry.code: entry for entry in self.entries}

    @cached_property
    def by_question(self) -> dict[str, tuple[Entry, ...]]:
        """Questions by their bare four digits: old exports hold nothing else, and three numbers repeat."""
        found: dict[str, tuple[Entry, ...]] = {}
        for entry in self.entries:
            if entry.level == 4 and not entry.retired:
                number = entry.code[-4:]
                found[number] = (*found.get(number, ()), entry)
        return found

    def __iter__(self) -> Iterator[Entry]:
        """Iterate over the entries in the order of the list."""
        return iter(self.entries)

    def __len__(self) -> int:
        """Count the entries, retired ones included."""
        return len(self.entries)

    def __contains__(self, code: object) -> bool:
        """Tell whether there is an entry, retired or not, under the canonical code."""
        return code in self.by_code

    def get(self, code: str) -> Entry | None:
        """Return the entry under the canonical code."""
        return self.by_code.get(code)

    def candidates(self, code: str) -> tuple[Entry, ...]:
        """Return the entries that a canonical code or a bare four-digit number may mean.

        A bare number names a question, and a section too where one bears it: more than one candidate means
        that nobody may choose but a person.
        """
        exact = self.by_code.get(code)
        if level_of(code) > 1:
            return (exact,) if exact else ()
        return (*((exact,) if exact else ()), *self.by_question.get(code, ()))


def build_classifier(
    names: dict[str, str],
    *,
    edition: dt.date | None = None,
    findings: tuple[Finding, ...] = (),
    retired: frozenset[str] = frozenset(),
) -> Classifier:
    """Make a classifier of names by canonical code; parents, paths and leaves follow from the codes."""
    parents = {code: _known_parent(code, names) for code in names}
    inner = {parent for code, parent in parents.items() if code not in retired}
    paths: dict[str, tuple[str, ...]] = {}
    for code in sorted(names, key=level_of):
        paths[code] = (*paths.get(parents[code], ()), names[code])
    entries = (
        Entry(code, name, parents[code], level_of(code), code not in inner, paths[code], code in retired)
        for code, name in names.items()
    )
    return Classifier(tuple(entries), edition, findings)


def _known_parent(code: str, names: dict[str, str]) -> str:
    parent = code.rpartition(".")[0]
    while parent and parent not in names:
        parent = parent.rpartition(".")[0]
    return parent


def read_classifier(path: Path | str, *, edition: dt.date | None = None) -> Classifier:
    """Read the classifier from .xlsx, .xls, .ods or .csv.

    Raises FileError when the file cannot be read or holds no codes; smaller troubles are its `findings`.
    """
    from mappings.classifier_file import read_names

    path = Path(path)
    names, findings = read_names(path)
    return build_classifier(names, edition=edition or _date_in(path.stem), findings=tuple(findings))


def _date_in(stem: str) -> dt.date | None:
    """Return the date of the edition when the file's name ends with one: national-2025-10-31."""
    try:
        return dt.date.fromisoformat(stem[-10:])
    except ValueError:
        return None
