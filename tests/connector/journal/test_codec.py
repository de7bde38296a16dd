"""Payloads: what goes in comes out, newer fields are passed over, wrong types and lone surrogates are met."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.appeal import Appeal, Applicant, Event, EventKind, Person, Reply, ReplyKind
from connector.journal.codec import dump, dump_event, load, look, raw_bytes, raw_text
from connector.journal.types import clean
from tests.connector.journal.support import NOON, appeal, event


@given(st.builds(Reply, files=st.just(())))
def test_a_reply_comes_back_as_it_was(reply):
    assert load(Reply, dump(reply)) == reply


@given(st.text(st.characters(codec="utf-8")))
def test_any_text_can_be_kept(text):
    kept = load(Appeal, dump(replace(appeal(), text=text)))
    assert kept == replace(appeal(), text=text)


@given(st.text(st.characters(codec=None)))
def test_raw_text_comes_back_exactly(text):
    assert raw_text(raw_bytes(text)) == text


@given(st.text(st.characters(codec=None)))
def test_clean_text_can_be_stored_and_is_otherwise_unchanged(text):
    cleaned = clean(text)
    cleaned.encode()
    assert "\0" not in cleaned
    if text.isprintable() and not any("\ud800" <= letter <= "\udfff" for letter in text):
        assert cleaned == text


def test_fields_of_a_newer_version_are_passed_over():
    payload = json.loads(dump(appeal())) | {"newer": 1}
    payload["applicant"]["person"]["newer"] = 2
    assert load(Appeal, json.dumps(payload)) == appeal()


def test_fields_of_an_older_version_take_their_defaults():
    payload = json.loads(dump(appeal()))
    del payload["rework_comment"], payload["territory"]
    assert load(Appeal, json.dumps(payload)) == appeal()


@pytest.mark.parametrize(
    "field", [{"text": None}, {"round": "one"}, {"created_at": "yesterday"}, {"kind": 5}]
)
def test_a_wrong_type_is_refused_without_showing_values(field):
    secretive = replace(appeal(), applicant=Applicant(Person("Тестова")), **field)
    with pytest.raises(ValueError, match="declared type") as raised:
        dump(secretive)
    assert "Тестова" not in str(raised.value)


def test_what_cannot_be_read_names_the_field_without_showing_values():
    payload = json.loads(dump(appeal())) | {"kind": "petition"}
    with pytest.raises(ValueError, match=r"Appeal: kind \(enum\)") as raised:
        load(Appeal, json.dumps(payload))
    assert "petition" not in str(raised.value)


def test_the_raw_form_of_an_event_may_hold_anything():
    odd = event("e1", EventKind.PROGRESS, raw={"when": NOON, "self": object, "list": [b"x"]})
    assert load(Event, dump_event(odd)).raw["when"] == str(NOON)


def test_replies_look_alike_by_what_the_history_shows():
    one = Reply(7, "101", 1, "e1", ReplyKind.INTERIM, "В работе", "принято", text="а", comment="к")
    assert look(one) == look(replace(one, event_id="e2", text="б", round=2))
    for other in (
        replace(one, comment="л"),
        replace(one, status_text="x"),
        replace(one, kind=ReplyKind.SOLVED),
    ):
        assert look(one) != look(other)
