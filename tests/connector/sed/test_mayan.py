"""Mayan over REST: the suite of SED adapters against the stand's small server, and what is Mayan's own."""

import pytest

from config.secret import Secret
from connector.appeal import EventKind
from connector.errors import AuthError, OutcomeUnknownError, PermanentError, RetryableError
from connector.sed.mayan import build
from connector.sed.mayan.reading import events
from connector.sed.rows import UnreadableRowError
from connector.sed.testing import DAY, SedConformance, Store, an_appeal, drain, of, sha256
from connector.sed.testing.peer import hand_over
from tests.connector.sed.mayan_peer import StandMayan


@pytest.fixture
def peer(tmp_path):
    peer = StandMayan(tmp_path).start()
    yield peer
    peer.stop()


@pytest.fixture
def store():
    return Store()


class TestMayan(SedConformance):
    @pytest.fixture
    def peer(self, tmp_path):
        peer = StandMayan(tmp_path).start()
        yield peer
        peer.stop()

    def test_attachments_arrive_with_equal_hash(self, sed, store, peer):
        """A real server refuses an empty file with 400: its name stands in the description instead."""
        contents = {"фото.jpg": b"\xff\xd8" * 70_000, "empty.txt": b"", "письмо.docx": b"PK\x03\x04"}
        files = tuple(store.put(name, content) for name, content in contents.items())
        appeal = an_appeal()
        sed.register(appeal, files, store.open)
        arrived = peer.received(appeal.key).files
        assert arrived == {name: sha256(content) for name, content in contents.items() if content}
        assert peer.empty_files(appeal.key) == ["empty.txt"]

    def test_late_event_still_comes(self, sed, handed, peer):
        """A workflow of Mayan that is over takes no transition, so what comes late follows a draft."""
        peer.answer(handed.key, "Проект", {}, commanded=False, solved=True, number="О-9")
        _events, cursor, _notes = drain(sed)
        peer.assign(handed.key, "Исполнителев И.И.", "Опоздавшее", DAY)
        assert EventKind.EXECUTOR_ASSIGNED in {event.kind for event in drain(sed, cursor)[0]}


@pytest.mark.parametrize("when", ["before", "after"])
def test_wherever_the_connection_breaks_one_whole_card_comes_of_it(peer, store, when):
    files = (store.put("a.txt", b"a"), store.put("b.pdf", b"b"))
    whole = {"a.txt": sha256(b"a"), "b.pdf": sha256(b"b")}
    for place in range(4):  # the document, two files, the key
        appeal = an_appeal(platform_id=f"{place + 100}")
        left = iter(range(100))
        count = lambda call: call.startswith("POST") and next(left) == place  # noqa: B023, E731
        with peer.cutting(count, when):
            try:
                peer.sed().register(appeal, files, store.open)
            except (OutcomeUnknownError, RetryableError):
                pass
            else:
                assert (when, place) in {("after", 1), ("after", 2)}  # the file was seen to be there
        restarted = peer.sed()
        card = restarted.register(appeal, files, store.open)
        received = peer.received(appeal.key)
        assert (received.cards, received.files) == (1, whole)
        assert restarted.find(appeal.key) == card
    assert len(peer.play.app.documents) == 4


def test_a_document_that_was_born_without_its_workflow_gets_one(peer, store):
    peer.play.app.without_workflow = 1
    appeal = an_appeal()
    with peer.cutting(lambda call: call == "POST documents/", "after"), pytest.raises(OutcomeUnknownError):
        peer.sed().register(appeal, (), store.open)
    sed = peer.sed()
    sed.register(appeal, (), store.open)
    peer.received(appeal.key)
    peer.register(appeal.key, "Т-1", DAY)
    assert [one.number for one in drain(sed)[0]] == ["Т-1"]


def test_two_equal_files_both_arrive(peer, store):
    files = (store.put("a.txt", b"a"), store.put("a.txt", b"a"))
    peer.sed().register(an_appeal(), files, store.open)
    assert len(peer.received(an_appeal().key).files) == 2


def test_a_file_that_never_appears_is_an_unknown_outcome(peer, store):
    sed = peer.with_settings(settle=0.6)
    with (
        peer.cutting(lambda call: call.startswith("POST") and call.endswith("/files/"), "before"),
        pytest.raises(OutcomeUnknownError),
    ):
        sed.register(an_appeal(), (store.put("a.txt", b"a"),), store.open)
    assert sed.find(an_appeal().key) is None


def test_an_old_card_is_found_by_the_search(peer, store):
    sed = peer.with_settings(newest=2)
    first = sed.register(an_appeal(platform_id="1"), (), store.open)
    for number in range(2, 6):
        sed.register(an_appeal(platform_id=str(number)), (), store.open)
    assert sed.find(an_appeal(platform_id="1").key) == first


def test_a_bad_token_is_an_auth_error_and_a_finding(peer, store):
    sed = peer.with_settings(token=Secret("wrong-token"))
    with pytest.raises(AuthError):
        sed.register(an_appeal(), (), store.open)
    assert not sed.check().ok


def test_what_is_not_set_up_is_a_finding_and_refuses(peer, store):
    sed = peer.with_settings(document_type="Нет такого")
    assert [one.what for one in sed.check().findings if not one.ok] == ["document_types"]
    with pytest.raises(PermanentError, match="Нет такого"):
        sed.register(an_appeal(), (), store.open)


def test_draft_files_stay_and_answer_files_leave(peer, store):
    sed, appeal = peer.sed(), an_appeal()
    sed.register(appeal, (store.put("a.txt", b"a"),), store.open)
    peer.received(appeal.key)
    peer.answer(appeal.key, "Черновик", {"п.pdf": b"draft"}, commanded=False, solved=True, number="О-1")
    peer.answer(appeal.key, "Готово", {"о.pdf": b"final"}, commanded=True, solved=True, number="О-1")
    answers = [one for one in of(drain(sed)[0], appeal.key) if one.kind is EventKind.ANSWER]
    assert [[file.name for file in one.files] for one in answers] == [[], ["о.pdf"]]
    assert [one.commanded for one in answers] == [False, True]


def test_the_cursor_forgets_what_is_over(peer):
    sed = peer.with_settings(window=3)
    for number in range(3):
        key = hand_over(sed, peer, str(number))
        peer.answer(key, "Готово", {}, commanded=True, solved=True, number="О-1")
    events_, cursor, _notes = drain(sed)
    assert len([one for one in events_ if one.kind is EventKind.ANSWER]) == 3
    assert '"open":{}' in cursor
    with pytest.raises(PermanentError):
        sed.changes('{"v1":{"last":"x"}}', 10)


def test_a_document_that_was_thrown_away_stops_nothing(peer):
    sed = peer.sed()
    for number in range(2):
        peer.register(hand_over(sed, peer, str(number)), f"Т-{number}", DAY)
    del peer.play.app.documents[min(peer.play.app.documents)]
    told, _cursor, notes = drain(sed)
    assert ([one.number for one in told], notes) == (["Т-1"], [])


@pytest.mark.parametrize(
    ("key", "change", "words"),
    [
        ("", {}, "label|метк"),
        ("pos:1:2:3", {"extra_data": "{"}, "JSON"),
        ("pos:1:2:3", {"extra_data": '{"date": "вчера"}'}, "date"),
        ("pos:1:2:3", {"datetime": "x"}, "x"),
    ],
)
def test_an_entry_that_makes_no_sense_says_where(peer, key, change, words):
    entry = {"id": 1, "datetime": "2024-03-01T00:00:00Z", "transition": {"label": "Регистрация"}, **change}
    with pytest.raises(UnreadableRowError, match=words):
        events(key, 1, [entry], [], peer.settings)


@pytest.mark.parametrize(
    "wrong",
    [{"url": "http://m.example.org"}, {"transitions": {"a": "nothing"}}, {"workflow": ""}, {"tokn": "x"}],
)
def test_wrong_settings_are_named(tmp_path, wrong):
    good = {"url": "https://m.example.org", "token": Secret("12345678")}
    with pytest.raises(ValueError, match=next(iter(wrong)).replace("tokn", "token")):
        build({**good, **wrong}, tmp_path)


@pytest.mark.parametrize("instead", [b"<html>Technical works</html>", b"%PD", b"%PDX"])
def test_what_is_not_the_file_that_mayan_tells_of_is_never_taken_for_it(peer, store, instead):
    sed, appeal = peer.sed(), an_appeal()
    sed.register(appeal, (), store.open)
    peer.received(appeal.key)
    peer.answer(appeal.key, "Готово", {"о.pdf": b"%PDF"}, commanded=True, solved=True, number="О-1")
    [answer] = [one for one in drain(sed)[0] if one.kind is EventKind.ANSWER]
    contents = peer.play.app._contents
    [number] = [one for one, body in contents.items() if body == b"%PDF"]
    contents[number] = instead
    with pytest.raises(RetryableError), sed.open_file(answer.files[0].ref):
        pytest.fail("it opened something")
    contents[number] = b"%PDF"
    with sed.open_file(answer.files[0].ref) as body:
        assert body.read() == b"%PDF"
