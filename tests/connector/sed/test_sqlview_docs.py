"""docs/sed-sqlview.md names every column, parameter and setting, and its examples can be used."""

import re
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from connector.sed.registry import build
from connector.sed.sqlview import SqlViewSettings
from connector.sed.sqlview.settings import ANNOTATE_PARAMETERS, CARD_PARAMETERS
from connector.sed.sqlview.statement import problem
from connector.sed.sqlview.translate import KNOWN

TEXT = (Path(__file__).parents[3] / "docs" / "sed-sqlview.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [*KNOWN, *(field.name for field in fields(SqlViewSettings))])
def test_every_column_and_setting_is_there(name):
    assert re.search(rf"\b{name}\b", TEXT), name


@pytest.mark.parametrize("name", sorted(CARD_PARAMETERS | ANNOTATE_PARAMETERS))
def test_every_parameter_is_there(name):
    assert f":{name}" in TEXT


def test_the_example_section_is_taken(monkeypatch, tmp_path):
    monkeypatch.setenv("SED_DB_PASSWORD", "тайна")
    monkeypatch.setenv("SED_DB_WRITER_PASSWORD", "тайна-2")
    blocks = re.findall(r"```toml\n(\[.*?)```", TEXT, re.DOTALL)
    section, annotate = (tomllib.loads(block) for block in blocks)
    own = {**section["sed"]["cards"], **annotate["sed"]["cards"]}
    kind = own.pop("kind")
    own.pop("exchange")
    assert build(kind, own, tmp_path).capabilities.annotate


@pytest.mark.parametrize("sql", re.findall(r"```sql\n(.*?)```", TEXT, re.DOTALL))
def test_the_other_examples_are_selects_that_may_be_used(sql):
    assert problem(sql, CARD_PARAMETERS, reads=True) == ""
