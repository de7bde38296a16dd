"""Working days for internal control dates: the `holidays` calendar of Russia and an installation's own file.

A year whose transfers of days off nobody has published yet is not counted in: a guess would be a wrong date.
The override file, TOML: a table per year with `off` and `working` (dates); `complete = true` makes a year
known.
"""

import tomllib
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from config import toml
from config.i18n import _

if TYPE_CHECKING:
    from holidays import HolidayBase

_DAY = timedelta(days=1)
_TRANSFERRED = "substituted"  # how the library names a day off that came from another day


class CalendarError(Exception):
    """No working day can be told; the text says why and what to do."""


class Override(BaseModel):
    """What an installation says of one year."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    off: frozenset[date] = frozenset()
    working: frozenset[date] = frozenset()
    complete: bool = False


_OVERRIDES: TypeAdapter[dict[int, Override]] = TypeAdapter(dict[int, Override])


class WorkCalendar:
    """Says which days are working days."""

    def __init__(self, overrides: Mapping[int, Override] | None = None) -> None:
        self._overrides = dict(overrides or {})

    @classmethod
    def read(cls, path: Path | None) -> "WorkCalendar":
        """Read the override file. Raises CalendarError."""
        if path is None:
            return cls()
        try:
            return cls(_OVERRIDES.validate_python(toml.parse(path.read_text(encoding="utf-8"))))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError) as error:
            raise CalendarError(f"{path}: {error}") from error

    def is_working(self, day: date) -> bool:
        """Whether people work on a day. Raises CalendarError in a year without known transfers."""
        said = self._overrides.get(day.year, Override())
        if day in said.off:
            return False
        if day in said.working:
            return True
        if not said.complete and not _published(day.year):
            raise CalendarError(
                _(
                    "the transfers of days off of {year} are not known: update the package `holidays`, "
                    "or give the year in the file of your own calendar"
                ).format(year=day.year)
            )
        calendar = _year(day.year)
        return day in calendar.weekend_workdays or (day.weekday() < 5 and day not in calendar)

    def after(self, day: date, count: int) -> date:
        """Return the count-th working day after a day. Raises CalendarError."""
        while count > 0:
            day += _DAY
            count -= self.is_working(day)
        return day

    def between(self, first: date, last: date) -> int:
        """Return the number of working days after `first` up to `last`. Raises CalendarError."""
        return sum(self.is_working(first + _DAY * step) for step in range(1, (last - first).days + 1))


@cache
def _year(year: int) -> "HolidayBase":
    try:
        import holidays
    except ImportError as error:
        raise CalendarError(_("the calendar needs the extra `mart`: pip install sedlink[mart]")) from error
    calendar: Any = holidays.country_holidays("RU", years=year, language="en_US", expand=False)
    return calendar  # type: ignore[no-any-return]  # one class per country


def _published(year: int) -> bool:
    return any(_TRANSFERRED in name for name in _year(year).values())
