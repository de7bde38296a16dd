"""What ДЕЛО tells: real samples, every kind of report, encodings, times, and anything at all."""

import tempfile
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.appeal import AnswerResult, EventKind, Person, key_uuid
from connector.sed.passport import BrokenMessageError, parse, read_date, read_time, read_uuid
from connector.sed.people import person
from connector.sed.sev.envelope import read_envelope
from connector.sed.sev.message import peek, read_message
from connector.sed.sev.reports import read_events
from connector.sed.testing import an_appeal
from tests.connector.sed.sev_peer import organisation, settings_for

MOSCOW = ZoneInfo("Europe/Moscow")
ARRIVED = datetime(2024, 3, 5, tzinfo=UTC)
OURS = key_uuid(an_appeal().key)


class NoMemory:
    known = frozenset()

    def knows(self, name):
        return name in self.known

    def first_deadline(self, name, digest, told, *, registers):
        return None


def read(content, *, memory=None, sizes=None, **changes):
    with tempfile.TemporaryDirectory() as root:
        setup = settings_for(Path(root), **changes)
    message = read_message(content, place="m", zone=setup.zone, arrived=ARRIVED)
    return read_events(message, sizes or {}, setup, memory or NoMemory())


def report(notification, *, documents="", tasks="", resources="", kind="Report", return_id=OURS.hex, ns=True):
    space = ' xmlns="http://www.eos.ru/2010/sev"' if ns else ""
    return (
        f'<Report{space}><Header MessageID="1" Time="2024-03-05T10:00:00" MessageType="{kind}" '
        f'ReturnID="{return_id}"><ResourceList><Resource UID="0" UniqueName="Report.xml"/>{resources}'
        f'</ResourceList></Header><Notification><InitialDoc UID="{OURS.hex}"/>{notification}</Notification>'
        f"<DocumentList>{documents}</DocumentList><TaskList>{tasks}</TaskList></Report>"
    )


def events_of(*args, **kwargs):
    return read(report(*args, **kwargs).encode()).events


# -- real messages


@pytest.fixture(scope="module")
def samples(shared_data):
    return shared_data / "sed" / "samples_real_anonymised"


def test_real_reception(samples):
    (event,) = read((samples / "sev_Report_Reception.xml").read_bytes()).events
    assert event.kind is EventKind.ACKNOWLEDGED
    assert event.key == "6d833c70-bb5a-4e54-bd0c-ff8100722039"
    assert event.at == datetime(2014, 12, 10, 14, 2, 0, 501050, tzinfo=UTC)


def test_real_failure(samples):
    (event,) = read((samples / "sev_Report_Failure.xml").read_bytes()).events
    assert (event.kind, event.code) == (EventKind.REFUSED, "39")
    assert "(39) Отсутствуют данные об авторе документа." in event.text
    assert event.key == str(UUID("a20a40e388e14ee3b288c14ee6c4cf7a"))
    assert event.at == datetime(2014, 12, 10, 5, 42, 11, 352619, tzinfo=UTC)


def test_failure_of_the_exchange_is_for_a_person_where_the_setting_says_so(samples):
    content = (samples / "sev_Report_Failure.xml").read_bytes()
    reading = read(content, technical_failures=("39",))
    assert [event.kind for event in reading.events] == [EventKind.PROGRESS]
    assert len(reading.notes) == 1
    assert [event.kind for event in read(content, technical_failures=("40",)).events] == [EventKind.REFUSED]


def test_real_registration(samples):
    (event,) = read((samples / "sev_Report_Report.xml").read_bytes()).events
    assert event.kind is EventKind.REGISTERED
    assert (event.number, event.document_date) == ("N-1/1", date(2014, 12, 8))
    assert event.at == datetime(2014, 12, 8, 12, 7, 36, 987000, tzinfo=UTC)  # no zone: the SED's own
    assert event.key == "d486f296-04f5-417b-8e77-58baa7db0829"


def test_real_registration_whose_reference_dangles_is_found_by_the_document(samples):
    content = (samples / "sev_Report_Report.xml").read_bytes()
    content = content.replace(b'<Registration DocumentID="11398634"', b'<Registration DocumentID="0"')
    assert [event.number for event in read(content).events] == ["N-1/1"]


def test_real_registration_in_another_zone(samples):
    (event,) = read((samples / "sev_Report_Report.xml").read_bytes(), zone=ZoneInfo("Asia/Omsk")).events
    assert event.at == datetime(2014, 12, 8, 9, 7, 36, 987000, tzinfo=UTC)


def test_initial_document_correlates_when_it_is_the_one_we_sent(samples):
    class Ours(NoMemory):
        known = frozenset({"9f4426f3-7686-48ac-9cdd-8b8295448f41"})

    (event,) = read((samples / "sev_Report_Report.xml").read_bytes(), memory=Ours()).events
    assert event.key == "9f4426f3-7686-48ac-9cdd-8b8295448f41"


@pytest.mark.parametrize(
    ("name", "key", "day", "file"),
    [
        ("sev_DocInfo.xml", "38908f16cb024f42a266587c241e9a46", date(2014, 11, 27), "file.docx"),
        ("sev_DocInfo_with_EDS.xml", "d824b7f140d14fbab8917146f0c751fa", date(2015, 1, 14), "file.doc"),
    ],
)
def test_real_document(samples, name, key, day, file):
    reading = read((samples / name).read_bytes(), sizes={file: 14_336})
    (event,) = reading.events
    assert event.kind is EventKind.ANSWER
    assert not event.commanded  # nobody ordered it
    assert (event.number, event.document_date, event.text) == ("N-1/1", day, "Краткое содержание")
    assert event.key == str(UUID(key))
    assert event.manager == Person("Иванов", "И.", "И.")
    assert [(one.name, one.size) for one in event.files] == [("файл" + Path(file).suffix, 14_336)]
    assert event.files[0].ref.endswith(f"/m/{file}")
    assert reading.notes == []


def test_real_envelopes(shared_data):
    folder = shared_data / "sed"
    real = read_envelope((folder / "samples_real_anonymised" / "sev_envelop.env").read_bytes(), stem="x")
    assert real.message_folder == "139dd864-deb0-4248-8678-46f439b20b02"
    assert (real.channel, real.subject, real.address) == ("3306590", "Тема", "user@example.invalid")
    template = read_envelope((folder / "templates_ini" / "delo.env").read_bytes(), stem="x")  # has a BOM
    assert (template.message_folder, template.sender) == ("$TRANSPORT_GUID", "admdelo@example.invalid")


# -- every kind of report

CARD = (
    f'<Document UID="{OURS.hex}" DocumentID="7" Type="Incoming" MainDocument="false"><RegistrationInfo>'
    "<Number>Т-1</Number><Date>2024-03-04</Date></RegistrationInfo>{extra}</Document>"
)


def contact(fio, post="консультант"):
    who = f"<OfficialPerson><FIO>{fio}</FIO><Post>{post}</Post></OfficialPerson>"
    return f"<Contact>{organisation()}{who}</Contact>"


def test_a_report_brings_several_events_in_order():
    task = (
        f'<Task TaskID="3" UID="t" Type="Resolution"><Author>{contact("Начальников Н.Н.")}</Author>'
        "<Text>Ответить"
        f'</Text><Executor Responsible="true">{contact("Первый Пётр Петрович")}</Executor><Executor '
        f'Responsible="false">{contact("В.В. Вторая")}</Executor><Control><Deadline>2024-03-20</Deadline>'
        "</Control><IsProject>false</IsProject></Task>"
    )
    found = events_of(
        '<Registration DocumentID="7"/>'
        f"<Forwarding>{contact('Третий Т.Т.')}<Date>2024-03-05T09:00:00</Date></Forwarding>"
        '<Consideration TaskID="3"/>',
        documents=CARD.format(extra=""),
        tasks=task,
    )
    kinds = [event.kind for event in found]
    assert kinds == [
        EventKind.REGISTERED,
        EventKind.PROGRESS,
        EventKind.EXECUTOR_ASSIGNED,
        EventKind.RESOLUTION,
    ]
    resolution = found[-1]
    assert resolution.executors == (Person("Первый", "Пётр", "Петрович"), Person("Вторая", "В.", "В."))
    assert (resolution.text, resolution.deadline) == ("Ответить", date(2024, 3, 20))
    assert resolution.manager == Person("Начальников", "Н.", "Н.")
    assert found[1].at == datetime(2024, 3, 5, 6, tzinfo=UTC)


def test_executors_report_is_progress_with_files():
    task = (
        f'<Task TaskID="3" UID="t"><Executor>{contact("Первый П.П.")}<Text>Выехали на место</Text>'
        '<Date>2024-03-06T12:00:00</Date><File ResourceID="1" UID="f"><Description>акт</Description>'
        "<Extension>pdf</Extension></File></Executor></Task>"
    )
    content = report('<Report TaskID="3"/>', tasks=task, resources='<Resource UID="1" UniqueName="1.pdf"/>')
    (event,) = read(content.encode(), sizes={"1.pdf": 5}).events
    assert (event.kind, event.text) == (EventKind.PROGRESS, "Выехали на место")
    assert [(one.name, one.size, one.media_type) for one in event.files] == [
        ("акт.pdf", 5, "application/pdf")
    ]


def test_paper_sent_to_the_citizen_is_no_redirection():
    (event,) = events_of(
        "<Redirection><PrivatePerson><FIO>Примеров</FIO></PrivatePerson><Date>2024-03-06T12:00:00</Date>"
        "<Type>Почта</Type></Redirection>"
    )
    assert event.kind is EventKind.PROGRESS
    assert "Почта" in event.text


def test_accumulated_reports_repeat_the_same_ids():
    registration = '<Registration DocumentID="7" SystemDate="2024-03-04T10:00:00"/>'
    card = CARD.format(extra="")
    first = events_of(registration, documents=card)
    answer = (
        '<Document UID="aa" DocumentID="9" Type="Created"><RegistrationInfo><Number>О-1</Number>'
        "<Date>2024-03-20</Date></RegistrationInfo></Document>"
    )
    second = events_of(
        registration + '<Answer DocumentID="9"><Date>2024-03-20T10:00:00</Date></Answer>',
        documents=card + answer,
    )
    assert [event.id for event in second][:1] == [event.id for event in first]
    assert len({event.id for event in second}) == 2


@pytest.mark.parametrize(
    ("fields", "commanded", "result"),
    [
        ({"Ответ в ПОС": "1", "Результат ПОС": "Решено"}, True, AnswerResult.SOLVED),
        ({"Ответ в ПОС": "true", "Результат ПОС": " не решено "}, True, AnswerResult.NOT_SOLVED),
        ({"ответ в пос": "Да"}, True, AnswerResult.UNKNOWN),
        ({"Ответ в ПОС": "0"}, False, AnswerResult.UNKNOWN),
        ({"Ответ в ПОС": ""}, False, AnswerResult.UNKNOWN),
        ({"Иное поле": "1"}, False, AnswerResult.UNKNOWN),
        ({}, False, AnswerResult.UNKNOWN),
    ],
)
def test_the_command_is_the_mark_and_nothing_else(fields, commanded, result):
    marks = "".join(
        f'<AdditionalField Name="{name}" Type="Text">{v}</AdditionalField>' for name, v in fields.items()
    )
    document = f'<Document UID="aa" DocumentID="9"><Group>Ответ</Group>{marks}</Document>'
    (event,) = events_of('<Answer DocumentID="9"/>', documents=document)
    assert (event.commanded, event.result) == (commanded, result)


def test_unknown_result_is_noted_not_guessed():
    document = (
        '<Document UID="aa" DocumentID="9"><AdditionalField Name="Результат ПОС" Type="Text">Наверное'
        "</AdditionalField></Document>"
    )
    reading = read(report('<Answer DocumentID="9"/>', documents=document).encode())
    assert reading.events[0].result is AnswerResult.UNKNOWN
    assert len(reading.notes) == 1
    assert "Результат ПОС" in reading.notes[0]


def test_group_of_documents_may_be_the_command():
    content = report(
        '<Answer DocumentID="9"/>', documents='<Document DocumentID="9"><Group>Ответ ПОС</Group></Document>'
    )
    assert read(content.encode(), answer_groups=("ответ пос",)).events[0].commanded
    assert not read(content.encode()).events[0].commanded


def test_answer_text_is_its_own_field_then_the_annotation():
    field = '<AdditionalField Name="Текст ответа ПОС" Type="Text">Починили</AdditionalField>'
    document = f'<Document DocumentID="9"><Annotation>О фонаре</Annotation>{field}</Document>'
    assert events_of('<Answer DocumentID="9"/>', documents=document)[0].text == "Починили"
    document = '<Document DocumentID="9"><Annotation>О фонаре</Annotation></Document>'
    assert events_of('<Answer DocumentID="9"/>', documents=document)[0].text == "О фонаре"


@pytest.mark.parametrize(
    "link",
    [
        (
            '<Link DocumentID="2"><LinkType>В ответ на</LinkType></Link></Document>'
            f'<Document UID="{OURS}" DocumentID="2" MainDocument="false">'
        ),
        f'<Link Description="ПОС-500123 ({OURS.hex})"><LinkType>В ответ на</LinkType></Link>',
    ],
)
@pytest.mark.parametrize("kind", ["MainDoc", "AddToDoc"])
def test_document_linked_to_ours_is_an_answer(link, kind):
    content = (
        '<DocInfo xmlns="http://www.eos.ru/2010/sev">'
        f'<Header MessageType="{kind}" Time="2024-03-05T10:00:00" ReturnID="{"0" * 31}1"/>'
        '<DocumentList><Document UID="bb" DocumentID="1" MainDocument="true"><RegistrationInfo>'
        "<Number>О-1</Number><Date>2024-03-20</Date></RegistrationInfo>"
        f'<AdditionalField Name="Ответ в ПОС" Type="Flag">1</AdditionalField>{link}'
        "</Document></DocumentList></DocInfo>"
    )
    (event,) = read(content.encode()).events
    assert (event.kind, event.key, event.number) == (EventKind.ANSWER, str(OURS), "О-1")
    assert event.commanded


def test_ended_control_closes():
    extra = '<Control State="EndedControl"><FactDate>2024-03-21</FactDate></Control>'
    (event,) = events_of("", documents=CARD.format(extra=extra))
    assert (event.kind, event.at) == (EventKind.CLOSED, datetime(2024, 3, 20, 21, tzinfo=UTC))


def test_what_is_not_used_or_dangling_is_noted():
    reading = read(report("<SignInformation DocumentID='1'/><Consideration TaskID='none'/>").encode())
    assert reading.events == []
    assert len(reading.notes) == 2
    draft = '<Task TaskID="3" UID="t"><Text>Проект</Text><IsProject>true</IsProject></Task>'
    reading = read(report('<Consideration TaskID="3"/>', tasks=draft).encode())
    assert (reading.events, len(reading.notes)) == ([], 1)


@pytest.mark.parametrize(
    "content",
    [
        report("<Reception/>", return_id="unknown").replace(OURS.hex, "unknown"),
        report('<Answer DocumentID="404"/>'),
        report(
            '<Answer DocumentID="9"/>', documents='<Document DocumentID="9"><File ResourceID="5"/></Document>'
        ),
        report("", resources='<Resource UID="1" UniqueName="../../evil.txt"/>'),
        "<DocInfo><Header MessageType='Editing' ReturnID='1'/></DocInfo>",
        f"<DocInfo><Header MessageType='Editing' ReturnID='{OURS}'/></DocInfo>",
        "<SyncInfo><Header/></SyncInfo>",
        "<Report/>",
        "not xml",
        "",
        '<!DOCTYPE Report [<!ENTITY a "b">]><Report><Header ReturnID="&a;"/></Report>',
        '<!DOCTYPE Report SYSTEM "http://example.org/x.dtd"><Report><Header/></Report>',
    ],
)
def test_what_cannot_be_used_is_broken(content):
    with pytest.raises(BrokenMessageError):
        read(content.encode())


def test_return_id_unknown_falls_back_to_the_initial_document():
    assert events_of("<Reception>2024-03-05T10:00:00</Reception>", return_id="unknown")[0].key == str(OURS)


@pytest.mark.parametrize("form", [OURS.hex, str(OURS), OURS.hex.upper(), "{" + str(OURS) + "}"])
def test_both_forms_of_an_id_are_read(form):
    assert events_of("<Reception/>", return_id=form)[0].key == str(OURS)


def test_namespace_is_not_insisted_on():
    assert events_of("<Reception/>", ns=False)[0].kind is EventKind.ACKNOWLEDGED


# -- encodings and times


@pytest.mark.parametrize(
    ("declared", "real"),
    [
        ("windows-1251", "utf-8"),
        ("windows-1251", "cp1251"),
        ("utf-8", "utf-8"),
        ("utf-8", "cp1251"),
        ("", "cp1251"),
        ("", "utf-8"),
        ("utf-8", "utf-8-sig"),
        ("windows-1251", "utf-8-sig"),
        ("utf-16", "utf-16"),
    ],
)
def test_real_encoding_wins_over_the_declared_one(declared, real):
    declaration = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    content = (declaration + report('<Failure Code="1">Отказ: ёж № 5</Failure>')).encode(real)
    assert read(content).events[0].text == "Отказ: ёж № 5"
    assert peek(content, MOSCOW) == (datetime(2024, 3, 5, 7, tzinfo=UTC), OURS.hex)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2014-11-27T16:31:20.8735021+03:00", datetime(2014, 11, 27, 13, 31, 20, 873502, tzinfo=UTC)),
        ("2014-11-27T16:31:20Z", datetime(2014, 11, 27, 16, 31, 20, tzinfo=UTC)),
        ("2014-11-27T16:31:20", datetime(2014, 11, 27, 13, 31, 20, tzinfo=UTC)),
        ("2014-11-27 16:31", datetime(2014, 11, 27, 13, 31, tzinfo=UTC)),
        ("2014-07-27T16:31:20", datetime(2014, 7, 27, 12, 31, 20, tzinfo=UTC)),  # Moscow was at +4
        ("2014-11-27T24:00:00", datetime(2014, 11, 27, 21, tzinfo=UTC)),
        ("2014-11-27", datetime(2014, 11, 26, 21, tzinfo=UTC)),
        ("27.11.2014", datetime(2014, 11, 26, 21, tzinfo=UTC)),
        ("0001-01-01T00:00:00", None),
        ("2014-13-27T16:31:20", None),
        ("2014-11-27T16:61:20", None),
        ("9999-12-31T24:00:00", None),
        ("yesterday", None),
        ("٢٠١٤-11-27T16:31:20", None),
        ("", None),
    ],
)
def test_times(text, moment):
    assert read_time(text, MOSCOW) == moment


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2014-11-27+03:00", date(2014, 11, 27)),
        ("2014-11-27T23:59:59Z", date(2014, 11, 27)),
        ("31.02.2014", None),
    ],
)
def test_dates(text, day):
    assert read_date(text) == day


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Иванов Иван Иванович", Person("Иванов", "Иван", "Иванович")),
        ("Иванов И.И.", Person("Иванов", "И.", "И.")),
        ("И. И. Иванов", Person("Иванов", "И.", "И.")),
        ("Иванов", Person("Иванов")),
        ("Мамедов Али Гасан оглы", Person("Мамедов", "Али", "Гасан оглы")),
        ("", Person()),
    ],
)
def test_people(text, expected):
    assert person(text) == expected


# -- anything at all

TAGS = [
    "Report", "DocInfo", "Header", "Notification", "Registration", "Failure", "Reception", "Answer", "FIO",
    "Consideration", "Redirection", "Document", "DocumentList", "TaskList", "Task", "File", "Control", "Date",
    "Deadline", "InitialDoc", "Link", "AdditionalField", "Contact", "Executor", "ResourceList", "Resource",
    "Author", "Writer", "OfficialPerson",
]  # fmt: skip
pieces = st.recursive(
    st.text(max_size=8),
    lambda inner: st.builds(
        lambda tag, attributes, parts: f"<{tag} {attributes}>{''.join(parts)}</{tag}>",
        st.sampled_from(TAGS),
        st.sampled_from(
            [
                "",
                'MainDocument="true" DocumentID="1" UID="1"',
                f'MessageType="MainDoc" ReturnID="{OURS.hex}"',
                'TaskID="1" UID="1" UniqueName="a"',
                'ResourceID="1" Size="99999999999999999999"',
                'Time="9999-99-99T99:99:99" MessageType="Report"',
            ]
        ),
        st.lists(inner, max_size=4),
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.binary(max_size=300), pieces.map(lambda text: text.encode(errors="replace"))))
def test_any_bytes_are_read_or_broken(content):
    with suppress(BrokenMessageError):
        read(content)
    with suppress(BrokenMessageError):
        read_envelope(content, stem="x")
    peek(content, MOSCOW)


@settings(max_examples=150, deadline=None)
@given(pieces, pieces, pieces)
def test_any_report_is_read_or_broken(notification, documents, tasks):
    try:
        found = read(report(notification, documents=documents, tasks=tasks).encode(errors="replace"))
    except BrokenMessageError:
        return
    assert found.events or found.notes
    assert all(event.at.tzinfo is UTC for event in found.events)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_damaged_real_looking_reports(data):
    whole = bytearray(report('<Registration DocumentID="7"/>', documents=CARD.format(extra="")).encode())
    for _blow in range(data.draw(st.integers(1, 5))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    with suppress(BrokenMessageError):
        read(bytes(whole[: data.draw(st.integers(0, len(whole)))]))


@given(st.text(max_size=40))
def test_times_and_ids_of_any_text(text):
    read_time(text, MOSCOW)
    read_date(text)
    read_uuid(text)
    person(text)


def test_billion_laughs_is_refused_without_growing():
    entities = '<!ENTITY a0 "ha">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 30))
    with pytest.raises(BrokenMessageError):
        parse(f"<!DOCTYPE x [{entities}]><x>&a29;</x>".encode(), what="x")


def test_same_message_reads_the_same():
    content = report('<Registration DocumentID="7"/>', documents=CARD.format(extra="")).encode()
    first, second = read(content), read(content)
    assert first == replace(second)
