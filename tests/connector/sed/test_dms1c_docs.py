"""The administrator's page names every setting, every source of a property, every event and property."""

from dataclasses import MISSING, fields

import pytest

from connector.appeal import EventKind
from connector.sed.dms1c.settings import CARD_SOURCES, QUESTION_SOURCES, Dms1cSettings
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "sed-dms1c.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [one.name for one in fields(Dms1cSettings)])
def test_every_setting_is_documented(name):
    assert f"`{name}`" in PAGE


def test_every_source_of_a_property_is_documented():
    assert [name for name in sorted(CARD_SOURCES | QUESTION_SOURCES) if f"`{name}`" not in PAGE] == []


def test_every_event_is_documented():
    assert [kind for kind in EventKind if f"`{kind}`" not in PAGE] == []


def test_properties_to_create_are_named():
    defaults = {one.name: one.default for one in fields(Dms1cSettings) if one.default is not MISSING}
    named = [value for name, value in defaults.items() if name.endswith("_property") and " " in str(value)]
    made = [
        one.default_factory()
        for one in fields(Dms1cSettings)
        if one.name in ("card_properties", "question_properties")
    ]
    assert [name for name in [*named, *made[0], *made[1]] if name not in PAGE] == []
