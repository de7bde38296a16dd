"""Every SED that the stand can play: it starts, tells of itself, and sedlink can be set up to talk to it."""

import pytest

from config.load import load
from connector.sed import Closing
from connector.sed.registry import build
from stand.kinds import KINDS
from stand.running import Stand
from stand.snippet import write_config


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_sedlink_is_set_up_by_what_an_emulator_says(tmp_path, kind):
    with Stand(tmp_path / "stand", sed=kind, cabinets=1, messages=0, fsync=False) as stand:
        settings = load(write_config(stand, tmp_path / "config"))
        (name,) = settings.sed
        assert name == KINDS[kind].section == settings.cabinet[0].sed
        sed = build(settings.sed[name].kind, settings.sed[name].own, tmp_path)
        health = sed.check()
        if isinstance(sed, Closing):
            sed.close()
        assert health.ok, [finding.sentence for finding in health.findings if not finding.ok]
        assert all(place.name.isidentifier() and place.title and place.where for place in stand.sed.places)
        assert set(stand.sed.hurry()) <= {
            *stand.sed.settings(tmp_path),
            "poll",
            "settle",
            "timeouts",
            "look_back",
        }


def test_an_unknown_kind_is_named_with_the_known_ones(tmp_path):
    with pytest.raises(ValueError, match="medo"):
        Stand(tmp_path, sed="paper")
