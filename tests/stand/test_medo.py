"""The SED behind МЭДО of the stand: what it refuses, what it sends, that all of it is valid."""

from datetime import UTC, date, datetime

import pytest
from lxml import etree

from stand.blobs import Kind as FileKind
from stand.desk import SampleDesk
from stand.faults import Fault, FaultPlan, Pains
from stand.ledger import Ledger
from stand.medo.reading import NS, Schemas
from stand.medo.sed import MedoStand
from stand.medo.sheet import RefusedSheetError, read_sheet
from stand.words import Decision, DecisionKind, FileSpec, Official

CLERK = Official("Тестов", "Тест", "Тестович", "Консультант", "clerk@example.org", "+70000000000")
UID = "9d1b6c3e-0000-4000-8000-000000000001"
LIFE = (
    Decision(DecisionKind.REGISTER, deadline=date(2025, 2, 1)),
    Decision(
        DecisionKind.ASSIGN, text="Рассмотреть", deadline=date(2025, 2, 1), executors=(CLERK,), manager=CLERK,
    ),
    Decision(DecisionKind.PROGRESS, text="Выехали", executors=(CLERK,)),
    Decision(DecisionKind.PROLONG, deadline=date(2025, 3, 1)),
    Decision(DecisionKind.DRAFT, text="Проект", manager=CLERK),
    Decision(DecisionKind.ANSWER, text="Сделано", manager=CLERK, executors=(CLERK,), files=(
        FileSpec("Ответ № 1/2.pdf", FileKind.PDF, 3000, "a"),)),
)  # fmt: skip
SHEET = (
    "[ПИСЬМО КП ПС СЗИ]\r\nТЕМА=Сообщение\r\nШИФРОВАНИЕ=0\r\nДАТА=05.03.2024 12:00:00\r\n"
    "[АДРЕСАТЫ]\r\n0=STAND~MEDO\r\n[ФАЙЛЫ]\r\n0=document.xml\r\n1=text.txt\r\n2=a.pdf\r\n"
)
MESSAGE = f"""<?xml version='1.0' encoding='windows-1251'?>
<x:communication xmlns:x="{NS}" x:version="2.6"><x:header x:type="Документ" x:uid="{UID[:-1]}9">
<x:source x:uid="{UID[:-1]}8"><x:organization>ПОС</x:organization></x:source></x:header>
<x:document x:uid="{UID}" x:id="pos:1:9001:1"><x:kind>Обращение</x:kind>
<x:num><x:number>9001-1</x:number><x:date>2025-01-01</x:date></x:num>
<x:signatories><x:signatory><x:person>Тестов Т.</x:person><x:signed>2025-01-01</x:signed></x:signatory>
</x:signatories><x:addressees><x:addressee><x:organization>Стенд</x:organization></x:addressee></x:addressees>
<x:pages>1</x:pages><x:annotation>Яма</x:annotation></x:document><x:files>
<x:file x:localName="text.txt"><x:group>Текст документа</x:group></x:file>
<x:file x:localName="a.pdf"><x:group>Текст приложения</x:group></x:file></x:files></x:communication>"""


def make(tmp_path, *decisions, **settings):
    ledger = Ledger()
    plans = SampleDesk(decisions)
    stand = MedoStand(tmp_path, plans=plans, ledger=ledger, fsync=False, **settings)
    return stand, ledger


def put(stand, *, message=MESSAGE, sheet=SHEET, name="m1", without=()):
    folder = stand.mail.to_send / name
    folder.mkdir()
    files = {"document.xml": message.encode("windows-1251"), "text.txt": b"\xef\xbb\xbftext", "a.pdf": b"1"}
    for file, content in files.items():
        if file not in without:
            (folder / file).write_bytes(content)
    (folder / "envelope.ini").write_bytes(sheet.encode("windows-1251"))


def letters(stand):
    """What was unloaded: roots in the order of writing."""
    found = []
    for folder in sorted(
        stand.mail.unloaded.iterdir(), key=lambda path: (path / "letter.LTR").stat().st_mtime_ns
    ):
        (path,) = folder.glob("*.xml")
        raw = path.read_bytes()
        encoding = (
            "utf-8" if "Тип".encode() in raw or "Квит".encode() in raw or "Увед".encode() in raw else None
        )
        encoding = "utf-8" if "Документ".encode() in raw else encoding
        found.append(etree.fromstring(raw, etree.XMLParser(encoding=encoding)))
    return found


def kinds(stand):
    told = []
    for root in letters(stand):
        notice = root.find(f"{{{NS}}}notification")
        header = root.find(f"{{{NS}}}header")
        told.append((notice if notice is not None else header).get(f"{{{NS}}}type"))
    return told


def what(ledger):
    return [entry.what for entry in ledger.entries()]


def test_a_whole_life_is_told(tmp_path):
    stand, ledger = make(tmp_path, *LIFE)
    put(stand)
    stand.step()
    assert sorted(kinds(stand)) == sorted(
        [
            "Квитанция",
            "Зарегистрирован",
            "Назначен исполнитель",
            *["Исполнение", "Документ"] * 2,
            "Доклад подготовлен",
            "Доклад направлен",
        ]
    )
    assert what(ledger).count("reported") == len(LIFE)
    assert [path.name for path in stand.mail.sent.iterdir()] == ["m1"]
    (answer,) = [path for path in stand.mail.unloaded.iterdir() if (path / "Ответ № 1_2.pdf").exists()]
    assert (answer / "Ответ № 1_2.pdf").read_bytes() == LIFE[-1].files[0].content()


@pytest.mark.parametrize("generation", ["2.2", "2.6"])
def test_everything_it_writes_is_valid_by_the_schemas(tmp_path, shared_data, generation):
    schema = etree.XMLSchema(etree.parse(shared_data / "sed" / "xsd_medo" / f"IEDMS-{generation}.xsd"))
    lives = [
        LIFE,
        (Decision(DecisionKind.REFUSE, code=101, text="Не читается"),),
        (Decision(DecisionKind.REGISTER), Decision(DecisionKind.REDIRECT, organisation="Управление")),
    ]
    for number, life in enumerate(lives):
        stand, _ledger = make(tmp_path / str(number), *life)
        put(stand)
        stand.step()
        for root in letters(stand):
            assert schema.validate(root), schema.error_log
        assert len(letters(stand)) > len(life)


def test_a_message_that_a_schema_dislikes_is_answered_no(tmp_path, shared_data):
    stand, ledger = make(tmp_path, *LIFE, schemas=Schemas(shared_data / "sed" / "xsd_medo"))
    put(stand, message=MESSAGE.replace("<x:pages>1</x:pages>", ""))
    stand.step()
    assert what(ledger) == ["sed_rejected"]
    (receipt,) = letters(stand)
    assert receipt.findtext(f".//{{{NS}}}accepted") == "false"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("<x:kind>Обращение</x:kind>", "", "kind"),
        (f'"{UID}"', '"nonsense"', "GUID"),
        ("9001-1", "9" * 32, "31"),
        ("2025-01-01</x:date>", "завтра</x:date>", "date"),
        ("<x:person>Тестов Т.</x:person>", "", "Не указан корреспондент"),
        ("Текст документа", "Текст приложения", "Отсутствует текст"),
        ("Яма", "None", "no value"),
        ("<x:pages>1", "<x:comment/><x:pages>1", "empty"),
        ("a.pdf", "b.pdf", "differ"),
        ("<x:communication", "<!DOCTYPE a><x:communication", "DTD"),
        ("</x:communication>", "", "not XML"),
    ],
)
def test_a_wrong_message_is_refused(tmp_path, old, new, words):
    stand, ledger = make(tmp_path, *LIFE)
    put(stand, message=MESSAGE.replace(old, new))
    stand.step()
    (entry,) = ledger.entries()
    assert entry.what == "sed_rejected"
    assert words in entry.detail["wrong"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("STAND~MEDO", "OTHER~MEDO", "no such box"),
        ("STAND~MEDO", "STAND", "box~server"),
        ("Сообщение", "я" * 256, "255"),
        ("Сообщение", "Сообщение\r\nвторая", "not a line"),
        ("ШИФРОВАНИЕ=0", "ШИФРОВАНИЕ=да", "flag"),
        ("05.03.2024", "2024-03-05", "ДАТА"),
        ("1=text", "7=text", "numbered"),
        ("[ФАЙЛЫ]", "[ФАЙЛ]", "section"),
    ],
)
def test_a_wrong_envelope_goes_to_error_with_its_err(tmp_path, old, new, words):
    stand, ledger = make(tmp_path, *LIFE)
    put(stand, sheet=SHEET.replace(old, new))
    stand.step()
    assert what(ledger) == ["sed_rejected"]
    assert words in ledger.entries()[0].detail["wrong"]
    assert sorted(path.name for path in stand.mail.error.iterdir()) == ["m1", "m1.ERR"]


def test_an_envelope_in_another_encoding_is_refused():
    with pytest.raises(RefusedSheetError):
        read_sheet(SHEET.encode("utf-16"), "STAND~MEDO")


def test_the_same_document_twice_is_registered_once_and_noted(tmp_path):
    stand, ledger = make(tmp_path, *LIFE)
    for name in ("m1", "m2"):
        put(stand, name=name)
        stand.step()
    assert what(ledger).count("registered") == 1
    assert what(ledger).count("arrived_again") == 1


def test_what_was_not_sent_is_put_back_and_taken(tmp_path):
    faults = FaultPlan([Fault.NOT_SENT], probability=1.0, max_in_row=1, pains=Pains(not_sent=0.0))
    stand, ledger = make(tmp_path, *LIFE[:1], faults=faults)
    put(stand)
    while not stand.idle:
        stand.step()
    assert what(ledger).count("arrived") == 1
    assert list(stand.mail.error.iterdir()) == []


def test_half_written_and_repeated_letters_say_the_same(tmp_path):
    kinds_ = [Fault.HALF_WRITTEN, Fault.DUPLICATE_REPORT]
    faults = FaultPlan(kinds_, probability=1.0, pains=Pains(half_written=0.0, duplicate=0.0), max_in_row=100)
    stand, ledger = make(tmp_path, *LIFE[:2], faults=faults, clock=lambda: datetime(2025, 1, 2, tzinfo=UTC))
    put(stand)
    while not stand.idle:
        stand.step()
    assert sorted(kinds(stand)) == sorted(
        ["Квитанция", *["Зарегистрирован"] * 2, *["Назначен исполнитель"] * 2]
    )
    assert what(ledger).count("reported") == 2  # a repeat is not a new decision
