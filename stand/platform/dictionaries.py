"""The dictionaries of the platform (platform.md 1.3): regions, categories, subcategories."""

import tomllib
from collections.abc import Sequence
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


@dataclass(frozen=True, slots=True)
class Dictionaries:
    """What `inbox-service` tells. Every region has the same categories here."""

    regions: tuple[Region, ...]
    subjects: tuple[Subject, ...]

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

    def with_subjects(self, subjects: Sequence[Subject]) -> "Dictionaries":
        """Return the same regions with other categories (those of a feed)."""
        return Dictionaries(self.regions, tuple(subjects))


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
