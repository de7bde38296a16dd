"""The column map of a feed: which column of a CSV becomes what. TOML; documented in docs/stand.md."""

import re
import tomllib
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from config.i18n import _


class ColumnMapError(Exception):
    """A column map that cannot be used; the text names the file and the key."""


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"no such time zone: {name}") from error
    return name


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from error
    return text


class Source(_Table):
    """How the file is written."""

    name: str
    encoding: str = "utf-8-sig"
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    time_zone: Annotated[str, AfterValidator(_zone)]
    date_formats: tuple[str, ...] = Field(min_length=1)
    empty: tuple[str, ...] = ("",)


class MessageColumns(_Table):
    """Columns of what a citizen wrote."""

    id: str
    created: str
    text: str  # a template of columns: "{Type}: {Details}"
    subject: str
    subsubject: str = ""
    due: str = ""
    address: tuple[str, ...] = ()
    latitude: str = ""
    longitude: str = ""
    channel: str = ""
    cabinet: str = ""
    location: dict[str, str] = Field(default_factory=dict)


class ApplicantFields(_Table):
    """The artificial person who stands for everybody, where the source names nobody."""

    surname: str = "Тестов"
    name: str = "Заявитель"
    patronymic: str = ""
    email: str = "citizen@example.org"
    phone: str = ""


Outcome = Literal["solved", "not_solved", "redirect", "refuse"]


class Resolution(_Table):
    """What a resolution's words mean."""

    pattern: Annotated[str, AfterValidator(_pattern)]
    then: Outcome


class DecisionColumns(_Table):
    """Columns of what clerks did."""

    status: str
    closed: str
    resolution: str
    organisation: str = ""
    closed_statuses: tuple[str, ...]
    otherwise: Outcome
    open: dict[str, tuple[Literal["register", "assign"], ...]] = Field(default_factory=dict)
    resolutions: tuple[Resolution, ...] = ()

    @cached_property
    def outcomes(self) -> tuple[tuple[re.Pattern[str], Outcome], ...]:
        """The rows of `resolutions`, compiled."""
        return tuple((re.compile(row.pattern, re.IGNORECASE), row.then) for row in self.resolutions)

    def outcome(self, resolution: str) -> Outcome:
        """Return what a resolution's words mean."""
        found = (then for pattern, then in self.outcomes if pattern.search(resolution))
        return next(found, self.otherwise)


class ColumnMap(_Table):
    """A whole column map."""

    source: Source
    message: MessageColumns
    applicant: ApplicantFields = ApplicantFields()
    decision: DecisionColumns

    def columns(self) -> set[str]:
        """Return every column that the map names."""
        message, decision = self.message, self.decision
        named = {message.id, message.created, message.subject, message.subsubject, message.due}
        named |= {message.latitude, message.longitude, message.channel, message.cabinet, *message.address}
        named |= set(message.location.values()) | set(re.findall(r"{([^{}]+)}", message.text))
        named |= {decision.status, decision.closed, decision.resolution, decision.organisation}
        return named - {""}


def load_map(name: str) -> ColumnMap:
    """Return a column map: one that ships with the stand (`nyc311`) or a TOML file. Raises ColumnMapError."""
    shipped = files("stand.feeds").joinpath(f"{name}.toml")
    path = Path(name)
    try:
        own = "/" not in name and not path.suffix and shipped.is_file()
        text = shipped.read_text(encoding="utf-8") if own else path.read_text(encoding="utf-8")
        return ColumnMap.model_validate(tomllib.loads(text))
    except OSError as error:
        raise ColumnMapError(
            _("column map {name} cannot be read: {error}").format(name=name, error=error.strerror or error)
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ColumnMapError(
            _("column map {name} is not TOML: {error}").format(name=name, error=error)
        ) from error
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise ColumnMapError(
            _("column map {name}: {problems}").format(name=name, problems=problems)
        ) from error
