"""Cards for the mart, marks and dictionaries of an adapter that also takes messages."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from connector.appeal import (
    Card,
    Category,
    ItemKind,
    Question,
)
from connector.errors import ItemError, PermanentError
from connector.sed import CardQuery, Sed
from connector.sed.testing.appeals import Store, an_appeal
from connector.sed.testing.base import Fixtures
from connector.sed.testing.peer import DAY, Peer

CardOf = Callable[..., Card]


class MartCards(Fixtures):
    """Cards for the mart, marks and dictionaries of an adapter that also takes messages."""

    # -- cards for the mart, marks, dictionaries (adapters that claim them)

    @pytest.fixture
    def card_of(self, sed: Sed, store: Store, peer: Peer) -> CardOf:
        """Register a message and return its card as the mart reads it."""
        if not sed.capabilities.cards:
            pytest.skip("this SED gives no cards")

        def made(number: str = "1", **changes: Any) -> Card:
            appeal = an_appeal(platform_id=number, **changes)
            sed.register(appeal, (), store.open)
            peer.received(appeal.key)
            peer.register(appeal.key, f"Т-{number}", DAY)
            return next(card for card in sed.cards(CardQuery()) if card.key == appeal.key)

        return made

    def test_a_card_comes_with_its_number_rubric_and_times(self, card_of: CardOf) -> None:
        card = card_of("7")
        assert (card.ref.number, card.ref.registered_on) == ("Т-7", DAY)
        assert [question.code for question in card.questions] == ["0005.0005.0056.1159"]
        assert card.received_at is not None
        assert card.received_at.tzinfo is not None

    def test_every_question_of_a_card_is_a_rubric_of_its_own(self, card_of: CardOf) -> None:
        codes = ["0005.0005.0056.1159", "0005.0005.0056.1162", "0003.0009.0097.0696"]
        questions = tuple(Question(n, f"Вопрос {n}", Category(), code) for n, code in enumerate(codes, 1))
        card = card_of(kind=ItemKind.APPEAL, questions=questions)
        assert [question.code for question in card.questions] == codes
        assert len({question.id for question in card.questions}) == 3

    def test_every_card_comes_once_however_many(self, sed: Sed, card_of: CardOf) -> None:
        for number in range(7):
            card_of(str(number))
        numbers = [card.ref.number for card in sed.cards(CardQuery())]
        assert sorted(numbers) == [f"Т-{number}" for number in range(7)]

    def test_cards_are_asked_for_by_the_date_of_their_rubrics(self, sed: Sed, card_of: CardOf) -> None:
        card = card_of()
        changed = max(one.changed_at for one in card.questions if one.changed_at is not None).date()
        day = timedelta(days=1)
        found = [one.key for one in sed.cards(CardQuery(rubric_changed_from=changed - day))]
        assert found == [card.key]
        assert list(sed.cards(CardQuery(rubric_changed_from=changed + 2 * day))) == []

    def test_an_unknown_card_file_is_an_error_of_its_own(self, sed: Sed, card_of: CardOf) -> None:
        card_of()
        if "card_files" not in sed.capabilities.dictionaries:
            pytest.skip("this SED has no card files")
        with pytest.raises(ItemError, match="Нет такой картотеки"):
            list(sed.cards(CardQuery(card_files=("Нет такой картотеки",))))

    def test_a_mark_stands_on_its_question_and_changes_nothing_else(self, sed: Sed, card_of: CardOf) -> None:
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

    def test_a_mark_that_the_card_has_no_place_for_is_named(self, sed: Sed, card_of: CardOf) -> None:
        if not sed.capabilities.annotate:
            pytest.skip("this SED takes no marks")
        card = card_of()
        with pytest.raises(PermanentError, match="Нет такого реквизита"):
            sed.annotate(card.ref, card.questions[0], {"Нет такого реквизита": "1"})

    def test_entries_of_dictionaries_have_ids_and_names(self, sed: Sed) -> None:
        for kind in sed.capabilities.dictionaries:
            entries = list(sed.dictionary(kind))
            assert all(entry.id and entry.name for entry in entries)
            assert len({entry.id for entry in entries}) == len(entries) > 0
