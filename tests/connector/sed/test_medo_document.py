"""What is written goes into the exchange: valid by every schema, whole, once per round."""

import zipfile
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from connector.appeal import Applicant, Category, ItemKind, Person, Question, Territory, key_uuid
from connector.errors import PermanentError
from connector.sed.attachments import Part
from connector.sed.medo import container
from connector.sed.medo.document import document_xml, outgoing_number, words_of
from connector.sed.medo.envelope import read_envelope
from connector.sed.medo.reading import read
from connector.sed.medo.receipt import receipt_id, receipt_xml
from connector.sed.medo.settings import Participant
from connector.sed.testing import Store, an_appeal
from tests.connector.sed.medo_peer import PEER, MailService, settings_for

NOW = datetime(2024, 3, 2, 8, 0, tzinfo=UTC)
TEXT = Part("Текст.txt", "Текст", ".txt", 3, "0" * 64)
LONG = "Фонарь «не горит» 😀 & <мигает>\r\n\tвсю ночь " * 400


@pytest.fixture
def schemas(shared_data):
    folder = shared_data / "sed" / "xsd_medo"
    found = {path.stem: etree.XMLSchema(etree.parse(path)) for path in folder.glob("*.xsd")}
    assert len(found) == 3
    return found


def assert_valid(content, schemas):
    root = etree.fromstring(content)
    for name, schema in schemas.items():
        assert schema.validate(root), f"{name}: {schema.error_log}"


def written(appeal, settings, parts=()):
    words = words_of(appeal, settings)
    return document_xml(appeal, TEXT, parts, words, settings, NOW)


def heavy(**changes):
    """An appeal in which everything is there and too long."""
    people = [
        Applicant(Person("Я" * 600, "Б", "", "a@example.org", "+7"), "адрес " * 300),
        Applicant(Person("П", "Р", "Д"), organisation="ООО «Ромашка»\nи сыновья"),
        Applicant(Person()),
    ]
    facts = {
        "text": LONG,
        "round": 3,
        "rework_comment": LONG,
        "kind": ItemKind.APPEAL,
        "questions": (
            Question(1, LONG, Category(1, "Дороги " * 500, 2, "Ямы"), "0005.0005.0056.1159"),
            Question(2, "", Category()),
        ),
        "applicant": people[0],
        "co_applicants": tuple(people[1:]),
        "collective": True,
        "confidential": True,
        "channel": "Мобильное приложение",
        "territory": Territory(region="Тестовая область", oktmo="12345678", address="ул. Примерная"),
    }
    return an_appeal(**{**facts, **changes})


# ---- documents


@pytest.mark.parametrize("version", ["2.2", "2.6"])
@pytest.mark.parametrize("encoding", ["windows-1251", "UTF-8"])
def test_every_document_is_valid_by_every_schema(tmp_path, schemas, version, encoding):
    settings = settings_for(tmp_path, version=version, encoding=encoding, classification_confidential="ДСП")
    parts = [Part("a.pdf", "a " * 600, ".pdf", 1, "0" * 64), Part("b.jpg", "", ".jpg", 1, "0" * 64)]
    appeals = (an_appeal(), heavy(), heavy(applicant=Applicant(Person())), an_appeal(text="", questions=()))
    for appeal in appeals:
        content = written(appeal, settings, parts)
        assert f"encoding='{encoding}'".encode().lower() in content.lower()
        assert_valid(content, schemas)


_ANY = st.text(max_size=60)


@given(_ANY, _ANY, _ANY, st.integers(1, 3))
def test_any_text_is_written_valid_and_read_back(tmp_path_factory, text, name, number, round_):
    settings = settings_for(tmp_path_factory.getbasetemp())
    appeal = an_appeal(
        text=text,
        number=number,
        round=round_,
        applicant=Applicant(Person(name, name, ""), number, organisation=name),
    )
    told = read(written(appeal, settings))
    assert (told.document.uid, told.document.id) == (key_uuid(appeal.key), appeal.key)
    assert told.document.num.number == outgoing_number(appeal)
    assert len(told.document.clauses) == 1


def test_a_document_says_what_the_message_says(tmp_path):
    appeal = an_appeal(territory=Territory(region="Тестовая область", address="ул. Примерная, 1"))
    told = read(written(appeal, settings_for(tmp_path)))
    document = told.document
    assert (told.version, told.source, told.source_uid.int >> 96) == ("2.6", "Платформа", 0x11111111)
    assert (document.kind, document.num.number) == ("Обращение", "ПОС-500123")
    assert str(document.num.on) == "2024-03-02"  # already the next day in Moscow
    (author,) = document.signatories
    assert (author.person, author.region) == ("Примеров Пример Примерович", "Тестовая область")
    assert "+70000000000" in author.contact
    assert document.correspondents[0].num.number == document.num.number
    assert document.addressees[0].organization == PEER.name
    (clause,) = document.clauses
    assert (clause.designation, clause.text, str(clause.deadline)) == (
        "0005.0005.0056.1159",
        appeal.text,
        "2024-04-01",
    )
    assert document.annotation == appeal.text
    assert "ПОС-500123" in document.comment


def test_rounds_have_numbers_of_their_own_and_are_linked(tmp_path):
    settings = settings_for(tmp_path)
    numbers = [outgoing_number(an_appeal(round=number)) for number in (1, 2, 3)]
    assert numbers == ["ПОС-500123", "ПОС-500123/2", "ПОС-500123/3"]
    (link,) = read(written(an_appeal(round=3), settings)).document.links
    assert (link.uid, link.num.number) == (key_uuid(an_appeal(round=2).key), "ПОС-500123/2")
    assert read(written(an_appeal(), settings)).document.links == ()


def test_a_number_too_long_gives_way_to_the_id_or_is_refused():
    assert outgoing_number(an_appeal(number="Н" * 40)) == "500123"
    with pytest.raises(PermanentError):
        outgoing_number(an_appeal(platform_id="9" * 40, number="Н" * 40))


def test_a_legal_entity_and_a_nameless_author(tmp_path):
    people = read(written(heavy(), settings_for(tmp_path))).document.signatories
    assert [(one.organization, one.person) for one in people[1:]] == [
        ("ООО «Ромашка» и сыновья", "П Р Д"),
        ("", "Имя не указано"),
    ]


@pytest.mark.parametrize("version", ["2.2", "2.6"])
@pytest.mark.parametrize("trouble", ["", LONG])
def test_receipts_are_valid(tmp_path, schemas, version, trouble):
    settings = settings_for(tmp_path, version=version)
    content = receipt_xml(UUID(int=5), trouble, settings, PEER, NOW)
    assert_valid(content, schemas)
    told = read(content)
    assert (told.uid, told.acknowledgment.uid) == (receipt_id(UUID(int=5)), UUID(int=5))
    assert told.acknowledgment.accepted is not bool(trouble)


# ---- on the disk


def test_everything_in_the_folder_is_in_the_envelope_and_whole(tmp_path):
    peer, store = MailService(tmp_path), Store()
    files = (
        store.put("фото 😀.jpg", b"1"),
        store.put("document.xml", b"<a/>"),
        store.put("envelope.ini", b"2"),
    )
    appeal = heavy()
    peer.sed().register(appeal, files, store.open)
    folder = peer.settings.folder_out / str(key_uuid(appeal.key))
    sheet = read_envelope((folder / "envelope.ini").read_bytes())
    assert sheet.addresses == (PEER.address,)
    assert sheet.subject == "Сообщение ПОС ПОС-500123/3"
    assert sheet.files[0] == "document.xml"
    text = (folder / sheet.files[1]).read_bytes().decode("utf-8-sig")
    for part in (LONG.strip(), "Я" * 600, "адрес " * 299, "Дороги " * 499):
        assert part.strip() in text
    assert sorted(peer.received(appeal.key).files) == ["document (2).xml", "envelope (2).ini", "фото _.jpg"]


def test_the_envelope_beside_the_folder_names_files_with_their_path(tmp_path):
    settings = settings_for(tmp_path, layout="beside", sign=True, confirm_delivery=True)
    peer, store = MailService(tmp_path, layout="beside", sign=True, confirm_delivery=True), Store()
    appeal = an_appeal()
    peer.sed().register(appeal, (store.put("a.pdf", b"1"),), store.open)
    name = str(key_uuid(appeal.key))
    assert sorted(path.name for path in settings.folder_out.iterdir()) == [name, f"{name}.ini"]
    sheet = read_envelope((settings.folder_out / f"{name}.ini").read_bytes())
    assert sheet.files == (f"{name}\\document.xml", f"{name}\\Текст сообщения.txt", f"{name}\\a.pdf")
    assert (sheet.sign, sheet.confirm_delivery, sheet.confirm_reading) == (True, True, False)


@pytest.mark.parametrize("home", ["folder_sent", "folder_error"])
def test_a_message_that_was_sent_is_found_although_our_state_was_lost(tmp_path, home):
    peer, store = MailService(tmp_path), Store()
    appeal = an_appeal()
    peer.sed().register(appeal, (), store.open)
    name = str(key_uuid(appeal.key))
    (peer.settings.folder_out / name).rename(getattr(peer.settings, home) / name)
    for path in sorted((tmp_path / "state").rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    assert peer.sed().find(appeal.key) is not None
    peer.sed().register(appeal, (), store.open)
    assert list(peer.settings.folder_out.iterdir()) == []


# ---- 2.7.1 (experimental)


def test_a_container_holds_the_passport_and_the_files(tmp_path):
    peer, store = MailService(tmp_path, version="2.7.1"), Store()
    appeal = heavy(round=1)
    peer.sed().register(appeal, (store.put("a.pdf", b"abc"),), store.open)
    folder = peer.settings.folder_out / str(key_uuid(appeal.key))
    assert sorted(path.name for path in folder.iterdir()) == [
        "document.edc.zip",
        "envelope.ini",
        "message.xml",
    ]
    content = (folder / "message.xml").read_bytes()
    assert content.startswith(b"<?xml version='1.0' encoding='UTF-8'?>")
    assert etree.fromstring(content).tag == "{urn:IEDMS:MESSAGE}communication"
    told = read(content)
    assert (told.version, told.container) == ("2.7.1", "document.edc.zip")
    with zipfile.ZipFile(folder / told.container) as packed:
        names = packed.namelist()
        passport = packed.read("passport.xml")
        assert packed.read("a.pdf") == b"abc"
    assert names[0] == "passport.xml"
    assert etree.fromstring(passport).tag == "{urn:IEDMS:CONTAINER}container"
    document, files = container.read_passport(passport, what="passport.xml")
    assert (document.uid, document.num.number, document.kind) == (
        key_uuid(appeal.key),
        "ПОС-500123",
        "Обращение",
    )
    assert [file.name for file in files] == ["Текст сообщения.txt", "a.pdf"]


# ---- settings


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"recipient": Participant(UUID(int=1), "А", "nobox")}, "box~server"),
        ({"sender": Participant(UUID(int=1), " ")}, "name"),
        ({"annotation_limit": 5000}, "annotation_limit"),
        ({"max_file_size": 0}, "max_file_size"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path, changes, words):
    with pytest.raises(ValueError, match=words):
        settings_for(tmp_path, **changes)
