"""What a SED tells over МЭДО: every kind of message, what is not complete, broken, foreign or not sent."""

import os
import zipfile
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from lxml import etree

from connector.appeal import AnswerResult, EventKind, key_uuid
from connector.errors import ConnectorError, RetryableError
from connector.sed.medo.document import message_id
from connector.sed.medo.words import REASONS_26
from connector.sed.testing import Store, an_appeal, drain, of
from tests.connector.sed.medo_peer import MailService, envelope

KEY = an_appeal().key


@pytest.fixture
def make(tmp_path):
    """Return a peer that took one message, with settings of the test."""

    def made(**changes):
        peer = MailService(tmp_path, **changes)
        peer.sed().register(an_appeal(), (), Store().open)
        peer.take()
        return peer

    return made


def told(peer):
    """Return the events and the notes of what waits."""
    events, _cursor, notes = drain(peer.sed())
    return of(events, KEY), notes


def broken(peer):
    folder = peer.settings.broken
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


# ---- notifications


@pytest.mark.parametrize("number", range(28))
def test_every_reason_of_refusal_has_its_code(make, number):
    peer = make()
    reason = f"<xdms:reason>{REASONS_26[number]}</xdms:reason>"
    peer.notify(KEY, "Отказано в регистрации", "documentRefused", reason, comment="вернуть")
    ((event,), notes) = told(peer)
    assert (event.kind, event.code) == (EventKind.REFUSED, str(number + 1))
    assert event.text == f"{REASONS_26[number]}. вернуть"
    assert notes == []


def test_a_reason_in_no_list_is_told_as_it_stands_and_noted(make):
    peer = make()
    peer.notify(KEY, "Отказано в регистрации", "documentRefused", "<xdms:reason>Не нравится</xdms:reason>")
    ((event,), notes) = told(peer)
    assert (event.kind, event.code, event.text) == (EventKind.REFUSED, "", "Не нравится")
    assert len(notes) == 1
    assert "Не нравится" not in notes[0]  # notes go into logs: somebody's words do not


def test_a_technical_reason_is_no_refusal(make):
    peer = make(technical_reasons=("Отсутствует текст",))
    peer.notify(
        KEY, "Отказано в регистрации", "documentRefused", "<xdms:reason>Отсутствует текст</xdms:reason>"
    )
    ((event,), notes) = told(peer)
    assert event.kind is EventKind.PROGRESS
    assert len(notes) == 1


def test_prepared_sent_published_and_course_are_progress(make):
    peer = make()
    num = "<xdms:num><xdms:number>О-9</xdms:number><xdms:date>2024-03-20</xdms:date></xdms:num>"
    person = "<xdms:person>Главный Г.Г.</xdms:person><xdms:post>глава</xdms:post>"
    signatory = f"<xdms:signatory>{person}<xdms:signed>2024-03-20</xdms:signed></xdms:signatory>"
    peer.notify(KEY, "Доклад подготовлен", "reportPrepared", signatory)
    peer.notify(KEY, "Доклад направлен", "reportSent", f"<xdms:report>{num}</xdms:report>")
    published = (
        "<xdms:num><xdms:number>О-9</xdms:number><xdms:date>2024-03-20T10:00:00</xdms:date></xdms:num>"
        "<xdms:publicationPoint>Портал</xdms:publicationPoint>"
    )
    peer.notify(KEY, "Опубликование", "documentPublished", published)
    peer.notify(
        KEY, "Исполнение", "courseChanged", "<xdms:courseText>Выехали</xdms:courseText>", comment="ждём"
    )
    events, notes = told(peer)
    assert {event.kind for event in events} == {EventKind.PROGRESS}
    words = [event.text for event in events]
    assert [part in text for part, text in zip(("Главный", "О-9", "Портал", "Выехали"), words, strict=True)]
    assert "20.03.2024" in words[1]
    assert words[3] == "Выехали. ждём"
    assert notes == []


def test_our_own_clause_that_comes_back_is_no_resolution(make):
    peer = make()
    clause = (
        "<xdms:clause><xdms:designation>0005.0005.0056.1159</xdms:designation>"
        "<xdms:text>Во дворе не горит фонарь</xdms:text></xdms:clause>"
    )
    people = "<xdms:executor><xdms:department>Отдел</xdms:department></xdms:executor>"
    peer.notify(KEY, "Назначен исполнитель", "executorAssigned", people, clause=clause)
    ((event,), _notes) = told(peer)
    assert (event.kind, event.text) == (EventKind.EXECUTOR_ASSIGNED, "")
    assert event.executors[0].surname == "Отдел"


@pytest.mark.parametrize(
    ("day", "kind"), [(date(2024, 4, 1), EventKind.PROGRESS), (date(2024, 4, 2), EventKind.EXTENDED)]
)
def test_only_a_later_date_is_a_prolongation(make, day, kind):
    peer = make()
    peer.prolong(KEY, day)
    ((event,), _notes) = told(peer)
    assert event.kind is kind


def test_a_reference_without_the_configured_words_is_no_redirection(make):
    peer = make(redirect_words=("Передано",))
    peer.redirect(KEY, "Управление примеров")
    ((event,), _notes) = told(peer)
    assert event.kind is EventKind.PROGRESS


def test_an_unknown_notification_is_noted_and_kept(make):
    peer = make()
    peer.notify(KEY, "Прочитано", "documentRead", "")
    events, notes = told(peer)
    assert events == []
    assert "Прочитано" in notes[0]


def test_a_document_is_found_by_its_local_id_or_number_too(make):
    peer = make()
    uid = uuid4()
    num = "<xdms:num><xdms:number>Т-1</xdms:number><xdms:date>2024-03-05</xdms:date></xdms:num>"
    foundation = (
        "<xdms:foundation><xdms:num><xdms:number>пос-500123 </xdms:number></xdms:num></xdms:foundation>"
    )
    peer.notify(KEY, "Зарегистрирован", "documentAccepted", num, clause=foundation, uid=uid)
    ((event,), _notes) = told(peer)
    assert (event.kind, event.number) == (EventKind.REGISTERED, "Т-1")


# ---- receipts, theirs and ours


def test_their_receipt_tells_of_delivery(make):
    peer = make()
    peer.acknowledge(message_id(key_uuid(KEY)))
    ((event,), notes) = told(peer)
    assert (event.kind, notes) == (EventKind.ACKNOWLEDGED, [])
    assert peer.receipts == {}  # a receipt is not answered


def test_a_receipt_that_says_no_is_for_a_person(make):
    peer = make()
    peer.acknowledge(message_id(key_uuid(KEY)), accepted=False, comment="Файл повреждён")
    ((event,), notes) = told(peer)
    assert event.kind is EventKind.PROGRESS
    assert "Файл повреждён" in event.text
    assert len(notes) == 1
    assert "Файл" not in notes[0]


def test_every_message_is_answered_once_with_a_receipt(make):
    peer = make()
    peer.register(KEY, "Т-1", date(2024, 3, 5))
    sed = peer.sed()
    page = sed.changes("", 10)
    sed.acknowledge(page.receipts)
    peer.sed().acknowledge(page.receipts)
    sheets = [path.read_bytes() for path in peer.settings.folder_out.glob("*/envelope.ini")]
    assert len(sheets) == 1
    assert "0=PRIMER~MEDO" in sheets[0].decode("windows-1251")
    peer.take()
    assert list(peer.receipts.values()) == ["true"]


def test_a_foreign_document_is_noted_answered_no_and_kept(make):
    peer = make()
    peer.answer("pos:77:other:1", "Текст", {}, commanded=True, solved=True, number="О-1")
    events, notes = told(peer)
    assert events == []
    assert len(notes) == len(broken(peer)) == 1
    peer.take()
    assert list(peer.receipts.values()) == ["false"]


def test_receipts_can_be_switched_off(make):
    peer = make(receipts=False)
    peer.register(KEY, "Т-1", date(2024, 3, 5))
    told(peer)
    assert list(peer.settings.folder_out.iterdir()) == []


def test_what_cannot_be_answered_stays_and_is_answered_later(make):
    peer = make()
    peer.register(KEY, "Т-1", date(2024, 3, 5))
    sed = peer.sed()
    page = sed.changes("", 10)
    out = peer.settings.folder_out
    out.rename(out.with_name("away"))
    with pytest.raises(RetryableError):
        sed.acknowledge(page.receipts)
    out.with_name("away").rename(out)
    assert sed.changes(page.cursor, 10).receipts == page.receipts
    sed.acknowledge(page.receipts)
    peer.take()
    assert list(peer.receipts.values()) == ["true"]


# ---- answers


def answer_with(peer, old, new):
    """Send an answer in which one piece of the XML is replaced."""
    peer.answer(KEY, "Готово", {"a.pdf": b"1"}, commanded=False, solved=True, number="О-9")
    folder = max(peer.settings.folder_in.iterdir(), key=lambda path: path.stat().st_mtime_ns)
    content = (folder / "document.xml").read_bytes().decode("windows-1251")
    assert old in content
    (folder / "document.xml").write_bytes(content.replace(old, new).encode("windows-1251"))


@pytest.mark.parametrize(
    ("settings", "old", "new"),
    [
        ({}, "<xdms:kind>Письмо</xdms:kind>", "<xdms:kind>Ответ на обращение</xdms:kind>"),
        ({"answer_kinds": ("Ответ на обращение",)}, "<xdms:kind>Письмо", "<xdms:kind>Ответ на обращение"),
        ({"answer_link_types": ("Ответ",)}, "В ответ на", "Ответ"),
        ({}, "<xdms:signatories>", "<xdms:specialMark>ответ в пос</xdms:specialMark><xdms:signatories>"),
        ({"answer_field": "Ушло"}, "Результат ПОС: Решено", "Ушло: да\nРезультат ПОС: Решено"),
    ],
)
def test_only_what_is_configured_is_the_command(make, settings, old, new):
    peer = make(**settings)
    answer_with(peer, old, new)
    ((event,), _notes) = told(peer)
    assert event.commanded is not (settings == {} and "kind" in old)
    assert event.result is AnswerResult.SOLVED


def test_the_text_for_the_citizen_may_stand_in_the_comment(make):
    peer = make()
    answer_with(
        peer, "Результат ПОС: Решено", "Текст ответа ПОС: Фонарь горит\nс пятого марта\nРезультат ПОС: так"
    )
    ((event,), notes) = told(peer)
    assert event.text == "Фонарь горит\nс пятого марта"
    assert event.result is AnswerResult.UNKNOWN
    assert len(notes) == 1


def test_an_answer_by_the_number_alone_is_ours(make):
    peer = make()
    link = f'xdms:uid="{key_uuid(KEY)}"><xdms:linkType>В ответ на</xdms:linkType>'
    answer_with(peer, link, "><xdms:linkType>На №</xdms:linkType>")
    assert told(peer)[1]  # the number of the reference is another one
    peer.clock = peer.clock.replace(day=6)
    old = f"{link}<xdms:reference><xdms:num><xdms:number>1<"
    answer_with(
        peer, old, "><xdms:linkType>На №</xdms:linkType><xdms:reference><xdms:num><xdms:number>ПОС-500123<"
    )
    ((event,), notes) = told(peer)
    assert (event.kind, event.number, notes) == (EventKind.ANSWER, "О-9", [])


def test_what_was_made_in_one_second_comes_as_such_things_follow_one_another(make):
    """Headers bear whole seconds, and all of these arrived in one tick of the share's clock."""
    peer = make()
    now = peer.clock
    peer.clock = now + timedelta(minutes=1)  # a notification turns the peer's clock twice
    peer.answer(KEY, "Готово", {}, commanded=True, solved=True, number="О-9")
    peer.clock = now
    peer.assign(KEY, "Исполнителев И.И.", "Подготовить ответ", date(2024, 3, 30))
    peer.clock = now
    peer.register(KEY, "Т-1", date(2024, 3, 5))
    for place in peer.settings.folder_in.iterdir():
        for path in place.iterdir():
            os.utime(path, (1, 1))
    kinds = [event.kind for event in told(peer)[0]]
    wanted = [EventKind.REGISTERED, EventKind.EXECUTOR_ASSIGNED, EventKind.ANSWER]
    assert [kind for kind in kinds if kind in wanted] == wanted


# ---- what is not complete, not a message, not sent


@pytest.mark.parametrize("missing", ["notification.xml", "letter.LTR"])
def test_what_lacks_a_part_waits_and_is_broken_one_day(make, missing):
    peer = make(patience=0.3)
    peer.register(KEY, "Т-1", date(2024, 3, 5))
    (folder,) = peer.settings.folder_in.iterdir()
    content = (folder / missing).read_bytes()
    (folder / missing).unlink()
    assert told(peer) == ([], [])
    (folder / missing).write_bytes(content)
    ((event,), notes) = told(peer)
    assert (event.kind, notes) == (EventKind.REGISTERED, [])


def test_what_never_completes_is_noted_and_set_aside(make):
    peer = make(patience=0.0)
    peer.put({"notification.xml": b"<half"}, name="half")
    peer.put({}, sheet=envelope("notification.xml"), name="nothing")
    (peer.settings.folder_in / "bare").mkdir()
    events, notes = told(peer)
    assert events == []
    assert len(notes) == 3
    assert all(
        any(note.partition("/")[0].partition(":")[0] in name for name in broken(peer)) for note in notes
    )
    assert not any("nothing" in note for note in notes)  # a folder's name begins with the letter's subject
    assert [name.partition("~")[0] for name in broken(peer)] == ["bare", "half", "nothing"]


def test_a_half_message_holds_what_follows_it(make):
    peer = make(patience=60)
    peer.register(KEY, "Т-1", date(2024, 3, 5))
    (folder,) = peer.settings.folder_in.iterdir()
    whole = (folder / "notification.xml").read_bytes()
    (folder / "notification.xml").write_bytes(whole[:-40])
    peer.assign(KEY, "Исполнителев И.И.", "Подготовить", date(2024, 3, 9))
    assert told(peer) == ([], [])
    (folder / "notification.xml").write_bytes(whole)
    assert [event.kind for event in told(peer)[0]][:2] == [EventKind.REGISTERED, EventKind.EXECUTOR_ASSIGNED]


def test_garbage_is_set_aside_and_the_rest_goes_on(make):
    peer = make()
    peer.put({"notification.xml": b"<html/>"}, sheet=b"\0\xff", name="spam")
    peer.put({"a.pdf": b"%PDF"}, name="no xml")
    (peer.settings.folder_in / "AutoSend.LOG").write_text("x")
    (peer.settings.folder_in / "link").symlink_to(peer.settings.folder_out)
    peer.register(KEY, "Т-1", date(2024, 3, 5))
    events, notes = told(peer)
    assert [event.kind for event in events] == [EventKind.REGISTERED]
    assert len(notes) == len(broken(peer)) == 2


def test_an_unreadable_envelope_hides_no_message(make):
    peer = make()
    peer.register(KEY, "Т-1", date(2024, 3, 5))
    (folder,) = peer.settings.folder_in.iterdir()
    (folder / "letter.LTR").write_bytes(b"\0")
    assert [event.kind for event in told(peer)[0]] == [EventKind.REGISTERED]


def test_a_linked_file_is_refused(make):
    peer = make()
    peer.answer(KEY, "Готово", {"a.pdf": b"1"}, commanded=True, solved=True, number="О-9")
    (folder,) = peer.settings.folder_in.iterdir()
    (folder / "a.pdf").unlink()
    (folder / "a.pdf").symlink_to("/etc/hostname")
    events, notes = told(peer)
    assert events == []
    assert "a.pdf" in notes[0]


def test_what_the_mail_service_could_not_send_is_told_once(make):
    peer = make()
    name = str(key_uuid(KEY))
    (peer.settings.folder_sent / name).rename(peer.settings.folder_error / name)
    (peer.settings.folder_error / f"{name}.ERR").write_bytes("Нет такого адресата".encode("windows-1251"))
    events, notes = told(peer)
    assert events == []
    assert name in notes[0]
    assert "Нет такого адресата" in notes[0]
    assert told(peer) == ([], [])
    assert (peer.settings.folder_error / name).is_dir()  # a person corrects it and puts it back


def test_a_trace_of_what_was_sent_is_no_failure(make):
    peer = make()
    (peer.settings.folder_error / f"{key_uuid(KEY)}.ERR").write_bytes("Отправлено".encode("windows-1251"))
    assert told(peer) == ([], [])


# ---- containers (2.7 and 2.7.1, experimental)


def packed(folder, files, *, uid=None, namespace="urn:IEDMS:CONTAINER", link=None):
    """Write a container as far as its form is public."""
    listed = "".join(f'<c:attachment c:localName="{name}"/>' for name in files if name != "main.pdf")
    text = (
        f'<c:container xmlns:c="{namespace}" c:uid="{uuid4()}"><c:requisites>'
        "<c:documentKind>Письмо</c:documentKind><c:annotation>Готово</c:annotation>"
        "<c:comment>Ответ в ПОС: 1</c:comment><c:links>"
        f'<c:link c:uid="{link or key_uuid(KEY)}"/></c:links></c:requisites><c:authors><c:author>'
        "<c:registration><c:number>О-9</c:number><c:date>2024-03-20</c:date></c:registration><c:sign><c:person>"
        "<c:name>Главный Г.Г.</c:name></c:person></c:sign></c:author></c:authors>"
        f'<c:document c:localName="main.pdf"/><c:attachments>{listed}</c:attachments></c:container>'
    )
    with zipfile.ZipFile(folder / "document.edc.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("passport.xml", text)
        for name, content in files.items():
            archive.writestr(name, content)
    root = etree.fromstring(
        '<m:communication xmlns:m="urn:IEDMS:MESSAGE" m:version="2.7.1">'
        f'<m:header m:type="Транспортный контейнер" m:uid="{uuid4()}" m:created="2024-03-20T12:00:00+03:00"/>'
        "<m:container><m:body>document.edc.zip</m:body></m:container></m:communication>"
    )
    (folder / "message.xml").write_bytes(etree.tostring(root, encoding="UTF-8", xml_declaration=True))


@pytest.mark.parametrize("namespace", ["urn:IEDMS:CONTAINER", "http://minsvyaz.ru/container"])
def test_an_answer_in_a_container(make, namespace):
    peer = make()
    folder = peer.put({}, sheet=envelope("message.xml", "document.edc.zip"), name="answer")
    files = {"main.pdf": b"%PDF" * 1000, "схема.png": b"\x89"}
    packed(folder, files, namespace=namespace)
    ((event,), notes) = told(peer)
    assert (event.kind, event.number, event.commanded, notes) == (EventKind.ANSWER, "О-9", True, [])
    for sed in (peer.sed(), peer.sed()):
        read = {}
        for file in event.files:
            with sed.open_file(file.ref) as opened:
                read[file.name] = opened.read()
        assert read == files
    with pytest.raises(ConnectorError), peer.sed().open_file(event.files[0].ref + "x"):
        pytest.fail("it opened something")


@pytest.mark.parametrize("what", ["bomb", "many", "not a zip", "no passport", "missing file"])
def test_a_bad_container_is_set_aside(make, what):
    peer = make()
    folder = peer.put({}, sheet=envelope("message.xml", "document.edc.zip"), name="bad")
    files = {"main.pdf": b"1"}
    if what == "bomb":
        files["a.bin"] = b"\0" * (20 << 20)
    if what == "many":
        files |= {f"{number}.txt": b"" for number in range(1001)}
    packed(folder, files)
    if what == "not a zip":
        (folder / "document.edc.zip").write_bytes(b"PK")
    if what in ("no passport", "missing file"):
        with zipfile.ZipFile(folder / "document.edc.zip") as archive:
            passport = archive.read("passport.xml")
        with zipfile.ZipFile(folder / "document.edc.zip", "w") as archive:
            archive.writestr("x.txt" if what == "no passport" else "passport.xml", passport)
    events, notes = told(peer)
    assert events == []
    assert len(notes) == len(broken(peer)) == 1


def test_a_number_of_two_documents_tells_neither(tmp_path):
    peer, store = MailService(tmp_path), Store()
    for number in ("1", "2"):
        peer.sed().register(an_appeal(platform_id=number, number="ОДИН"), (), store.open)
    peer.take()
    foundation = "<xdms:foundation><xdms:num><xdms:number>ОДИН</xdms:number></xdms:num></xdms:foundation>"
    num = "<xdms:num><xdms:number>Т-1</xdms:number></xdms:num>"
    peer.notify(KEY, "Зарегистрирован", "documentAccepted", num, clause=foundation, uid=UUID(int=9))
    (event,) = drain(peer.sed())[0]
    assert event.key == str(UUID(int=9))  # nobody's: the journal keeps it as an orphan


# ---- real ones, as they lay in a folder (only the uid is made that of our document)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("medo_notification_refused.xml", EventKind.REFUSED),
        ("medo_notification_registered.xml", EventKind.REGISTERED),
    ],
)
def test_a_real_notification_in_its_real_envelope(make, shared_data, name, kind):
    folder = shared_data / "sed" / "samples_real_anonymised"
    content = (folder / name).read_bytes()
    ours = str(key_uuid(KEY)).encode()
    content = content.replace(b"daaf1cc5-b9bd-40e7-b23e-8d1f2804d45d", ours)
    assert ours in content
    peer = make()
    sheet = (folder / "envelope_multiline_subject.ini").read_bytes()
    peer.put({"notification.xml": content}, sheet=sheet)
    ((event,), notes) = told(peer)
    assert (event.kind, notes) == (kind, [])
    assert event.code == ("1" if kind is EventKind.REFUSED else "")
    assert event.at.isoformat().startswith("2014-12-07T")
    sheets = [path.read_bytes() for path in peer.settings.folder_out.glob("*/envelope.ini")]
    assert b"0=EXAMPLE_S~MEDOGU" in sheets[0]  # the receipt goes to the sender's box


@pytest.mark.parametrize("name", ["UTF8_declared_as_cp1251", "no_declared_encoding"])
def test_a_real_receipt(make, shared_data, name):
    path = shared_data / "sed" / "samples_real_anonymised" / f"medo_acknowledgment_{name}.xml"
    content = path.read_bytes()
    for uid in (b"11FBC04A-44BC-4B82-842B-1B6EDFA57C23", b"9E57088E-00DB-4A67-A4F7-F4B734B39264"):
        content = content.replace(uid, str(message_id(key_uuid(KEY))).upper().encode())
    peer = make()
    peer.put({"acknowledgment.xml": content})
    ((event,), notes) = told(peer)
    assert (event.kind, notes) == (EventKind.ACKNOWLEDGED, [])
