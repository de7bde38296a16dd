"""Time as it really goes: clocks that jump, zones whose hours were moved by law, deadlines over borders."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.load import load
from connector.appeal import Cabinet
from connector.daemon import Daemon
from connector.journal.opening import upgrade_database
from connector.journal.reports import Erased
from connector.letters import Letters
from connector.platform.rest import default_profile, translate
from connector.platform.rest.tokens import Token, TokenKeeper
from connector.runtime import open_runtime
from connector.schedule import Job, Schedule
from connector.sed import rows
from connector.sed.directum.reading import moment as directum_moment
from connector.sed.passport import read_date, read_time
from connector.sed.rows import UnreadableRowError
from connector.sed.sqlview.values import as_moment
from exporter.sources.cells import _utc
from stand.mailbox import Mailbox
from tests.connector.journal.support import Clock
from tests.connector.platform.loopback import message

RUSSIAN_ZONES = (
    "Europe/Kaliningrad", "Europe/Moscow", "Europe/Samara", "Europe/Volgograd", "Europe/Saratov",
    "Asia/Yekaterinburg", "Asia/Omsk", "Asia/Novosibirsk", "Asia/Barnaul", "Asia/Tomsk", "Asia/Krasnoyarsk",
    "Asia/Irkutsk", "Asia/Chita", "Asia/Yakutsk", "Asia/Vladivostok", "Asia/Magadan", "Asia/Sakhalin",
    "Asia/Srednekolymsk", "Asia/Kamchatka", "Asia/Anadyr",
)  # fmt: skip

CONFIGURATION = """
[journal]
database = "sqlite:///sedlink.db"
[mail]
host = "127.0.0.1"
port = {port}
security = "none"
sender = "sedlink@example.org"
recipients = ["admin@example.org"]
[retention]
content = "1095d"
"""


@pytest.fixture
def mailbox():
    box = Mailbox("127.0.0.1", 0)
    box.start()
    yield box
    box.stop()


@pytest.fixture
def runtime(tmp_path, mailbox):
    path = tmp_path / "sedlink.toml"
    path.write_text(CONFIGURATION.format(port=mailbox.port), encoding="utf-8")
    made = load(path, environ={})
    upgrade_database(made)
    runtime = open_runtime(made)
    yield runtime
    runtime.close()


# ---- clocks that jump


def test_the_schedule_goes_by_a_clock_that_nobody_sets(runtime):
    now = [5000.0]
    daemon = Daemon(runtime, reload=lambda: runtime, monotonic=lambda: now[0])
    schedule = Schedule([Job("intake", "7", timedelta(minutes=5))], daemon._now())
    (job,) = schedule.due(daemon._now())
    schedule.done(job, daemon._now())
    now[0] += 299
    assert schedule.due(daemon._now()) == []
    now[0] += 1
    assert schedule.due(daemon._now()) == [job]


def test_a_purge_never_follows_a_jump_of_the_clock(runtime, monkeypatch):
    clock = Clock(datetime(2026, 3, 2, 12, tzinfo=UTC))
    monkeypatch.setattr(runtime.journal, "_context", replace_clock(runtime.journal, clock))
    asked = []
    monkeypatch.setattr(runtime.journal, "purge", lambda before: asked.append(before) or 0)
    monkeypatch.setattr(runtime.journal, "erase", lambda before: asked.append(before) or Erased())
    year = timedelta(days=1095)
    for days, purged in [(0, 0), (1, 1), (1, 1), (4000, 0), (-4000, 0), (1, 1), (0.5, 1), (10, 0), (1, 1)]:
        clock.forward(days=days)
        del asked[:]
        runtime.purge(year, 2 * year)
        assert len(asked) == 2 * purged, (days, asked)


def replace_clock(journal, clock):
    from dataclasses import replace

    return replace(journal._context, clock=clock)


def test_the_digest_comes_though_the_clock_once_ran_a_year_ahead(runtime):
    letters = Letters(runtime.settings, runtime.journal)
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    letters.send_due(noon + timedelta(days=400))
    assert runtime.journal.cursor("digest") == "2027-04-06"
    letters.send_due(noon)
    assert runtime.journal.cursor("digest") == "2026-03-02"


def test_a_step_back_over_midnight_sends_no_second_digest(runtime):
    letters = Letters(runtime.settings.model_copy(update={"timezone": "UTC"}), runtime.journal)
    runtime.journal.remember("digest", "2026-03-03")
    letters.send_due(datetime(2026, 3, 2, 23, 59, tzinfo=UTC))
    assert runtime.journal.cursor("digest") == "2026-03-03"


def test_a_token_lives_by_the_monotonic_clock():
    from config.secret import Secret

    now, fetched = [100.0], []
    keeper = TokenKeeper(
        lambda: fetched.append(1) or Token(Secret(f"token-{len(fetched)}"), 1000.0), monotonic=lambda: now[0]
    )
    first = keeper.current()
    now[0] += 899
    assert keeper.current() == first
    now[0] += 2
    assert keeper.current() != first
    assert len(fetched) == 2


# ---- deadlines over borders


@pytest.mark.parametrize(
    ("created", "due"),
    [
        ("2026-12-15T22:30:00Z", "2027-01-14T22:30:00Z"),
        ("2028-01-30T10:00:00Z", "2028-02-29T10:00:00Z"),
        ("2027-01-30T10:00:00Z", "2027-03-01T10:00:00Z"),
        ("2026-12-31T23:59:59.999999Z", "2027-01-30T23:59:59.999999Z"),
    ],
)
def test_a_deadline_that_the_wire_does_not_name_crosses_months_and_years(created, due):
    wire = message(createdAt=created, answerAt=None)
    appeal = translate.read_value(wire, "{}", Cabinet(77, "Управа"), default_profile().message).appeal
    assert appeal.due_at == datetime.fromisoformat(due)


# ---- hours moved by law


@pytest.mark.parametrize(
    ("zone", "local", "utc"),
    [
        ("Europe/Moscow", "2010-07-01T12:00:00", "08:00"),  # summer time
        ("Europe/Moscow", "2011-01-10T12:00:00", "09:00"),
        ("Europe/Moscow", "2011-12-10T12:00:00", "08:00"),  # summer time for ever, from March 2011
        ("Europe/Moscow", "2014-10-25T12:00:00", "08:00"),
        ("Europe/Moscow", "2014-10-27T12:00:00", "09:00"),  # winter time for ever, from 26 October 2014
        ("Asia/Novosibirsk", "2016-07-01T12:00:00", "06:00"),
        ("Asia/Novosibirsk", "2016-08-01T12:00:00", "05:00"),  # moved by itself on 24 July 2016
        ("Europe/Volgograd", "2019-01-10T12:00:00", "08:00"),
        ("Europe/Volgograd", "2021-01-10T12:00:00", "09:00"),
        ("Europe/Samara", "2010-04-01T12:00:00", "08:00"),
        ("Asia/Kamchatka", "2010-01-10T12:00:00", "00:00"),
        ("Asia/Kamchatka", "2014-12-01T12:00:00", "00:00"),
    ],
)
def test_local_time_of_a_sed_follows_the_law_of_its_day(zone, local, utc):
    for read in (read_time(local, ZoneInfo(zone)), as_moment(local, ZoneInfo(zone))):
        assert read.strftime("%H:%M") == utc
    assert _utc(datetime.fromisoformat(local), ZoneInfo(zone)).strftime("%H:%M") == utc


days = st.dates(date(1996, 1, 1), date(2045, 12, 31))


@settings(max_examples=60)
@given(st.sampled_from(RUSSIAN_ZONES), days)
def test_a_day_of_a_sed_is_the_same_day_there_whatever_its_zone_does(zone, day):
    there = ZoneInfo(zone)
    assert read_date(day.isoformat()) == day
    for moment in (
        read_time(day.isoformat(), there),
        as_moment(day, there),
        as_moment(day, there, end_of_day=True),
    ):
        assert moment.astimezone(there).date() == day
    assert as_moment(day, there) < as_moment(day, there, end_of_day=True)


@pytest.mark.parametrize("value", ["0001-01-01T00:00:00+03:00", "9999-12-31T23:59:59-05:00"])
def test_the_ends_of_the_calendar_are_no_times_and_no_crash(value):
    with pytest.raises(UnreadableRowError, match="not a time"):
        directum_moment(value)
    with pytest.raises(UnreadableRowError, match="not a time"):
        rows.moment(value)
    assert read_time(value, UTC) is None
