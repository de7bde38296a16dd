"""The journal's codes in the user's language: none is left out."""

from datetime import UTC, datetime

import pytest

from config.i18n import speaking
from connector.appeal import EventKind, ReplyKind
from connector.commands import wording
from connector.journal.records import AuditEntry, Stage
from connector.lifecycle import State


@pytest.mark.parametrize(
    ("codes", "words"),
    [(State, wording.STATES), (Stage, wording.STAGES), ({*EventKind, *ReplyKind}, wording.KINDS)],
)
def test_every_code_has_a_word_in_both_languages(codes, words):
    assert set(words) == {str(code) for code in codes}
    with speaking("en"):
        english = {code: wording.word(words, code) for code in words}
    with speaking("ru"):
        assert all(wording.word(words, code) != english[code] for code in words)


def test_a_line_of_the_trail_is_told_without_what_only_an_engineer_wants():
    detail = {"kind": "answer", "event": "0a1b", "at": "2026-01-01", "number": "6-ОГ", "reply": "solved"}
    entry = AuditEntry(datetime.now(UTC), "daemon", "event", 1, detail)
    with speaking("ru"):
        assert wording.said(entry) == "СЭД сообщает"
        assert wording.told(entry) == "ответ, номер: 6-ОГ, гражданину: ответ: решено"


def test_a_code_newer_than_the_words_is_shown_as_it_is():
    entry = AuditEntry(datetime.now(UTC), "daemon", "teleported", 1, {"flux": 7})
    assert wording.said(entry) == "teleported"
    assert wording.told(entry) == "flux: 7"
