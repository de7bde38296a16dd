"""A message goes to the mail service exactly once, whatever dies when, and never half-written."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.appeal import Pending, key_uuid
from connector.sed.testing import Store, an_appeal, sha256
from tests.connector.sed.disk_faults import Crash, Disk, crash_at, quick_folder
from tests.connector.sed.medo_peer import Beside, MailService

CONTENTS = {"фото.jpg": b"\xff\xd8" * 4000, "письмо.docx": b"PK"}
HASHES = {name: sha256(content) for name, content in CONTENTS.items()}
LAYOUTS = {"inside": MailService, "beside": Beside}


def peer_in(folder, layout):
    return LAYOUTS[layout](Path(folder), layout=layout)


def give(peer, store, appeal):
    """What the relay does: find, else register. Return the receipt."""
    files = tuple(store.put(name, content) for name, content in CONTENTS.items())
    sed = peer.sed()
    return sed.find(appeal.key) or sed.register(appeal, files, store.open)


def total_steps(layout):
    with quick_folder() as folder:
        peer = peer_in(folder, layout)
        with crash_at(-1).watched() as disk:
            give(peer, Store(), an_appeal())
        return disk.steps


STEPS = {layout: total_steps(layout) for layout in LAYOUTS}


@pytest.mark.parametrize(
    ("layout", "step"), [(layout, step) for layout, steps in STEPS.items() for step in range(1, steps + 1)]
)
@pytest.mark.parametrize("eager", [True, False])
def test_killed_at_every_step_it_is_delivered_once(layout, step, eager):
    with quick_folder() as folder:
        peer, store, appeal = peer_in(folder, layout), Store(), an_appeal()
        with crash_at(step).watched(), pytest.raises(Crash):
            give(peer, store, appeal)
        if eager:
            peer.take()
        assert give(peer, store, appeal) == Pending(str(key_uuid(appeal.key)))
        assert peer.received(appeal.key).cards == 1
        assert peer.received(appeal.key).files == HASHES
        assert list(peer.settings.folder_out.iterdir()) == []


@settings(deadline=None, max_examples=40)
@given(
    layout=st.sampled_from(sorted(LAYOUTS)),
    crashes=st.lists(st.integers(1, max(STEPS.values()) + 3), max_size=5),
    takes=st.sets(st.integers(1, 4 * max(STEPS.values())), max_size=12),
)
def test_any_crashes_with_the_mail_service_at_any_moment(layout, crashes, takes):
    with quick_folder() as folder:
        peer, store, appeal = peer_in(folder, layout), Store(), an_appeal()
        seen = 0
        for crash in (*crashes, -1):

            def after(number, _name, _path, crash=crash):
                nonlocal seen
                seen += 1
                if seen in takes:
                    peer.take()
                if number == crash:
                    raise Crash

            with Disk(after).watched():
                try:
                    give(peer, store, appeal)
                except Crash:
                    continue
        assert give(peer, store, appeal) is not None
        assert peer.received(appeal.key).cards == 1
        assert peer.received(appeal.key).files == HASHES


def test_receipts_killed_at_any_step_are_sent_and_the_message_put_away():
    def run(step):
        with quick_folder() as folder:
            peer = MailService(Path(folder))
            appeal = an_appeal()
            peer.sed().register(appeal, (), Store().open)
            peer.take()
            peer.register(appeal.key, "Т-1", "2024-03-05")
            sed = peer.sed()
            page = sed.changes("", 10)
            disk = crash_at(step)
            with disk.watched():
                try:
                    sed.acknowledge(page.receipts)
                except Crash:
                    again = peer.sed()
                    again.acknowledge(again.changes("", 10).receipts)
            peer.take()
            assert list(peer.receipts.values()) == ["true"]
            assert list(peer.settings.folder_in.iterdir()) == []
            return disk.steps

    for step in range(1, run(-1) + 1):
        run(step)
