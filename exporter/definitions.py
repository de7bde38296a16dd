"""What overdue, repeated and new mean: dated data (definitions.toml) and the judgement by it. Pure."""

import tomllib
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from config import toml
from config.i18n import _


class Face(StrEnum):
    """How a question stands against its due date; the first two are the faces of overdue."""

    CLOSED_LATE = "closed late"
    OPEN_PAST_DUE = "open past due"
    CLOSED_IN_TIME = "closed in time"
    OPEN = "open"
    UNKNOWN = "unknown"  # no due date, closed on an unknown day, or withdrawn

    @property
    def overdue(self) -> bool | None:
        """What the fact says; None = it cannot be told."""
        if self is Face.UNKNOWN:
            return None
        return self in (Face.CLOSED_LATE, Face.OPEN_PAST_DUE)


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class OverdueRule(_Section):
    """How the due date is compared."""

    unit: Literal["day", "instant"] = "day"
    withdrawn: Literal["left out", "counted"] = "left out"


class RepeatedRule(_Section):
    """What makes an item a repeated one; any of the three is enough."""

    mark: bool = True
    from_round: Annotated[int, Field(ge=2)] = 2
    window_days: Annotated[int, Field(ge=0)] = 365


class NewRule(_Section):
    """What of the not repeated ones is new."""

    withdrawn: bool = False


class Edition(_Section):
    """The definitions in force for what is received from a day on."""

    since: date
    overdue: OverdueRule = OverdueRule()
    repeated: RepeatedRule = RepeatedRule()
    new: NewRule = NewRule()


class DefinitionsError(Exception):
    """The file of definitions cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Dates:
    """What is known of one question's course; instants are UTC."""

    received: datetime | None
    due: datetime | None
    answered: datetime | None
    closed: bool = False
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Definitions:
    """All editions, the youngest first, and the installation's local time."""

    editions: tuple[Edition, ...]
    zone: ZoneInfo

    def at(self, received: datetime | None) -> Edition:
        """Return the edition for what was received then; an unknown day takes the youngest."""
        if received is None:
            return self.editions[0]
        day = received.astimezone(self.zone).date()
        return next((one for one in self.editions if one.since <= day), self.editions[-1])

    def face(self, dates: Dates, as_of: datetime) -> Face:
        """Say how a question stood at a moment. A postponed one is judged by its new due date."""
        rule = self.at(dates.received).overdue
        if dates.due is None or (dates.withdrawn and rule.withdrawn == "left out"):
            return Face.UNKNOWN
        if dates.answered is not None:
            return Face.CLOSED_LATE if self._after(dates.answered, dates.due, rule) else Face.CLOSED_IN_TIME
        if dates.closed:
            return Face.UNKNOWN
        return Face.OPEN_PAST_DUE if self._after(as_of, dates.due, rule) else Face.OPEN

    def matured(self, due: datetime | None, as_of: datetime) -> bool:
        """Whether a question belongs to the cohort of which a share of overdue may be counted.

        Only what was due before the as-of day: of younger ones nobody knows yet.
        """
        return due is not None and due.astimezone(self.zone).date() < as_of.astimezone(self.zone).date()

    def repeated(self, received: datetime | None, *, marked: bool, round_: int, before: bool) -> bool:
        """Whether it is a repeated one; `before`: the same applicant wrote the same within the window."""
        rule = self.at(received).repeated
        return (rule.mark and marked) or round_ >= rule.from_round or (rule.window_days > 0 and before)

    def new(self, received: datetime | None, *, repeated: bool, withdrawn: bool) -> bool:
        """Whether it is a new one: the first of its kind."""
        return not repeated and (not withdrawn or self.at(received).new.withdrawn)

    def _after(self, moment: datetime, due: datetime, rule: OverdueRule) -> bool:
        if rule.unit == "instant":
            return moment > due
        return moment.astimezone(self.zone).date() > due.astimezone(self.zone).date()


@cache
def load_definitions(zone: str, path: Path | None = None) -> Definitions:
    """Read the definitions: the file named, else the shipped one. Raises DefinitionsError."""
    try:
        if path is None:
            text = files("exporter").joinpath("definitions.toml").read_text(encoding="utf-8")
        else:
            text = path.read_text(encoding="utf-8")
        told = toml.parse(text).get("edition", [])
        editions = [Edition.model_validate(one) for one in (told if isinstance(told, list) else [told])]
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise DefinitionsError(f"{path}: {error}") from error
    if not editions:
        raise DefinitionsError(_("{file}: holds no [[edition]]").format(file=path))
    editions.sort(key=lambda one: one.since, reverse=True)
    return Definitions(tuple(editions), ZoneInfo(zone))
