"""Reader × attack: every reader of outside data stands every attack that its format has a place for."""

import re
from pathlib import Path

import pytest

from tests.hostile.attacks import ATTACKS
from tests.hostile.books import BOOKS
from tests.hostile.commands import COMMANDS
from tests.hostile.files import FILES
from tests.hostile.lines import LINES
from tests.hostile.relayed import RELAYED
from tests.hostile.seds import SEDS
from tests.hostile.sheets import EXPORTS
from tests.hostile.sockets import SOCKETS
from tests.hostile.wire import WIRE

READERS = (*RELAYED, *SEDS, EXPORTS, *BOOKS, *FILES, *WIRE, *LINES, *SOCKETS, *COMMANDS)
ROOT = Path(__file__).parents[2]
MEMORY = 450 << 20  # bytes above what the process had; an answer of 32 MB takes 280 as JSON, a bomb gigabytes


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
    return (
        beside
        | {str(path) for path in Path("/tmp").glob("evil*")}
        | {str(p) for p in Path.cwd().glob("evil*")}
    )


def forget_peak():
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def peak():
    """Return the largest memory of the process since it was forgotten, in bytes."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) << 10


_PARSER = re.compile(
    r"\betree\.(?:fromstring|XMLParser|iterparse|parse)\(|zipfile\.ZipFile\(|tomllib\.loads?\(|toml\.parse\("
    r"|\bjson\.loads?\(|csv\.(?:reader|DictReader)\(|raw_decode\(|CalamineWorkbook\.from_path\("
    r"|\bload_workbook\(|HeaderParser\(|BaseHTTPRequestHandler\)|ftplib\.FTP\(|validate_json\(|pickle\.load\("
    r"|\bnp\.load\(|\bXMLPullParser\(|\boctets import [^\n]*\bparse\b|\bder\.parse|\.feed\("
)
# What else parses, and why no row of the table is its own: what we wrote ourselves, or tests of its own.
ELSEWHERE = {
    "connector.journal": "reads what it wrote into its database",
    "connector.platform.smev.store": "reads what it wrote into its database",
    "connector.platform.spreadsheet.rows": "reads what it wrote into the journal",
    "connector.platform.spreadsheet.answers": "adds to a workbook that mappings.grid has read",
    "connector.platform.smev.elements": "smev.signature.octets parses; fuzzed in test_fuzz.py",
    "exporter.backfill": "reads what this process wrote a moment ago",
    "smev.client.adapter": "smev.signature.octets parses; fuzzed in tests/smev/test_fuzz.py",
    "smev.client.compose": "smev.signature.octets parses what is sent",
    "connector.support": "reads what it wrote a line before",
    "connector.sed.folder": "reads its own markers",
    "connector.lifecycle": "reads the table that ships",
    "connector.sed.quality": "reads the rules that ship",
    "exporter.regions": "reads what ships",
    "exporter.protocol.tell": "reads what it wrote",
    "exporter.sstu.package": "only writes",
    "exporter.marts": "reads what it wrote",
    "mappings.suggest": "reads what ships",
    "mappings.workbook.errors_sheet": "copies a workbook that mappings.grid has opened",
    "smev.client.store": "reads what it wrote into its database",
    "config.toml": "what the configuration is read with",
}


def test_every_parser_of_the_product_has_its_row():
    covered = {module for reader in READERS for module in reader.modules} | ELSEWHERE.keys()
    missing = [name for name in parsing_modules() if not any(_inside(name, one) for one in covered)]
    assert not missing, f"give these readers a row of the table: {missing}"


def _inside(name, module):
    return name == module or name.startswith(f"{module}.")


def parsing_modules():
    for room in ("config", "connector", "exporter", "mappings", "smev"):
        for path in sorted((ROOT / room).rglob("*.py")):
            if _PARSER.search(path.read_text(encoding="utf-8")):
                yield ".".join(path.relative_to(ROOT).with_suffix("").parts)
