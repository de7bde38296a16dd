"""Readers of workbooks by their commands: .ods of LibreOffice, .xls of old Excel, lists of cards in .xlsx."""

import struct
from pathlib import Path

from tests.hostile import builders as b
from tests.hostile.attacks import ARCHIVE, HTTP, NAMES, XML, Cell, Reader, lacking
from tests.hostile.commands import CARD_MAP, each
from tests.hostile.sheets import attacks_on

_NAMES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{prefix}:1.0"'
    for prefix in ("office", "table", "text")
)
_MANIFEST = (
    b'<?xml version="1.0"?><m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
    b'<m:file-entry m:full-path="/" m:media-type="application/vnd.oasis.opendocument.spreadsheet"/>'
    b"</m:manifest>"
)
_ROWS = (("код", "наименование"), ("0001.0001.0001.0001", "Дороги"))
_REFUSED = "damaged|unreasonable|cannot be read|not a workbook"
_SAYS_ITS_NAME = r"exit 1: .*\.ods.*({})"


def ods(content, **parts):
    """Return an .ods with this content."""
    octets = content if isinstance(content, bytes) else content.encode()
    kind = b"application/vnd.oasis.opendocument.spreadsheet"
    return b.zipped({"mimetype": kind, "META-INF/manifest.xml": _MANIFEST, "content.xml": octets, **parts})


def content(*more, head="", cell="", table=""):
    """Return content.xml: the good rows after the given ones; `cell`, `table`: attributes."""
    told = "".join(f"<table:table-row>{row}</table:table-row>" for row in (*more, *map(_row, _ROWS)))
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{head}<office:document-content {_NAMES}><office:body>'
        f'<office:spreadsheet><table:table table:name="Лист" {table}>{told}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    ).replace("<table:table-cell ", f"<table:table-cell {cell} ", 1)


def _row(cells):
    return "".join(
        f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'
        for text in cells
    )


def _dtd(entities):
    return content(head=f"<!DOCTYPE x [{entities}]>", cell='table:style-name="&e9;"')


def _swollen(filler):
    head = content().partition("</table:table-row>")[0].encode()
    return b.bomb({"content.xml": head}, "content.xml", 48 << 20, filler=filler)


_SWOLLEN = _swollen(b"<a/>")
ODS = Reader(
    "an .ods workbook",
    ("mappings.archive", "mappings.grid"),
    each(".ods", "mapping", "classifier", "{path}", "--by", "test"),
    {
        "entity-bomb": Cell(ods(_dtd(b.laughs())), _SAYS_ITS_NAME.format("amplification|damaged")),
        "external-entity": Cell(ods(_dtd(b.outside())), r"exit 1: (?!.*root:)"),
        "zip-bomb": Cell(_SWOLLEN, _SAYS_ITS_NAME.format("unreasonable")),
        "zip-slip": Cell(ods(content(), **{b.PARENT: b"x", b.ABSOLUTE: b"x"}), "exit 0"),
        "lying-sizes": Cell(b.understated(_SWOLLEN, "content.xml", 5000), _SAYS_ITS_NAME.format(_REFUSED)),
        "ten-gigabytes": Cell(
            b.understated(ods(content()), "content.xml", 0xFFFFFFF0), _SAYS_ITS_NAME.format("unreasonable")
        ),
        "deep-nesting": Cell(ods(content(b.nested("text:p"))), _SAYS_ITS_NAME.format("damaged")),
        "noise": Cell(b.NOISE, _SAYS_ITS_NAME.format("not a workbook")),
        "nul-bytes": Cell(ods(content(_row(["до\0после"]))), _SAYS_ITS_NAME.format("damaged")),
        "wrong-encoding": Cell(ods(content().replace("UTF-8", "x-none")), _SAYS_ITS_NAME.format("damaged")),
        "huge-number": Cell(
            ods(content(cell='table:number-columns-repeated="999999999999"')),
            r"the cell [A-Z]+\d.*stray cells",
        ),
        "duplicate-keys": Cell(ods(content(table='table:name="Ещё"')), _SAYS_ITS_NAME.format("damaged")),
        "invalid-date": Cell(
            ods(content('<table:table-cell office:value-type="float" office:value="2026-13"/>')),
            _SAYS_ITS_NAME.format("damaged"),
        ),
        "formula": Cell(
            ods(content().replace("<table:table-cell ", '<table:table-cell table:formula="of:=1+1" ')),
            "exit [01]",
        ),
    },
    lacking(
        there_is_no_HTTP=HTTP,
        names_of_files_are_not_in_it=NAMES,
        words_go_on_as_words=("right-to-left-text",),
    ),
)


# ---- .xls

_GOOD = (Path(__file__).parents[1] / "mappings" / "files" / "categories.xls").read_bytes()
_SECTOR, _STRINGS, _STRING_CELL = 512, 0xFC, 0xFD
_BOOK = 4 * _SECTOR  # where the stream of the workbook begins in this file


def _places(kind):
    """Yield where the records of a kind begin."""
    at = _BOOK
    while at < len(_GOOD) - 4:
        code, size = struct.unpack_from("<HH", _GOOD, at)
        if code == kind:
            yield at
        at += 4 + size


def _patched(at, form, *values):
    changed = bytearray(_GOOD)
    struct.pack_into(form, changed, at, *values)
    return bytes(changed)


def _tail_biting():
    """The chain of sectors of the directory never ends."""
    first = struct.unpack_from("<I", _GOOD, 48)[0]
    table = _SECTOR * (struct.unpack_from("<I", _GOOD, 76)[0] + 1)
    return _patched(table + 4 * first, "<I", first)


_STRING = next(_places(_STRINGS))
XLS = Reader(
    "an .xls workbook",
    ("mappings.grid", "mappings.child_read"),
    each(".xls", "mapping", "categories", "{path}", "--by", "test"),
    {
        "no-end": Cell(_tail_biting(), r"exit 1: .*no-end\.xls.*damaged"),
        "huge-number": Cell(
            _patched([*_places(_STRING_CELL)][-1] + 4, "<HH", 0xFFFF, 0xFFFF), r"exit 1: .*\.xls.*damaged"
        ),
        "ten-gigabytes": Cell(_patched(_STRING + 4, "<II", 0xFFFFFFFF, 0xFFFFFFFF), "exit [01]: "),
        "lying-sizes": Cell(_patched(_STRING + 12, "<H", 0xFFFF), r"exit 1: .*\.xls.*damaged"),
        "nul-bytes": Cell(_patched(_STRING + 17, "<I", 0), "exit [01]: "),
        "noise": Cell(_GOOD[:_SECTOR] + b.NOISE * 4, r"exit 1: .*\.xls.*damaged"),
    },
    lacking(
        it_is_no_XML=(*XML, "deep-nesting"),
        it_is_no_ZIP=tuple(one for one in ARCHIVE if one != "lying-sizes"),
        there_is_no_HTTP=tuple(one for one in HTTP if one != "no-end"),
        names_of_files_are_not_in_it=NAMES,
        values_are_read_as_those_of_an_xlsx=(
            "invalid-date",
            "duplicate-keys",
            "formula",
            "wrong-encoding",
            "right-to-left-text",
        ),
    ),
)


# ---- lists of cards in a workbook

_CARDS = b.workbook([["Номер", "Дата", "Категория"], ["К-900", "01.02.2026", "Дороги"]])


def _cards(folder, given):
    """Every hostile list is checked by the same column map."""
    (folder / "map.toml").write_text(CARD_MAP, encoding="utf-8")
    return each(".xlsx", "export", "check", "--list", "{path}", "--map", "{folder}/map.toml")(folder, given)


_SLOW = ("zip-bomb", "lying-sizes")
CARD_BOOKS = Reader(
    "lists of cards in a workbook",
    ("exporter.sources.table",),
    _cards,
    {name: cell for name, cell in attacks_on(_CARDS).items() if name not in _SLOW},
    lacking(
        there_is_no_HTTP=HTTP,
        names_of_files_are_not_in_it=NAMES,
        the_classifiers_workbook_is_opened_by_the_same_function=_SLOW,
        values_are_read_as_those_of_the_list_in_CSV=("invalid-date", "right-to-left-text", "formula"),
    ),
)
BOOKS = (ODS, XLS, CARD_BOOKS)
