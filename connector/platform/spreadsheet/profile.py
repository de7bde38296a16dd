"""What the export calls its columns and which words stand in them: data that may be replaced."""

from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator

from config.i18n import _
from connector.platform.profiles import load_profile_of
from mappings.words import same_key


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Columns(_Table):
    """Headers of the export (platform.md section 3)."""

    number: str
    epgu_number: str
    channel: str
    top_cabinet: str
    category: str
    subcategory: str
    fact: str
    first_organisation: str
    organisation: str
    received: str
    due: str
    finished: str
    stage: str
    status: str
    overdue: str
    fast_track: str
    law: str
    law_chosen: str
    decision: str
    mailed: str
    rating: str
    repeated: str
    coordinator: str
    executor: str
    manager: str

    @cached_property
    def required(self) -> tuple[str, ...]:
        """Return the headers without which a message cannot be told from another, or judged."""
        return (self.number, self.received, self.due, self.finished, self.status, self.law, self.repeated)


class SheetProfile(_Table):
    """The whole profile. `due_days` is the term of a row that tells none; 0 = such a row waits."""

    timezone: str
    formats: tuple[str, ...]
    empty: tuple[str, ...]
    due_days: Annotated[int, Field(ge=0, le=366)]
    columns: Columns
    flags: dict[str, bool]
    statuses: dict[str, Literal["open", "closed"]]

    @field_validator("timezone")
    @classmethod
    def _zone_exists(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(_("there is no time zone {name}").format(name=name)) from error
        return name

    @cached_property
    def zone(self) -> ZoneInfo:
        """The zone of the export's dates."""
        return ZoneInfo(self.timezone)

    @cached_property
    def nothing(self) -> frozenset[str]:
        """Words that mean an empty cell, as keys."""
        return frozenset(same_key(word) for word in self.empty)

    @cached_property
    def flag_words(self) -> dict[str, bool]:
        """`flags` by keys."""
        return {same_key(word): value for word, value in self.flags.items()}

    @cached_property
    def status_words(self) -> dict[str, str]:
        """`statuses` by keys."""
        return {same_key(word): value for word, value in self.statuses.items()}


@cache
def default_sheet_profile() -> SheetProfile:
    """Return the profile that ships with sedlink."""
    return load_profile_of(SheetProfile, __package__, None)


def load_sheet_profile(path: Path) -> SheetProfile:
    """Return the shipped profile with a file's keys over it. Raises ProfileError that names the wrong key."""
    return load_profile_of(SheetProfile, __package__, path)
