"""What `config check` says about an address: its clock, whether it is there."""

from datetime import UTC, datetime, timedelta

from config.settings import PlatformSettings
from connector.address_check import look_at
from stand.running import Stand


def test_a_clock_that_differs_is_told(tmp_path):
    with Stand(tmp_path) as stand:
        [fine] = look_at(stand.base_url, PlatformSettings(), lambda: datetime.now(UTC))
        [wrong] = look_at(
            stand.base_url, PlatformSettings(), lambda: datetime.now(UTC) - timedelta(minutes=5)
        )
    assert fine.ok
    assert not wrong.ok
    assert "300" in wrong.sentence or "299" in wrong.sentence or "301" in wrong.sentence


def test_an_address_where_nobody_listens_is_a_finding():
    [finding] = look_at("https://127.0.0.1:9", PlatformSettings(), lambda: datetime.now(UTC))
    assert not finding.ok
