"""The suite that every SED adapter which gives cards passes, beside what applies of `SedConformance`.

An adapter's own test names a peer: it holds cards, and knows what was written back.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol

import pytest

from connector.appeal import Card, CardRef, RubricValue
from connector.errors import ConnectorError, UnsupportedError
from connector.sed import CardQuery, Sed
from connector.sed.testing.appeals import Store, an_appeal
from connector.sed.testing.claims import Claims

CODE, OTHER = "0005.0005.0056.1162", "0001.0002.0027.0125"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MART, STATUS = "Выгрузка в витрину ПОС", "Статус ПОС"


class CardPeer(Protocol):
    """The other side of an adapter that gives cards."""

    def sed(self) -> Sed:
        """Return a new adapter over the same cards."""

    def keep(self, *cards: Card) -> None:
        """Let the SED hold these cards, changed in this order; one it has is replaced."""

    def written(self, card: str, question: str) -> dict[str, str]:
        """Return the two fields of a question as they stand in the SED."""


def a_card(
    id_: str = "1",
    *codes: str,
    card_file: str = "К1",
    changed: datetime = NOON,
    status: str = "InWork",
    **more: Any,
) -> Card:
    """Return a card of a closed question; codes = one question each."""
    questions = tuple(
        RubricValue(str(n), code, status=status, changed_at=changed)
        for n, code in enumerate(codes or (CODE,), start=1)
    )
    told: dict[str, Any] = {
        "received_at": NOON,
        "due_at": NOON + timedelta(days=30),
        "answered_at": NOON + timedelta(days=9),
    }
    return Card(CardRef(id_, f"А-{id_}"), card_file, questions, **{**told, **more})


def ids(cards: Iterable[Card]) -> list[str]:
    """Return what names the cards, in their order."""
    return [card.ref.id for card in cards]


class CardsConformance:
    """Every rule of an adapter that gives cards, tried by cards that its peer keeps."""

    @pytest.fixture
    def peer(self) -> CardPeer:
        raise NotImplementedError("give the suite a peer")

    @pytest.fixture
    def sed(self, peer: CardPeer) -> Sed:
        return peer.sed()

    @pytest.fixture
    def handed(self) -> None:
        """Nothing is handed over to such a SED: the claims are tried without."""

    # what applies of the suite of messages
    test_healthy_peer_is_found_healthy = Claims.test_healthy_peer_is_found_healthy
    test_capability_claims_are_true = Claims.test_capability_claims_are_true
    test_foreign_file_reference_is_an_error = Claims.test_foreign_file_reference_is_an_error_not_a_file

    @pytest.fixture(autouse=True)
    def _one_card_file(self, peer: CardPeer) -> None:
        peer.keep(a_card("0", card_file="К0"))

    def test_what_it_does_not_do_is_an_error(self, sed: Sed) -> None:
        if sed.capabilities.exchange:
            pytest.skip("it takes messages")
        for call in (
            lambda: sed.find("pos:1:2:1"),
            lambda: sed.register(an_appeal(), (), Store().open),
            lambda: sed.changes("", 10),
            lambda: sed.acknowledge(["x"]),
        ):
            with pytest.raises(UnsupportedError):
                call()

    def test_a_card_comes_whole(self, peer: CardPeer, sed: Sed) -> None:
        kept = a_card("1", CODE, OTHER, key="pos:7:101:1", fields={"region": "Тверская область", MART: "Нет"})
        peer.keep(kept)
        [card] = sed.cards(CardQuery(("К1",)))
        assert replace(card, cursor="", fields=dict(card.fields)) == kept

    def test_every_question_of_a_card_is_there_and_none_of_another(self, peer: CardPeer, sed: Sed) -> None:
        peer.keep(a_card("1", CODE, OTHER, CODE), a_card("2", OTHER), a_card("3"))
        told = {card.ref.id: [one.code for one in card.questions] for card in sed.cards(CardQuery(("К1",)))}
        assert told == {"1": [CODE, OTHER, CODE], "2": [OTHER], "3": [CODE]}

    def test_a_card_without_a_question_is_not_lost(self, peer: CardPeer, sed: Sed) -> None:
        peer.keep(replace(a_card("1"), questions=()))
        [card] = sed.cards(CardQuery(("К1",)))
        assert (card.ref.id, card.questions) == ("1", ())

    @pytest.mark.parametrize("count", [58, 300])
    def test_any_number_of_card_files(self, peer: CardPeer, sed: Sed, count: int) -> None:
        names = [f"Картотека {n:03}" for n in range(count)]
        peer.keep(*(a_card(str(n + 1), card_file=name) for n, name in enumerate(names)))
        cards = [card for name in names[::10] for card in sed.cards(CardQuery((name,)))]
        assert [card.card_file for card in cards] == names[::10]
        assert len(list(sed.cards(CardQuery(tuple(names))))) == count
        assert len(list(sed.cards(CardQuery()))) == count + 1

    def test_a_card_file_that_nobody_knows_is_an_error(self, sed: Sed) -> None:
        if "card_files" not in sed.capabilities.dictionaries:
            pytest.skip("it has no list of card files")
        with pytest.raises(ConnectorError):
            list(sed.cards(CardQuery(("Нет такой",))))

    def test_by_the_day_of_the_rubric_nothing_younger_is_missed(self, peer: CardPeer, sed: Sed) -> None:
        peer.keep(
            a_card("1", changed=NOON - timedelta(days=3)),
            a_card(
                "2", changed=datetime(2026, 3, 1, 21, 0, tzinfo=UTC)
            ),  # midnight in Moscow: already the 2nd
            a_card("3", changed=NOON + timedelta(days=3)),
            a_card("4", changed=NOON - timedelta(days=3), answered_at=None),  # open: time makes it overdue
        )
        found = ids(sed.cards(CardQuery(("К1",), rubric_changed_from=date(2026, 3, 2))))
        assert set(found) == {"2", "3", "4"}

    def test_a_rubric_added_later_brings_its_card_again(self, peer: CardPeer, sed: Sed) -> None:
        peer.keep(a_card("1", changed=NOON - timedelta(days=30)))
        late = RubricValue("2", OTHER, status="InWork", changed_at=NOON)
        peer.keep(replace(card := a_card("1"), questions=(*card.questions, late)))
        [found] = sed.cards(CardQuery(("К1",), rubric_changed_from=date(2026, 3, 2)))
        assert "2" in {one.id for one in found.questions}

    def test_the_cursor_goes_on_and_never_back(self, peer: CardPeer, sed: Sed) -> None:
        if not sed.capabilities.card_cursor:
            pytest.skip("it has no cursor")
        peer.keep(*(a_card(str(n)) for n in range(1, 12)))
        first = list(sed.cards(CardQuery(("К1",))))
        assert len(first) == 11
        last = first[-1].cursor
        assert list(sed.cards(CardQuery(("К1",), cursor=last))) == []
        peer.keep(a_card("5", OTHER), a_card("12", answered_at=None))
        again = list(peer.sed().cards(CardQuery(("К1",), cursor=last)))
        assert ids(again) == ["5", "12"]
        assert ids(sed.cards(CardQuery(("К1",), cursor=again[0].cursor))) == ["12"]

    def test_a_wrong_cursor_is_an_error(self, sed: Sed) -> None:
        if not sed.capabilities.card_cursor:
            pytest.skip("it has no cursor")
        with pytest.raises(ConnectorError):
            list(sed.cards(CardQuery(("К1",), cursor="не то")))

    def test_fields_are_written_and_found(self, peer: CardPeer, sed: Sed) -> None:
        if not sed.capabilities.annotate:
            pytest.skip("it takes no fields")
        peer.keep(a_card("1", CODE, OTHER), a_card("2"))
        [card, _other] = sed.cards(CardQuery(("К1",)))
        sed.annotate(card.ref, card.questions[1], {STATUS: "Назначен исполнитель", MART: "Да"})
        sed.annotate(card.ref, card.questions[1], {})
        assert peer.written("1", "2") == {MART: "Да", STATUS: "Назначен исполнитель"}
        assert peer.written("1", "1")[STATUS] == ""
        assert peer.written("2", "1") == {MART: "", STATUS: ""}
        [again, _other] = peer.sed().cards(CardQuery(("К1",)))
        assert [one.platform_status for one in again.questions] == ["", "Назначен исполнитель"]
        assert again.fields[MART] == "Да"

    def test_fields_of_a_card_that_is_not_there_are_an_error(self, sed: Sed) -> None:
        if not sed.capabilities.annotate:
            pytest.skip("it takes no fields")
        with pytest.raises(ConnectorError):
            sed.annotate(CardRef("nobody"), RubricValue("1", CODE), {STATUS: "На модерации"})

    def test_a_field_that_nobody_knows_is_an_error(self, peer: CardPeer, sed: Sed) -> None:
        if not sed.capabilities.annotate:
            pytest.skip("it takes no fields")
        peer.keep(a_card("1"))
        with pytest.raises(ConnectorError):
            sed.annotate(CardRef("1"), RubricValue("1", CODE), {"Иное поле": "x", STATUS: "На модерации"})
        assert peer.written("1", "1")[STATUS] == ""

    def test_dictionaries_name_every_card_file(self, peer: CardPeer, sed: Sed) -> None:
        if "card_files" not in sed.capabilities.dictionaries:
            pytest.skip("it has no list of card files")
        peer.keep(a_card("1", card_file="К7"))
        assert {entry.name for entry in sed.dictionary("card_files")} == {"К0", "К7"}
