"""The fixtures that every part of the suite stands on; an adapter's own test gives `peer`."""

import pytest

from connector.appeal import Appeal
from connector.sed import Sed
from connector.sed.testing.appeals import Store, an_appeal
from connector.sed.testing.peer import Peer


class Fixtures:
    """A peer, an adapter over it, files, and a message that was handed over."""

    @pytest.fixture
    def peer(self) -> Peer:
        raise NotImplementedError("give the suite a peer")

    @pytest.fixture
    def store(self) -> Store:
        return Store()

    @pytest.fixture
    def sed(self, peer: Peer) -> Sed:
        return peer.sed()

    @pytest.fixture
    def handed(self, sed: Sed, store: Store, peer: Peer) -> Appeal:
        """A message that the SED was given and took."""
        appeal = an_appeal()
        sed.register(appeal, (), store.open)
        assert peer.received(appeal.key).cards == 1
        return appeal
