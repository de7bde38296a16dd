"""A message is handed to ДЕЛО exactly once, whatever dies when, and never half-written."""

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.appeal import Pending, StoredFile, key_uuid
from connector.errors import OutcomeUnknownError, PendingError, PermanentError, RetryableError
from connector.sed.folder import Handovers
from connector.sed.testing import Store, an_appeal, sha256
from tests.connector.sed.disk_faults import Crash, Disk, crash_at, quick_folder
from tests.connector.sed.sev_peer import FolderDelo


@pytest.fixture
def peer(tmp_path):
    return FolderDelo(tmp_path)


@pytest.fixture
def store():
    return Store()


def give(peer, store, appeal, files):
    """What the relay does: find, else register. Return the receipt."""
    sed = peer.sed()
    return sed.find(appeal.key) or sed.register(appeal, files, store.open)


CONTENTS = {"фото.jpg": b"\xff\xd8" * 4000, "письмо.docx": b"PK"}
HASHES = {name: sha256(content) for name, content in CONTENTS.items()}


def total_steps():
    with quick_folder() as folder:
        peer, store = FolderDelo(Path(folder)), Store()
        files = tuple(store.put(name, content) for name, content in CONTENTS.items())
        with crash_at(-1).watched() as disk:
            give(peer, store, an_appeal(), files)
        return disk.steps


STEPS = total_steps()


@pytest.mark.parametrize("step", range(1, STEPS + 1))
@pytest.mark.parametrize("eager", [True, False])
def test_killed_at_every_step_it_is_delivered_once(peer, store, step, eager):
    appeal = an_appeal()
    files = tuple(store.put(name, content) for name, content in CONTENTS.items())
    with crash_at(step).watched(), pytest.raises(Crash):
        give(peer, store, appeal, files)
    if eager:
        peer.take()
    receipt = give(peer, store, appeal, files)
    assert receipt == Pending(str(key_uuid(appeal.key)))
    assert peer.received(appeal.key).cards == 1
    assert peer.received(appeal.key).files == HASHES
    assert list(peer.settings.folder_out.iterdir()) == []


@settings(deadline=None)
@given(
    crashes=st.lists(st.integers(1, STEPS + 3), max_size=5),
    takes=st.sets(st.integers(1, 4 * STEPS), max_size=12),
)
def test_any_crashes_with_a_consumer_at_any_moment(crashes, takes):
    with quick_folder() as folder:
        peer, store, appeal = FolderDelo(Path(folder)), Store(), an_appeal()
        files = tuple(store.put(name, content) for name, content in CONTENTS.items())
        seen = 0
        for crash in (*crashes, -1):

            def after(number, _name, _path, crash=crash):
                nonlocal seen
                seen += 1
                if seen in takes:
                    peer.take()  # also proves that what is visible is complete
                if number == crash:
                    raise Crash

            with Disk(after).watched():
                try:
                    give(peer, store, appeal, files)
                except Crash:
                    continue
        assert peer.received(appeal.key).cards == 1
        assert peer.received(appeal.key).files == HASHES


def test_everything_is_durable_before_the_marker_and_the_marker_before_the_envelope(peer, store):
    trace = []
    with Disk(lambda _step, name, path: trace.append((name, path))).watched():
        give(peer, store, an_appeal(), (store.put("a.txt", b"a"),))
    out, name = peer.settings.folder_out, str(key_uuid(an_appeal().key))
    shown = trace.index(("rename", f"{out}/.{name}.env.tmp"))
    marked = next(place for place, (_what, path) in enumerate(trace) if path.endswith(f"{name[:2]}/{name}"))
    renamed = trace.index(("rename", f"{out}/.{name}.tmp"))
    folder = f"{out}/{name}"
    for path in (f"{folder}/a.txt", f"{folder}/DocInfo.xml", folder, f"{out}/.{name}.env.tmp", str(out)):
        assert ("fsync", path) in trace[renamed:marked], path
    marker = Path(trace[marked][1])
    assert {("fsync", str(marker)), ("fsync", str(marker.parent))} <= set(trace[marked:shown])
    assert ("fsync", str(out)) in trace[shown:]


def test_failure_of_the_last_step_is_an_unknown_outcome_and_find_completes_it(peer, store):
    appeal, sed = an_appeal(), peer.sed()
    with peer.lose_connection_after_commit(), pytest.raises(OutcomeUnknownError):
        sed.register(appeal, (), store.open)
    assert list(peer.settings.folder_out.glob("[!.]*.env")) == []
    assert sed.find(appeal.key) == Pending(str(key_uuid(appeal.key)))
    assert len(list(peer.settings.folder_out.glob("[!.]*.env"))) == 1


def test_message_folder_that_vanished_before_the_envelope_is_for_a_person(peer, store):
    appeal, sed = an_appeal(), peer.sed()
    with peer.lose_connection_after_commit(), pytest.raises(OutcomeUnknownError):
        sed.register(appeal, (), store.open)
    folder = peer.settings.folder_out / str(key_uuid(appeal.key))
    folder.rename(peer.settings.folder_out / "elsewhere")
    with pytest.raises(OutcomeUnknownError, match=str(key_uuid(appeal.key))):
        sed.find(appeal.key)


def test_lost_state_folder_does_not_double_what_still_waits(peer, store):
    appeal = an_appeal()
    give(peer, store, appeal, ())
    peer.settings.folder_state.rename(peer.settings.folder_state.with_name("lost"))
    assert peer.sed().find(appeal.key) is not None
    peer.take()
    assert peer.sed().find(appeal.key) is not None


def test_absent_folder_closes_the_channel_not_the_item(peer, store):
    peer.settings.folder_out.rmdir()
    with pytest.raises(RetryableError, match="out"):
        give(peer, store, an_appeal(), ())


def test_damaged_file_of_the_store_never_reaches_the_sed(peer, store):
    good = store.put("a.txt", b"good")
    store._contents[good.sha256] = b"evil"
    with pytest.raises(PermanentError) as caught:
        give(peer, store, an_appeal(), (good,))
    assert caught.value.code == "file-damaged"
    assert peer.sed().find(an_appeal().key) is None
    assert peer.received(an_appeal().key).cards == 0
    assert list(peer.settings.folder_out.iterdir()) == []


def test_share_that_cannot_sync_folders_is_used_all_the_same(peer, store, monkeypatch):
    real = os.fsync

    def fsync(handle):
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(22, "Invalid argument")
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    give(peer, store, an_appeal(), ())
    assert peer.received(an_appeal().key).cards == 1


def test_unreadable_store_is_not_blamed_on_the_share(peer, store):
    def away(file):
        raise OSError(5, "Input/output error")

    with pytest.raises(RetryableError) as caught:
        peer.sed().register(an_appeal(), (StoredFile("00", 1, "a"),), away)
    assert caught.value.code == "file-store"


def test_a_process_that_stands_still_in_a_handover_does_not_hold_the_others(tmp_path):
    still, other = Handovers(tmp_path), Handovers(tmp_path, patience=0.05)
    with still.alone("a1"):
        with pytest.raises(PendingError, match="another process"), other.alone("a1"):
            pytest.fail("two at once")
        with other.alone("a2"):
            pass
    with other.alone("a1"):
        pass
