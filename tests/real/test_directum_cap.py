"""The Directum adapter passes the suite of SED adapters on a real OData v4 engine (`make test-real`)."""

from datetime import date
from pathlib import Path

import pytest

from connector.errors import AuthError
from connector.sed import CardQuery
from connector.sed.testing import DAY, SedConformance, Store, an_appeal, drain
from tests.real.directum_cap import CapDirectum, Engine

pytestmark = pytest.mark.real
HOME = Path(__file__).resolve().parents[2] / ".venv-real" / "directum-cap"


@pytest.fixture(scope="module")
def engine():
    if not (HOME / "node_modules").is_dir():
        pytest.skip(f"{HOME} has no engine: make real-directum")
    engine = Engine(HOME)
    try:
        engine.wait()
        yield engine
    finally:
        engine.stop()


@pytest.fixture
def peer(engine):
    peer = CapDirectum(engine)
    yield peer
    peer.stop()


class TestDirectumOnCap(SedConformance):
    @pytest.fixture
    def peer(self, engine):
        peer = CapDirectum(engine)
        yield peer
        peer.stop()


def test_pages_by_id_and_the_mart(peer):
    store, sed = Store(), peer.with_settings(page=2)
    for number in range(5):
        appeal = an_appeal(platform_id=str(number))
        sed.register(appeal, (store.put("a.pdf", b"a" * 100_000),), store.open)
        peer.register(appeal.key, f"Т-{number}", DAY)
    numbers = {event.number for event in drain(sed, limit=2)[0] if event.number}
    assert numbers == {f"Т-{number}" for number in range(5)}
    cards = list(sed.cards(CardQuery(card_files=("Обращения ПОС",), rubric_changed_from=date(2024, 1, 1))))
    assert {card.ref.number for card in cards} == numbers
    assert {value.code for card in cards for value in card.questions} == {"0005.0005.0056.1159"}
    sed.annotate(cards[0].ref, cards[0].questions[0], {"Статус ПОС": "В работе"})
    statuses = [value.platform_status for card in sed.cards(CardQuery()) for value in card.questions]
    assert sorted(statuses) == ["", "", "", "", "В работе"]


def test_a_wrong_password_is_an_auth_error(peer):
    with pytest.raises(AuthError):
        peer.with_settings(user="nobody").changes("", 10)
