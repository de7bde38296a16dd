"""The main job through SMEV, end to end, by each of the three ways; the stand's ledger is the judge."""

import pytest

from config.load import load
from connector.journal.opening import upgrade_database
from connector.runtime import open_runtime
from stand.running import Stand
from stand.snippet import write_config
from tests.exchange.test_exchange import relayed


def settings_of(stand, folder, transport):
    access = stand.smev.client
    urls = {"soap": access.soap["1.2"], "adapter": access.adapter, "rsmev": access.base_url}
    environ = {
        "SEDLINK__SMEV__TRANSPORT": transport,
        "SEDLINK__SMEV__URL": urls[transport],
        "SEDLINK__PLATFORM__SMEV__POLL": "20ms",
        "SEDLINK__PLATFORM__SMEV__PATIENCE": "500ms",
        "SEDLINK__JOURNAL__BACKOFF_FIRST": "300ms",
        "SEDLINK__JOURNAL__BACKOFF_CAP": "1s",
        "SEDLINK__SED__DELO__SETTLE": "0.05",
    }
    return load(write_config(stand, folder), environ=environ)


@pytest.mark.usefixtures("short_pauses")
@pytest.mark.parametrize("transport", ["soap", "adapter", "rsmev"])
def test_everything_arrives_once_and_in_order_whatever_breaks(tmp_path, transport):
    stand = Stand(tmp_path / "stand", messages=4, cabinets=2, seed=3, faults="all", smev=True, smev_return=1)
    with stand:
        settings = settings_of(stand, tmp_path, transport)
        upgrade_database(settings)
        _counts, dead, _journal = relayed(stand, settings)
        result = stand.reconcile([f"{letter.platform_id}/{letter.round}" for letter in dead])
    assert result.exact, result
    assert not dead


def test_check_looks_at_key_certificates_and_the_way(tmp_path):
    with Stand(tmp_path / "stand", messages=2, cabinets=1, seed=3, smev=True) as stand:
        settings = settings_of(stand, tmp_path, "soap")
        upgrade_database(settings)
        runtime = open_runtime(settings)
        [link] = runtime.links.cabinets.values()
        fine = link.platform.check()
        stand.smev.client.files.key.chmod(0o644)
        warned = [finding for finding in link.platform.check().findings if not finding.ok]
        runtime.close()
    assert fine.ok, fine
    assert len(fine.findings) == 5
    assert ["chmod 600" in finding.sentence for finding in warned] == [True]
