"""The ranking: one answer every time, limits kept, checked rows learned, any text survived."""

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from mappings.classifier import build_classifier
from mappings.suggest import Asked, Example, Suggester

SMALL = {
    "0003": "Экономика",
    "0003.0009": "Хозяйственная деятельность",
    "0003.0009.0097": "Благоустройство территорий",
    "0003.0009.0097.0690": "Освещение улиц",
    "0003.0009.0097.0692": "Уход за зелеными насаждениями",
    "0003.0009.0099": "Дороги (за исключением лесных)",
    "0003.0009.0099.0742": "Содержание автомобильных дорог",
    "0003.0009.0099.0742.0110": "ремонт дорог",
    "0003.0009.0099.0742.0111": "уборка дорог",
    "0003.0009.0099.0744": "Дорожные знаки",
    "0003.0011": "Природа",
    "0003.0011.0126": "Леса",
    "0003.0011.0126.0861": "Охрана лесов",
}


@pytest.fixture(scope="module")
def small():
    return build_classifier(SMALL)


@pytest.fixture(scope="module")
def suggester(small):
    return Suggester(small)


def codes(candidates):
    return [one.code for one in candidates]


def test_words_of_the_entry_win(suggester):
    assert codes(suggester.suggest(Asked("Дороги", "Дорожный знак")))[0] == "0003.0009.0099.0744"


def test_typos_and_latin_letters_do_not_hide_a_word(suggester):
    assert codes(suggester.suggest(Asked("", "Oсвещенние улицы")))[0] == "0003.0009.0097.0690"


def test_a_concept_of_the_domain_is_found_without_a_common_word(suggester):
    found = suggester.suggest(Asked("Город", "Не горят фонари"))
    assert found[0].code == "0003.0009.0097.0690"
    assert any("фонар" in reason for reason in found[0].why)


def test_a_catch_all_asks_for_its_category(suggester):
    other = suggester.suggest(Asked("Дороги", "Иное"))
    assert codes(other) == codes(suggester.suggest(Asked("Дороги")))
    assert other[0].code.startswith("0003.0009.0099")


def test_a_fact_is_part_of_the_narrow_words(suggester):
    assert codes(suggester.suggest(Asked("Город", "Иное", "Дорожные знаки")))[0] == "0003.0009.0099.0744"


def test_a_named_sub_question_follows_its_question(suggester):
    found = codes(suggester.suggest(Asked("Дороги", "Ремонт дорог")))
    assert found[:2] == ["0003.0009.0099.0742", "0003.0009.0099.0742.0110"]


def test_what_an_entry_excludes_is_not_what_it_is_about(suggester):
    found = suggester.suggest(Asked("Лесных", "Лесных"))
    assert codes(found) == ["0003.0011.0126.0861"]


def test_limits_leave_only_what_stands_below(suggester):
    found = codes(suggester.suggest(Asked("Дороги", "Дорожный знак"), themes={"0003.0009.0097"}))
    assert set(found) == {"0003.0009.0097.0690", "0003.0009.0097.0692"}


def test_a_limit_to_a_longer_number_is_not_a_prefix_of_text(small):
    suggester = Suggester(small)
    assert suggester.suggest(Asked("Дороги"), themes={"0003.0009.009"}) == []


def test_a_checked_row_moves_its_code_up(small):
    asked = Asked("Дороги", "Дорожный знак")
    learned = Suggester(small, learned=[Example(asked, "0003.0011.0126.0861")])
    found = learned.suggest(asked)
    assert found[0].code == "0003.0011.0126.0861"
    assert "Дорожный знак" in found[0].why[0]


def test_a_likely_row_moves_its_code_up_less(small):
    plain = codes(Suggester(small).suggest(Asked("Леса", "Освещение дорог")))
    learned = [Example(Asked("Леса", "Освещение"), "0003.0009.0097.0692")]
    taught = codes(Suggester(small, learned=learned).suggest(Asked("Леса", "Освещение дорог")))
    place = "0003.0009.0097.0692"
    assert taught.index(place) < (plain.index(place) if place in plain else len(plain))


def test_a_checked_sub_question_comes_before_its_question(small):
    asked = Asked("Двор", "Не убрано")
    found = codes(Suggester(small, learned=[Example(asked, "0003.0009.0099.0742.0111")]).suggest(asked))
    assert found[:2] == ["0003.0009.0099.0742.0111", "0003.0009.0099.0742"]


def test_rows_of_a_retired_code_teach_nothing(small):
    asked = Asked("Двор", "Не убрано")
    gone = [Example(asked, "0003.0009.0099.0999"), Example(asked, "0009.0009.0009.0009.0009")]
    assert Suggester(small, learned=gone).suggest(asked) == Suggester(small).suggest(asked)


def test_retired_entries_are_never_proposed():
    edition = build_classifier(SMALL, retired=frozenset({"0003.0009.0099.0744"}))
    assert "0003.0009.0099.0744" not in codes(Suggester(edition).suggest(Asked("Дороги", "Дорожный знак")))


def test_even_a_certain_candidate_is_only_a_candidate(small):
    """Nothing is accepted: asking leaves the suggester as it was, and teaches it nothing."""
    asked = Asked("Дороги", "Дорожный знак")
    suggester = Suggester(small, learned=[Example(asked, "0003.0009.0099.0744")])
    first = suggester.suggest(asked)
    for _again in range(3):
        suggester.suggest(Asked("Леса", "Дорожный знак"))
    assert suggester.suggest(asked) == first
    assert {"accepted", "status"}.isdisjoint(first[0].__dataclass_fields__)


def test_the_order_of_entries_and_rows_does_not_matter():
    rows = [
        Example(Asked("Двор", "Фонарь"), "0003.0009.0097.0690"),
        Example(Asked("Двор", "Знак"), "0003.0009.0099.0744"),
    ]
    one = Suggester(build_classifier(SMALL), learned=rows)
    other = Suggester(build_classifier(dict(reversed(SMALL.items()))), learned=rows[::-1])
    for asked in (Asked("Двор", "Знак у фонаря"), Asked("Дороги", "Иное"), Asked("Леса", "Ремонт")):
        assert one.suggest(asked) == other.suggest(asked)


def test_nothing_in_common_is_said_so(suggester):
    assert suggester.suggest(Asked("qqqq", "wwww")) == []
    assert suggester.suggest(Asked("", "")) == []


def test_an_empty_classifier_has_no_candidates():
    assert Suggester(build_classifier({})).suggest(Asked("Дороги", "Ямы")) == []


@settings(max_examples=150, deadline=None)
@given(
    st.text(max_size=60) | st.text("дорогизнакямыосвещение -«»0.;", max_size=60),
    st.text(max_size=60),
    st.text(max_size=30),
    st.integers(1, 12),
)
def test_any_text_gets_a_sound_answer(category, subcategory, fact, top):
    suggester = _shared()
    found = suggester.suggest(Asked(category, subcategory, fact), top=top)
    assert len(found) <= top
    assert len({one.code for one in found}) == len(found)
    assert all(SMALL[one.code] == one.name and 0 <= one.score <= 1 for one in found)
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert suggester.suggest(Asked(category, subcategory, fact), top=top) == found


def _shared(made=[]):  # noqa: B006 - one for all examples of hypothesis
    if not made:
        made.append(Suggester(build_classifier(SMALL)))
    return made[0]
