"""The domain's dictionary: consistent with itself, longest phrase wins, ours to extend."""

import pytest

from mappings.suggest.thesaurus import Thesaurus, standard


def said(thesaurus, text):
    return [one.said for one in thesaurus.concepts(thesaurus.notions(text), frozenset())]


def test_the_shipped_dictionary_is_consistent():
    assert len(standard().phrases) > 500


def test_the_phrase_that_holds_another_puts_it_aside():
    thesaurus = Thesaurus(["двор дворовый"], [("яма", "дороги"), ("яма двор", "тротуары")])
    assert said(thesaurus, "Ямы на улице") == ["яма"]
    assert said(thesaurus, "Дворовые ямы") == ["яма двор"]


def test_of_equal_phrases_the_one_that_was_said_is_shown():
    thesaurus = Thesaurus(["кровля крыша"], [("кровля; крыша", "имущество")])
    notions = thesaurus.notions("крыша")
    assert [one.said for one in thesaurus.concepts(notions, frozenset({"крыш"}))] == ["крыша"]


@pytest.mark.parametrize(
    ("families", "concepts"),
    [
        (["дом мкд", "мкд здание"], []),
        ([], [("яма; яма", "дорога")]),
        ([], [("и", "дорога")]),
    ],
)
def test_a_dictionary_that_contradicts_itself_is_refused(families, concepts):
    with pytest.raises(ValueError, match="thesaurus"):
        Thesaurus(families, concepts)
