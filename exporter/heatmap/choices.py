"""What the command line takes: its words, and which facts were chosen; nothing heavy is imported for it."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path


class MetricChoice(StrEnum):
    """What can be shown; the same names as metrics.MetricName (a test holds them together)."""

    COUNT = "count"
    OVERDUE = "overdue"
    OVERDUE_SHARE = "overdue-share"
    REPEATED = "repeated"
    NEW = "new"
    MEDIAN_DAYS = "median-days"
    MEDIAN_RATING = "median-rating"


class ByName(StrEnum):
    """Kinds of territory."""

    REGION = "region"
    MUNICIPALITY = "municipality"


class LanguageName(StrEnum):
    """Languages of a page."""

    RU = "ru"
    EN = "en"


class ThemeName(StrEnum):
    """Colours of a picture."""

    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Which facts are counted, and for whom."""

    since: date | None = None
    until: date | None = None
    cabinets: tuple[int, ...] = ()
    facts: Path | None = None  # a file instead of a mart
    mart: str | None = None  # instead of the configured one
    as_of: datetime | None = None
    language: str | None = None
    config: Path | None = None
