"""Reader × attack: every reader of outside data stands every attack that its format has a place for."""

import ast
import os
from pathlib import Path

import pytest

from tests.hostile.attacks import ATTACKS
from tests.hostile.relayed import RELAYED

READERS = (*RELAYED,)
ROOT = Path(__file__).parents[2]
MEMORY = 300 << 20  # bytes above what the process had; the bombs would unpack to 10 GB


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_no_cell_of_the_table_is_empty(reader):
    filled = {**reader.cells, **reader.lacks}
    assert set(filled) == set(ATTACKS), sorted(set(ATTACKS) ^ set(filled))
    assert not reader.cells.keys() & reader.lacks.keys()


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_a_reader_stands_its_attacks(reader, tmp_path):
    folder = tmp_path / "inside"
    folder.mkdir()
    before = elsewhere(tmp_path)
    forget_peak()
    began = peak()
    said = reader.run(folder, {attack: cell.make for attack, cell in reader.cells.items()})
    assert peak() - began < MEMORY, f"{(peak() - began) >> 20} MB more"
    assert elsewhere(tmp_path) == before
    assert not reader.check(said), "\n".join(reader.check(said))


def elsewhere(tmp_path):
    """Return what lies beside the reader's folder, where nothing may appear."""
    beside = {str(path) for path in tmp_path.rglob("*") if not path.is_relative_to(tmp_path / "inside")}
    return beside | {str(path) for path in Path("/tmp").glob("evil*")} | {str(p) for p in Path.cwd().glob("evil*")}


def forget_peak():
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def peak():
    """Return the largest memory of the process since it was forgotten, in bytes."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) << 10
