"""ELMA365: the suite of SED adapters against the stand's own, and what is ELMA365's own."""

from datetime import date

import httpx
import pytest
from werkzeug.wrappers import Response

from config.secret import Secret
from connector.appeal import AnswerResult, EventKind
from connector.errors import AuthError, OutcomeUnknownError, PermanentError, RetryableError
from connector.sed import CardQuery
from connector.sed.elma365 import build
from connector.sed.elma365.reading import card, events
from connector.sed.http import StatusError
from connector.sed.rows import UnreadableRowError
from connector.sed.testing import DAY, SedConformance, Store, an_appeal, drain, of, sha256, unique
from connector.sed.testing.peer import hand_over
from stand.elma365.model import APPEALS, DIRECTORY, NAMESPACE, QUESTIONS, STATUSES
from stand.words import Decision, DecisionKind, Official
from tests.connector.sed.elma365_peer import StandElma


@pytest.fixture
def peer():
    peer = StandElma().start()
    yield peer
    peer.stop()


@pytest.fixture
def store():
    return Store()


class TestElma365(SedConformance):
    @pytest.fixture
    def peer(self):
        peer = StandElma().start()
        yield peer
        peer.stop()


def rows(peer, app=APPEALS):
    return peer.elma.store.rows(app)


# ---- registration


@pytest.mark.parametrize("when", ["before", "after"])
def test_wherever_the_connection_breaks_one_whole_card_comes_of_it(peer, store, when):
    files = (store.put("a.txt", b"a"), store.put("b.pdf", b"b"))
    whole = {"a.txt": sha256(b"a"), "b.pdf": sha256(b"b")}
    changing = ("/create", "/upload", "/update")
    for place in range(5):  # the row, its question, two files, the mark
        appeal = an_appeal(platform_id=f"{place + 100}")
        left = iter(range(100))
        count = lambda call: call.endswith(changing) and next(left) == place  # noqa: B023, E731
        with peer.cutting(count, when), pytest.raises((OutcomeUnknownError, RetryableError)):
            peer.sed().register(appeal, files, store.open)
        found = peer.sed().register(appeal, files, store.open)
        received = peer.received(appeal.key)
        assert (received.cards, received.files) == (1, whole)
        assert peer.sed().find(appeal.key) == found
    questions = rows(peer, QUESTIONS)
    assert len({one["appeal_id"] for one in questions}) == len(questions) == 5


def test_the_younger_of_two_beginnings_is_never_a_card(peer, store):
    appeal, sed = an_appeal(), peer.sed()
    late = {}

    def another(call):  # its first row is committed only now: the answer was lost long ago
        if call.endswith("/upload") and not late:
            late.update(rows(peer)[0], __id="00000000-0000-4000-8000-00000000aaaa", __index=0)
            peer.elma.store._rows[APPEALS] = {late["__id"]: late, **peer.elma.store._rows[APPEALS]}
        return False

    with peer.cutting(another, "before"), pytest.raises(OutcomeUnknownError):
        sed.register(appeal, (store.put("a.txt", b"a"),), store.open)
    assert sed.find(appeal.key) is None
    assert sed.register(appeal, (store.put("a.txt", b"a"),), store.open).id == late["__id"]
    assert peer.received(appeal.key).cards == 1
    assert [card.ref.id for card in sed.cards(CardQuery())] == [late["__id"]]


def test_a_large_file_goes_in_parts(peer, store):
    sed = peer.with_settings(part=1000)
    content = bytes(range(256)) * 12
    sed.register(an_appeal(), (store.put("большой.bin", content),), store.open)
    assert sum("/upload" in call for call in peer.calls) == 4
    assert peer.received(an_appeal().key).files == {"большой.bin": sha256(content)}


def test_a_damaged_store_never_reaches_the_card(peer, store):
    file = store.put("a.txt", b"good")
    store._contents[file.sha256] = b"evil"
    with pytest.raises(PermanentError, match="SHA-256"):
        peer.sed().register(an_appeal(), (file,), store.open)
    assert peer.sed().find(an_appeal().key) is None


def test_a_refusal_in_a_success_is_a_refusal(peer, store):
    sed = peer.with_settings(fields={"address": "no_such_field"})
    with pytest.raises(StatusError, match="no_such_field"):
        sed.register(an_appeal(), (), store.open)


# ---- reading


def test_more_rows_of_one_second_than_a_page_are_all_read(peer):
    sed = peer.with_settings(page=3)
    for number in range(10):
        peer.register(hand_over(sed, peer, str(number)), f"Т-{number}", DAY)
    for row in rows(peer):
        row["__updatedAt"] = "2026-03-01T10:00:00Z"
    told, cursor, _notes = drain(sed, limit=2)
    assert {one.number for one in told} == {f"Т-{number}" for number in range(10)}
    assert len(unique(told)) == len(told)
    assert sed.changes(cursor, 100).events == ()


def test_two_changes_in_one_second_are_both_told(peer, store):
    sed, appeal = peer.sed(), an_appeal()
    sed.register(appeal, (), store.open)
    peer.received(appeal.key)
    peer.register(appeal.key, "Т-1", DAY)
    [row] = rows(peer)
    when = row["__updatedAt"]
    _told, cursor, _notes = drain(sed)
    peer.prolong(appeal.key, date(2024, 5, 1))
    row["__updatedAt"] = when
    assert EventKind.EXTENDED in {one.kind for one in drain(sed, cursor)[0]}


def test_a_row_that_makes_no_sense_is_noted_once_and_stops_nothing(peer):
    sed = peer.sed()
    for number in range(2):
        peer.register(hand_over(sed, peer, str(number)), f"Т-{number}", DAY)
    broken = rows(peer)[0]
    broken["reg_date"] = "вчера"
    told, cursor, notes = drain(sed)
    assert [one.number for one in told] == ["Т-1"]
    assert len(notes) == 1
    assert broken["__id"] in notes[0]
    assert "вчера" in notes[0]
    assert drain(sed, cursor)[2] == []
    broken["reg_date"] = "2024-03-04T00:00:00Z"
    assert [one.number for one in drain(sed, cursor)[0]] == ["Т-0"]


def test_the_link_to_a_file_never_sees_the_token(peer, store):
    """The stand refuses a link that is asked for with the token, as a store of files does."""
    sed, appeal = peer.sed(), an_appeal()
    sed.register(appeal, (), store.open)
    peer.received(appeal.key)
    peer.answer(appeal.key, "Готово", {"о.pdf": b"%PDF"}, commanded=True, solved=False, number="О-1")
    [answer] = [one for one in of(drain(sed)[0], appeal.key) if one.kind is EventKind.ANSWER]
    assert answer.result is AnswerResult.NOT_SOLVED
    with sed.open_file(answer.files[0].ref) as body:
        assert body.read() == b"%PDF"
    own = httpx.get(f"{peer.http.base_url}/s3elma365/x", headers={"X-Token": peer.elma.token})
    assert own.status_code == 400


@pytest.mark.parametrize("link", ["ftp://files.example.org/x", "http://files.example.org/x"])
def test_a_link_in_clear_is_refused(peer, link, monkeypatch):
    sed = peer.sed()
    monkeypatch.setattr(sed._api, "_told", lambda call, body=None: {"Link": link})
    with pytest.raises(PermanentError), sed.open_file("00000000-0000-4000-8000-000000000002"):
        pytest.fail("it opened something")


def test_the_older_header_of_the_token_works_too(peer, store):
    sed = peer.with_settings(token_header="X-Token")
    assert sed.find("pos:1:nobody:1") is None
    with pytest.raises(AuthError):
        peer.with_settings(token_header="X-Token", token=Secret("wrong")).changes("", 10)


def test_without_an_app_of_questions_there_are_no_cards_and_the_exchange_works(peer, store):
    sed = peer.with_settings(questions="", annotations={})
    assert (sed.capabilities.cards, sed.capabilities.annotate, sed.capabilities.dictionaries) == (
        False, False, (),
    )  # fmt: skip
    sed.register(an_appeal(), (), store.open)
    assert rows(peer, QUESTIONS) == []
    assert "0005.0005.0056.1159" in rows(peer)[0]["pos_text"]


def test_health_names_what_is_not_set_up(peer):
    assert peer.sed().check().ok
    sed = peer.with_settings(
        app="other", directory="00000000-0000-4000-8000-000000000003", statuses={"nowhere": "closed"}
    )
    wrong = [one.what for one in sed.check().findings if not one.ok]
    assert len(wrong) == 3
    assert f"{NAMESPACE}/other" in wrong


def test_a_report_on_the_way_assigns_nobody(peer, store):
    sed, appeal = peer.sed(), an_appeal()
    sed.register(appeal, (), store.open)
    peer.received(appeal.key)
    who = (Official("Исполнителев", "И", "И", "консультант"),)
    peer._decide(appeal.key, Decision(DecisionKind.PROGRESS, text="В работе", executors=who))
    assert [one.kind for one in drain(sed)[0]] == [EventKind.PROGRESS]


# ---- what stands in a row


def a_row(**more):
    row = {"__id": "1", "__updatedAt": "2026-03-01T10:00:00Z", "pos_key": "pos:1:2:3", "pos_ready": True}
    return {**row, "__status": {"order": 0, "status": 1}, **more}


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("pos_key", "чужое", "pos_key"),
        ("reg_date", "31.02.2026", "31.02.2026"),
        ("deadline", "потом", "deadline"),
        ("__updatedAt", "x", "x"),
    ],
)
def test_a_row_says_which_field_makes_no_sense(peer, field, value, words):
    row = a_row(reg_number="1", pos_due="2026-03-01T00:00:00Z", **{field: value})
    with pytest.raises(UnreadableRowError, match=words):
        events(row, STATUSES, peer.settings)


@pytest.mark.parametrize(
    ("executor", "surname"),
    [
        ("Исполнителев И.И.", "Исполнителев"),
        ({"lastname": "Исполнителев", "firstname": "И.", "middlename": None}, "Исполнителев"),
        (["11111111-1111-4111-8111-111111111111"], None),  # a reference to a user says no name
    ],
)
def test_an_executor_may_be_a_line_a_full_name_or_a_reference(peer, executor, surname):
    [assigned] = events(a_row(executor=executor), STATUSES, peer.settings)
    assert assigned.kind is EventKind.EXECUTOR_ASSIGNED
    assert [one.surname for one in assigned.executors] == ([surname] if surname else [])


def test_a_day_is_that_day_and_a_moment_is_the_day_there(peer):
    told = events(a_row(reg_number="1", reg_date="2026-03-01T00:00:00Z"), STATUSES, peer.settings)
    assert told[0].document_date == date(2026, 3, 1)
    told = events(a_row(reg_number="1", reg_date="2026-03-01T22:30:00Z"), STATUSES, peer.settings)
    assert told[0].document_date == date(2026, 3, 2)  # in Moscow


def test_what_a_card_cannot_be_read_by_is_kept(peer):
    found = card(a_row(deadline="потом"), [], STATUSES, peer.settings)
    assert (found.due_at, dict(found.unread)) == (None, {"deadline": "потом"})


def test_a_row_of_an_unknown_status_tells_no_progress(peer):
    assert events(a_row(__status={"status": 99}), STATUSES, peer.settings) == ()


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "http://e.example.org"}, {"app": "a/b"}, {"directory": "files"}, {"token_header": "Cookie"},
        {"fields": {"colour": "x"}}, {"fields": {"key": ""}}, {"statuses": {"a": "nothing"}}, {"page": 101},
        {"questions": "", "annotations": {"Статус ПОС": "s"}}, {"tokn": "x"}, {"question_fields": {"x": "y"}},
    ],
)  # fmt: skip
def test_wrong_settings_are_named(tmp_path, wrong):
    good = {
        "url": "https://e.example.org", "token": Secret("12345678"), "namespace": "pos", "app": "appeals",
        "directory": DIRECTORY,
    }  # fmt: skip
    build(good, tmp_path).close()
    with pytest.raises(ValueError, match=list(wrong)[-1].replace("tokn", "token")):
        build({**good, **wrong}, tmp_path)


# ---- what comes instead of a file


@pytest.mark.parametrize("instead", [b"<html>Technical works</html>", b"%PD"])
def test_a_page_or_half_a_file_is_never_taken_for_the_file(peer, store, instead):
    sed, appeal = peer.sed(), an_appeal()
    sed.register(appeal, (), store.open)
    peer.received(appeal.key)
    peer.answer(appeal.key, "Готово", {"о.pdf": b"%PDF"}, commanded=True, solved=True, number="О-1")
    [answer] = [one for one in drain(sed)[0] if one.kind is EventKind.ANSWER]
    wrong = [True]

    def spoilt(environ, start_response, whole=peer.http._server.app):
        if "s3elma365" in environ["PATH_INFO"] and wrong and wrong.pop():
            return Response(instead)(environ, start_response)
        return whole(environ, start_response)

    peer.http._server.app = spoilt
    with sed.open_file(answer.files[0].ref) as body:  # asked for again
        assert body.read() == b"%PDF"
    wrong.extend([True] * 10)
    with pytest.raises(RetryableError), sed.open_file(answer.files[0].ref):
        pytest.fail("it opened something")
