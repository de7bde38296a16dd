"""ДЕЛО over СЭВ passes the suite of SED adapters."""

import pytest

from tests.connector.sed.conformance import SedConformance
from tests.connector.sed.sev_peer import FolderDelo


class TestSev(SedConformance):
    @pytest.fixture
    def peer(self, tmp_path):
        return FolderDelo(tmp_path)
