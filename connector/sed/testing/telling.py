"""What the SED tells: events of a closed list, in order, each with an id of its own."""

from connector.appeal import (
    AnswerResult,
    Appeal,
    EventKind,
)
from connector.sed import Sed
from connector.sed.testing.appeals import Store, an_appeal
from connector.sed.testing.base import Fixtures
from connector.sed.testing.peer import DAY, LATER, Peer, drain, of, unique


class Telling(Fixtures):
    """What the SED tells: events of a closed list, in order, each with an id of its own."""

    # -- what the SED tells

    def test_registration_brings_number_and_date(self, sed: Sed, handed: Appeal, peer: Peer) -> None:
        peer.register(handed.key, "Т-15/1", DAY)
        events, _cursor, notes = drain(sed)
        registered = [event for event in of(events, handed.key) if event.kind is EventKind.REGISTERED]
        assert [(event.number, event.document_date) for event in registered] == [("Т-15/1", DAY)]
        assert notes == []

    def test_refusal_brings_code_and_text(self, sed: Sed, handed: Appeal, peer: Peer) -> None:
        code = peer.refuse(handed.key, "39", "Отсутствуют данные об авторе") or "39"
        (event,) = [event for event in of(drain(sed)[0], handed.key) if event.kind is EventKind.REFUSED]
        assert event.code == code
        assert "Отсутствуют данные об авторе" in event.text

    def test_executor_resolution_and_deadline(self, sed: Sed, handed: Appeal, peer: Peer) -> None:
        peer.register(handed.key, "Т-1", DAY)
        peer.assign(handed.key, "Исполнителев И.И.", "Подготовить ответ", DAY)
        events = of(drain(sed)[0], handed.key)
        (assigned,) = [event for event in events if event.kind is EventKind.EXECUTOR_ASSIGNED]
        assert assigned.executors[0].surname == "Исполнителев"
        resolutions = [event for event in events if event.kind is EventKind.RESOLUTION]
        assert [(event.text, event.deadline) for event in resolutions] in ([], [("Подготовить ответ", DAY)])

    def test_prolongation_brings_the_new_date(self, sed: Sed, handed: Appeal, peer: Peer) -> None:
        peer.register(handed.key, "Т-1", DAY)
        peer.prolong(handed.key, LATER)
        events = of(unique(drain(sed)[0]), handed.key)
        assert [event.deadline for event in events if event.kind is EventKind.EXTENDED] == [LATER]

    def test_registration_alone_prolongs_nothing(self, sed: Sed, handed: Appeal, peer: Peer) -> None:
        peer.register(handed.key, "Т-1", DAY)
        assert EventKind.EXTENDED not in {event.kind for event in drain(sed)[0]}

    def test_redirection_names_the_organisation(self, sed: Sed, handed: Appeal, peer: Peer) -> None:
        peer.redirect(handed.key, "Управление примеров")
        (event,) = [event for event in of(drain(sed)[0], handed.key) if event.kind is EventKind.REDIRECTED]
        assert event.organisation == "Управление примеров"

    def test_answer_brings_text_result_and_files(self, sed: Sed, handed: Appeal, peer: Peer) -> None:
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

    def test_answer_without_the_command_is_not_commanded(self, sed: Sed, handed: Appeal, peer: Peer) -> None:
        peer.answer(handed.key, "Черновик", {}, commanded=False, solved=False, number="О-9")
        answers = [event for event in of(drain(sed)[0], handed.key) if event.kind is EventKind.ANSWER]
        assert [event.commanded for event in answers] in ([], [False])

    def test_command_after_an_uncommanded_answer_is_a_new_event(
        self, sed: Sed, handed: Appeal, peer: Peer
    ) -> None:
        peer.answer(handed.key, "Ответ", {}, commanded=False, solved=False, number="О-9")
        first, cursor, _notes = drain(sed)
        peer.answer(handed.key, "Ответ", {}, commanded=True, solved=False, number="О-9")
        second, _cursor, _notes = drain(sed, cursor)
        fresh = [
            event for event in unique(first + second) if event.kind is EventKind.ANSWER and event.commanded
        ]
        assert [event.result for event in fresh] == [AnswerResult.NOT_SOLVED]

    def test_events_come_in_the_order_in_which_they_happened(
        self, sed: Sed, handed: Appeal, peer: Peer
    ) -> None:
        peer.register(handed.key, "Т-1", DAY)
        peer.assign(handed.key, "Исполнителев И.И.", "Подготовить ответ", DAY)
        peer.answer(handed.key, "Готово", {}, commanded=True, solved=True, number="О-9")
        kinds = [event.kind for event in of(unique(drain(sed, limit=1)[0]), handed.key)]
        wanted = [EventKind.REGISTERED, EventKind.EXECUTOR_ASSIGNED, EventKind.ANSWER]
        assert [kind for kind in kinds if kind in wanted] == wanted

    def test_what_is_said_twice_bears_one_id(self, sed: Sed, handed: Appeal, peer: Peer) -> None:
        peer.register(handed.key, "Т-1", DAY)
        first, cursor, _notes = drain(sed)
        peer.repeat()
        second, _cursor, _notes = drain(sed, cursor)
        assert {event.id for event in second} <= {event.id for event in first}

    def test_different_things_bear_different_ids(self, sed: Sed, store: Store, peer: Peer) -> None:
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

    def test_late_event_still_comes(self, sed: Sed, handed: Appeal, peer: Peer) -> None:
        peer.answer(handed.key, "Готово", {}, commanded=True, solved=True, number="О-9")
        _events, cursor, _notes = drain(sed)
        peer.assign(handed.key, "Исполнителев И.И.", "Опоздавшее", DAY)
        assert EventKind.EXECUTOR_ASSIGNED in {event.kind for event in drain(sed, cursor)[0]}
