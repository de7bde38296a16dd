"""DMService on the wire: what each failure means, bounds; nothing is done twice."""

import io
import threading
from datetime import date

import pytest

from config.secret import Secret
from connector.appeal import CardRef, EventKind, Pending
from connector.errors import ConnectorError, OutcomeUnknownError, PermanentError, RetryableError
from connector.sed.dms1c import Dms1cSed, Dms1cSettings, Ref
from connector.sed.testing import Store, an_appeal, sha256
from stand.dms1c.infobase import INCOMING
from stand.dms1c.xmlform import RefusedError
from stand.faults import Fault
from stand.server import CutError
from tests.connector.sed.dms1c_peer import StandDms1c, adapter, answering

WRITES = ("DMCreateRequest", "DMAddFileRequest", "DMLaunchBusinessProcessRequest")
READS = (
    "DMGetObjectListRequest",
    "DMGetNewObjectRequest",
    "DMGetFileListByOwnerRequest",
    "DMRetrieveRequest",
)
TEMPLATE = Ref("3f0f6a52-93c5-4f51-8b3c-0d7bb0a4d001")


@pytest.fixture
def peer():
    with StandDms1c(wsdl="own", process_template=TEMPLATE) as peer:
        yield peer


@pytest.fixture
def store():
    return Store()


def relayed(peer, appeal, files, store, turns=8):
    """Register as the relay does: what is of unknown outcome is looked up before it is tried again."""
    unsure, seen = False, []
    for _turn in range(turns):
        sed = peer.sed()
        try:
            found = sed.find(appeal.key) if unsure else None
            return found or sed.register(appeal, files, store.open), seen
        except OutcomeUnknownError as error:
            unsure = True
            seen.append(error)
        except RetryableError as error:
            seen.append(error)
    raise AssertionError(f"never registered: {seen}")


@pytest.mark.parametrize(
    "fault", [Fault.CUT_BEFORE, Fault.CUT_AFTER, Fault.ERROR, Fault.GARBAGE, Fault.SOAP_FAULT]
)
@pytest.mark.parametrize("request_kind", WRITES)
def test_whatever_breaks_at_any_write_there_is_one_whole_card(peer, store, request_kind, fault):
    files = (store.put("a.txt", b"a" * 70_000), store.put("b.txt", b"b"))
    peer.faults.armed = [(request_kind, fault)]
    result, seen = relayed(peer, an_appeal(), files, store)
    assert [type(error) for error in seen] == [OutcomeUnknownError]
    assert isinstance(result, Pending)
    received = peer.received(an_appeal().key)
    assert (received.cards, len(received.files)) == (1, 2)
    assert not [one for one in peer.ledger.entries() if one.what == "arrived_again"]
    processes = list(peer.server.base.all("DMComplexBusinessProcess"))
    assert [one.external[1] for one in processes] == [f"{an_appeal().key}/process"]


@pytest.mark.parametrize(
    "fault", [Fault.CUT_BEFORE, Fault.CUT_AFTER, Fault.ERROR, Fault.GARBAGE, Fault.SOAP_FAULT, Fault.LOCKED]
)
@pytest.mark.parametrize("request_kind", READS)
def test_a_read_that_breaks_is_asked_again_at_once(peer, store, request_kind, fault):
    peer.faults.armed = [(request_kind, fault)] * 2
    for _turn in range(2):
        peer.sed().register(an_appeal(), (store.put("a.txt", b"a"),), store.open)
    assert peer.faults.armed == []
    assert peer.received(an_appeal().key).cards == 1


def test_a_lock_did_nothing_and_is_tried_again_at_once(peer, store):
    peer.faults.armed = [("DMCreateRequest", Fault.LOCKED), ("DMAddFileRequest", Fault.LOCKED)]
    peer.sed().register(an_appeal(), (store.put("a.txt", b"a" * 100),), store.open)
    assert peer.received(an_appeal().key).files == {"a.txt": sha256(b"a" * 100)}


def test_a_server_that_stays_away_closes_the_channel(peer):
    peer.faults.armed = [("DMGetObjectListRequest", Fault.ERROR)] * 20
    with pytest.raises(RetryableError, match="HTTP 500"):
        peer.sed(attempts=3).find("pos:1:1:1")
    assert len(peer.faults.armed) == 17


def test_a_time_out_of_a_write_is_of_unknown_outcome(peer, store):
    peer.faults.pains = type(peer.faults.pains)(slow=1.0)
    peer.faults.armed = [("DMCreateRequest", Fault.SLOW)]
    with pytest.raises(OutcomeUnknownError, match="in time"):
        peer.sed(read_timeout=0.3).register(an_appeal(), (), store.open)
    sed = peer.sed()
    assert isinstance(sed.register(an_appeal(), (), store.open), Pending)
    assert peer.received(an_appeal().key).cards == 1


def test_nobody_listens_means_nothing_was_sent(store):
    sed = Dms1cSed(
        Dms1cSettings(url="http://127.0.0.1:9/ws/dm.1cws", user="u", password=Secret("p"), attempts=1)
    )
    with pytest.raises(RetryableError, match="no connection"):
        sed.register(an_appeal(), (), store.open)
    assert not sed.check().ok


def test_a_refusal_of_the_engine_parks_the_message_in_its_own_words(peer, store):
    peer.server.engine._calls = {**peer.server.engine._calls, "DMCreateRequest": _refusing}
    with pytest.raises(PermanentError, match="Поле «Подписал» не заполнено"):
        peer.sed().register(an_appeal(), (), store.open)


def _refusing(_request):
    raise RefusedError("Запись", "Поле «Подписал» не заполнено")


def test_a_refusal_that_echoes_the_applicant_names_nobody(peer, store):
    def echoing(_request):
        raise RefusedError("Запись", "Контрагент «ПРИМЕРОВ Пример», primer@example.org, не найден")

    peer.server.engine._calls = {**peer.server.engine._calls, "DMCreateRequest": echoing}
    with pytest.raises(PermanentError, match="не найден") as caught:
        peer.sed().register(an_appeal(), (), store.open)
    assert "пример" not in caught.value.sentence.casefold()
    assert "primer" not in caught.value.sentence


def test_two_cards_of_one_message_wait_for_a_person(peer, store):
    sed = peer.sed()
    sed.register(an_appeal(), (), store.open)
    (card,) = peer.server.base.all(INCOMING)
    peer.server.base.add(type(card)(INCOMING, name="again", external=card.external))
    with pytest.raises(PermanentError, match="2 cards"):
        peer.sed().find(an_appeal().key)


def test_a_server_that_does_not_know_the_lookup_is_an_error_not_a_guess(peer):
    with pytest.raises(RetryableError, match="Поле не найдено"):
        peer.sed(find_property="внешний").find(an_appeal().key)
    assert "find_property" in [
        one.what for one in peer.sed(find_property="внешний").check().findings if not one.ok
    ]


def test_a_server_that_ignores_the_lookup_is_an_error_not_a_guess(peer, store, monkeypatch):
    """It lists whatever it has: nothing of it is taken for the card, and many of it for no lookup at all."""
    monkeypatch.setattr("stand.dms1c.query._test", lambda _kind, _condition: lambda _one: True)
    sed = peer.sed(process_template=None)
    sed.register(an_appeal(), (), store.open)
    assert sed.find("pos:77:other:1") is None
    assert "find_property" in [one.what for one in sed.check().findings if not one.ok]
    peer.server.engine.most = 0
    with pytest.raises(RetryableError, match="find_property"):
        sed.find("pos:77:other:1")


def test_a_registered_card_is_found_with_its_number(peer, store):
    peer.sed().register(an_appeal(), (), store.open)
    peer.register(an_appeal().key, "Т-1", date(2024, 3, 4))
    found = peer.sed().find(an_appeal().key)
    assert isinstance(found, CardRef)
    assert (found.number, found.registered_on) == ("Т-1", date(2024, 3, 4))


def test_a_property_that_1c_lacks_is_named(peer, store):
    sed = peer.sed(card_properties={"Файлов ПОС": "files", "Нет такого": "number"})
    with pytest.raises(RetryableError, match="«Нет такого»"):
        sed.register(an_appeal(), (), store.open)
    assert peer.received(an_appeal().key).cards == 0
    assert any("«Нет такого»" in one.sentence for one in sed.check().findings if not one.ok)


def test_more_questions_than_properties_are_an_error_and_nothing_is_made(peer, store):
    question = an_appeal().questions[0]
    questions = tuple(type(question)(n, "", question.category, question.code) for n in range(1, 7))
    with pytest.raises(PermanentError, match="6 questions"):
        peer.sed().register(an_appeal(questions=questions), (), store.open)
    assert peer.received(an_appeal().key).cards == 0


def test_a_damaged_file_of_the_store_is_found_before_a_card_is_made(peer, store):
    file = store.put("a.txt", b"right")
    store._contents[file.sha256] = b"wrong"
    with pytest.raises(PermanentError, match="damaged"):
        peer.sed().register(an_appeal(), (file,), store.open)
    assert peer.received(an_appeal().key).cards == 0


def test_what_the_card_says(peer, store):
    appeal = an_appeal(text="Не горит\x0b фонарь. " * 300, confidential=True)
    folder = next(iter(peer.server.base.all("DMIncomingDocumentFolder")))
    peer.sed(folder=Ref(folder.id, folder.name)).register(appeal, (store.put("фото.jpg", b"x"),), store.open)
    (card,) = peer.server.base.all(INCOMING)
    assert card.external == ("Обращение ПОС № ПОС-500123", appeal.key, "sedlink")
    assert card.references["folder"] == (folder.kind, folder.id)
    assert card.properties["Заявитель ПОС"] == "Примеров Пример Примерович"
    assert card.properties["Рубрика ПОС"] == "0005.0005.0056.1159"
    assert (card.properties["Статус ПОС"], card.properties["Выгрузка в витрину ПОС"]) == ("В работе", True)
    assert str(card.properties["Дата ПОС"]) == "2024-03-02 00:30:00"  # Moscow
    assert int(card.properties["Файлов ПОС"]) == 2
    whole = next(one for one in peer.server.base.files(card.id) if one.name == "Текст сообщения")
    assert appeal.text in whole.content.decode("utf-8-sig")


def test_many_threads_share_one_adapter(peer, store):
    sed, errors = peer.sed(), []

    def hand_over(number):
        try:
            sed.register(an_appeal(platform_id=str(number)), (store.put(f"{number}.txt", b"1"),), store.open)
        except ConnectorError as error:
            errors.append(error)

    threads = [threading.Thread(target=hand_over, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert errors == []
    assert len(list(peer.server.base.all(INCOMING))) == 8


# -- bytes of files


def test_a_large_file_goes_and_comes_whole_without_lying_in_memory(peer, store):
    import tracemalloc

    content = bytes(range(256)) * 40_000  # 10 MB
    appeal, sed = an_appeal(), peer.sed()
    file = store.put("большой.bin", content)
    sed.register(appeal, (file,), store.open)
    assert peer.received(appeal.key).files == {"большой.bin": sha256(content)}
    stored = next(one for one in peer.server.base.all("DMFile"))
    tracemalloc.start()
    with sed.open_file(stored.id) as opened:
        assert sha256(opened.read()) == file.sha256
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 150 << 20  # the stand's own copies included


def test_a_file_that_is_gone_is_an_error_of_its_message_alone(peer):
    with pytest.raises(PermanentError), peer.sed().open_file("3f0f6a52-93c5-4f51-8b3c-0d7bb0a4d999"):
        pytest.fail("it opened something")


def test_a_file_beyond_the_limit_is_an_error_of_its_message_alone(peer, store):
    appeal = an_appeal()
    peer.sed().register(appeal, (store.put("a.bin", b"x" * 3_000_000),), store.open)
    stored = next(one for one in peer.server.base.all("DMFile"))
    with peer.sed(max_answer=1000).open_file(stored.id) as opened:  # a file has a bound of its own
        assert len(opened.read()) == 3_000_000
    with pytest.raises(PermanentError, match="bytes"), peer.sed(max_file_size=1_000_000).open_file(stored.id):
        pytest.fail("it opened something")


def test_an_answer_that_is_too_long_is_asked_for_in_parts_or_not_read_to_its_end(peer, store):
    for number in range(5):
        appeal = an_appeal(platform_id=str(number), text="длинно " * 280)
        peer.sed().register(appeal, (), store.open)
        peer.refuse(appeal.key, "1", "Отказ")
    page = peer.sed(max_answer=50_000).changes("", 100)
    assert len([event for event in page.events if event.kind is EventKind.REFUSED]) == 5
    with pytest.raises(RetryableError, match="1000"):
        peer.sed(max_answer=1000, attempts=1).changes("", 100)


def test_a_cut_connection_of_the_test_s_own_server_is_a_break():
    def cut(_request):
        raise CutError(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\nContent-Type: text/xml\r\n\r\nhalf")

    with answering(cut) as (url, _asked), pytest.raises(RetryableError, match="broke"):
        adapter(url).find("pos:1:1:1")


def test_a_short_read_of_the_store_does_not_pad_in_the_middle():
    from connector.sed.dms1c.soap import _whole_piece

    class Dripping(io.BytesIO):
        def read(self, size=-1):
            return super().read(min(size, 1000))

    assert _whole_piece(Dripping(b"x" * 5000)) == b"x" * 5000
