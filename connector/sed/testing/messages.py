"""The suite that every SED adapter passes. An adapter's own test names it and a peer to play with:

    class TestMySed(SedConformance):
        @pytest.fixture
        def peer(self, tmp_path):
            return MyPeer(tmp_path)

`Peer` says what the other side must be able to do in a test.
"""

from connector.sed.testing.claims import Claims
from connector.sed.testing.cursors import Cursors
from connector.sed.testing.mart import MartCards
from connector.sed.testing.registration import Registration
from connector.sed.testing.telling import Telling


class SedConformance(Registration, Telling, Cursors, Claims, MartCards):
    """Every rule of an adapter that takes messages; `connector.sed.testing.rules` names them."""
