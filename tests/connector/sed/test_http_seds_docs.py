"""The pages of Directum, Mayan and ELMA365 name every setting, source and event; the examples are read."""

import re
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from connector.appeal import EventKind
from connector.sed.directum.settings import SOURCES, DirectumSettings
from connector.sed.elma365.settings import FIELDS, QUESTION_FIELDS, ElmaSettings
from connector.sed.mayan.settings import MayanSettings
from connector.sed.registry import build

DOCS = Path(__file__).parents[3] / "docs"
PAGES = {"directum": DirectumSettings, "mayan": MayanSettings, "elma365": ElmaSettings}


@pytest.mark.parametrize("kind", PAGES)
def test_every_setting_is_documented(kind):
    page = (DOCS / f"sed-{kind}.md").read_text(encoding="utf-8")
    assert [one.name for one in fields(PAGES[kind]) if f"`{one.name}`" not in page] == []


def test_every_source_and_event_of_directum_is_documented():
    page = (DOCS / "sed-directum.md").read_text(encoding="utf-8")
    assert [name for name in sorted(SOURCES) if f"`{name}`" not in page] == []
    assert [kind for kind in EventKind if f"`{kind}`" not in page] == []


@pytest.mark.parametrize("kind", PAGES)
def test_the_example_is_a_working_section(kind, tmp_path):
    page = (DOCS / f"sed-{kind}.md").read_text(encoding="utf-8")
    secret = tmp_path / "secret"
    secret.touch(mode=0o600)
    secret.write_text("12345678")
    example = re.sub(r'"file:[^"]+"', f'"file:{secret}"', re.search(r"```toml\n(.*?)```", page, re.DOTALL)[1])
    section = tomllib.loads(example)["sed"][kind]
    assert section.pop("kind") == kind
    sed = build(kind, section, tmp_path)
    assert sed.capabilities.find_by_key
    sed.close()


def test_every_field_of_elma365_is_documented():
    page = (DOCS / "sed-elma365.md").read_text(encoding="utf-8")
    words = {**FIELDS, **QUESTION_FIELDS}
    assert [one for one in (*words, *words.values()) if f"`{one}`" not in page] == []
