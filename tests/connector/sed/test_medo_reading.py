"""Reading МЭДО: real samples, their defects, and anything at all without an unexpected error."""

from contextlib import suppress
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.sed.medo.envelope import SUBJECT_LIMIT, Envelope, read_envelope, write_envelope
from connector.sed.medo.reading import read
from connector.sed.medo.words import REASONS_22, REASONS_26, MessageKind, NoticeKind, reason_code
from connector.sed.passport import BrokenMessageError
from tests.connector.sed.medo_peer import envelope

NS = 'xmlns:x="http://www.infpres.com/IEDMS"'
LOCAL = datetime  # an envelope's times have no zone
DOCUMENT_UID = UUID("daaf1cc5-b9bd-40e7-b23e-8d1f2804d45d")


def message(body, *, kind="Уведомление", version="2.6", head="<?xml version='1.0' encoding='windows-1251'?>"):
    return (
        f'{head}<x:communication {NS} x:version="{version}"><x:header x:type="{kind}" '
        'x:uid="11FBC04A-44BC-4B82-842B-1B6EDFA57C23"><x:source x:uid="8a471cff-98e4-4089-a962-b95a82efeab7">'
        f"<x:organization/></x:source></x:header>{body}</x:communication>"
    )


REGISTERED = (
    f'<x:notification x:type="Зарегистрирован" x:uid="{DOCUMENT_UID}"><x:documentAccepted>'
    "<x:time>2014-12-07T14:23:14</x:time><x:num><x:number>N-1</x:number><x:date>2014-12-07</x:date></x:num>"
    "</x:documentAccepted></x:notification>"
)


# ---- real samples (structure and defects are real; people and organisations are not)


@pytest.fixture
def samples(shared_data):
    folder = shared_data / "sed" / "samples_real_anonymised"
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_real_document(samples):
    told = read(samples["medo_document.xml"])
    assert (told.kind, told.version, told.source) == (MessageKind.DOCUMENT, "2.2", "Организация А")
    document = told.document
    assert (document.uid, document.id, document.num.number) == (DOCUMENT_UID, "11284314", "N-1/1")
    assert (document.num.on, document.pages) == (date(2014, 11, 27), 6)
    assert [one.person for one in document.signatories] == ["Иванов И.И."] * 2
    assert len(document.correspondents) == 2
    assert [(file.name, file.group, file.description) for file in told.files] == [
        ("file.docx", "Текст документа", "файл")
    ]


def test_real_notifications(samples):
    refused, registered = (
        read(samples[f"medo_notification_{name}.xml"]) for name in ("refused", "registered")
    )
    assert {refused.version, registered.version} == {"1.0"}
    assert (refused.notice.kind, refused.notice.reason) == (NoticeKind.REFUSED, "Не подлежит регистрации")
    assert (registered.notice.kind, registered.notice.num.on) == (NoticeKind.REGISTERED, date(2014, 12, 7))
    assert refused.notice.uid == registered.notice.uid == DOCUMENT_UID
    assert refused.notice.foundation.num.number == "N-1/1"
    assert refused.created == datetime(2014, 12, 7, 11, 34, 37, tzinfo=UTC)


@pytest.mark.parametrize("name", ["UTF8_declared_as_cp1251", "no_declared_encoding"])
def test_real_receipts(samples, name):
    told = read(samples[f"medo_acknowledgment_{name}.xml"])
    assert told.kind is MessageKind.ACKNOWLEDGMENT
    assert told.acknowledgment.accepted
    assert told.acknowledgment.time is not None
    assert told.version in ("", "2.2")


def test_real_envelopes(samples, shared_data):
    told = read_envelope(samples["envelope_multiline_subject.ini"])
    assert told.subject.splitlines() == [
        "Исх уведомление от 07.12.2014 11:34:37",
        "Тип Отказано в регистрации",
        "Причина о",
    ]
    assert (told.addresses, told.files) == (("EXAMPLE_S~MEDOGU",), ("notification.xml",))
    assert (told.sign, told.encrypt, told.at) == (True, False, LOCAL(2014, 12, 7, 13, 53, 32))
    template = read_envelope((shared_data / "sed" / "templates_ini" / "envelope.ini").read_bytes())
    assert (template.subject, template.addresses) == ("$TITLE", ("TEST~TEST",))


# ---- defects


@pytest.mark.parametrize("version", ["", "1.0", "2.2", "2.6", "nonsense"])
def test_any_version_is_read(version):
    assert read(message(REGISTERED, version=version).encode("windows-1251")).notice.num.number == "N-1"


@pytest.mark.parametrize(
    ("declared", "real"),
    [
        ("windows-1251", "utf-8"),
        ("UTF-8", "windows-1251"),
        ("UTF-16", "utf-8"),
        ("utf-16", "windows-1251"),
        ("windows-1251", "cp866"),
        ("windows-1251", "koi8-r"),
        ("windows-1251", "utf-8-sig"),
    ],
)
def test_wrong_declared_encoding(declared, real):
    text = message(REGISTERED, head=f"<?xml version='1.0' encoding='{declared}'?>")
    told = read(text.encode(real))
    assert (told.kind, told.notice.type) == (MessageKind.NOTIFICATION, "Зарегистрирован")


@pytest.mark.parametrize(("before", "after"), [("\n  ", "\0\0"), ("", "\r\n\x00"), ("\t", " ")])
def test_rubbish_around_the_document(before, after):
    text = before + message(REGISTERED) + after
    assert read(text.encode("windows-1251")).notice.kind is NoticeKind.REGISTERED


def test_attributes_without_a_namespace_and_a_misspelt_element():
    body = (
        f'<x:notification type="Доклад подготовлен" uid="{{{str(DOCUMENT_UID).upper()}}}">'
        "<x:reportPepared><x:time>2020-01-02T03:04:05Z</x:time></x:reportPepared></x:notification>"
    )
    told = read(message(body).encode("windows-1251"))
    assert (told.notice.kind, told.notice.uid) == (NoticeKind.REPORT_PREPARED, DOCUMENT_UID)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not xml",
        b"<a/>",
        b"<!DOCTYPE x [<!ENTITY a 'b'>]><communication><notification>&a;</notification></communication>",
        message("").encode("windows-1251"),
        message("<x:document/><x:files><x:file x:localName='../a'/></x:files>").encode("windows-1251"),
        message(REGISTERED).encode("windows-1251")[:200],
    ],
)
def test_what_is_no_message_is_refused_with_a_sentence(content):
    with pytest.raises(BrokenMessageError) as caught:
        read(content, what="file.xml")
    assert "file.xml" in caught.value.sentence


@given(st.binary(max_size=300))
def test_any_bytes_are_a_message_or_a_broken_one(content):
    with suppress(BrokenMessageError):
        assert read(content).kind in MessageKind


_TEXT = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="<>&\"'\ufffe\uffff"), max_size=40
)


@given(_TEXT, _TEXT, st.sampled_from(["utf-8", "utf-16"]))
def test_texts_come_back_whatever_they_hold(reason, comment, encoding):
    body = (
        f'<x:notification x:type="Отказано в регистрации" x:uid="{DOCUMENT_UID}"><x:documentRefused>'
        f"<x:time>2014-12-07T14:23:14</x:time><x:reason>{reason}</x:reason></x:documentRefused>"
        f"<x:comment>{comment}</x:comment></x:notification>"
    )
    told = read(message(body, head=f"<?xml version='1.0' encoding='{encoding}'?>").encode(encoding))
    assert told.notice.reason == " ".join(reason.split())
    assert told.notice.comment == comment.strip()


def test_the_lists_of_reasons_are_those_of_the_schemas(shared_data):
    for generation, reasons in (("2.2", REASONS_22), ("2.6", REASONS_26)):
        schema = (shared_data / "sed" / "xsd_medo" / f"IEDMS-{generation}.xsd").read_text("windows-1251")
        part = schema.partition('name="reasonForRejection"')[2].partition("</xsd:simpleType>")[0]
        assert sorted(reasons) == sorted(
            line.partition('"')[2].partition('"')[0] for line in part.split("<xsd:enumeration")[1:]
        )
    assert (len(REASONS_22), len(REASONS_26)) == (9, 28)
    assert reason_code("не  подлежит регистрации") == "1"
    assert reason_code("Что-то своё") == ""


# ---- envelopes


def test_a_subject_may_hold_what_looks_like_an_envelope():
    subject = "Тема\n[важно]\nПричина=нет автора\nТЕМА=ещё раз\n0=x"
    told = read_envelope(envelope("a.xml", subject=subject))
    assert told.subject.splitlines() == subject.splitlines()
    assert (told.addresses, told.files) == (("PRIMER~MEDO",), ("a.xml",))


@pytest.mark.parametrize("encoding", ["windows-1251", "utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends(encoding, newline):
    text = envelope("Приложение 1.pdf", subject="Тема\nвторая").decode("windows-1251").replace("\n", newline)
    told = read_envelope((text + "\x1a").encode(encoding))
    assert told.subject == "Тема\nвторая"
    assert told.files == ("Приложение 1.pdf",)


def test_paths_in_an_envelope_are_the_sender_s():
    told = read_envelope(envelope("C:\\AUTOSEND\\ToSend\\a.xml", "\\папка\\b.pdf", "c/d.txt", "e.txt"))
    assert told.file_names == ("a.xml", "b.pdf", "d.txt", "e.txt")


def test_a_head_without_its_title_and_odd_dates():
    told = read_envelope(
        "ТЕМА=x\nДАТА=01.02. 2020  3:04:05\n[файлы]\n0 = a.xml\n;1=b\n".encode("windows-1251")
    )
    assert (told.subject, told.files, told.at) == ("x", ("a.xml",), LOCAL(2020, 2, 1, 3, 4, 5))
    assert read_envelope("[ФАЙЛЫ]\n0=a\n[ПИСЬМО КП ПС СЗИ]\nДАТА=99.99.2020 1:1:1".encode()).at is None


@pytest.mark.parametrize("content", [b"", b"\x00\xff", b"<xml/>", b"[OTHER]\n0=1"])
def test_what_is_no_envelope_is_refused(content):
    with pytest.raises(BrokenMessageError):
        read_envelope(content)


@given(st.binary(max_size=200))
def test_any_bytes_are_an_envelope_or_a_broken_one(content):
    with suppress(BrokenMessageError):
        assert isinstance(read_envelope(content), Envelope)


_LINE = st.text(
    st.characters(codec="windows-1251", exclude_categories=("Cc",), exclude_characters="\xa0\xad")
)
_NAMES = st.lists(
    st.text(st.characters(codec="windows-1251", categories=("L", "Nd")), min_size=1, max_size=20), max_size=5
)


@given(_LINE, _NAMES, st.booleans(), st.booleans())
def test_what_is_written_is_read_back(subject, names, sign, encrypt):
    sheet = Envelope(
        subject=subject, addresses=("A~B", "C~D"), files=tuple(f"{name}.pdf" for name in names),
        sign=sign, encrypt=encrypt, at=LOCAL(2024, 3, 5, 9, 0, 1),
    )  # fmt: skip
    content = write_envelope(sheet)
    assert max(len(line) for line in content.split(b"\r\n")) <= SUBJECT_LIMIT + len("ТЕМА=")
    told = read_envelope(content)
    assert (
        told.subject == " ".join(subject[:SUBJECT_LIMIT].split())
        or told.subject == subject.strip()[:SUBJECT_LIMIT].strip()
    )
    assert (told.addresses, told.files, told.at) == (sheet.addresses, sheet.files, sheet.at)
    assert (told.sign, told.encrypt) == (sign, encrypt)


def test_a_long_subject_of_any_characters_stays_within_its_bytes():
    content = write_envelope(Envelope(subject="Тема 😀\nвторая " * 40, addresses=("A~B",), files=("a",)))
    line = content.split(b"\r\n")[1]
    assert len(line) <= SUBJECT_LIMIT + len("ТЕМА=".encode("windows-1251"))
    assert "Тема ? вторая".encode("windows-1251") in line
