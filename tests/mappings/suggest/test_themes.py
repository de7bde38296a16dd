"""Limits as administrators write them: every sensible shape, and what names nothing is said."""

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from mappings.classifier import build_classifier
from mappings.suggest.themes import Themes

NAMES = {
    "0001": "Общество",
    "0001.0001": "Строй",
    "0001.0001.0005": "Население",
    "0001.0001.0027": "Обращения, заявления и жалобы",
    "0005": "Жилье",
    "0005.0005": "Хозяйство",
    "0005.0005.0056": "Коммунальное хозяйство",
    "0005.0005.0143": "Здравоохранение (за исключением международного)",
    "0005.0005.0056.1160": "Отходы",
}


@pytest.fixture(scope="module")
def themes():
    return Themes(build_classifier(NAMES))


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("", set()),
        (" ,;| ", set()),
        ("0005.0005.0056", {"0005.0005.0056"}),
        ("0005.0005.0056;0001.0001.0027", {"0005.0005.0056", "0001.0001.0027"}),
        ("0005.0005.0056, 0001.0001.0027", {"0005.0005.0056", "0001.0001.0027"}),
        ("0005.0005.0056 | 0001.0001.0027", {"0005.0005.0056", "0001.0001.0027"}),
        ("0005.0005.0056\n0001.0001.0027", {"0005.0005.0056", "0001.0001.0027"}),
        ("0005.0005.0056 0001.0001.0027", {"0005.0005.0056", "0001.0001.0027"}),
        ("['0005.0005.0056', '0001.0001.0027']", {"0005.0005.0056", "0001.0001.0027"}),
        ("0005.0005.0056.0000", {"0005.0005.0056"}),
        ("0005.0005", {"0005.0005"}),
        ("0005.0005.0056.1160", {"0005.0005.0056.1160"}),
        ("0056", {"0005.0005.0056"}),
        ("56", {"0005.0005.0056"}),
        ("0005", {"0005", "0001.0001.0005"}),
        ("коммунальное   ХОЗЯЙСТВО", {"0005.0005.0056"}),
        ("«Здравоохранение»", {"0005.0005.0143"}),
        ("Здравоохранение (за исключением международного)", {"0005.0005.0143"}),
        ("Обращения, заявления и жалобы", {"0001.0001.0027"}),
        (
            "Здравоохранение, Обращения, заявления и жалобы, Население",
            {"0005.0005.0143", "0001.0001.0027", "0001.0001.0005"},
        ),
        ("Жилье / Хозяйство / Коммунальное хозяйство; Население", {"0005.0005.0056", "0001.0001.0005"}),
        (
            "0001.0001.0027 Обращения, заявления и жалобы, 0005.0005.0056 Коммунальное хозяйство",
            {"0001.0001.0027", "0005.0005.0056"},
        ),
        (
            "Население (0001.0001.0005), Здравоохранение (0005.0005.0143)",
            {"0001.0001.0005", "0005.0005.0143"},
        ),
    ],
)
def test_every_sensible_shape_is_read(themes, text, codes):
    limit = themes.read(text)
    assert limit.codes == codes
    assert limit.unknown == ()


@pytest.mark.parametrize(
    ("text", "codes", "unknown"),
    [
        ("Чепуха", set(), ("Чепуха",)),
        ("0009.0009.0009", set(), ("0009.0009.0009",)),
        ("Чепуха; Население", {"0001.0001.0005"}, ("Чепуха",)),
        ("Чепуха, Население", {"0001.0001.0005"}, ("Чепуха",)),
        ("0005.0005.0056 Здравоохранение", {"0005.0005.0056"}, ()),
    ],
)
def test_what_names_nothing_is_said(themes, text, codes, unknown):
    limit = themes.read(text)
    assert (limit.codes, limit.unknown) == (codes, unknown)


def test_retired_themes_limit_nothing():
    themes = Themes(build_classifier(NAMES, retired=frozenset({"0001.0001.0005"})))
    assert themes.read("Население").unknown == ("Население",)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from([*NAMES, *NAMES.values()]), min_size=1, max_size=6),
    st.sampled_from([";", "|", "\n", ", "]),
)
def test_any_list_of_codes_and_names_is_read_back(pieces, separator):
    themes = Themes(build_classifier(NAMES))
    limit = themes.read(separator.join(pieces))
    by_name = {name: code for code, name in NAMES.items()}
    wanted = {by_name.get(piece, piece) for piece in pieces} - {"0005.0005.0056.1160"}
    assert wanted <= limit.codes


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80))
def test_any_text_is_survived(text):
    limit = Themes(build_classifier(NAMES)).read(text)
    assert limit.codes <= set(NAMES)
