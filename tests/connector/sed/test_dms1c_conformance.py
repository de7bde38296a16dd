"""1С over DMService passes the suite of SED adapters against the stand's 1С, over HTTP, by both WSDLs."""

import pytest

from connector.sed.testing import SedConformance
from tests.connector.sed.dms1c_peer import StandDms1c


class TestDms1c(SedConformance):
    """By our own WSDL; lists are cut at two objects, so every reading has to narrow them."""

    @pytest.fixture
    def peer(self):
        with StandDms1c(wsdl="own", most=40, list_limit=2, task_changed_property="modificationDate") as peer:
            yield peer


class TestDms1cByItsWsdl(SedConformance):
    @pytest.fixture
    def peer(self):
        with StandDms1c(wsdl="server") as peer:
            yield peer
