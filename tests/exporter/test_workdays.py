"""The production calendar: right for the years of the decrees, silent about the others."""

from datetime import date, timedelta

import pytest

from exporter.workdays import CalendarError, WorkCalendar

OFFICIAL = {
    2021: 247,
    2022: 247,
    2023: 247,
    2024: 248,
    2025: 247,
    2026: 247,
}  # working days of a five-day week


def days(year):
    first = date(year, 1, 1)
    return [day for n in range(366) if (day := first + timedelta(days=n)).year == year]


@pytest.mark.parametrize("year", OFFICIAL)
def test_as_many_working_days_as_in_the_official_calendar(year):
    calendar = WorkCalendar()
    assert sum(calendar.is_working(day) for day in days(year)) == OFFICIAL[year]


@pytest.mark.parametrize(
    ("day", "working"),
    [
        (date(2024, 4, 27), True),  # a Saturday worked for Monday the 29th
        (date(2024, 4, 29), False),
        (date(2025, 11, 1), True),
        (date(2025, 5, 8), False),
        (date(2026, 1, 9), False),
        (date(2026, 1, 12), True),
    ],
)
def test_transferred_days(day, working):
    assert WorkCalendar().is_working(day) is working


def test_counting_over_the_long_january():
    calendar = WorkCalendar()
    assert calendar.after(date(2025, 12, 30), 1) == date(2026, 1, 12)
    assert calendar.between(date(2025, 12, 30), date(2026, 1, 12)) == 1


def test_no_counting_in_a_year_without_known_transfers(tmp_path):
    with pytest.raises(CalendarError, match="2031"):
        WorkCalendar().after(date(2031, 2, 3), 5)
    own = tmp_path / "calendar.toml"
    own.write_text("[2031]\ncomplete = true\noff = [2031-02-03]\nworking = [2031-02-08]\n", encoding="utf-8")
    calendar = WorkCalendar.read(own)
    assert not calendar.is_working(date(2031, 2, 3))
    assert calendar.is_working(date(2031, 2, 4))
    assert calendar.is_working(date(2031, 2, 8))


def test_the_override_wins_over_the_official_calendar(tmp_path):
    own = tmp_path / "calendar.toml"
    own.write_text("[2026]\noff = [2026-03-03]\n", encoding="utf-8")
    assert not WorkCalendar.read(own).is_working(date(2026, 3, 3))
    own.write_text("[2026]\nfree = [2026-03-03]\n", encoding="utf-8")
    with pytest.raises(CalendarError, match=r"calendar\.toml"):
        WorkCalendar.read(own)
