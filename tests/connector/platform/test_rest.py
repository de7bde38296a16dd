"""The REST way passes the conformance suite of every way to the platform."""

import pytest

from config.secret import Secret
from connector.appeal import Cabinet
from connector.platform.rest import RestPlatform, Timeouts
from tests.connector.platform.conformance import TokenConformance


class TestRest(TokenConformance):
    @pytest.fixture(autouse=True)
    def closing(self):
        self.opened = []
        yield
        for platform in self.opened:
            platform.close()

    def connect(self, stand, cabinet, *, secret="", read_timeout=10.0):
        platform = RestPlatform(
            Cabinet(cabinet.opa_id, cabinet.name),
            base_url=stand.base_url,
            client_id=cabinet.client_id,
            secret=Secret(secret or cabinet.secret),
            oauth_client=stand.oauth.name,
            oauth_secret=Secret(stand.oauth.secret),
            timeouts=Timeouts(read=read_timeout),
            region_id=str(cabinet.region_id),
        )
        self.opened.append(platform)
        return platform
