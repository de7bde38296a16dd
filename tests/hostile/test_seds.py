"""A SED's clock of another century must not make what comes after it look read."""

import pytest

from connector.appeal import EventKind
from tests.hostile.seds import StandDirectum, StandElma, carried_away

PEERS = {"Modified": StandDirectum, "__updatedAt": StandElma}


@pytest.mark.parametrize("written", ["9999-12-31T23:59:59Z", "2099-01-01T00:00:00Z", "0001-01-01T00:00:00Z"])
@pytest.mark.parametrize("field", PEERS)
def test_later_news_are_told(field, written):
    peer = PEERS[field]().start()
    try:
        kinds, notes = carried_away(peer, field, written)
    finally:
        peer.stop()
    assert EventKind.REFUSED in kinds, notes
