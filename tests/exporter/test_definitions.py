"""Overdue, repeated, new: at their borders, by the edition of the day."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.secret import Secret
from connector.appeal import Applicant, Person
from exporter.applicants import Applicants
from exporter.definitions import Dates, DefinitionsError, Face, load_definitions
from tests.exporter.facts import fact

MOSCOW = ZoneInfo("Europe/Moscow")
SHIPPED = load_definitions("Europe/Moscow")


def moscow(day, hour=12, minute=0):
    return datetime(2026, 3, day, hour, minute, tzinfo=MOSCOW).astimezone(UTC)


RECEIVED, DUE = moscow(1), moscow(20, 9)


def face(*, due=DUE, answered=None, closed=False, withdrawn=False, as_of=None, definitions=SHIPPED):
    dates = Dates(RECEIVED, due, answered, closed=closed or answered is not None, withdrawn=withdrawn)
    return definitions.face(dates, as_of or moscow(10))


def test_due_today_is_not_late_until_the_local_day_ends():
    assert face(as_of=moscow(20, 23, 59)) is Face.OPEN
    assert face(as_of=moscow(21, 0, 1)) is Face.OPEN_PAST_DUE
    assert moscow(21, 0, 1).day == 20, "in UTC it is the same day: the zone must decide"


def test_answered_on_the_due_day_after_the_hour_is_in_time():
    assert face(answered=moscow(20, 18)) is Face.CLOSED_IN_TIME
    assert face(answered=moscow(21, 0, 1)) is Face.CLOSED_LATE


def test_answered_late_stays_late_and_answered_in_time_stays_so():
    long_after = moscow(31)
    assert face(answered=moscow(25), as_of=long_after) is Face.CLOSED_LATE
    assert face(answered=moscow(5), as_of=long_after) is Face.CLOSED_IN_TIME


def test_a_postponed_one_is_judged_by_its_new_due_date():
    assert face(as_of=moscow(25)) is Face.OPEN_PAST_DUE
    assert face(due=moscow(28), as_of=moscow(25)) is Face.OPEN


def test_a_withdrawn_one_is_left_out():
    assert face(withdrawn=True, as_of=moscow(31)) is Face.UNKNOWN
    assert face(withdrawn=True, closed=True).overdue is None


@pytest.mark.parametrize("unknown", [{"due": None}, {"closed": True}])
def test_what_cannot_be_told_is_not_guessed(unknown):
    assert face(as_of=moscow(31), **unknown).overdue is None


def test_only_what_was_due_before_the_day_belongs_to_the_cohort():
    assert not SHIPPED.matured(DUE, moscow(20, 23))
    assert SHIPPED.matured(DUE, moscow(21, 0, 1))
    assert not SHIPPED.matured(None, moscow(31))


@given(st.integers(-40, 40), st.integers(-40, 40))
def test_a_question_has_one_face_and_overdue_follows_from_it(due, as_of):
    due_at, moment = RECEIVED + timedelta(days=due), RECEIVED + timedelta(days=as_of)
    said = SHIPPED.face(Dates(RECEIVED, due_at, None), moment)
    assert said.overdue is (as_of > due)
    assert SHIPPED.matured(due_at, moment) == (as_of > due)


def test_an_edition_holds_from_its_day(tmp_path):
    text = """
    [[edition]]
    since = 2026-03-01
    [edition.overdue]
    unit = "instant"
    [[edition]]
    since = 2020-01-01
    [edition.repeated]
    mark = false
    """
    (tmp_path / "own.toml").write_text(text, encoding="utf-8")
    own = load_definitions("Europe/Moscow", tmp_path / "own.toml")
    assert face(answered=moscow(20, 18), definitions=own) is Face.CLOSED_LATE
    february = datetime(2026, 2, 28, tzinfo=MOSCOW)
    assert not own.repeated(february, marked=True, round_=1, before=False)
    assert own.repeated(RECEIVED, marked=True, round_=1, before=False)


@pytest.mark.parametrize(
    "text", ["", "[[edition]]\nsince = 1", "[[edition]]\nsince=2020-01-01\nnew = 5", "["]
)
def test_a_wrong_file_is_refused(tmp_path, text):
    (tmp_path / "own.toml").write_text(text, encoding="utf-8")
    with pytest.raises(DefinitionsError, match=r"own\.toml"):
        load_definitions("Europe/Moscow", tmp_path / "own.toml")


@pytest.mark.parametrize(
    ("said", "repeated"),
    [
        ({"marked": True, "round_": 1, "before": False}, True),
        ({"marked": False, "round_": 2, "before": False}, True),
        ({"marked": False, "round_": 1, "before": True}, True),
        ({"marked": False, "round_": 1, "before": False}, False),
    ],
)
def test_repeated_by_mark_by_round_by_applicant(said, repeated):
    assert SHIPPED.repeated(RECEIVED, **said) is repeated
    assert SHIPPED.new(RECEIVED, repeated=repeated, withdrawn=False) is not repeated
    assert not SHIPPED.new(RECEIVED, repeated=False, withdrawn=True)


ANNA = Applicant(Person("Тестова", "Анна", email="Anna@example.org", phone="+7 (000) 000-00-01"))
WINDOW = timedelta(days=365)


def seen(*, later=ANNA, what=None, after=timedelta(days=1), who="2", key=None):
    """Whether a second message counts as written before, a first one being known."""
    with Applicants(key) as index:
        index.add(index.digests([ANNA], fact()), RECEIVED, "1")
        return index.before(index.digests([later], what or fact()), RECEIVED + after, who, WINDOW)


def test_the_same_applicant_about_the_same_within_the_window():
    assert seen()
    assert seen(after=WINDOW)
    assert not seen(after=WINDOW + timedelta(seconds=1))
    assert not seen(after=timedelta(0)), "of the same moment neither is the earlier one"
    assert not seen(who="1"), "a message does not repeat itself"


def test_one_way_to_know_the_applicant_again_is_enough():
    same_phone = Applicant(Person("ТЕСТОВА", "Анна", email="other@example.org", phone="80000000001"))
    assert seen(later=same_phone)
    assert not seen(later=Applicant(Person("Тестова", "Анна", email="other@example.org")))
    assert not seen(later=Applicant(Person("Тестова", "Анна"))), "a name alone is no person"


def test_another_category_or_territory_is_another_matter():
    assert not seen(what=fact(category="Мосты"))
    assert not seen(what=fact(region="46000000"))
    assert not seen(what=fact(category="", code=""))


def test_digests_depend_on_the_key_and_hold_nothing_readable():
    with Applicants(Secret("один")) as one, Applicants(Secret("один")) as again, Applicants() as other:
        digests = [index.digests([ANNA], fact()) for index in (one, again, other)]
    assert digests[0] == digests[1]
    assert not set(digests[0]) & set(digests[2])
    assert all(len(digest) == 16 for digest in digests[0])
