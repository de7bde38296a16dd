"""Readers of files that people bring: crosswalks, messages, dictionaries, maps, tables of TOML."""

import json
from datetime import date

from connector.platform.profiles import ProfileError
from connector.platform.rest import load_profile as rest_profile
from exporter.definitions import DefinitionsError, load_definitions
from exporter.heatmap.engine import MapError as HeatError
from exporter.heatmap.geo import load_outlines
from exporter.heatmap.layout import load_layout
from exporter.marts import MartError
from exporter.marts.datamart.profile import load_profile as mart_profile
from exporter.sources.columnmap import MapError, load_map
from exporter.workdays import CalendarError, WorkCalendar
from smev.client.settings import read as smev_settings
from smev.errors import SmevError
from tests.hostile import builders as b
from tests.hostile.attacks import ARCHIVE, HTTP, NAMES, XML, Cell, Reader, lacking
from tests.hostile.commands import each, run_command

_TEXT_FILE = {"there_is_no_HTTP": HTTP, "it_is_no_archive": ARCHIVE, "it_names_no_files": NAMES}
_DEEP = "[" * b.DEEP + "]" * b.DEEP
_HUGE = 201 << 20  # bytes; a file with a hole


def _ten(path):
    """Make a file that is larger than any that is read."""
    with path.open("wb") as stream:
        stream.truncate(_HUGE)


# ---- SSSOM

_HEAD = "subject_id\tsubject_label\tpredicate_id\tobject_id\tconfidence\tother"
_GOOD = "pospath:%D0%94\t\tskos:exactMatch\tokn:0001.0001.0001.0001\t\tpath=%D0%94"


def _sssom(folder, given):
    """Every hostile row stands before a good one, which is taken."""
    said = {}
    for attack, row in given.items():
        path, book = folder / f"{attack}.tsv", folder / f"{attack}.xlsx"
        if attack == "ten-gigabytes":
            _ten(path)
        else:
            path.write_bytes(row if isinstance(row, bytes) else f"{_HEAD}\n{row}\n{_GOOD}\n".encode())
        said[attack] = run_command(folder, "mapping", "sssom-import", path, book)
        if not isinstance(row, bytes) and row.count("\t") >= 3:
            assert book.exists(), said[attack]
    return said


def _row(other="", *, confidence="", item="pospath:%D0%94"):
    return f"{item}\t\tskos:exactMatch\tokn:0001.0001.0001.0001\t{confidence}\t{other}"


_UNCLEAR = r"row 1 cannot be understood: .*{}.*: 1 rows"
SSSOM = Reader(
    "SSSOM",
    ("mappings.sssom",),
    _sssom,
    {
        "invalid-date": Cell(_row("since=2026-13-45"), _UNCLEAR.format("month")),
        "huge-number": Cell(_row("priority=" + "9" * 5000), _UNCLEAR.format("not a whole number")),
        "noise": Cell(_row("relation=zzz", confidence="nan"), _UNCLEAR.format("zzz")),
        "duplicate-keys": Cell(
            f"{_HEAD}\tother\n{_GOOD}\n".encode(), "duplicate-keys.tsv: .*other stand twice"
        ),
        "wrong-encoding": Cell(f"{_HEAD}\n{_GOOD}\n".encode("utf-16") + b"\xff", "unknown encoding"),
        "nul-bytes": Cell(_row(item="pospath:%00%01/a\0b"), "exit [01]: .*rows"),
        "formula": Cell(_row(item="pospath:%3D1%2B1"), "exit 0: .*2 rows"),
        "right-to-left-text": Cell(_row(item=f"pospath:{b.MIRROR}"), "exit 0: .*2 rows"),
        "deep-nesting": Cell("я" * 200_000, "field larger than field limit"),
        "ten-gigabytes": Cell("", "larger than 200 MB"),
    },
    lacking(TSV_has_no_DTD=XML, **_TEXT_FILE),
)


# ---- messages to try a crosswalk on


def _messages(folder, given):
    book = folder / "book.xlsx"
    run_command(folder, "mapping", "template", book)
    said = {}
    for attack, line in given.items():
        path = folder / f"{attack}.jsonl"
        if attack == "ten-gigabytes":
            _ten(path)
        else:
            good = json.dumps({"категория": "Дороги"}).encode()
            path.write_bytes((line if isinstance(line, bytes) else line.encode()) + b"\n" + good)
        said[attack] = run_command(folder, "mapping", "try", book, "--messages", path)
    return said


_LINE = r"exit 1: .*{}\.jsonl, line 1: .*{}"
_TAKEN = "exit 0: .*messages: the same 2"
MESSAGES = Reader(
    "messages to try a crosswalk on",
    ("mappings.messages_file", "mappings.jsontext"),
    _messages,
    {
        "deep-nesting": Cell(f'{{"x": {_DEEP}}}', _LINE.format("deep-nesting", "too deep")),
        "huge-number": Cell('{"категория": "а", "times": "' + "9" * 5000 + '"}', _TAKEN),
        "duplicate-keys": Cell(
            '{"fact": "а", "fact": "б"}', _LINE.format("duplicate-keys", "'fact' stands twice")
        ),
        "invalid-date": Cell('{"категория": "а", "date": "2026-13-45"}', _TAKEN),
        "nul-bytes": Cell('{"категория": "а\\u0000б"}', _TAKEN),
        "wrong-encoding": Cell(rb'{"category": "\ud800"}', _TAKEN),
        "formula": Cell('{"категория": "=1+1", "kind": {}, "times": []}', _TAKEN),
        "right-to-left-text": Cell(json.dumps({"category": b.MIRROR}), _TAKEN),
        "noise": Cell(b.NOISE, "exit 1: .*noise.jsonl: unknown encoding"),
        "ten-gigabytes": Cell("", "larger than 200 MB"),
    },
    lacking(JSON_has_no_DTD=XML, **_TEXT_FILE),
)


# ---- the platform's dictionary, saved


def _dictionary(rows):
    return f'{{"subjects": {rows}, "subsubjects": []}}'


_NAMED = r"exit 1: .*{}\.json: .*{}"
DICTIONARY = Reader(
    "a saved dictionary of the platform",
    ("mappings.rest_file", "mappings.jsontext"),
    each(".json", "mapping", "categories", "{path}", "--by", "test", "--json"),
    {
        "deep-nesting": Cell(_dictionary(_DEEP), _NAMED.format("deep-nesting", "too deep")),
        "huge-number": Cell(
            _dictionary('[{"id": ' + "9" * 5000 + "}]"), _NAMED.format("huge-number", "digits")
        ),
        "duplicate-keys": Cell(
            '{"subjects": [], "subjects": [{"id": 1, "name": "а"}]}',
            _NAMED.format("keys", "'subjects' stands twice"),
        ),
        "wrong-encoding": Cell(_dictionary(r'[{"id": 1, "name": "\ud800"}]'), "exit [01]: .*"),
        "nul-bytes": Cell(_dictionary(r'[{"id": 1, "name": "а\u0000б"}]'), "exit [01]: .*"),
        "noise": Cell('{"subjects": 5}', _NAMED.format("noise", "a dictionary of the platform is expected")),
        "formula": Cell(_dictionary('[{"id": 1, "name": "=1+1"}]'), "exit [01]: .*"),
        "right-to-left-text": Cell(_dictionary(json.dumps([{"id": 1, "name": b.MIRROR}])), "exit [01]: .*"),
    },
    lacking(
        JSON_has_no_DTD=XML,
        there_are_no_dates=("invalid-date",),
        tried_with_the_messages_which_the_same_function_opens=("ten-gigabytes",),
        **_TEXT_FILE,
    ),
)


# ---- outlines and tiles of the heat map

_RING = "[[[30, 55], [31, 55], [31, 56], [30, 55]]]"


def _outlines(folder, given):
    said = {}
    for attack, text in given.items():
        path = folder / f"{attack}.geojson"
        if attack == "ten-gigabytes":
            _ten(path)
        else:
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        heard = []
        for read in (load_outlines, load_layout) if attack != "ten-gigabytes" else (load_outlines,):
            try:
                told = read(path)
                (folder / "page").write_text(str(told), encoding="utf-8")
                heard.append(f"drawn {told}")
            except HeatError as error:
                heard.append(str(error))
        said[attack] = " | ".join(heard)
    return said


def _shape(ring=_RING, oktmo='"28000000"', more=""):
    return (
        f'{{"features": [{{"properties": {{"oktmo": {oktmo}{more}}}, '
        f'"geometry": {{"type": "Polygon", "coordinates": {ring}}}}}]}}'
    )


GEOJSON = Reader(
    "outlines and tiles of the heat map",
    ("exporter.heatmap.geo", "exporter.heatmap.layout"),
    _outlines,
    {
        "deep-nesting": Cell(_shape(_DEEP), r"deep-nesting\.geojson: .*\| .*deep-nesting\.geojson: "),
        "huge-number": Cell(_shape(_RING.replace("55", "1e308")), "feature 1: .*outside the globe"),
        "invalid-date": Cell(_shape(oktmo='"-1"'), "feature 1: .*'-1' is no code of OKTMO"),
        "noise": Cell(b.NOISE, r"noise\.geojson: .*\| .*noise\.geojson: |noise\.geojson"),
        "wrong-encoding": Cell(_shape(more=r', "name": "\ud800"'), "drawn .*\ufffd"),
        "nul-bytes": Cell(_shape(more=r', "name": "\u0000"'), "drawn "),
        "formula": Cell(_shape(more=', "name": "</script>=1"'), "drawn "),
        "right-to-left-text": Cell(_shape(more=f', "name": {json.dumps(b.MIRROR)}'), "drawn "),
        "ten-gigabytes": Cell("", "larger than 64 MB"),
    },
    lacking(JSON_has_no_DTD=XML, the_last_of_two_values_is_drawn_and_seen=("duplicate-keys",), **_TEXT_FILE),
)


# ---- tables of TOML beside the configuration

_LOADERS = {
    "a column map": (lambda path: load_map(str(path)), MapError),
    "definitions": (lambda path: load_definitions("Europe/Moscow", path), DefinitionsError),
    "a calendar": (lambda path: WorkCalendar.read(path).is_working(date(2026, 3, 2)), CalendarError),
    "a mart's profile": (mart_profile, MartError),
    "a wire profile": (rest_profile, ProfileError),
    "settings of SMEV": (smev_settings, SmevError),
}


def _tables(folder, given):
    """Every loader is given every file; each must refuse it by its own error, which names the file."""
    said = {}
    for attack, text in given.items():
        path = folder / f"{attack}.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        said[attack] = "all named it"
        for name, (load, refusal) in _LOADERS.items():
            try:
                load(path)
            except refusal as error:
                if path.name not in str(error) and name != "settings of SMEV":
                    said[attack] = f"{name}: {error}"
            else:
                said[attack] = f"{name} took it"
    return said


_ALL = "all named it"
TABLES = Reader(
    "tables of TOML beside the configuration",
    (
        "connector.platform.profiles",
        "exporter.workdays",
        "exporter.definitions",
        "smev.client.settings",
        "exporter.marts.datamart.profile",
        "exporter.sources.columnmap",
    ),
    _tables,
    {
        "deep-nesting": Cell(f"x = {_DEEP}", _ALL),
        "huge-number": Cell("edition = " + "9" * 5000, _ALL),
        "duplicate-keys": Cell("a = 1\na = 2\n", _ALL),
        "invalid-date": Cell("edition = 2026-13-45\n", _ALL),
        "noise": Cell("edition = 5\ncolumns = 5\ncolumn = 5\n2026 = 5\nsmev = 5\nlist = 5\n", _ALL),
        "wrong-encoding": Cell('name = "Яма"\n'.encode("cp1251"), _ALL),
        "nul-bytes": Cell('name = "а\0б"\n', _ALL),
        "right-to-left-text": Cell(f'"{b.MIRROR}" = 1\nedition = [1]\n', _ALL),
        "formula": Cell('columns = "=1+1"\nedition = "=1+1"\n', _ALL),
    },
    lacking(TOML_has_no_DTD=XML, a_person_wrote_it_by_hand=("ten-gigabytes",), **_TEXT_FILE),
)
FILES = (SSSOM, MESSAGES, DICTIONARY, GEOJSON, TABLES)
