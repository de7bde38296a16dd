"""The column map of a list file: which column of the sheet means what, as TOML. Shipped ones are in maps/."""

import difflib
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import fields
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from config import toml
from config.i18n import _
from exporter.fact import Fact
from mappings.words import same_key

# What a row says beside its fact; `message` = the platform's number of the message that became the card.
MARKS = ("closed", "withdrawn", "confidential", "withheld", "removed", "changed_at", "message")
_COMPUTED = {"source", "version", "overdue", "new", "deleted"}
FIELDS = tuple(field.name for field in fields(Fact) if field.name not in _COMPUTED) + MARKS


class MapError(Exception):
    """The map cannot be used, or not with this file; the text says what to correct."""


class Column(BaseModel):
    """Where a field's value is found and how it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    header: str = ""  # as in the sheet: case, spaces and quotes do not matter
    occurrence: Annotated[int, Field(ge=1)] = 1  # of a header that stands several times in the row
    optional: bool = False  # the column may be missing in the file
    constant: str = ""  # instead of a column
    pattern: str = ""  # a regular expression; its group `value` is taken, no match = empty
    empty: tuple[str, ...] = ()  # words that mean nothing, beside those of the whole map
    values: dict[str, str] | None = None  # word of the sheet → our word; another word is not understood
    formats: tuple[str, ...] = ()  # of dates written as text, as in strptime
    yes: tuple[str, ...] = ()  # words that mean true, beside the usual ones

    @field_validator("pattern")
    @classmethod
    def _pattern_holds(cls, pattern: str) -> str:
        try:
            known = re.compile(pattern).groupindex
        except re.error as error:
            raise ValueError(str(error)) from error
        if pattern and "value" not in known:
            raise ValueError(_("needs a group (?P<value>…)"))
        return pattern

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if bool(self.header) == bool(self.constant):
            raise ValueError(_("give either header or constant"))
        return self

    @cached_property
    def expression(self) -> re.Pattern[str] | None:
        """The compiled pattern."""
        return re.compile(self.pattern) if self.pattern else None

    @cached_property
    def known(self) -> dict[str, str] | None:
        """The words of `values` as keys."""
        if self.values is None:
            return None
        return {same_key(word): meaning for word, meaning in self.values.items()}


class ColumnMap(BaseModel):
    """A whole map."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str  # what the facts bear as `source`: two files of one name describe the same cards
    title: str = ""
    timezone: str = "Europe/Moscow"  # of dates without a zone
    sheet: str = ""  # "" = the first
    empty: tuple[str, ...] = ("", "-")  # words that mean nothing, in every column
    formats: tuple[str, ...] = (
        "%d.%m.%Y %H:%M:%S",
        "%d.%m.%Y %H:%M",
        "%d.%m.%Y",
        "%Y-%m-%d %H:%M:%S",
        "%Y-%m-%d",
    )
    columns: dict[str, Column]

    @field_validator("timezone")
    @classmethod
    def _zone_exists(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(_("there is no time zone {name}").format(name=name)) from error
        return name

    @field_validator("columns")
    @classmethod
    def _fields_exist(cls, columns: dict[str, Column]) -> dict[str, Column]:
        for name in columns:
            if name not in FIELDS:
                close = difflib.get_close_matches(name, FIELDS, n=1)
                hint = close[0] if close else ", ".join(FIELDS)
                raise ValueError(
                    _("columns.{name}: no such field; known: {hint}").format(name=name, hint=hint)
                )
        missing = {"card", "received_at"} - columns.keys()
        if missing:
            raise ValueError(_("columns.{name}: must be given").format(name=min(missing)))
        return columns

    def places(self, headers: Sequence[str], file: str) -> dict[str, int]:
        """Return the place of each field's column. Raises MapError that names what is missing."""
        keys = [same_key(header) for header in headers]
        found: dict[str, int] = {}
        missing: list[str] = []
        for name, column in self.columns.items():
            if not column.header:
                continue
            places = [place for place, key in enumerate(keys) if key == same_key(column.header)]
            if len(places) >= column.occurrence:
                found[name] = places[column.occurrence - 1]
            elif not column.optional:
                missing.append(_wanted(column))
        if missing:
            raise MapError(
                _("{file}: there is no column {missing}; the sheet has: {headers}").format(
                    file=file, missing=", ".join(missing), headers=", ".join(filter(None, headers))
                )
            )
        return found

    def headers(self) -> frozenset[str]:
        """Return the headers that must be there, as keys."""
        return frozenset(same_key(c.header) for c in self.columns.values() if c.header and not c.optional)


def _wanted(column: Column) -> str:
    return f"«{column.header}»" + (f" ({column.occurrence})" if column.occurrence > 1 else "")


def shipped() -> list[str]:
    """Return the names of the maps that come with sedlink."""
    folder = files("exporter").joinpath("maps")
    return sorted(
        entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml")
    )


def load_map(name: str) -> ColumnMap:
    """Read a map: a shipped one by its name, else a file. Raises MapError."""
    if name in shipped():
        text = files("exporter").joinpath("maps", f"{name}.toml").read_text(encoding="utf-8")
    elif Path(name).is_file():
        text = _read(Path(name))
    else:
        raise MapError(
            _("there is no map {name}: give a file, or one of {known}").format(
                name=name, known=", ".join(shipped())
            )
        )
    return parse_map(text, name)


def parse_map(text: str, name: str) -> ColumnMap:
    """Read the text of a map. Raises MapError with every mistake."""
    try:
        return ColumnMap.model_validate(toml.parse(text))
    except tomllib.TOMLDecodeError as error:
        raise MapError(f"{name}: {error}") from error
    except ValidationError as error:
        wrong: Sequence[Mapping[str, object]] = error.errors(include_url=False, include_input=False)
        lines = [f"{name}: {_loc(one['loc'])}: {one['msg']}" for one in wrong]
        raise MapError("\n".join(lines)) from error


def _loc(loc: object) -> str:
    return ".".join(map(str, loc)) if isinstance(loc, tuple) else str(loc)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise MapError(f"{path}: {error}") from error
