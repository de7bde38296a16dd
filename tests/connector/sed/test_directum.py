"""Directum over OData: what the vendor's service makes necessary, beyond the suite of every adapter."""

import base64
import io
import json
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.appeal import Applicant, Category, EventKind, Person, Question, RubricValue
from connector.errors import (
    AuthError,
    OutcomeUnknownError,
    PermanentError,
    RetryableError,
    UnsupportedError,
)
from connector.sed import CardQuery
from connector.sed.directum import build
from connector.sed.directum.bodies import (
    BodyTooLargeError,
    BrokenBodyError,
    decode,
    encode,
    encoded_size,
)
from connector.sed.testing import DAY, LATER, Store, an_appeal, drain, of, sha256, unique
from connector.sed.testing.peer import hand_over
from tests.connector.sed.directum_peer import StandDirectum, settings_for


@pytest.fixture
def store():
    return Store()


@pytest.fixture
def peer():
    peer = StandDirectum().start()
    yield peer
    peer.stop()


# -- the card is a draft until everything of it is there


def registration_calls(peer, store):
    appeal = an_appeal(platform_id="1")
    peer.sed().register(appeal, (store.put("a.txt", b"a"), store.put("b.pdf", b"b")), store.open)
    return [call for call in peer.calls if not call.startswith("GET")]


@pytest.mark.parametrize("when", ["before", "after"])
def test_wherever_the_connection_breaks_one_whole_card_comes_of_it(peer, store, when):
    files = (store.put("a.txt", b"a"), store.put("b.pdf", b"b"))
    writes = len(registration_calls(peer, store))
    assert writes == 11  # card, question, text (2), two files (3 each), out of draft
    for place in range(writes):
        appeal = an_appeal(platform_id=f"{place + 100}")
        left = iter(range(writes))
        count = lambda call: not call.startswith("GET") and next(left) == place  # noqa: B023, E731
        with peer.cutting(count, when), pytest.raises((OutcomeUnknownError, RetryableError)):
            peer.sed().register(appeal, files, store.open)
        restarted = peer.sed()
        assert (restarted.find(appeal.key) is not None) == (when == "after" and place == writes - 1)
        card = restarted.register(appeal, files, store.open)
        received = peer.received(appeal.key)
        assert received.cards == 1
        assert received.files == {"a.txt": sha256(b"a"), "b.pdf": sha256(b"b")}
        assert restarted.find(appeal.key) == card
    drafts = [row for row in peer.directum.store.rows("IRequests") if row["LifeCycleState"] == "Draft"]
    assert drafts == []
    led = {row["LeadingDocument"] for row in peer.directum.store.rows("IAddendums")}
    assert led == {row["Id"] for row in peer.directum.store.rows("IRequests")}


def test_two_workers_that_register_one_message_make_one_card(peer, store):
    appeal, other = an_appeal(), peer.sed()
    made = []
    peer.cut = lambda call: (
        made.append(other.register(appeal, (), store.open))
        if call.startswith("POST IRequests(") and "Questions" in call and not made and not made.append(0)
        else None
    )
    with pytest.raises((OutcomeUnknownError, PermanentError)):  # the first one's draft was taken for a ruin
        peer.sed().register(appeal, (), store.open)
    peer.cut = None
    assert peer.received(appeal.key).cards == 1
    assert peer.sed().register(appeal, (), store.open) == made[-1]


def test_a_rubric_that_directum_does_not_have_is_said_and_leaves_nothing(peer, store):
    question = Question(1, "Текст", Category(), "0009.0009.0009.0009")
    with pytest.raises(PermanentError, match=r"0009\.0009\.0009\.0009"):
        peer.sed().register(an_appeal(questions=(question,)), (), store.open)
    assert list(peer.directum.store.rows("IRequests")) == []


def test_a_kind_of_file_without_an_application_is_said_and_leaves_nothing(peer, store):
    sed = peer.with_settings(other_extension="")
    with pytest.raises(PermanentError, match=r"\.heic"):
        sed.register(an_appeal(), (store.put("фото.heic", b"x"),), store.open)
    assert list(peer.directum.store.rows("IRequests")) == []
    assert list(peer.directum.store.rows("IAddendums")) == []


def test_a_document_whose_body_is_refused_is_deleted(peer, store):
    file = store.put("a.txt", b"abc")
    wrong = type(file)(file.sha256, 90, file.name)  # the content is not what its size says
    with pytest.raises(PermanentError, match=r"damaged|повреждён"):
        peer.sed().register(an_appeal(), (wrong,), store.open)
    assert list(peer.directum.store.rows("IAddendums")) == []


def test_the_whole_text_is_the_body_and_fields_are_cut(peer, store):
    appeal = an_appeal(
        text="Не горит фонарь. " * 500,
        round=2,
        rework_comment="Снова",
        co_applicants=(Applicant(Person("Второй")),),
    )
    peer.sed().register(appeal, (), store.open)
    [row] = peer.directum.store.rows("IRequests")
    body = peer.directum.store.body(row["Versions"][0]["Id"]).decode()
    assert appeal.text in body
    assert "Снова" in body
    assert "Второй" in body
    assert len(row["Note"]) <= 1000
    assert (row["IsRepeated"], row["FullName"]) == (True, "Примеров Пример Примерович")
    assert row["Deadline"] == row["InitialDeadline"] == "2024-03-31T21:30:00.000Z"


# -- the traps of the wire


def test_every_list_has_a_filter_and_pages_by_id(peer):
    sed = peer.with_settings(page=2)
    for number in range(5):
        peer.register(hand_over(sed, peer, str(number)), f"Т-{number}", DAY)
    drain(sed)
    list(sed.cards(CardQuery(card_files=("Обращения ПОС",), rubric_changed_from=date(2024, 1, 1))))
    lists = [call for call in peer.calls if call.startswith("GET") and "(" not in call.split("?")[0]]
    assert lists
    assert all("$filter=Id%20gt%20" in call for call in lists)
    assert not any("+" in call or "$skip" in call for call in lists)
    assert any("$filter=Id%20gt%20" in call and "Id%20gt%200%20" not in call for call in lists)


def test_a_server_without_nested_expands_tells_the_same(store):
    told = []
    for nested in (True, False):
        peer = StandDirectum(nested_expand=nested).start()
        appeal = an_appeal()
        sed = peer.sed()
        sed.register(appeal, (), store.open)
        peer.received(appeal.key)
        peer.register(appeal.key, "Т-1", DAY)
        peer.assign(appeal.key, "Исполнителев И.И.", "Ответить", LATER)
        papers = {"ответ.pdf": b"%PDF", "схема.png": b"\x89PNG"}
        peer.answer(appeal.key, "Готово", papers, commanded=True, solved=False, number="О-1")
        events = of(unique(drain(sed)[0]), appeal.key)
        told.append([(one.kind, one.number, one.text, one.result, len(one.files)) for one in events])
        cards = list(sed.cards(CardQuery()))
        told.append([(value.code, value.result) for card in cards for value in card.questions])
        peer.stop()
    assert told[0] == told[2] != []
    assert told[1] == told[3] == [("0005.0005.0056.1159", "NotSupported")]


def test_a_wrong_password_is_an_auth_error_and_a_finding(peer, store):
    sed = peer.with_settings(user="nobody")
    with pytest.raises(AuthError):
        sed.register(an_appeal(), (), store.open)
    with pytest.raises(AuthError):
        sed.changes("", 10)
    assert not sed.check().ok


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"url": "http://directum.example.org/Integration/odata"}, "https"),
        ({"url": "ftp://x"}, "url"),
        ({"key_field": " "}, "key_field"),
        ({"properties": {"Name": "titel"}}, "titel"),
        ({"page": 0}, "page"),
        ({"key_feild": "x"}, "key_field"),
        ({"password": "plain"}, "password"),
    ],
)
def test_wrong_settings_are_named(tmp_path, wrong, words):
    facts = {"url": "https://d.example.org/odata", "user": "u", "password": "plain", "key_field": "PosKey"}
    good = {**facts, "password": settings_for("https://d.example.org").password}
    with pytest.raises(ValueError, match=words):
        build({**good, **wrong}, tmp_path)


def test_names_that_the_server_does_not_have_are_findings(peer):
    sed = peer.with_settings(key_field="PosKeyy", answer_field="")
    findings = {one.what: one for one in sed.check().findings if not one.ok}
    assert "PosKeyy" in findings["IRequests"].sentence
    assert "command" in findings


def test_a_peer_that_is_away_is_retryable_and_a_finding(store):
    peer = StandDirectum()
    peer.directum.http._server.server_close()
    sed = peer.sed()
    with pytest.raises(RetryableError):
        sed.changes("", 10)
    assert not sed.check().ok
    sed.close()


# -- what is told


def answered_draft(peer, store, sed):
    appeal = an_appeal()
    sed.register(appeal, (), store.open)
    peer.received(appeal.key)
    peer.answer(appeal.key, "Ответ", {}, commanded=False, solved=True, number="О-1")
    return appeal


def test_a_mark_on_the_letter_alone_is_heard(peer, store):
    sed = peer.sed()
    appeal = answered_draft(peer, store, sed)
    first, cursor, _notes = drain(sed)
    assert [one.commanded for one in first if one.kind is EventKind.ANSWER] == [False]
    [letter] = peer.directum.store.rows("IOutgoingRequestLetters")
    peer.directum.store.change("IOutgoingRequestLetters", letter["Id"], {"PosSend": True})
    second, cursor, _notes = drain(sed, cursor)
    answers = [one for one in of(second, appeal.key) if one.kind is EventKind.ANSWER]
    assert [one.commanded for one in answers] == [True]
    assert drain(sed, cursor)[0] == []


def test_a_document_kind_is_a_command_too(peer, store):
    kind = peer.directum.store.create("IDocumentKinds", {"Name": "Ответ в ПОС"})
    sed = peer.with_settings(answer_field="", answer_kinds=("Ответ в ПОС",))
    appeal = answered_draft(peer, store, sed)
    [letter] = peer.directum.store.rows("IOutgoingRequestLetters")
    told = {"DocumentKind": {"Id": kind["Id"]}}
    peer.directum.store.change("IOutgoingRequestLetters", letter["Id"], told)
    answers = [one for one in of(drain(sed)[0], appeal.key) if one.kind is EventKind.ANSWER]
    assert [one.commanded for one in answers] == [True]


def test_what_was_committed_late_lies_in_the_look_back(peer):
    sed = peer.sed()
    keys = [hand_over(sed, peer, str(number)) for number in range(2)]
    peer.register(keys[0], "Т-0", DAY)
    _events, cursor, _notes = drain(sed)
    peer.register(keys[1], "Т-1", DAY)
    [late] = peer.directum.cards_of(keys[1])
    before = datetime.now(UTC) - timedelta(seconds=120)  # its transaction began before the others' ended
    late["Modified"] = before.isoformat()
    events, cursor, _notes = drain(sed, cursor)
    assert [one.number for one in of(events, keys[1])] == ["Т-1"]
    assert drain(sed, cursor)[0] == []


def test_the_cursor_does_not_grow_with_what_is_old(peer, store):
    sed = peer.with_settings(look_back=1.0)
    for number in range(6):
        sed.register(an_appeal(platform_id=str(number)), (), store.open)
    for row in list(peer.directum.store.rows("IRequests"))[:-1]:
        row["Modified"] = "2024-01-01T00:00:00Z"
    _events, cursor, _notes = drain(sed, limit=2)
    assert len(json.loads(cursor)["v1"]["told"]) <= 2
    with pytest.raises(PermanentError):
        sed.changes("not a cursor", 10)


def test_a_row_that_makes_no_sense_is_a_note_and_the_others_go_on(peer, store):
    sed = peer.sed()
    for number in range(2):
        peer.register(hand_over(sed, peer, str(number)), f"Т-{number}", DAY)
    first, _second = peer.directum.store.rows("IRequests")
    first["RegistrationDate"] = "сорок первое"
    events, cursor, notes = drain(sed)
    assert [one.number for one in events if one.kind is EventKind.REGISTERED] == ["Т-1"]
    assert len(notes) == 1
    assert "RegistrationDate" in notes[0]
    assert drain(sed, cursor)[2] == []  # said once


# -- the mart


def test_cards_of_a_register_with_their_questions(peer, store):
    sed = peer.sed()
    appeal = an_appeal()
    card = sed.register(appeal, (), store.open)
    peer.received(appeal.key)
    peer.register(appeal.key, "Т-1", DAY)
    [found] = sed.cards(CardQuery(card_files=("Обращения ПОС",)))
    assert (found.ref.id, found.ref.number, found.ref.registered_on) == (card.id, "Т-1", DAY)
    assert (found.card_file, found.key) == ("Обращения ПОС", appeal.key)
    assert found.received_at == appeal.created_at
    [question] = found.questions
    assert (question.code, question.status) == ("0005.0005.0056.1159", "OnReview")
    with pytest.raises(PermanentError, match="Нет такого"):
        list(sed.cards(CardQuery(card_files=("Нет такого",))))
    assert list(sed.cards(CardQuery(rubric_changed_from=date(2999, 1, 1)))) == []
    sed.annotate(found.ref, question, {"Статус ПОС": "Закрыто", "Выгрузка в витрину ПОС": "да"})
    [again] = sed.cards(CardQuery())
    assert again.questions[0].platform_status == "Закрыто"


def test_a_field_that_no_property_is_named_for_is_an_error(peer, store):
    sed = peer.sed()
    card = sed.register(an_appeal(), (), store.open)
    with pytest.raises(PermanentError, match="Резолюция"):
        sed.annotate(card, RubricValue("1", ""), {"Резолюция": "x"})
    with pytest.raises(UnsupportedError):
        peer.with_settings(annotations={}).annotate(card, RubricValue("1", ""), {"Статус ПОС": "x"})


def test_dictionaries(peer):
    sed = peer.sed()
    assert ("0005.0005.0056.1159", "Уличное освещение") in {
        (one.id, one.name) for one in sed.dictionary("rubrics")
    }
    assert [one.name for one in sed.dictionary("card_files")] == ["Обращения ПОС"]


# -- bodies


@given(st.binary(max_size=200_000), st.integers(1, 5000), st.booleans(), st.booleans())
def test_a_body_survives_any_cutting_alphabet_and_escaping(body, step, url_safe, escaped):
    sent = b"".join(encode(Drip(body), len(body)))
    assert len(sent) == encoded_size(len(body))
    assert json.loads(sent) == {"Value": base64.b64encode(body).decode()}
    text = base64.urlsafe_b64encode(body).rstrip(b"=") if url_safe else base64.b64encode(body)
    if escaped:
        text = text.replace(b"+", b"\\u002B").replace(b"/", b"\\/")
    answer = b'{"@odata.context":"x", "Value" : "' + text + b'", "Id":1}'
    sink = io.BytesIO()
    chunks = (answer[place : place + step] for place in range(0, len(answer), step))
    assert decode(chunks, sink, len(body)) == len(body)
    assert sink.getvalue() == body


class Drip(io.BytesIO):
    """Gives less than was asked for, as a pipe does."""

    def read(self, size=-1):
        return super().read(min(size, 1000) if size > 0 else size)


@pytest.mark.parametrize(
    "answer", [b"", b"{}", b'{"Value":"AAAA', b'{"Value":"***"}', b"<html>" + b"x" * 70_000]
)
def test_what_is_no_body_is_an_error(answer):
    with pytest.raises(BrokenBodyError):
        decode([answer], io.BytesIO(), 100)


def test_a_body_over_the_limit_is_not_read_to_its_end():
    endless = (b'{"Value":"' if place == 0 else b"AAAA" * 1000 for place in range(10**9))
    with pytest.raises(BodyTooLargeError):
        decode(endless, io.BytesIO(), 10_000)


def test_a_document_without_a_body_is_an_empty_file():
    assert decode([b'{"Value":null}'], io.BytesIO(), 10) == 0


def test_a_large_answer_file_is_refused_by_name_of_the_setting(peer, store):
    sed = peer.with_settings(max_file_size=1000)
    appeal = an_appeal()
    sed.register(appeal, (), store.open)
    peer.received(appeal.key)
    peer.answer(appeal.key, "Ответ", {"о.pdf": b"x" * 2000}, commanded=True, solved=True, number="О-1")
    [event] = [one for one in drain(sed)[0] if one.kind is EventKind.ANSWER]
    with pytest.raises(PermanentError, match="max_file_size"), sed.open_file(event.files[0].ref):
        pytest.fail("it opened")
