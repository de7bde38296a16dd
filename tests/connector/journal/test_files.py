"""The file store: whole or not there, once per content, limited, swept with care."""

import os
from datetime import timedelta
from hashlib import sha256

import pytest

from connector.appeal import StoredFile
from connector.errors import ItemError, PermanentError
from connector.journal.files import FileStore
from connector.journal.records import Stage
from tests.connector.journal.support import claim_one, listed, on_to, receive


@pytest.fixture
def store(tmp_path):
    return FileStore(tmp_path / "files", max_size=100)


def names(store):
    return sorted(path.name for path in store._root.rglob("*") if path.is_file())


def test_what_is_put_comes_out(store):
    stored = store.put([b"ab", b"", b"c"], "фото.jpg", "image/jpeg")
    assert stored == StoredFile(sha256(b"abc").hexdigest(), 3, "фото.jpg", "image/jpeg")
    with store.open(stored) as file:
        assert file.read() == b"abc"


def test_the_same_bytes_are_kept_once_under_any_name(store):
    first = store.put([b"abc"], "a.txt", "text/plain")
    second = store.put([b"abc"], "../../b.txt", "text/plain")
    assert first.sha256 == second.sha256
    assert len(names(store)) == 1


def test_a_file_over_the_limit_leaves_nothing_and_is_not_read_on(store):
    def endless():
        yield b"x" * 60
        yield b"x" * 60
        raise AssertionError("read on after the limit")

    with pytest.raises(PermanentError, match="limit of 100 bytes") as raised:
        store.put(endless(), "big.bin", "application/octet-stream")
    assert raised.value.code == "file-too-large"
    assert names(store) == []
    assert store.put([b"x" * 100], "just.bin", "application/octet-stream").size == 100


def test_a_broken_stream_leaves_nothing(store):
    def broken():
        yield b"half"
        raise ConnectionError("cut off")

    with pytest.raises(ConnectionError):
        store.put(broken(), "a", "b")
    assert names(store) == []


def test_a_missing_or_cut_file_is_told(store):
    stored = store.put([b"abc"], "a.txt", "text/plain")
    store._path(stored.sha256).write_bytes(b"ab")
    with pytest.raises(ItemError, match="another size"):
        store.open(stored)
    store._path(stored.sha256).unlink()
    with pytest.raises(ItemError, match="backup") as raised:
        store.open(stored)
    assert raised.value.code == "file-missing"


def test_an_empty_file_is_a_file(store):
    with store.open(store.put([], "empty", "text/plain")) as file:
        assert file.read() == b""


def test_files_are_for_the_owner_only(store):
    stored = store.put([b"abc"], "a", "b")
    assert store._path(stored.sha256).stat().st_mode & 0o077 == 0
    assert store._tmp.stat().st_mode & 0o077 == 0


def test_a_sweep_takes_the_old_and_unnamed_only(journal, clock):
    receive(journal, listed(files=1))
    kept = journal.files.put([b"kept"], "a", "b")
    work = claim_one(journal)
    journal.finish([on_to(work, Stage.ACCEPT, files={0: kept})])
    orphan = journal.files.put([b"orphan"], "a", "b")
    young = journal.files.put([b"young"], "a", "b")
    (journal.files._tmp / "abandoned").write_bytes(b"12345")
    long_ago = clock().timestamp() - 1000
    for path in journal.files._root.rglob("*"):
        os.utime(path, (long_ago, long_ago))
    os.utime(journal.files._path(young.sha256), (clock().timestamp(),) * 2)
    swept = journal.sweep_files(timedelta(seconds=100))
    assert (swept.removed, swept.bytes) == (2, 11)
    assert orphan.sha256 in swept.names
    for stored in (kept, young):
        journal.files.open(stored).close()


def test_a_file_that_is_put_again_is_young_again(store):
    stored = store.put([b"abc"], "a", "b")
    path = store._path(stored.sha256)
    os.utime(path, (1, 1))
    store.put([b"abc"], "a", "b")
    assert path.stat().st_mtime > 1
