"""Claims of an adapter are true, wrong credentials stop it, a foreign reference opens nothing."""

import pytest

from connector.appeal import (
    CardRef,
    RubricValue,
)
from connector.errors import AuthError, ConnectorError, UnsupportedError
from connector.sed import CardQuery, Sed
from connector.sed.testing.base import Fixtures
from connector.sed.testing.peer import Guarded, Peer


class Claims(Fixtures):
    """Claims of an adapter are true, wrong credentials stop it, a foreign reference opens nothing."""

    # -- claims

    def test_healthy_peer_is_found_healthy(self, sed: Sed) -> None:
        health = sed.check()
        assert health.ok, [finding.sentence for finding in health.findings if not finding.ok]

    @pytest.mark.usefixtures("handed")
    def test_capability_claims_are_true(self, sed: Sed) -> None:
        capabilities = sed.capabilities
        value = RubricValue("1", "0005.0005.0056.1159")
        if not capabilities.cards:
            with pytest.raises(UnsupportedError):
                list(sed.cards(CardQuery()))
        if not capabilities.annotate:
            with pytest.raises(UnsupportedError):
                sed.annotate(CardRef("1"), value, {"Статус ПОС": "В работе"})
        for kind in ("rubrics", "card_files"):
            if kind in capabilities.dictionaries:
                assert list(sed.dictionary(kind))
            else:
                with pytest.raises(UnsupportedError):
                    list(sed.dictionary(kind))

    # -- credentials

    def test_wrong_credentials_stop_the_connection_and_nothing_else(self, sed: Sed, peer: Peer) -> None:
        """A peer with `stranger()` gives an adapter whose password is wrong."""
        if not isinstance(peer, Guarded):
            pytest.skip("this SED knows no credentials")
        stranger = peer.stranger()
        with pytest.raises(AuthError):
            stranger.find("pos:1:nobody:1")
        with pytest.raises(AuthError):
            stranger.changes("", 100)
        assert not stranger.check().ok
        assert sed.find("pos:1:nobody:1") is None

    def test_foreign_file_reference_is_an_error_not_a_file(self, sed: Sed) -> None:
        for ref in ("", "../../etc/passwd", "a/../b", "0/1/2", "nothing"):
            with pytest.raises(ConnectorError), sed.open_file(ref):
                pytest.fail("it opened something")
