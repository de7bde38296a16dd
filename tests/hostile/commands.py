"""Readers behind commands: settings, classifiers, lists of cards, signed messages of SMEV."""

from typer.testing import CliRunner

from tests.hostile import builders as b
from tests.hostile.attacks import ARCHIVE, HTTP, NAMES, XML, Cell, Reader, lacking
from tests.hostile.sheets import attacks_on

_ENGLISH = {"LC_ALL": "C", "SEDLINK_CONFIG": ""}


def run_command(folder, *arguments):
    """Run a command; return its output. Anything but an exit code is a crash."""
    from cli import app

    runner = CliRunner(env=_ENGLISH | {"SEDLINK_DATABASE": f"sqlite:///{folder}/store.db"})
    result = runner.invoke(app, [str(one) for one in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), (arguments, result.exception)
    return f"exit {result.exit_code}: {result.output}"


def each(suffix, *command):
    """Return a `run` that gives every hostile file to a command, alone."""

    def run(folder, given):
        said = {}
        for attack, content in given.items():
            path = folder / f"{attack}{suffix}"
            path.write_bytes(
                content if isinstance(content, bytes) else content.encode("utf-8", "surrogateescape")
            )
            words = [str(one).format(path=path, folder=folder) for one in command]
            said[attack] = run_command(folder, *words)
        return said

    return run


# ---- the configuration

_SETTINGS = '[journal]\ndatabase = "sqlite:///x.db"\n'
_REFUSED = r"exit 3: .*{attack}\.toml"


def _toml(text, words=""):
    return text, words


def _settings_cells():
    made = {
        "deep-nesting": "x = " + "[" * b.DEEP + "]" * b.DEEP,
        "noise": b.NOISE,
        "wrong-encoding": '[platform]\ntest_url = "Яма"\n'.encode("cp1251"),
        "nul-bytes": _SETTINGS + 'language = "r\0u"\n',
        "duplicate-keys": _SETTINGS + 'database = "sqlite:///y.db"\n',
        "huge-number": "[daemon]\nworkers = " + "9" * 5000 + "\n",
        "invalid-date": "[daemon]\nlease = 2026-13-45\n",
        "ten-gigabytes": '[journal]\nmax_file_size = "' + "9" * 400 + 'GB"\nfiles = 5\n',
        "right-to-left-text": f'[{"d" * 10}]\n"{b.MIRROR}" = 1\n',
        "right-to-left-name": f'"{b.MIRROR}" = 1\n',
        "formula": '[mail]\nhost = "=cmd"\n',
        "absolute-name": '[platform]\nprofile = "/etc/shadow-no-such"\nca_file = 7\n',
        "parent-name": '[journal]\nfiles = ["../../.."]\n',
        "device-name": '[journal]\ndatabase = ["NUL"]\n',
        "long-name": f'[sed."{"д" * 300}"]\npoll = "1s"\n',
    }
    return {attack: Cell(text, _REFUSED.format(attack=attack)) for attack, text in made.items()}


SETTINGS = Reader(
    "the configuration",
    ("config.load", "config.database"),
    each(".toml", "config", "check", "--offline", "--config", "{path}"),
    _settings_cells(),
    lacking(TOML_has_no_DTD=XML, it_is_no_archive=ARCHIVE, there_is_no_HTTP=HTTP),
)


# ---- the national classifier

_CLASSIFIER = b.workbook([["код", "наименование"], ["0001.0001.0001.0001", "Дороги"]])
_LACKS = lacking(
    there_is_no_HTTP=HTTP,
    names_of_files_are_not_in_it=NAMES,
    cells_are_codes_and_names=("invalid-date", "right-to-left-text", "formula"),
)
CLASSIFIER = Reader(
    "a classifier's workbook",
    ("mappings.archive", "mappings.grid"),
    each(".xlsx", "mapping", "classifier", "{path}", "--by", "test"),
    attacks_on(_CLASSIFIER, "damaged|unreasonable|cannot be read|not a workbook"),
    _LACKS,
)


# ---- signed messages

_MESSAGE = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<t:AckRequest xmlns:t="urn://x-artefacts-smev-gov-ru/services/message-exchange/types/1.3">'
    "<t:x>{}</t:x></t:AckRequest>"
)


def _smev_cells():
    text = _MESSAGE.format("&e9;")
    made = {
        "entity-bomb": b.doctype(text, root="x", entities=b.laughs()),
        "external-entity": b.doctype(text, root="x", entities=b.outside()),
        "deep-nesting": _MESSAGE.format(b.nested()),
        "noise": b.NOISE,
        "wrong-encoding": _MESSAGE.format("Яма").encode("cp1251"),
        "nul-bytes": _MESSAGE.format("\0"),
        "duplicate-keys": _MESSAGE.format("").replace("xmlns:t=", 'a="1" a="2" xmlns:t='),
        "huge-number": _MESSAGE.format("").replace(
            "<t:x>",
            "<t:x><ds:Signature xmlns:ds='http://www.w3.org/2000/09/xmldsig#'>"
            + "9" * 100_000
            + "</ds:Signature>",
        ),
    }
    return {attack: Cell(made[attack], rf"exit [12]: .*{attack}\.xml") for attack in made}


SMEV = Reader(
    "messages of SMEV",
    ("smev.canonical", "smev.signature"),
    each(".xml", "smev", "verify", "{path}"),
    _smev_cells(),
    lacking(
        it_is_no_archive=ARCHIVE,
        there_is_no_HTTP=HTTP,
        it_names_no_files=(*NAMES, "ten-gigabytes"),
        words_are_not_looked_at=("formula", "right-to-left-text", "invalid-date"),
    ),
)


# ---- lists of cards

CARD_MAP = """
name = "малая"
[columns]
card = { header = "Номер" }
received_at = { header = "Дата" }
rating = { header = "Оценка", optional = true }
category = { header = "Категория" }
region_name = { constant = "Тверская область" }
"""
_HEAD = "Номер;Дата;Категория;Оценка"
_GOOD_ROW = "К-900;01.02.2026;Дороги;5"


def _cards(folder, given):
    """Every hostile row stands in a list with a good one; the check names it, the facts hold the good one."""
    import csv

    (folder / "map.toml").write_text(CARD_MAP, encoding="utf-8")
    said = {}
    for attack, rows in given.items():
        path = folder / f"{attack}.csv"
        whole = rows if isinstance(rows, bytes) else f"{_HEAD}\n{rows}\n{_GOOD_ROW}\n".encode()
        path.write_bytes(whole)
        options = ("--list", path, "--map", folder / "map.toml")
        checked = run_command(folder, "export", "check", *options)
        facts = folder / f"{attack}-facts.csv"
        made = run_command(folder, "export", "facts", *options, "--out", facts)
        cells = []
        if facts.exists():
            with facts.open(encoding="utf-8-sig", newline="") as stream:
                cells = [cell for row in csv.reader(stream, delimiter=";") for cell in row]
            if not isinstance(rows, bytes):
                assert any("К-900" in cell for cell in cells), (attack, made)
        danger = [cell for cell in cells if cell[:1] in "=+@\t\r" and cell[:1]]
        assert not danger, danger
        said[attack] = f"{checked} | {made} | facts: {cells}"
    return said


CARDS = Reader(
    "lists of cards",
    ("exporter.sources.table", "exporter.sources.columnmap"),
    _cards,
    {
        "invalid-date": Cell("К-1;32.13.2026;Дороги;5", "32.13.2026|row 2"),
        "formula": Cell('=HYPERLINK("x");01.02.2026;=1+1;5', "facts"),
        "huge-number": Cell("К-1;01.02.2026;Дороги;" + "9" * 5000, "a value cannot be read.1"),
        "nul-bytes": Cell("К\0-1;01.02.2026;Дороги;5", "row 2|К"),
        "wrong-encoding": Cell(f"{_HEAD}\n{_GOOD_ROW}\n".encode("cp1251"), "К-900"),
        "right-to-left-text": Cell(f"К-1;01.02.2026;{b.MIRROR};5", "facts"),
        "duplicate-keys": Cell(f"{_HEAD};Дата\n{_GOOD_ROW}\n".encode(), "Дата|К-900"),
        "noise": Cell(b.NOISE, "exit [123]"),
        "deep-nesting": Cell('"' * 100_000 + ";01.02.2026;Дороги;5", "row 2|К-900"),
        "ten-gigabytes": Cell("я" * 200_000 + ";01.02.2026;Дороги;5", "row 2"),
    },
    lacking(
        CSV_has_no_DTD=XML,
        it_is_no_archive=ARCHIVE,
        it_names_no_files=NAMES,
        there_is_no_HTTP=HTTP,
    ),
)
COMMANDS = (SETTINGS, CLASSIFIER, SMEV, CARDS)
