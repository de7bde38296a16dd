"""docs/stand.md names every option, fault, figure and key of the column map that there is."""

import inspect
from dataclasses import fields

import pytest

from stand.columns import DecisionColumns, MessageColumns, Source
from stand.commands import stand
from stand.faults import Fault
from stand.reconciliation import Reconciliation
from tests.conftest import ROOT

TEXT = (ROOT / "docs" / "stand.md").read_text(encoding="utf-8")
OPTIONS = {"directory": "dir", "map_name": "map", "as_json": "json"}


def names():
    yield from (
        f"--{OPTIONS.get(name, name.replace('_', '-'))}" for name in inspect.signature(stand).parameters
    )
    yield from Fault
    yield from (one.name for one in fields(Reconciliation))
    for table in (Source, MessageColumns, DecisionColumns):
        yield from table.model_fields


@pytest.mark.parametrize("name", sorted(set(map(str, names()))))
def test_the_page_names_it(name):
    assert f"`{name}" in TEXT or f".{name}]" in TEXT
