"""Readers of workbooks and tables: the exports of a cabinet, an administrator's workbook, lists of cards."""

from tests.connector.platform.loopback import LIST, page
from tests.connector.platform.sheets import COLUMNS, LINE, write_export
from tests.hostile import builders as b
from tests.hostile.attacks import HTTP, Cell, Reader, lacking
from tests.hostile.world import world

SHEET = "xl/worksheets/sheet1.xml"
BOMB = 40 << 20
_DAMAGED = "damaged|unreasonable|cannot be read|not a workbook"
_UNHARMED = (
    "^(?!.*(root:|aaaaaaaaaa))"  # read as far as it is a table; no entity was unfolded, nothing was written
)
_NO_HTTP = {"there_is_no_HTTP": HTTP}


def _dtd(entities):
    return lambda part: (
        b.doctype(part.decode(), root="worksheet", entities=entities)
        .replace("<sheetData>", "<sheetData>&e9;")
        .encode()
    )


def attacks_on(good, refused=_DAMAGED):
    """Return the cells of a reader of workbooks: `good` is one that it reads."""
    swollen = b.bomb(_parts(good), "xl/sharedStrings.xml", BOMB, filler=b"<si/>")

    def changed(part, change):
        return b.repacked(good, part, change)

    return {
        "entity-bomb": Cell(changed(SHEET, _dtd(b.laughs())), _UNHARMED),
        "external-entity": Cell(changed(SHEET, _dtd(b.outside())), _UNHARMED),
        "zip-bomb": Cell(swollen, refused),
        "lying-sizes": Cell(b.understated(swollen, "xl/sharedStrings.xml", 5000), refused),
        "ten-gigabytes": Cell(b.understated(good, SHEET, 0xFFFFFFF0), refused),
        "noise": Cell(b.NOISE, refused),
        "deep-nesting": Cell(changed(SHEET, lambda _part: b.nested().encode()), f"{refused}|no column|empty"),
        "nul-bytes": Cell(changed(SHEET, _put(b"<sheetData>", b"<sheetData>\0")), _UNHARMED),
        "wrong-encoding": Cell(changed("xl/workbook.xml", _in_no_encoding), refused),
        "huge-number": Cell(changed(SHEET, _put(b' r="A1"', b' r="XFD1048576"')), "XFD1048576"),
        "duplicate-keys": Cell(changed(SHEET, _put(b"<row ", b'<row r="1" r="2" ')), _UNHARMED),
        "zip-slip": Cell(b.zipped(_parts(good) | {b.PARENT: b"x", b.ABSOLUTE: b"x"}), _UNHARMED),
    }


def _put(old, new):
    return lambda part: part.replace(old, new, 1)


def _in_no_encoding(part):
    start = b"<?xml version='1.0' encoding='x-none'?>"
    return start + (part.partition(b"?>")[2] if part.startswith(b"<?xml") else part)


def _parts(archive):
    import io
    import zipfile

    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


# ---- exports of a cabinet


def _exports(folder, given):
    """Hostile exports lie beside a good one."""
    with world(folder) as w:
        w.script.answer("GET", LIST, 200, page())
        write_export(folder / "exports" / "good.xlsx", {"number": "78-900"})
        for attack, content in given.items():
            name, octets = content if isinstance(content, tuple) else (f"{attack}.xlsx", content)
            (folder / "exports" / name).write_bytes(octets)
        w.sync()
        assert not w.paused, w.paused
        assert (78, "78-900") in w.rounds, w.rounds
        checked = _checked(folder)
        return {
            attack: f"{_line(checked, attack)} | {[key for key in w.rounds if attack in key[1]]} "
            f"| {[why for name, why in w.parked.items() if attack in why]}"
            for attack in given
        }


def _checked(folder):
    """Return what the check of the exports says, a file a part."""
    from config.load import load
    from connector.platform.rest import default_profile
    from connector.ways import Ways

    settings = load(folder / "sedlink.toml", environ={})
    platform = Ways(settings, default_profile()).of(settings.cabinet[1])
    return [export.problem for export in platform._inbox.exports()]


def _line(lines, attack):
    return " ".join(line for line in lines if attack in line)


def _export(**changes):
    values = LINE | changes
    return b.workbook([[getattr(COLUMNS, name) for name in values], list(values.values())])


EXPORTS = Reader(
    "exports of a cabinet",
    ("mappings.archive", "mappings.grid"),
    _exports,
    attacks_on(_export(number="78-zip-slip"))
    | {
        "invalid-date": Cell(
            _export(number="78-invalid-date", received="32.13.2026"), "invalid-date.*received|invalid-date"
        ),
        "formula": Cell(_export(number="78-formula", category='=HYPERLINK("http://example.org")'), "formula"),
        "right-to-left-text": Cell(
            _export(number="78-right-to-left-text", category=b.MIRROR), "78-right-to-left-text"
        ),
        "absolute-name": Cell(_export(number="/tmp/evil-absolute-name"), "absolute-name"),
        "parent-name": Cell(_export(number="../../evil-parent-name"), "parent-name"),
        "device-name": Cell(("NUL.device-name.csv", b"a;b\n1;2\n"), "device-name.csv"),
        "right-to-left-name": Cell(("right-to-left-name\u202excod.csv", b"a;b\n1;2\n"), "right-to-left-name"),
    },
    lacking(**_NO_HTTP, no_file_system_holds_it=("long-name",)),
)
