"""МЭДО passes the suite of SED adapters against a peer built from the facts."""

import pytest

from tests.connector.sed.conformance import SedConformance
from tests.connector.sed.medo_peer import MailService


class TestMedo(SedConformance):
    @pytest.fixture
    def peer(self, tmp_path):
        return MailService(tmp_path)
