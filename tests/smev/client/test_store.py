"""The store: what cannot be used is said in words, several processes share it, octets stay octets."""

import sqlite3
import stat
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smev.client.faults import NotSentError, RetryError
from smev.client.store import State, Store, packing, telling, troubles
from smev.client.words import OutgoingFile, Request, Response
from smev.envelope.words import (
    Attachment,
    BusinessStatus,
    Content,
    FileReference,
    Metadata,
    ProcessingStatus,
    Received,
    Rejection,
)
from smev.errors import SetupError

NOW = datetime(2026, 6, 1, tzinfo=UTC)
TEXT = st.text(max_size=30)


def request(number=1):
    return Request(message_id=f"9d2c3a56-0000-11ee-8000-{number:012d}", content=b"<a xmlns='urn:a'/>")


@pytest.fixture
def store(tmp_path):
    made = Store(tmp_path / "store", lambda: NOW)
    yield made
    made.close()


def test_it_is_for_its_owner_only(store, tmp_path):
    assert stat.S_IMODE((tmp_path / "store").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "store/smev.db").stat().st_mode) == 0o600


def test_what_cannot_be_used_is_said_in_words(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SetupError, match="cannot write"):
        Store(tmp_path / "file" / "store", lambda: NOW)
    (tmp_path / "smev.db").write_bytes(b"no database" * 1000)
    with pytest.raises(SetupError, match="not a database"):
        Store(tmp_path, lambda: NOW)


def test_a_newer_store_is_left_alone(store, tmp_path):
    with sqlite3.connect(tmp_path / "store/smev.db") as held:
        held.execute("PRAGMA user_version=99")
    held.close()
    with pytest.raises(SetupError, match="another version"):
        Store(tmp_path / "store", lambda: NOW)


def test_a_failure_of_the_disk_is_said_in_words_and_changes_nothing(store):
    with store._database.change() as held:
        held.execute("PRAGMA max_page_count=1")  # no more room
    big = Request(message_id=request(7).message_id, content=bytes(1 << 20))
    with pytest.raises(SetupError, match="full"):
        store.outbox.put("big", big, NOW)
    with store._database.change() as held:
        held.execute("PRAGMA max_page_count=1073741823")
    assert store.outbox.find("big") is None
    assert store.outbox.put("big", big, NOW).state is State.QUEUED


def test_one_claim_at_a_time(store, tmp_path):
    other = Store(tmp_path / "store", lambda: NOW)
    store.outbox.put("k", request(), NOW)
    until = NOW + timedelta(minutes=5)
    assert store.outbox.claim(NOW, until).key == "k"
    assert other.outbox.claim(NOW, until) is None
    assert other.outbox.claim(NOW, until, "k") is None
    assert other.outbox.claim(until, until + timedelta(minutes=5)).attempts == 2
    other.close()


def test_a_person_can_give_up_and_take_up(store):
    store.outbox.put("k", request(), NOW)
    store.outbox.cancel("k", NOW)
    assert store.outbox.claim(NOW, NOW) is None
    store.outbox.again("k", NOW, sure=False)
    assert store.outbox.claim(NOW, NOW).key == "k"
    assert store.outbox.counts() == {"queued": 1}


@settings(max_examples=60, deadline=None)
@given(
    st.one_of(
        st.builds(
            Request, message_id=TEXT, content=st.binary(), reference_id=st.none() | TEXT,
            node_id=st.none() | TEXT, transaction_code=st.none() | TEXT,
            end_of_life=st.none() | st.datetimes(timezones=st.just(UTC)), test=st.booleans(),
        ),
        st.builds(
            Response, message_id=TEXT, reply_to=TEXT, request_id=TEXT,
            body=st.one_of(
                st.binary(),
                st.lists(st.builds(Rejection, TEXT, TEXT), min_size=1, max_size=3).map(tuple),
                st.builds(BusinessStatus, TEXT, TEXT, st.dictionaries(TEXT, TEXT, max_size=3)),
            ),
        ),
        st.binary(),
    )
)  # fmt: skip
def test_a_message_is_kept_as_it_is(message):
    kind, body, fields = packing.pack(message)
    identifier = "" if isinstance(message, bytes) else message.message_id
    assert packing.unpack(kind, identifier, body, fields, files=[]) == message


OCTETS = st.none() | st.binary(max_size=20)


@settings(max_examples=60, deadline=None)
@given(
    st.builds(
        Received,
        kind=TEXT, metadata=st.builds(Metadata, message_id=TEXT, sender=TEXT), original_id=TEXT,
        reply_to=TEXT, test=st.booleans(),
        body=st.one_of(
            st.none(),
            st.builds(
                Content, st.binary(),
                st.lists(st.builds(Attachment, TEXT, TEXT, OCTETS), max_size=2).map(tuple),
                st.lists(st.builds(FileReference, TEXT, st.binary(), TEXT, OCTETS), max_size=2).map(tuple),
            ),
            st.lists(st.builds(Rejection, TEXT, TEXT), max_size=3).map(tuple),
            st.builds(BusinessStatus, TEXT, TEXT, st.dictionaries(TEXT, TEXT, max_size=3)),
            st.builds(ProcessingStatus, TEXT, TEXT, TEXT, TEXT, TEXT),
        ),
    )
)  # fmt: skip
def test_what_a_message_says_is_kept(message):
    assert telling.unpack(telling.pack(message)) == message


def test_files_are_kept_in_order(store, tmp_path):
    path = tmp_path / "f"
    path.write_bytes(b"x")
    files = tuple(OutgoingFile(uuid=f"u{n}", name=f"n{n}", mime_type="a/b", path=path) for n in range(12))
    message = Request(message_id=request().message_id, content=b"<a/>", files=tuple(map(store.adopt, files)))
    store.outbox.put("k", message, NOW)
    assert store.outbox.message("k") == message
    with pytest.raises(SetupError, match="cannot read"):
        store.adopt(OutgoingFile(uuid="u", name="n", mime_type="a/b", path=tmp_path / "absent"))


def test_errors_are_kept_for_any_language():
    from smev.wording import explain

    for error in (NotSentError("нет {сети}"), RetryError("SMEVFailure", "{x}")):
        kept = troubles.unpack(troubles.pack(error))
        assert (kept.code, str(kept), explain(kept)) == (error.code, str(error), explain(error))
    assert troubles.unpack(troubles.pack(None)) is None
