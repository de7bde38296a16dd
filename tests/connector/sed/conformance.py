"""The suite that every SED adapter passes. An adapter's own test names it and a peer to play with:

    class TestMySed(SedConformance):
        @pytest.fixture
        def peer(self, tmp_path):
            return MyPeer(tmp_path)

`Peer` says what the other side must be able to do in a test.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Protocol

import pytest

from connector.appeal import (
    AnswerResult,
    CardRef,
    Category,
    EventKind,
    ItemKind,
    Pending,
    Question,
    RubricValue,
    key_uuid,
)
from connector.errors import AuthError, ConnectorError, ItemError, PermanentError, UnsupportedError
from connector.sed import CardQuery, Sed
from tests.connector.sed.appeals import Store, an_appeal, sha256


@dataclass
class Received:
    """What lies at the peer under a key: how many cards, and the last one's files by hash."""

    cards: int
    files: dict[str, str] = field(default_factory=dict)  # name → sha256


class Peer(Protocol):
    """The other side, made to act. Every `tell` verb makes the SED say something about a card."""

    def sed(self) -> Sed:
        """Return a new adapter over the same peer and state: what a restarted process would have."""

    def received(self, key: str) -> Received:
        """Let the SED take what was handed over, return what it holds under a key."""

    def register(self, key: str, number: str, day: date) -> None: ...
    def refuse(self, key: str, code: str, text: str) -> str | None:
        """Refuse registration; return the code that must come where the SED has a list of its own."""
        ...

    def assign(self, key: str, executor: str, text: str, deadline: date) -> None: ...
    def prolong(self, key: str, deadline: date) -> None: ...
    def redirect(self, key: str, organisation: str) -> None: ...
    def answer(
        self, key: str, text: str, files: dict[str, bytes], *, commanded: bool, solved: bool, number: str
    ) -> None: ...

    def repeat(self) -> None:
        """Say the last thing again, as a peer does that got no confirmation."""

    def lose_connection_after_commit(self) -> AbstractContextManager[None]:
        """Let a registration inside fail although the peer has (or will have) it."""

    def lose_connection_before_commit(self) -> AbstractContextManager[None]:
        """Let a registration inside fail before the peer has anything."""


def drain(sed, cursor="", limit=100):
    """Read as the relay does: store, commit, acknowledge, next page. Return events, cursor, notes."""
    events, notes = [], []
    for _page in range(1000):
        page = sed.changes(cursor, limit)
        events += page.events
        notes += page.notes
        sed.acknowledge(page.receipts)
        cursor = page.cursor
        if not page.more:
            return events, cursor, notes
    raise AssertionError("the pages never end")


def of(events, key):
    """Return the events of one message: by its key, or by the UUID where the SED echoes only that."""
    return [event for event in events if event.key in {key, str(key_uuid(key))}]


def unique(events):
    """Drop repeats by id, as the journal does."""
    return list({event.id: event for event in events}.values())


DAY, LATER = date(2024, 3, 4), date(2024, 4, 30)


class SedConformance:
    @pytest.fixture
    def peer(self):
        raise NotImplementedError("give the suite a peer")

    @pytest.fixture
    def store(self):
        return Store()

    @pytest.fixture
    def sed(self, peer):
        return peer.sed()

    @pytest.fixture
    def handed(self, sed, store, peer):
        """A message that the SED was given and took."""
        appeal = an_appeal()
        sed.register(appeal, (), store.open)
        assert peer.received(appeal.key).cards == 1
        return appeal

    # -- registration

    def test_unknown_key_is_not_found(self, sed):
        assert sed.find("pos:1:nobody:1") is None

    def test_registers_once_however_often_asked(self, sed, store, peer):
        appeal = an_appeal()
        first = sed.register(appeal, (), store.open)
        assert isinstance(first, Pending if sed.capabilities.async_registration else CardRef)
        assert sed.register(appeal, (), store.open) == first
        assert peer.sed().register(appeal, (), store.open) == first  # another process
        assert peer.received(appeal.key).cards == 1
        assert peer.sed().register(appeal, (), store.open) is not None  # after the SED took it
        assert peer.received(appeal.key).cards == 1

    def test_finds_what_was_registered(self, sed, store, peer):
        appeal = an_appeal()
        receipt = sed.register(appeal, (), store.open)
        assert sed.find(appeal.key) == receipt
        assert peer.received(appeal.key).cards == 1
        assert peer.sed().find(appeal.key) is not None

    def test_rounds_are_cards_of_their_own(self, sed, store, peer):
        first, second = an_appeal(), an_appeal(round=2, rework_comment="Фонарь снова не горит")
        sed.register(first, (), store.open)
        assert sed.find(second.key) is None
        sed.register(second, (), store.open)
        assert peer.received(first.key).cards == 1
        assert peer.received(second.key).cards == 1

    def test_attachments_arrive_with_equal_hash(self, sed, store, peer):
        contents = {"фото.jpg": b"\xff\xd8" * 70_000, "empty.txt": b"", "письмо.docx": b"PK\x03\x04"}
        files = tuple(store.put(name, content) for name, content in contents.items())
        appeal = an_appeal()
        sed.register(appeal, files, store.open)
        assert peer.received(appeal.key).files == {
            name: sha256(content) for name, content in contents.items()
        }

    def test_two_attachments_of_one_name_both_arrive(self, sed, store, peer):
        files = (store.put("фото.jpg", b"one"), store.put("Фото.JPG", b"two"))
        appeal = an_appeal()
        sed.register(appeal, files, store.open)
        assert sorted(peer.received(appeal.key).files.values()) == sorted([sha256(b"one"), sha256(b"two")])

    def test_too_large_a_file_is_said_and_nothing_is_registered(self, sed, store, peer):
        limit = sed.capabilities.max_file_size
        if limit is None:
            pytest.skip("this SED names no largest size")
        file = store.put("big.bin", b"x")
        huge = type(file)(file.sha256, limit + 1, file.name)
        with pytest.raises(PermanentError):
            sed.register(an_appeal(), (huge,), store.open)
        assert sed.find(an_appeal().key) is None

    def test_lost_after_commit_is_found_not_repeated(self, sed, store, peer):
        appeal = an_appeal()
        with peer.lose_connection_after_commit(), pytest.raises(ConnectorError):
            sed.register(appeal, (), store.open)
        restarted = peer.sed()
        found = restarted.find(appeal.key)
        assert found is not None
        assert restarted.register(appeal, (), store.open) == found
        assert peer.received(appeal.key).cards == 1

    def test_lost_before_commit_is_not_found_and_repeated(self, sed, store, peer):
        appeal = an_appeal()
        with peer.lose_connection_before_commit(), pytest.raises(ConnectorError):
            sed.register(appeal, (), store.open)
        restarted = peer.sed()
        assert restarted.find(appeal.key) is None
        restarted.register(appeal, (), store.open)
        assert peer.received(appeal.key).cards == 1

    # -- what the SED tells

    def test_registration_brings_number_and_date(self, sed, handed, peer):
        peer.register(handed.key, "Т-15/1", DAY)
        events, _cursor, notes = drain(sed)
        registered = [event for event in of(events, handed.key) if event.kind is EventKind.REGISTERED]
        assert [(event.number, event.document_date) for event in registered] == [("Т-15/1", DAY)]
        assert notes == []

    def test_refusal_brings_code_and_text(self, sed, handed, peer):
        code = peer.refuse(handed.key, "39", "Отсутствуют данные об авторе") or "39"
        (event,) = [event for event in of(drain(sed)[0], handed.key) if event.kind is EventKind.REFUSED]
        assert event.code == code
        assert "Отсутствуют данные об авторе" in event.text

    def test_executor_resolution_and_deadline(self, sed, handed, peer):
        peer.register(handed.key, "Т-1", DAY)
        peer.assign(handed.key, "Исполнителев И.И.", "Подготовить ответ", DAY)
        events = of(drain(sed)[0], handed.key)
        (assigned,) = [event for event in events if event.kind is EventKind.EXECUTOR_ASSIGNED]
        assert assigned.executors[0].surname == "Исполнителев"
        resolutions = [event for event in events if event.kind is EventKind.RESOLUTION]
        assert [(event.text, event.deadline) for event in resolutions] in ([], [("Подготовить ответ", DAY)])

    def test_prolongation_brings_the_new_date(self, sed, handed, peer):
        peer.register(handed.key, "Т-1", DAY)
        peer.prolong(handed.key, LATER)
        events = of(unique(drain(sed)[0]), handed.key)
        assert [event.deadline for event in events if event.kind is EventKind.EXTENDED] == [LATER]

    def test_registration_alone_prolongs_nothing(self, sed, handed, peer):
        peer.register(handed.key, "Т-1", DAY)
        assert EventKind.EXTENDED not in {event.kind for event in drain(sed)[0]}

    def test_redirection_names_the_organisation(self, sed, handed, peer):
        peer.redirect(handed.key, "Управление примеров")
        (event,) = [event for event in of(drain(sed)[0], handed.key) if event.kind is EventKind.REDIRECTED]
        assert event.organisation == "Управление примеров"

    def test_answer_brings_text_result_and_files(self, sed, handed, peer):
        peer.register(handed.key, "Т-1", DAY)
        files = {"ответ.pdf": b"%PDF" + b"y" * 200_000, "схема.png": b"\x89PNG"}
        peer.answer(handed.key, "Фонарь починен", files, commanded=True, solved=True, number="О-9")
        (event,) = [event for event in of(drain(sed)[0], handed.key) if event.kind is EventKind.ANSWER]
        assert (event.text, event.number, event.commanded) == ("Фонарь починен", "О-9", True)
        assert event.result is AnswerResult.SOLVED
        assert sed.capabilities.answer_files
        for restarted in (sed, peer.sed()):  # the message was acknowledged: its files stay openable
            read = {}
            for file in event.files:
                with restarted.open_file(file.ref) as opened:
                    read[file.name] = opened.read()
            assert read == files

    def test_answer_without_the_command_is_not_commanded(self, sed, handed, peer):
        peer.answer(handed.key, "Черновик", {}, commanded=False, solved=False, number="О-9")
        answers = [event for event in of(drain(sed)[0], handed.key) if event.kind is EventKind.ANSWER]
        assert [event.commanded for event in answers] in ([], [False])

    def test_command_after_an_uncommanded_answer_is_a_new_event(self, sed, handed, peer):
        peer.answer(handed.key, "Ответ", {}, commanded=False, solved=False, number="О-9")
        first, cursor, _notes = drain(sed)
        peer.answer(handed.key, "Ответ", {}, commanded=True, solved=False, number="О-9")
        second, _cursor, _notes = drain(sed, cursor)
        fresh = [
            event for event in unique(first + second) if event.kind is EventKind.ANSWER and event.commanded
        ]
        assert [event.result for event in fresh] == [AnswerResult.NOT_SOLVED]

    def test_events_come_in_the_order_in_which_they_happened(self, sed, handed, peer):
        peer.register(handed.key, "Т-1", DAY)
        peer.assign(handed.key, "Исполнителев И.И.", "Подготовить ответ", DAY)
        peer.answer(handed.key, "Готово", {}, commanded=True, solved=True, number="О-9")
        kinds = [event.kind for event in of(unique(drain(sed, limit=1)[0]), handed.key)]
        wanted = [EventKind.REGISTERED, EventKind.EXECUTOR_ASSIGNED, EventKind.ANSWER]
        assert [kind for kind in kinds if kind in wanted] == wanted

    def test_what_is_said_twice_bears_one_id(self, sed, handed, peer):
        peer.register(handed.key, "Т-1", DAY)
        first, cursor, _notes = drain(sed)
        peer.repeat()
        second, _cursor, _notes = drain(sed, cursor)
        assert {event.id for event in second} <= {event.id for event in first}

    def test_different_things_bear_different_ids(self, sed, store, peer):
        keys = []
        for number in range(3):
            appeal = an_appeal(platform_id=str(number))
            sed.register(appeal, (), store.open)
            keys.append(appeal.key)
            peer.received(appeal.key)
            peer.register(appeal.key, "Т-1", DAY)
        events = drain(sed)[0]
        assert all(
            len([one for one in of(events, key) if one.kind is EventKind.REGISTERED]) == 1 for key in keys
        )
        assert len({event.id for event in events}) == len(events)

    def test_late_event_still_comes(self, sed, handed, peer):
        peer.answer(handed.key, "Готово", {}, commanded=True, solved=True, number="О-9")
        _events, cursor, _notes = drain(sed)
        peer.assign(handed.key, "Исполнителев И.И.", "Опоздавшее", DAY)
        assert EventKind.EXECUTOR_ASSIGNED in {event.kind for event in drain(sed, cursor)[0]}

    # -- cursors

    def test_not_acknowledged_comes_again_after_a_restart(self, sed, handed, peer):
        peer.register(handed.key, "Т-1", DAY)
        lost = sed.changes("", 100)  # the process dies before its commit
        again = peer.sed().changes("", 100)
        assert [event.id for event in again.events] == [event.id for event in lost.events] != []

    def test_not_committed_comes_again_in_the_same_process(self, sed, handed, peer):
        peer.register(handed.key, "Т-1", DAY)
        lost = sed.changes("", 100)
        assert sed.changes("", 100).events == lost.events

    def test_acknowledged_is_over(self, sed, handed, peer):
        peer.register(handed.key, "Т-1", DAY)
        events, cursor, _notes = drain(sed)
        assert events
        page = sed.changes(cursor, 100)
        assert (page.events, page.more) == ((), False)
        assert page.cursor == cursor

    def test_acknowledging_twice_is_harmless(self, sed, handed, peer):
        peer.register(handed.key, "Т-1", DAY)
        page = sed.changes("", 100)
        sed.acknowledge(page.receipts)
        sed.acknowledge(page.receipts)
        peer.sed().acknowledge(page.receipts)
        assert sed.changes(page.cursor, 100).events == ()

    @pytest.mark.parametrize("acknowledging", [True, False])
    def test_small_pages_lose_nothing(self, sed, store, peer, acknowledging):
        keys = []
        for number in range(7):
            appeal = an_appeal(platform_id=str(number))
            sed.register(appeal, (), store.open)
            peer.received(appeal.key)
            peer.register(appeal.key, f"Т-{number}", DAY)
            keys.append(appeal.key)
        events, cursor = [], ""
        for _turn in range(100):
            page = sed.changes(cursor, 2)
            events += page.events
            cursor = page.cursor
            if acknowledging:
                sed.acknowledge(page.receipts)
            if not page.more:
                break
        else:
            pytest.fail("the pages never end")
        numbers = {event.number for event in events if event.kind is EventKind.REGISTERED}
        assert numbers == {f"Т-{number}" for number in range(7)}

    # -- claims

    def test_healthy_peer_is_found_healthy(self, sed):
        health = sed.check()
        assert health.ok, [finding.sentence for finding in health.findings if not finding.ok]

    def test_capability_claims_are_true(self, sed, handed):
        capabilities = sed.capabilities
        value = RubricValue("1", "0005.0005.0056.1159")
        if not capabilities.cards:
            with pytest.raises(UnsupportedError):
                list(sed.cards(CardQuery()))
        if not capabilities.annotate:
            with pytest.raises(UnsupportedError):
                sed.annotate(CardRef("1"), value, {"Статус ПОС": "В работе"})
        for kind in ("rubrics", "card_files"):
            if kind in capabilities.dictionaries:
                assert list(sed.dictionary(kind))
            else:
                with pytest.raises(UnsupportedError):
                    list(sed.dictionary(kind))

    # -- cards for the mart, marks, dictionaries (adapters that claim them)

    @pytest.fixture
    def card_of(self, sed, store, peer):
        """Register a message and return its card as the mart reads it."""
        if not sed.capabilities.cards:
            pytest.skip("this SED gives no cards")

        def made(number="1", **changes):
            appeal = an_appeal(platform_id=number, **changes)
            sed.register(appeal, (), store.open)
            peer.received(appeal.key)
            peer.register(appeal.key, f"Т-{number}", DAY)
            return next(card for card in sed.cards(CardQuery()) if card.key == appeal.key)

        return made

    def test_a_card_comes_with_its_number_rubric_and_times(self, card_of):
        card = card_of("7")
        assert (card.ref.number, card.ref.registered_on) == ("Т-7", DAY)
        assert [question.code for question in card.questions] == ["0005.0005.0056.1159"]
        assert card.received_at is not None
        assert card.received_at.tzinfo is not None

    def test_every_question_of_a_card_is_a_rubric_of_its_own(self, card_of):
        codes = ["0005.0005.0056.1159", "0005.0005.0056.1162", "0003.0009.0097.0696"]
        questions = tuple(Question(n, f"Вопрос {n}", Category(), code) for n, code in enumerate(codes, 1))
        card = card_of(kind=ItemKind.APPEAL, questions=questions)
        assert [question.code for question in card.questions] == codes
        assert len({question.id for question in card.questions}) == 3

    def test_every_card_comes_once_however_many(self, sed, card_of):
        for number in range(7):
            card_of(str(number))
        numbers = [card.ref.number for card in sed.cards(CardQuery())]
        assert sorted(numbers) == [f"Т-{number}" for number in range(7)]

    def test_cards_are_asked_for_by_the_date_of_their_rubrics(self, sed, card_of):
        card = card_of()
        changed = max(question.changed_at for question in card.questions).date()
        day = timedelta(days=1)
        found = [one.key for one in sed.cards(CardQuery(rubric_changed_from=changed - day))]
        assert found == [card.key]
        assert list(sed.cards(CardQuery(rubric_changed_from=changed + 2 * day))) == []

    def test_an_unknown_card_file_is_an_error_of_its_own(self, sed, card_of):
        card_of()
        if "card_files" not in sed.capabilities.dictionaries:
            pytest.skip("this SED has no card files")
        with pytest.raises(ItemError, match="Нет такой картотеки"):
            list(sed.cards(CardQuery(card_files=("Нет такой картотеки",))))

    def test_a_mark_stands_on_its_question_and_changes_nothing_else(self, sed, card_of):
        if not sed.capabilities.annotate:
            pytest.skip("this SED takes no marks")
        questions = tuple(Question(n, "", Category(), f"0005.0005.0056.115{n}") for n in (1, 2))
        before = card_of(kind=ItemKind.APPEAL, questions=questions)
        fields = {"Статус ПОС": "Закрыто", "Выгрузка в витрину ПОС": "нет"}
        for _turn in range(2):  # a repeat is harmless
            sed.annotate(before.ref, before.questions[1], fields)
        (after,) = sed.cards(CardQuery())
        assert after.questions[1].platform_status == "Закрыто"
        assert after.questions[0].platform_status == before.questions[0].platform_status != "Закрыто"
        assert [one.code for one in after.questions] == [one.code for one in before.questions]
        assert (after.ref, after.key, after.received_at) == (before.ref, before.key, before.received_at)

    def test_a_mark_that_the_card_has_no_place_for_is_named(self, sed, card_of):
        if not sed.capabilities.annotate:
            pytest.skip("this SED takes no marks")
        card = card_of()
        with pytest.raises(PermanentError, match="Нет такого реквизита"):
            sed.annotate(card.ref, card.questions[0], {"Нет такого реквизита": "1"})

    def test_entries_of_dictionaries_have_ids_and_names(self, sed):
        for kind in sed.capabilities.dictionaries:
            entries = list(sed.dictionary(kind))
            assert all(entry.id and entry.name for entry in entries)
            assert len({entry.id for entry in entries}) == len(entries) > 0

    # -- credentials

    def test_wrong_credentials_stop_the_connection_and_nothing_else(self, sed, peer):
        """A peer with `stranger()` gives an adapter whose password is wrong."""
        if not hasattr(peer, "stranger"):
            pytest.skip("this SED knows no credentials")
        stranger = peer.stranger()
        with pytest.raises(AuthError):
            stranger.find("pos:1:nobody:1")
        with pytest.raises(AuthError):
            stranger.changes("", 100)
        assert not stranger.check().ok
        assert sed.find("pos:1:nobody:1") is None

    def test_foreign_file_reference_is_an_error_not_a_file(self, sed):
        for ref in ("", "../../etc/passwd", "a/../b", "0/1/2", "nothing"):
            with pytest.raises(ConnectorError), sed.open_file(ref):
                pytest.fail("it opened something")
