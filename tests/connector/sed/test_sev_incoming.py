"""The folder from ДЕЛО: only complete messages, in order, never lost, cheap when thousands wait."""

import io
import os
import shutil
import time
from datetime import date
from pathlib import Path

import pytest

from connector.appeal import EventKind
from connector.errors import PermanentError, RetryableError
from connector.sed.passport import BrokenMessageError
from connector.sed.testing import Store, an_appeal, drain
from connector.sed.waiting import Settling, move_aside
from tests.connector.sed.disk_faults import Crash, crash_at
from tests.connector.sed.sev_peer import FolderDelo

KEY = an_appeal().key
DAY = date(2024, 3, 4)
ANSWER = {"commanded": True, "solved": True, "number": "О-1"}


@pytest.fixture
def peer(tmp_path):
    return FolderDelo(tmp_path)


def age(folder, seconds):
    """Make everything under a folder look untouched for so long."""
    moment = time.time() - seconds
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files):
            os.utime(Path(place) / name, (moment, moment))


def names(folder):
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def only_message(peer):
    (folder,) = (path for path in peer.settings.folder_in.iterdir() if path.is_dir())
    return folder


def test_real_messages_come_through_the_folder(peer, shared_data):
    samples = shared_data / "sed" / "samples_real_anonymised"
    for name, passport, files in (
        ("a", "sev_Report_Reception.xml", {}),
        ("b", "sev_Report_Failure.xml", {}),
        ("c", "sev_Report_Report.xml", {}),
        ("d", "sev_DocInfo.xml", {"file.docx": b"x" * 14_000}),
        ("e", "sev_DocInfo_with_EDS.xml", {"file.doc": b"x" * 54_000, "file.sig": b"s"}),
    ):
        kind = "DocInfo.xml" if "DocInfo" in passport else "Report.xml"
        peer.put((samples / passport).read_bytes(), files, name=name, passport_name=kind)
    sed = peer.sed()
    events, _cursor, notes = drain(sed, limit=2)
    assert notes == []
    assert [event.kind for event in events] == [  # by the times in their headers
        EventKind.ANSWER,
        EventKind.REGISTERED,
        EventKind.REFUSED,
        EventKind.ACKNOWLEDGED,
        EventKind.ANSWER,
    ]
    with sed.open_file(events[-1].files[0].ref) as opened:
        assert len(opened.read()) == 54_000


# -- complete or not


def test_envelope_without_its_folder_waits(peer):
    peer.envelope("3f0c")
    page = peer.sed().changes("", 10)
    assert (page.events, page.notes, page.receipts, page.more) == ((), (), (), False)


def test_half_written_passport_waits_and_is_read_when_whole(peer):
    peer.register(KEY, "Т-1", DAY)
    passport = only_message(peer) / "Report.xml"
    whole = passport.read_bytes()
    passport.write_bytes(whole[: len(whole) // 2])
    sed = peer.sed()
    assert sed.changes("", 10).receipts == ()
    passport.write_bytes(whole)
    assert [event.number for event in sed.changes("", 10).events] == ["Т-1"]


@pytest.mark.parametrize("cut", [None, 0, 5])
def test_missing_or_short_file_waits(peer, cut):
    peer.answer(KEY, "Готово", {"a.pdf": b"0123456789"}, **ANSWER)
    file = only_message(peer) / "file1.bin"
    if cut is None:
        file.unlink()
    else:
        file.write_bytes(b"0123456789"[:cut])
    sed = peer.sed()
    assert sed.changes("", 10).receipts == ()
    file.write_bytes(b"0123456789")
    assert [event.kind for event in sed.changes("", 10).events] == [EventKind.ANSWER]


def test_an_envelope_that_appeared_just_now_waits(tmp_path):
    """A listing is not one moment: the older envelope of the same conversation may be missing from it."""
    peer = FolderDelo(tmp_path, settle=60.0)
    peer.answer(KEY, "Готово", {"a.pdf": b"0123456789"}, **ANSWER)
    sed = peer.sed()
    assert sed.changes("", 10).receipts == ()
    age(only_message(peer).parent, 61)
    assert [event.kind for event in sed.changes("", 10).events] == [EventKind.ANSWER]


def test_file_of_unlisted_size_must_stand_still(tmp_path):
    peer = FolderDelo(tmp_path, settle=60.0)
    peer.answer(KEY, "Готово", {"a.pdf": b"0123456789"}, **ANSWER)
    folder = only_message(peer)
    (folder / "file1.bin").write_bytes(b"0123456789" * 2048)  # sizes are kilobytes in real messages
    assert peer.sed().changes("", 10).events == ()
    age(folder.parent, 61)
    assert [event.kind for event in peer.sed().changes("", 10).events] == [EventKind.ANSWER]


def test_clock_of_a_file_server_may_run_ahead(tmp_path):
    now = [1000.0]
    settling = Settling(5.0, clock=lambda: now[0])
    file = tmp_path / "a"
    file.write_bytes(b"x")
    os.utime(file, (2000.0, 2000.0))
    assert not settling.settled(file, file.stat())
    now[0] += 4
    assert not settling.settled(file, file.stat())
    now[0] += 1
    assert settling.settled(file, file.stat())
    file.write_bytes(b"xy")
    os.utime(file, (2001.0, 2001.0))
    assert not settling.settled(file, file.stat())


def test_files_that_no_passport_names_are_ignored(peer):
    peer.register(KEY, "Т-1", DAY)
    (only_message(peer) / "thumbs.db").write_bytes(b"?")
    (peer.settings.folder_in / "readme.txt").write_text("?")
    (peer.settings.folder_in / ".hidden.env").write_text("?")
    events, _cursor, notes = drain(peer.sed())
    assert (len(events), notes) == (1, [])


def test_letter_case_of_a_windows_peer(peer):
    peer.answer(KEY, "Готово", {"a.pdf": b"pdf"}, **ANSWER)
    folder = only_message(peer)
    (folder / "Report.xml").rename(folder / "REPORT.XML")
    (folder / "file1.bin").rename(folder / "FILE1.BIN")
    envelope = folder.with_name(f"{folder.name}.env")
    envelope.rename(envelope.with_suffix(".ENV"))
    sed = peer.sed()
    ((event,), _cursor, _notes) = drain(sed)
    with sed.open_file(event.files[0].ref) as opened:
        assert opened.read() == b"pdf"
    assert names(peer.settings.folder_in) == []


def test_later_messages_of_a_conversation_wait_for_an_incomplete_one(peer):
    other = an_appeal(platform_id="2").key
    peer.register(KEY, "Т-1", DAY)
    passport = only_message(peer) / "Report.xml"
    whole = passport.read_bytes()
    passport.write_bytes(whole[: len(whole) // 2])
    peer.redirect(KEY, "Управление примеров")
    peer.register(other, "Т-2", DAY)
    sed = peer.sed()
    first, cursor, _notes = drain(sed)
    assert [event.number for event in first] == ["Т-2"]
    passport.write_bytes(whole)
    second, _cursor, _notes = drain(sed, cursor)
    assert [event.kind for event in second] == [EventKind.REGISTERED, EventKind.REDIRECTED]


# -- broken


@pytest.mark.parametrize("what", ["passport", "file", "folder", "envelope"])
def test_what_never_completes_is_noted_and_set_aside(peer, what):
    peer.answer(KEY, "Готово", {"a.pdf": b"0123456789"}, **ANSWER)
    folder = only_message(peer)
    if what == "passport":
        (folder / "Report.xml").write_bytes(b"<Report>")
    elif what == "file":
        (folder / "file1.bin").unlink()
    elif what == "folder":
        shutil.rmtree(folder)
    else:
        folder.with_name(f"{folder.name}.env").write_bytes(b"")
    age(peer.settings.folder_in, peer.settings.patience + 1)
    sed = peer.sed()
    page = sed.changes("", 10)
    assert page.events == ()
    assert len(page.notes) == 1
    assert folder.name in page.notes[0]
    sed.acknowledge(page.receipts)
    assert names(peer.settings.folder_in) == []
    assert folder.name in names(peer.settings.broken)[0]
    if what == "passport":
        kept = next(peer.settings.broken.iterdir())
        assert set(names(kept)) == {f"{folder.name}.env", "Report.xml", "file1.bin"}


def test_broken_ones_do_not_hold_up_the_rest(peer):
    peer.put(b"<Report><Header ReturnID='unknown'/></Report>", {})
    peer.register(KEY, "Т-1", DAY)
    events, _cursor, notes = drain(peer.sed(), limit=1)
    assert [event.number for event in events] == ["Т-1"]
    assert len(notes) == 1
    assert len(names(peer.settings.broken)) == 1
    assert len(names(peer.settings.done)) == 1


@pytest.mark.parametrize("folder", ["../elsewhere", "/etc", "..", "a/b", "a\\b"])
def test_envelope_never_leads_out_of_the_folder(peer, tmp_path, folder):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "Report.xml").write_text("<Report/>")
    peer.envelope("evil", folder)
    events, _cursor, notes = drain(peer.sed())
    assert (events, len(notes)) == ([], 1)
    assert names(peer.settings.broken) == ["evil.env"]
    assert names(tmp_path / "elsewhere") == ["Report.xml"]


def test_link_instead_of_a_file_is_refused(peer, tmp_path):
    (tmp_path / "secret").write_text("secret")
    peer.answer(KEY, "Готово", {"a.pdf": b"secret"}, **ANSWER)
    file = only_message(peer) / "file1.bin"
    file.unlink()
    file.symlink_to(tmp_path / "secret")
    events, _cursor, notes = drain(peer.sed())
    assert (events, len(notes)) == ([], 1)


def test_link_instead_of_a_folder_is_refused(peer, tmp_path):
    peer.register(KEY, "Т-1", DAY)
    folder = only_message(peer)
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    events, _cursor, notes = drain(peer.sed())
    assert (events, len(notes)) == ([], 1)
    assert names(tmp_path / "elsewhere") == ["Report.xml"]


def test_huge_passport_is_not_read_into_memory(tmp_path):
    peer = FolderDelo(tmp_path, max_passport_size=1000)
    peer.put(b"<Report>" + b" " * 2000, {})
    events, _cursor, notes = drain(peer.sed())
    assert (events, len(notes)) == ([], 1)


# -- order, pages, done


def test_messages_come_by_the_time_in_their_headers(peer):
    numbers = ["Т-1", "Т-2", "Т-3"]
    for number in numbers:
        peer.register(KEY, number, DAY)
    said = list(peer.said)
    shutil.rmtree(peer.settings.folder_in)
    peer.settings.folder_in.mkdir()
    for name, (passport, files) in zip("bca", said, strict=True):
        peer.put(passport, files, name=name)
    assert [event.number for event in drain(peer.sed(), limit=1)[0]] == numbers


def test_thousands_waiting_are_opened_once_each(peer, monkeypatch):
    peer.register(KEY, "Т-1", DAY)
    passport, _files = peer.said[0]
    count = 1500
    for number in range(count - 1):
        minute, second = divmod(number, 60)
        stamp = f"2024-03-06T{minute // 60:02}:{minute % 60:02}:{second:02}"
        peer.put(passport.replace(peer.clock.isoformat().encode(), stamp.encode()), {}, name=f"m{number:05}")
    opened = []
    real = io.open
    monkeypatch.setattr(
        io, "open", lambda path, *args, **rest: opened.append(str(path)) or real(path, *args, **rest)
    )
    sed = peer.sed()
    page = sed.changes("", 10)
    assert len(page.receipts) == 10
    assert page.more
    assert len(opened) <= 2 * count + 100
    opened.clear()
    sed.acknowledge(page.receipts)
    again = sed.changes(page.cursor, 10)
    assert len(again.receipts) == 10
    assert len(opened) <= 100
    assert not set(again.receipts) & set(page.receipts)


def test_page_never_splits_a_message_nor_exceeds_its_limit(peer):
    for number in range(4):
        peer.register(KEY, f"Т-{number}", DAY)
    sed = peer.sed()
    page = sed.changes("", 3)
    assert (len(page.events), page.more) == (3, True)
    page = sed.changes(page.cursor, 3)
    assert page.events[0].number == "Т-3"
    assert not page.more
    assert len(page.events) == 3  # the fresh one, then what was not acknowledged


def test_failing_acknowledgement_stops_no_other(peer, monkeypatch):
    for number in range(3):
        peer.register(KEY, f"Т-{number}", DAY)
    sed = peer.sed()
    page = sed.changes("", 10)
    stuck = page.receipts[1].split("/")[3]
    real = os.rename

    def rename(source, target, **options):
        if str(source).endswith(stuck):
            raise PermissionError(13, "Permission denied", str(source))
        real(source, target, **options)

    with monkeypatch.context() as patch:
        patch.setattr(os, "rename", rename)
        with pytest.raises(RetryableError):
            sed.acknowledge(page.receipts)
    assert len(names(peer.settings.done)) == 2
    sed.acknowledge(page.receipts)
    assert len(names(peer.settings.done)) == 3
    assert names(peer.settings.folder_in) == []


@pytest.mark.parametrize("step", range(1, 6))
def test_crash_while_acknowledging_loses_nothing_and_is_tidied_up(peer, step):
    peer.answer(KEY, "Готово", {"a.pdf": b"pdf"}, **ANSWER)
    sed = peer.sed()
    page = sed.changes("", 10)
    try:
        with crash_at(step).watched():
            sed.acknowledge(page.receipts)
    except Crash:
        pass
    restarted = peer.sed()
    again = restarted.changes(page.cursor, 10)
    assert {event.id for event in again.events} <= {event.id for event in page.events}
    restarted.acknowledge(again.receipts)
    assert names(peer.settings.folder_in) == []
    assert len(names(peer.settings.done)) == 1
    with restarted.open_file(page.events[0].files[0].ref) as opened:
        assert opened.read() == b"pdf"


def test_message_that_was_replaced_before_the_acknowledgement_stays(peer):
    peer.register(KEY, "Т-1", DAY)
    sed = peer.sed()
    page = sed.changes("", 10)
    folder = only_message(peer)
    peer.register(KEY, "Т-2", DAY)
    other = next(path for path in peer.settings.folder_in.iterdir() if path.is_dir() and path != folder)
    (folder / "Report.xml").write_bytes((other / "Report.xml").read_bytes())
    sed.acknowledge(page.receipts)
    assert {event.number for event in drain(sed, page.cursor)[0]} == {"Т-2"}
    assert names(peer.settings.folder_in) == []


def test_files_of_messages_of_one_name_are_never_mixed_up(peer):
    refs = []
    for content in (b"first", b"second"):
        peer.answer(KEY, "Готово", {"a.pdf": content}, **ANSWER | {"number": content.decode()})
        folder = only_message(peer)
        folder.rename(folder.with_name("same"))
        folder.with_name(f"{folder.name}.env").unlink()
        peer.envelope("same")
        sed = peer.sed()
        refs += [event.files[0].ref for event in drain(sed)[0]]
    read = []
    for ref in refs:
        with peer.sed().open_file(ref) as opened:
            read.append(opened.read())
    assert read == [b"first", b"second"]


def test_file_that_an_administrator_removed_is_an_error_that_names_it(peer):
    peer.answer(KEY, "Готово", {"a.pdf": b"pdf"}, **ANSWER)
    sed = peer.sed()
    ((event,), _cursor, _notes) = drain(sed)
    shutil.rmtree(peer.settings.done)
    with pytest.raises(PermanentError, match=r"file1\.bin") as caught:
        sed.open_file(event.files[0].ref)
    assert caught.value.code == "file-gone"


def test_receipt_of_another_kind_is_refused(peer):
    for receipt in ("done/x/../../etc/passwd", "gone/-/a/b", "done/-/a"):
        with pytest.raises(ValueError, match=r"receipt|unpack"):
            peer.sed().acknowledge([receipt])


# -- a later due date is a prolongation, the first one is not


def test_due_date_at_registration_is_the_sed_s_own(peer):
    control = '<Control State="UnderControl"><Deadline>2024-05-30</Deadline></Control>'
    peer.sed().register(an_appeal(), (), Store().open)
    card = peer._card(KEY, "Т-1", DAY, control)
    peer.report(KEY, '<Registration DocumentID="7"/>', documents=card)
    sed = peer.sed()
    assert [event.kind for event in sed.changes("", 10).events] == [EventKind.REGISTERED]
    first, _cursor, _notes = drain(sed)  # reading it again tells the same
    assert [event.kind for event in first] == [EventKind.REGISTERED]
    peer.prolong(KEY, date(2024, 5, 30))
    assert EventKind.EXTENDED not in {event.kind for event in drain(sed)[0]}
    peer.prolong(KEY, date(2024, 6, 15))
    extended = [event for event in drain(sed)[0] if event.kind is EventKind.EXTENDED]
    assert [event.deadline for event in extended] == [date(2024, 6, 15)]


def test_due_date_beyond_ours_is_a_prolongation_when_registration_named_none(peer):
    peer.sed().register(an_appeal(), (), Store().open)
    sed = peer.sed()
    peer.register(KEY, "Т-1", DAY)
    drain(sed)
    peer.prolong(KEY, date(2024, 3, 20))  # a resolution's date, before the citizen's
    assert EventKind.EXTENDED not in {event.kind for event in drain(sed)[0]}
    peer.prolong(KEY, date(2024, 4, 20))
    assert EventKind.EXTENDED in {event.kind for event in drain(sed)[0]}


# -- health


def test_check_names_what_is_wrong(tmp_path):
    peer = FolderDelo(tmp_path, min_free=1 << 60, stale=3600.0)
    peer.envelope("old")
    age(peer.settings.folder_in, 7200)
    peer.settings.folder_out.rmdir()
    wrong = {finding.what: finding.sentence for finding in peer.sed().check().findings if not finding.ok}
    assert set(wrong) == {"folder_out", "folder_in", "folder_state"}
    assert "120" in wrong["folder_in"]
    assert not peer.settings.folder_state.exists()
    assert not peer.settings.done.exists()


def test_absent_in_folder_closes_the_channel(peer):
    peer.settings.folder_in.rmdir()
    with pytest.raises(RetryableError, match="in"):
        peer.sed().changes("", 10)


def test_moving_across_file_systems_is_said(tmp_path, monkeypatch):
    (tmp_path / "a").mkdir()

    def rename(source, target, **options):
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "rename", rename)
    with pytest.raises(RetryableError, match=r"file systems|файловых"):
        move_aside(tmp_path / "a", tmp_path / "b" / "a")


def test_broken_message_is_one_kind_of_permanent_error():
    assert issubclass(BrokenMessageError, PermanentError)
