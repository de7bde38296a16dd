"""Cursors and receipts: nothing is over before it was stored."""

import pytest

from connector.appeal import Appeal, Event, EventKind
from connector.sed import Sed
from connector.sed.testing.base import Fixtures
from connector.sed.testing.peer import DAY, Belated, Peer, drain, hand_over, of


class Cursors(Fixtures):
    """Cursors and receipts: nothing is over before it was stored."""

    # -- cursors

    def test_not_acknowledged_comes_again_after_a_restart(self, sed: Sed, handed: Appeal, peer: Peer) -> None:
        peer.register(handed.key, "Т-1", DAY)
        lost = sed.changes("", 100)  # the process dies before its commit
        again = peer.sed().changes("", 100)
        assert [event.id for event in again.events] == [event.id for event in lost.events] != []

    def test_not_committed_comes_again_in_the_same_process(
        self, sed: Sed, handed: Appeal, peer: Peer
    ) -> None:
        peer.register(handed.key, "Т-1", DAY)
        lost = sed.changes("", 100)
        assert sed.changes("", 100).events == lost.events

    def test_acknowledged_is_over(self, sed: Sed, handed: Appeal, peer: Peer) -> None:
        peer.register(handed.key, "Т-1", DAY)
        events, cursor, _notes = drain(sed)
        assert events
        page = sed.changes(cursor, 100)
        assert (page.events, page.more) == ((), False)
        assert page.cursor == cursor

    def test_acknowledging_twice_is_harmless(self, sed: Sed, handed: Appeal, peer: Peer) -> None:
        peer.register(handed.key, "Т-1", DAY)
        page = sed.changes("", 100)
        sed.acknowledge(page.receipts)
        sed.acknowledge(page.receipts)
        peer.sed().acknowledge(page.receipts)
        assert sed.changes(page.cursor, 100).events == ()

    def test_what_was_committed_late_still_comes(self, sed: Sed, peer: Peer) -> None:
        """A peer with `register_late()` commits under a time or number that was read already."""
        if not isinstance(peer, Belated):
            pytest.skip("this SED tells in the order of its messages")
        keys = [hand_over(sed, peer, str(number)) for number in range(2)]
        peer.register(keys[0], "Т-0", DAY)
        _events, cursor, _notes = drain(sed)
        peer.register_late(keys[1], "Т-1", DAY)
        late, cursor, _notes = drain(sed, cursor)
        registered = [event for event in of(late, keys[1]) if event.kind is EventKind.REGISTERED]
        assert [event.number for event in registered] == ["Т-1"]
        assert sed.changes(cursor, 100).events == ()

    @pytest.mark.parametrize("acknowledging", [True, False])
    def test_small_pages_lose_nothing(self, sed: Sed, peer: Peer, acknowledging: bool) -> None:
        for number in range(7):
            peer.register(hand_over(sed, peer, str(number)), f"Т-{number}", DAY)
        events: list[Event] = []
        cursor = ""
        for _turn in range(100):
            page = sed.changes(cursor, 2)
            events += page.events
            cursor = page.cursor
            if acknowledging:
                sed.acknowledge(page.receipts)
            if not page.more:
                break
        else:
            pytest.fail("the pages never end")
        numbers = {event.number for event in events if event.kind is EventKind.REGISTERED}
        assert numbers == {f"Т-{number}" for number in range(7)}
