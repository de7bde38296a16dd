"""The dictionaries of the platform (platform.md 1.3): regions, categories, subcategories."""

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class Fact:
    """The third level of the platform's categories."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Subsubject:
    """A subcategory (подкатегория)."""

    id: int
    name: str
    facts: tuple[Fact, ...] = ()
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Subject:
    """A category (категория) with its subcategories."""

    id: int
    name: str
    children: tuple[Subsubject, ...]
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Region:
    """A region of the dictionary; a message names it by `guid`."""

    id: int
    guid: str
    name: str
    okato: int
    coordinates: str


class Dictionaries:
    """What `inbox-service` tells. Every region has the same categories here; a feed adds its own."""

    def __init__(self, regions: Sequence[Region], subjects: Iterable[Subject] = ()) -> None:
        self.regions = tuple(regions)
        self._subjects = {one.name: one for one in subjects}

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """The categories of the moment."""
        return tuple(self._subjects.values())

    def category(self, subject: str, subsubject: str) -> tuple[int, int]:
        """Return the ids of a category and a subcategory by their names; new ones get the next ids."""
        known = self._subjects.get(subject)
        if known is None:
            known = Subject(max((one.id for one in self.subjects), default=0) + 1, subject, ())
        child = next((one for one in known.children if one.name == subsubject), None)
        if child is None:
            child = Subsubject(known.id * 1000 + len(known.children) + 1, subsubject)
            known = Subject(known.id, known.name, (*known.children, child), known.deleted)
        self._subjects[subject] = known
        return known.id, child.id

    def region(self, region_id: int) -> Region | None:
        """Return a region by its id."""
        return next((region for region in self.regions if region.id == region_id), None)

    def regions_json(self) -> list[dict[str, Any]]:
        """Return the answer of `regions/all`."""
        return [
            {"id": one.id, "name": one.name, "okato": one.okato, "coordinates": one.coordinates}
            for one in self.regions
        ]

    def subjects_json(self) -> list[dict[str, Any]]:
        """Return the rows of `subjects/region/{id}`."""
        return [{"id": one.id, "name": one.name, "deleted": one.deleted} for one in self.subjects]

    def subsubjects_json(self) -> list[dict[str, Any]]:
        """Return the rows of `subsubjects/search`."""
        return [
            {
                "id": child.id,
                "name": child.name,
                "deleted": child.deleted,
                "subject": {"id": one.id, "name": one.name},
            }
            for one in self.subjects
            for child in one.children
        ]


@cache
def default_dictionaries() -> Dictionaries:
    """Return the small artificial dictionaries that ship with the stand."""
    text = files("stand.platform").joinpath("dictionaries.toml").read_text(encoding="utf-8")
    data = tomllib.loads(text)
    subjects = tuple(_subject(row) for row in data["subject"])
    return Dictionaries(tuple(Region(**row) for row in data["region"]), subjects)


def _subject(row: dict[str, Any]) -> Subject:
    children = tuple(
        Subsubject(
            child["id"],
            child["name"],
            tuple(Fact(**fact) for fact in child.get("facts", [])),
            child.get("deleted", False),
        )
        for child in row["children"]
    )
    return Subject(row["id"], row["name"], children, row.get("deleted", False))
