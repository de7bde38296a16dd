"""The stand's 1С refuses what the real engine refuses, in its own two ways, and says what it has."""

import base64

import httpx
import pytest
from lxml import etree

from stand.dms1c.clerk import Dms1c
from stand.dms1c.infobase import INCOMING, PROPERTIES, TASK, Stored
from stand.dms1c.shown import property_id
from stand.dms1c.xmlform import ENVELOPE, NS, XS, wsdl
from stand.ledger import Ledger
from tests.connector.sed.stand_peer import AnyPlan

HEAD = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:m="http://www.1c.ru/dm" '
    'xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:i="http://www.w3.org/2001/XMLSchema-instance">'
)
ACTION = {"SOAPAction": "http://www.1c.ru/dm#DMService:execute"}


@pytest.fixture
def server():
    server = Dms1c(plans=AnyPlan(), ledger=Ledger(), most=5)
    server.start()
    yield server
    server.stop()


def post(server, body, *, headers=ACTION, auth=True):
    login = (server.app.user.encode(), server.app.password.encode()) if auth else None
    return httpx.post(server.url, content=body.encode(), headers=headers, auth=login)


def execute(server, kind, inner=""):
    request = f'<m:request i:type="m:{kind}">{inner}</m:request>'
    answer = post(server, f"{HEAD}<s:Body><m:execute>{request}</m:execute></s:Body></s:Envelope>")
    return etree.fromstring(answer.content)


def words(answer):
    """Return the engine's complaint: ("fault", …), ("error", …) or nothing."""
    fault = answer.findtext(f".//{{{ENVELOPE}}}Fault/faultstring")
    if fault is not None:
        return "fault", fault
    described = answer.findtext(f".//{{{NS}}}description")
    return ("error", described) if described is not None else ("", "")


def create(server, inner, kind="DMIncomingDocument"):
    return execute(server, "DMCreateRequest", f'<m:object i:type="m:{kind}">{inner}</m:object>')


def test_it_wants_its_user_its_address_and_its_operation(server):
    assert post(server, "", auth=False).status_code == 401
    assert httpx.post(server.url + "/other", auth=("a", "b")).status_code == 404
    assert post(server, "", headers={}).status_code == 500
    assert words(etree.fromstring(post(server, "<a/>").content))[0] == "fault"
    assert words(etree.fromstring(post(server, "<a").content))[0] == "fault"


def test_it_gives_its_wsdl_and_answers_by_it(server):
    got = httpx.get(server.url + "?wsdl", auth=(server.app.user.encode(), server.app.password.encode()))
    assert got.content == wsdl()
    schema = etree.XMLSchema(etree.fromstring(got.content).find(f".//{{{XS}}}schema"))
    server.base.add(Stored(INCOMING, name="д", fields={"summary": "с", "title": "з", "regNumber": "1"}))
    user = server.base.named("DMUser", "И")
    server.base.add(
        Stored(TASK, fields={"executed": "false"}, references={"performer": (user.kind, user.id)})
    )
    answers = [execute(server, "DMGetVersionRequest")]
    answers += [
        execute(server, "DMGetNewObjectRequest", f"<m:type>{kind}</m:type>")
        for kind in (INCOMING, "DMOutgoingDocument")
    ]
    for one in (*server.base.all(INCOMING), *server.base.all(TASK)):
        wanted = f"<m:objectIds><m:id>{one.id}</m:id><m:type>{one.kind}</m:type></m:objectIds>"
        answers.append(execute(server, "DMRetrieveRequest", wanted))
    answers.append(execute(server, "DMGetObjectListRequest", f"<m:type>{INCOMING}</m:type>"))
    answers.append(execute(server, "DMSomethingRequest"))
    for answer in answers:
        response = answer.find(f"{{{ENVELOPE}}}Body")[0]
        if response.tag == f"{{{NS}}}executeResponse":
            schema.assertValid(response)
    assert words(answers[-1])[0] == "fault"  # XDTO knows no such type


def _property(name, inner):
    return f"<m:additionalProperties><m:name>{name}</m:name>{inner}</m:additionalProperties>"


NAMED = "<m:name>д</m:name>"
TITLED = f"{NAMED}<m:title>з</m:title>"
NOWHERE = "<m:objectID><m:id>9</m:id><m:type>Т</m:type></m:objectID>"
ROUND = f"<m:objectID><m:id>{property_id('Раунд ПОС')}</m:id><m:type>Т</m:type></m:objectID>"
WORD = '<m:propertySimpleValue i:type="xs:string">1</m:propertySimpleValue>'
WRONG_CARDS = [
    (f"<m:title>з</m:title>{NAMED}", "XDTO"),  # the order of the schema
    (f"{NAMED}<m:wrong>1</m:wrong>", "XDTO"),
    (NAMED, "Заголовок"),
    (f"{NAMED}{NOWHERE}<m:title>з</m:title>", "пуст"),
    (f"{TITLED}<m:folder>{NOWHERE}</m:folder>", "не найден"),
    (f"{TITLED}{_property('Нет', NOWHERE)}", "реквизит не найден"),
    (f"{TITLED}{_property('Раунд ПОС', ROUND + WORD)}", "Неверный тип"),
]


@pytest.mark.parametrize(("inner", "complaint"), WRONG_CARDS)
def test_a_card_that_is_none_is_refused_and_not_made(server, inner, complaint):
    assert complaint in words(create(server, inner))[1]
    assert list(server.base.all(INCOMING)) == []


def test_only_incoming_documents_are_made(server):
    assert words(create(server, "<m:name>д</m:name>", "DMOutgoingDocument"))[0] == "error"


def _condition(name, value, operator=""):
    compared = f"<m:comparisonOperator>{operator}</m:comparisonOperator>" if operator else ""
    return f"<m:conditions><m:property>{name}</m:property>{value}{compared}</m:conditions>"


STRING = '<m:value i:type="xs:string">1</m:value>'
WRONG_LISTS = [
    (INCOMING, "<m:columnSet>name</m:columnSet>", "Поле объекта не обнаружено (name)"),
    (INCOMING, _condition("x", STRING), "Поле не найдено"),
    (INCOMING, _condition("modificationDate", "<m:value>1</m:value>"), "Тип значения"),
    ("DMUser", _condition("name", STRING, "~"), "оператор"),
]


@pytest.mark.parametrize(("kind", "query", "complaint"), WRONG_LISTS)
def test_a_list_by_what_it_does_not_know_is_refused(server, kind, query, complaint):
    answer = execute(server, "DMGetObjectListRequest", f"<m:type>{kind}</m:type><m:query>{query}</m:query>")
    assert complaint in words(answer)[1]


def test_lists_are_cut_and_say_so_tasks_without_a_look_at_the_limit(server):
    for _number in range(7):
        server.base.add(Stored(INCOMING))
        server.base.add(Stored(TASK, fields={"executed": "false"}))
    for kind, limit, count in ((INCOMING, 3, 3), (INCOMING, 100, 5), (TASK, 3, 5)):
        inner = f"<m:type>{kind}</m:type><m:query><m:limit>{limit}</m:limit></m:query>"
        answer = execute(server, "DMGetObjectListRequest", inner)
        assert len(answer.findall(f".//{{{NS}}}items")) == count
        assert answer.findtext(f".//{{{NS}}}tooManyObjects") == "true"


def test_a_file_of_another_size_is_refused(server):
    card = server.base.add(Stored(INCOMING))
    body = base64.b64encode(b"abc").decode()
    owner = f"<m:owner><m:objectID><m:id>{card.id}</m:id><m:type>{INCOMING}</m:type></m:objectID></m:owner>"
    for size, complaint in ((3, ""), (4, "Размер")):
        file = (
            f"<m:file><m:name>а</m:name><m:binaryData>{body}</m:binaryData><m:size>{size}</m:size></m:file>"
        )
        assert complaint in words(execute(server, "DMAddFileRequest", file + owner))[1]
    assert [one.content for one in server.base.files(card.id)] == [b"abc"]


def test_an_update_empties_the_properties_that_it_does_not_name(server):
    card = server.base.add(Stored(INCOMING, properties={"Место ПОС": "м", "Статус ПОС": "В работе"}))
    value = '<m:propertySimpleValue i:type="xs:string">Закрыто</m:propertySimpleValue>'
    identity = f"<m:objectID><m:id>{property_id('Статус ПОС')}</m:id><m:type>Т</m:type></m:objectID>"
    ours = f"<m:objectID><m:id>{card.id}</m:id><m:type>{INCOMING}</m:type></m:objectID>"
    marked = _property("Статус ПОС", identity + value)
    inner = f'<m:objects i:type="m:{INCOMING}">{ours}{marked}</m:objects>'
    assert words(execute(server, "DMUpdateRequest", inner)) == ("", "")
    assert card.properties == {"Статус ПОС": "Закрыто"}


def test_ids_of_properties_are_their_own():
    names = [name for kind in PROPERTIES.values() for name in kind]
    assert len({property_id(name) for name in names}) == len(set(names))
