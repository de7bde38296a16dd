"""Find before register, once however often asked, files whole, whatever breaks in between."""

import pytest

from connector.appeal import (
    CardRef,
    EventKind,
    Pending,
)
from connector.errors import ConnectorError, PermanentError
from connector.sed import Sed
from connector.sed.testing.appeals import Store, an_appeal, sha256
from connector.sed.testing.base import Fixtures
from connector.sed.testing.peer import DAY, Peer, drain, of


class Registration(Fixtures):
    """Find before register, once however often asked, files whole, whatever breaks in between."""

    # -- registration

    def test_unknown_key_is_not_found(self, sed: Sed) -> None:
        assert sed.find("pos:1:nobody:1") is None

    def test_registers_once_however_often_asked(self, sed: Sed, store: Store, peer: Peer) -> None:
        appeal = an_appeal()
        first = sed.register(appeal, (), store.open)
        assert isinstance(first, Pending if sed.capabilities.async_registration else CardRef)
        assert sed.register(appeal, (), store.open) == first
        assert peer.sed().register(appeal, (), store.open) == first  # another process
        assert peer.received(appeal.key).cards == 1
        assert peer.sed().register(appeal, (), store.open) is not None  # after the SED took it
        assert peer.received(appeal.key).cards == 1

    def test_finds_what_was_registered(self, sed: Sed, store: Store, peer: Peer) -> None:
        appeal = an_appeal()
        receipt = sed.register(appeal, (), store.open)
        assert sed.find(appeal.key) == receipt
        assert peer.received(appeal.key).cards == 1
        assert peer.sed().find(appeal.key) is not None

    def test_a_pending_registration_gets_its_number_by_an_event(
        self, sed: Sed, store: Store, peer: Peer
    ) -> None:
        if not sed.capabilities.async_registration:
            pytest.skip("this SED tells a card at once")
        appeal = an_appeal()
        receipt = sed.register(appeal, (), store.open)
        assert isinstance(receipt, Pending)
        assert receipt.receipt
        assert sed.find(appeal.key) == receipt
        events, cursor, _notes = drain(sed)
        assert [event for event in of(events, appeal.key) if event.kind is EventKind.REGISTERED] == []
        peer.received(appeal.key)
        peer.register(appeal.key, "Т-1", DAY)
        events, _cursor, _notes = drain(sed, cursor)
        told = [event for event in of(events, appeal.key) if event.kind is EventKind.REGISTERED]
        assert [event.number for event in told] == ["Т-1"]
        sed.register(appeal, (), store.open)  # a repeat after the number was told
        assert peer.received(appeal.key).cards == 1

    def test_rounds_are_cards_of_their_own(self, sed: Sed, store: Store, peer: Peer) -> None:
        first, second = an_appeal(), an_appeal(round=2, rework_comment="Фонарь снова не горит")
        sed.register(first, (), store.open)
        assert sed.find(second.key) is None
        sed.register(second, (), store.open)
        assert peer.received(first.key).cards == 1
        assert peer.received(second.key).cards == 1

    def test_attachments_arrive_with_equal_hash(self, sed: Sed, store: Store, peer: Peer) -> None:
        contents = {"фото.jpg": b"\xff\xd8" * 70_000, "empty.txt": b"", "письмо.docx": b"PK\x03\x04"}
        files = tuple(store.put(name, content) for name, content in contents.items())
        appeal = an_appeal()
        sed.register(appeal, files, store.open)
        assert peer.received(appeal.key).files == {
            name: sha256(content) for name, content in contents.items()
        }

    def test_two_attachments_of_one_name_both_arrive(self, sed: Sed, store: Store, peer: Peer) -> None:
        files = (store.put("фото.jpg", b"one"), store.put("Фото.JPG", b"two"))
        appeal = an_appeal()
        sed.register(appeal, files, store.open)
        assert sorted(peer.received(appeal.key).files.values()) == sorted([sha256(b"one"), sha256(b"two")])

    def test_too_large_a_file_is_said_and_nothing_is_registered(self, sed: Sed, store: Store) -> None:
        limit = sed.capabilities.max_file_size
        if limit is None:
            pytest.skip("this SED names no largest size")
        file = store.put("big.bin", b"x")
        huge = type(file)(file.sha256, limit + 1, file.name)
        with pytest.raises(PermanentError):
            sed.register(an_appeal(), (huge,), store.open)
        assert sed.find(an_appeal().key) is None

    def test_lost_after_commit_is_found_not_repeated(self, sed: Sed, store: Store, peer: Peer) -> None:
        appeal = an_appeal()
        with peer.lose_connection_after_commit(), pytest.raises(ConnectorError):
            sed.register(appeal, (), store.open)
        restarted = peer.sed()
        found = restarted.find(appeal.key)
        assert found is not None
        assert restarted.register(appeal, (), store.open) == found
        assert peer.received(appeal.key).cards == 1

    def test_lost_before_commit_is_not_found_and_repeated(self, sed: Sed, store: Store, peer: Peer) -> None:
        appeal = an_appeal()
        with peer.lose_connection_before_commit(), pytest.raises(ConnectorError):
            sed.register(appeal, (), store.open)
        restarted = peer.sed()
        assert restarted.find(appeal.key) is None
        restarted.register(appeal, (), store.open)
        assert peer.received(appeal.key).cards == 1
