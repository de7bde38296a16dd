"""What ДЕЛО is given: the passport's content, and its validity whatever a citizen wrote."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from connector.appeal import Applicant, Category, ItemKind, Person, Question, Territory, key_uuid
from connector.sed.passport import BrokenMessageError
from connector.sed.prose import compose
from connector.sed.sev import Named, Organisation, SevSed
from connector.sed.sev.document import doc_info
from connector.sed.sev.envelope import Envelope, read_envelope, write_envelope
from connector.sed.testing import Store, an_appeal
from tests.connector.sed.disk_faults import quick_folder
from tests.connector.sed.sev_peer import settings_for

NOW = datetime(2024, 3, 2, 8, 0, tzinfo=UTC)
NS = {"s": "http://www.eos.ru/2010/sev"}


def written(appeal, root, files=(), **changes):
    """Register a message; return its folder and the passport's root."""
    setup, store = settings_for(root, **changes), Store()
    stored = tuple(store.put(name, content) for name, content in files)
    receipt = SevSed(setup, clock=lambda: NOW).register(appeal, stored, store.open)
    folder = setup.folder_out / receipt.receipt
    return folder, etree.parse(folder / "DocInfo.xml").getroot()


def one(root, path):
    (found,) = root.xpath(path, namespaces=NS)
    return found if isinstance(found, str) else (found.text or "")


def every(root, path):
    return [found if isinstance(found, str) else found.text for found in root.xpath(path, namespaces=NS)]


def test_header_and_correlation(tmp_path):
    appeal = an_appeal()
    folder, root = written(appeal, tmp_path, edms_uid="ABC", edms_version="2.5")
    uid = key_uuid(appeal.key).hex
    assert folder.name == str(key_uuid(appeal.key))
    assert one(root, "s:Header/@MessageType") == "MainDoc"
    assert one(root, "s:Header/@ReturnID") == uid
    assert one(root, "//s:Document/@UID") == uid
    assert one(root, "s:Header/@MessageID") != uid
    assert one(root, "s:Header/@Time") == "2024-03-02T11:00:00.000000+03:00"
    assert one(root, "s:Header/s:Sender/s:Contact/s:Organization/@UID") == "0100000001"
    assert one(root, "s:Header/s:Recipient/s:Contact/s:Organization/@UID") == "0100000002"
    assert one(root, "s:Header/s:Sender/s:EDMS/@Version") == "2.5"


def test_card_fields(tmp_path):
    _folder, root = written(an_appeal(), tmp_path)
    document = root.find(".//s:Document", NS)
    assert one(document, "s:RegistrationInfo/s:Number") == "ПОС-500123"
    assert one(document, "s:RegistrationInfo/s:Date") == "2024-03-02"  # 21:30 UTC is the next day in Moscow
    assert one(document, "s:Control/s:Deadline") == "2024-04-01"
    assert one(document, "s:Group") == "Обращения граждан"
    assert one(document, "s:Access") == "общий"
    assert one(document, "s:Annotation") == "Во дворе не горит фонарь"
    assert one(document, "s:Rubric/@UID") == "0005.0005.0056.1159"
    person = "s:Author/s:PrivatePerson"
    assert one(document, f"{person}/s:FIO") == "Примеров Пример Примерович"
    assert one(document, f"{person}/s:Address/s:Text") == "000000, г. Примерск, ул. Примерная, 1"
    assert one(document, f"{person}/s:Econtact[@Type='e']") == "primer@example.org"
    assert every(document, "s:AdditionalField/@Name") == [
        "Сообщение ПОС №", "Статус ПОС", "Выгрузка в витрину ПОС", "Раунд ПОС",
    ]  # fmt: skip
    assert every(document, "s:AdditionalField") == ["ПОС-500123", "В работе", "1", "1"]
    assert "Дороги / Освещение" in one(document, "s:Note")
    assert "55.5,37.25" in one(document, "s:Note")
    assert set(every(root, "s:Subscriptions/*/@Include")) == {"true"}
    assert len(every(root, "s:Subscriptions/*")) == 7


def test_every_question_is_a_rubric(tmp_path):
    questions = (
        Question(1, "Фонарь", Category(), "0005.0005.0056.1159"),
        Question(2, "Яма", Category(subject="Дороги"), "0003.0009.0099.0732"),
        Question(3, "Иное", Category(subject="Иное")),
    )
    _folder, root = written(an_appeal(kind=ItemKind.APPEAL, questions=questions), tmp_path)
    assert every(root, "//s:Rubric/@UID") == ["0005.0005.0056.1159", "0003.0009.0099.0732"]
    assert "Яма" in one(root, "//s:Note")


def test_legal_entity_and_co_applicants_are_authors(tmp_path):
    firm = Applicant(Person("Представителев", "П."), organisation="ООО «Пример»")
    others = (Applicant(Person("Вторая", "Анна")), Applicant(Person()))
    _folder, root = written(
        an_appeal(applicant=firm, co_applicants=others, collective=True), tmp_path, nameless="Аноним"
    )
    assert one(root, "//s:Author[1]/s:Contact/s:Organization/s:ShortName") == "ООО «Пример»"
    assert one(root, "//s:Author[1]/s:Contact/s:OfficialPerson/s:FIO") == "Представителев П."
    assert every(root, "//s:Author/s:PrivatePerson/s:FIO") == ["Вторая Анна", "Аноним"]
    assert one(root, "//s:Collective") == "true"


def test_rework_and_confidential(tmp_path):
    appeal = an_appeal(round=2, rework_comment="Не починили", confidential=True)
    _folder, root = written(appeal, tmp_path, access_confidential=Named("ДСП", "7"))
    assert one(root, "//s:Access") == "ДСП"
    assert one(root, "//s:Access/@UID") == "7"
    assert "раунд 2" in one(root, "//s:Note")
    assert "Не починили" in one(root, "//s:Note")
    assert key_uuid(an_appeal().key).hex in one(root, "//s:Link/@Description")


def test_long_text_is_whole_in_a_file(tmp_path):
    text = "".join(f"Строка {number}. " for number in range(5000))
    folder, root = written(an_appeal(text=text), tmp_path, annotation_limit=9000)
    assert len(one(root, "//s:Annotation")) <= 9000
    assert "приложенном файле" in one(root, "//s:Annotation")
    (name,) = every(root, "//s:Resource[@UID='1']/@UniqueName")
    assert text in (folder / name).read_text(encoding="utf-8-sig")
    assert int(one(root, "//s:File/@Size")) == (folder / name).stat().st_size


def test_short_text_makes_no_file(tmp_path):
    _folder, root = written(an_appeal(), tmp_path)
    assert every(root, "//s:File/@UID") == []


def test_illegal_characters_are_replaced_visibly_noted_and_kept_in_the_file(tmp_path):
    folder, root = written(an_appeal(text="Фонарь\x0b не\ud800 горит\x00"), tmp_path)
    assert one(root, "//s:Annotation") == "Фонарь� не� горит�"
    assert "3" in one(root, "//s:Note").splitlines()[-1]
    (name,) = every(root, "//s:Resource[@UID='1']/@UniqueName")
    assert "Фонарь\x0b не" in (folder / name).read_text(encoding="utf-8-sig")


def test_odd_file_names(tmp_path):
    names = ["DocInfo.xml", "docinfo.XML", "../x.pdf", "CON", "a.txt", "A.txt", "", "Текст сообщения.txt"]
    files = [(name, name.encode()) for name in names]
    folder, root = written(an_appeal(text="x" * 9000), tmp_path, files)
    unique = every(root, "//s:Resource/@UniqueName")
    assert len({name.casefold() for name in unique}) == len(names) + 2
    assert sorted(unique) == sorted(path.name for path in folder.iterdir())
    assert all(every(root, "//s:File/s:Description"))
    for number, (_name, content) in enumerate(files, start=2):
        (resource,) = every(root, f"//s:Resource[@UID='{number}']/@UniqueName")
        assert (folder / resource).read_bytes() == content


def test_size_in_kilobytes_where_the_setting_says_so(tmp_path):
    _folder, root = written(an_appeal(), tmp_path, [("a.bin", b"x" * 1025)], size_in_kilobytes=True)
    assert one(root, "//s:File/@Size") == "2"


def test_chosen_additional_fields(tmp_path):
    fields = {
        "Канал": "channel",
        "Категория": "category",
        "Быстро": "fast_track",
        "Срок": "due_at",
        "О": "oktmo",
    }
    _folder, root = written(an_appeal(fast_track=True), tmp_path, additional_fields=fields)
    named = zip(every(root, "//s:AdditionalField/@Name"), every(root, "//s:AdditionalField"), strict=True)
    assert dict(named) == {
        "Категория": "Дороги / Освещение", "Быстро": "1", "Срок": "01.04.2024 00:30",
    }  # fmt: skip


def test_envelope_is_written_and_read_back(tmp_path):
    folder, _root = written(
        an_appeal(), tmp_path, address="delo@example.org", channel="330", return_address="pos"
    )
    content = folder.with_name(f"{folder.name}.env").read_bytes()
    envelope = read_envelope(content, stem=folder.name)
    assert envelope == Envelope(folder.name, "delo@example.org", "330", "Сообщение ПОС", "", "pos")
    assert [child.tag for child in etree.fromstring(content)] == [
        "Address", "MessageDir", "Channel", "Subject", "Body", "Sender",
    ]  # fmt: skip


@pytest.mark.parametrize("folder", ["..", "a/b", r"a\b", "/etc", "."])
def test_envelope_that_leads_elsewhere_is_refused(folder):
    with pytest.raises(BrokenMessageError):
        read_envelope(write_envelope(Envelope(folder)), stem="x")


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"folder_out": Path("relative")}, "folder_out"),
        ({"additional_fields": {"Поле": "numbr"}}, "numbr"),
        ({"report_days": 0}, "report_days"),
        ({"max_file_size": 1 << 40}, "max_file_size"),
        ({"annotation_limit": 1}, "annotation_limit"),
        ({"sender": Organisation("", "Платформа")}, "sender"),
    ],
)
def test_wrong_settings_are_named(tmp_path, changes, word):
    with pytest.raises(ValueError, match=word):
        settings_for(tmp_path, **changes)


# -- validity against the vendor's schemas, where they are at hand


@pytest.fixture(scope="module")
def schemas(shared_data):
    folders = [shared_data / "sed" / name for name in ("xsd_sev", "xsd_sev_v12")]
    return [etree.XMLSchema(etree.parse(folder / "DocumentInfo.xsd")) for folder in folders]


anything = st.text(st.characters(codec=None), max_size=60)
people = st.builds(Person, anything, anything, anything, anything, anything)
applicants = st.builds(Applicant, people, anything, st.booleans(), anything)
categories = st.builds(Category, subject=anything, subsubject=anything, fact=anything)
questions = st.builds(Question, st.integers(1, 9), anything, categories, anything)
moments = st.datetimes(datetime(1901, 1, 1), datetime(9990, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
appeals = st.builds(
    an_appeal,
    text=st.one_of(anything, anything.map(lambda text: text * 200)),
    number=anything,
    kind=st.sampled_from(ItemKind),
    round=st.integers(1, 3),
    questions=st.lists(questions, max_size=3).map(tuple),
    applicant=applicants,
    co_applicants=st.lists(applicants, max_size=2).map(tuple),
    collective=st.booleans(),
    confidential=st.booleans(),
    fast_track=st.booleans(),
    rework_comment=anything,
    channel=anything,
    created_at=moments,
    due_at=moments,
    numbered_at=st.none() | moments,
    territory=st.builds(
        Territory, address=anything, oktmo=anything, latitude=st.none() | st.floats(), longitude=st.floats()
    ),
)


@settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(appeal=appeals, names=st.lists(anything, max_size=3), limit=st.sampled_from([100, 2000]))
def test_whatever_was_written_is_valid_by_both_generations(schemas, appeal, names, limit):
    with quick_folder() as root:
        folder, passport = written(
            appeal, Path(root), [(name, b"x") for name in names], annotation_limit=limit
        )
        for schema in schemas:
            schema.assertValid(passport)
        assert sorted(every(passport, "//s:Resource/@UniqueName")) == sorted(
            path.name for path in folder.iterdir()
        )


def test_envelope_is_valid(shared_data, tmp_path):
    folder, _root = written(an_appeal(), tmp_path, address="a", channel="c", return_address="r")
    schema = etree.XMLSchema(etree.parse(shared_data / "sed" / "xsd_sev" / "Envelop.xsd"))
    schema.assertValid(etree.parse(folder.with_name(f"{folder.name}.env")))


def test_passport_is_the_same_when_written_again(tmp_path):
    setup = settings_for(tmp_path)
    prose = compose(an_appeal(), 2000)
    assert doc_info(an_appeal(), (), prose, setup, NOW) == doc_info(
        replace(an_appeal()), (), prose, setup, NOW
    )
