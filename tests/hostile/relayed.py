"""Readers on the message's way, driven by whole passes of `sedlink sync` with the good beside the bad."""

import json
import os
from datetime import date

from tests.connector.platform.loopback import LIST, message, page
from tests.connector.sed.medo_peer import X, envelope
from tests.hostile import builders as b
from tests.hostile.attacks import ARCHIVE, HTTP, XML, Cell, Reader, lacking
from tests.hostile.world import world

GOOD = 900
_FILES = "/file-storage/"


# ---- the platform's list


def _list(folder, given):
    """Every hostile message stands in one page with a good one."""
    ids = {attack: number for number, attack in enumerate(given, start=1)}
    body = ",".join(make(message(id=ids[attack])) for attack, make in given.items())
    good = json.dumps(message(id=GOOD), ensure_ascii=False)
    with world(folder) as w:
        raw = f'{{"content":[{body},{good}],"last":true}}'.encode("utf-8", "surrogateescape")
        w.script.answer("GET", LIST, 200, raw)
        w.watch(str(GOOD), *map(str, ids.values()))
        w.sync()
        assert not w.paused, w.paused
        assert "handed-over" in w.trails[77, str(GOOD)]
        return {attack: _fate(w, str(number)) for attack, number in ids.items()}


def _fate(w, platform_id):
    """Say what became of a message: why it is parked, or the way it went."""
    if platform_id in w.parked:
        return "parked " + w.parked[platform_id]
    if (77, platform_id) in w.trails:
        return " ".join(w.trails[77, platform_id])
    strangers = [why for name, why in w.parked.items() if name.startswith("sha256:")]
    return "parked without an id: " + " | ".join(strangers)


def _with(**fields):
    return lambda wire: json.dumps(wire | fields, ensure_ascii=False)


def _appended(text):
    return lambda wire: json.dumps(wire, ensure_ascii=False)[:-1] + text + "}"


LISTED = Reader(
    "the platform's list",
    ("connector.platform.rest.jsontext",),
    _list,
    {
        "deep-nesting": Cell(_appended(',"x":' + "[" * b.DEEP + "]" * b.DEEP), "nested too deep"),
        "duplicate-keys": Cell(_appended(',"description":"другое"'), "parked .*description stands twice"),
        "invalid-date": Cell(_with(createdAt="9999-12-31T23:59:59Z", answerAt=None), "parked .*createdAt"),
        "huge-number": Cell(_appended(',"opaId":' + "7" * 5000), "parked .*opaId"),
        "wrong-encoding": Cell(
            lambda wire: (
                json.dumps(wire)
                .replace("wire", "")
                .replace(
                    '"regNumber": "77-1"',
                    '"regNumber": "' + "Яма".encode("cp1251").decode("utf-8", "surrogateescape") + '"',
                )
            ),
            "handed-over",
        ),
        "nul-bytes": Cell(_with(description="до\0после"), "handed-over"),
        "formula": Cell(_with(description='=HYPERLINK("http://example.org")'), "handed-over"),
        "right-to-left-text": Cell(_with(description=b.MIRROR), "handed-over"),
        "ten-gigabytes": Cell(_with(applicant="я" * 300_000), "parked .*applicant must be an object"),
        "noise": Cell(lambda _wire: '{"id": tru, "x": [1]}', "broken JSON"),
        "absolute-name": Cell(
            _with(attachments=["file:///etc/passwd"]), "parked .*(not on the platform|address)"
        ),
        "parent-name": Cell(_with(attachments=["/file-storage/../../etc/passwd?x"]), "parked|handed-over"),
    },
    lacking(
        JSON_has_no_DTD=XML,
        a_message_is_no_archive=ARCHIVE,
        names_come_with_the_files=("device-name", "long-name", "right-to-left-name"),
        tried_on_the_wire_below=HTTP,
    ),
)


# ---- the platform's files


def _files(folder, given):
    """Every message has one attachment, whose answer is hostile."""
    ids = {attack: number for number, attack in enumerate(given, start=1)}
    rows = [message(id=number, attachments=[f"{_FILES}f{number}"]) for number in ids.values()]
    with world(folder) as w:
        for attack, headers in given.items():
            w.script.answer("GET", f"{_FILES}f{ids[attack]}", 200, b"12345", headers)
        w.script.answer("GET", f"{_FILES}f{GOOD}", 200, b"good")
        good = message(id=GOOD, attachments=[f"{_FILES}f{GOOD}"])
        w.script.answer("GET", LIST, 200, page(*rows, good))
        w.watch(str(GOOD), *map(str, ids.values()))
        w.sync()
        assert not w.paused, w.paused
        assert "handed-over" in w.trails[77, str(GOOD)]
        names = {
            path.parent.name: path.name for path in (folder / "delo" / "out").rglob("*") if path.is_file()
        }
        written = [path.name for path in (folder / "delo" / "out").rglob("*")]
        assert not [name for name in written if "\u202e" in name or len(name.encode()) > 255], names
        return {attack: f"{_fate(w, str(number))}; {written}" for attack, number in ids.items()}


def _named(name):
    return {"Content-Disposition": b'attachment; filename="' + name.encode() + b'"'}


DOWNLOADED = Reader(
    "the platform's files",
    (),
    _files,
    {
        "ten-gigabytes": Cell({"Content-Length": str(10 << 30)}, "parked .*larger than"),
        "absolute-name": Cell(_named(b.ABSOLUTE), "handed-over.*'evil-absolute.txt'"),
        "parent-name": Cell(_named(b.PARENT), "handed-over.*'evil.txt'"),
        "zip-slip": Cell(_named("..\\..\\evil-windows.txt"), "handed-over.*'evil-windows.txt'"),
        "device-name": Cell(_named("NUL.txt"), "handed-over.*'_NUL.txt'"),
        "long-name": Cell(_named(b.LONG), "handed-over"),
        "right-to-left-name": Cell(_named(b.MIRROR), "handed-over.*'счётfdp.exe'"),
        "right-to-left-text": Cell(_named("\u202e"), "handed-over"),
        "formula": Cell(_named("=cmd|calc.txt"), "handed-over.*'=cmd_calc.txt'"),
        "charset-lies": Cell(
            {"Content-Disposition": b"attachment; filename*=zlib_codec''%78%9c.txt"}, "handed-over"
        ),
        "wrong-encoding": Cell(
            {"Content-Disposition": 'attachment; filename="отчёт.txt"'.encode("cp1251")},
            "handed-over.*'отчёт.txt'",
        ),
        "noise": Cell(
            {"Content-Disposition": b"=?utf-8?b?//// ;;; filename*0*=x; filename*=';"}, "handed-over"
        ),
        "invalid-date": Cell({"Last-Modified": "yesterday"}, "handed-over"),
        "duplicate-keys": Cell(
            {"Content-Disposition": b'attachment; filename="a.txt"; filename="b.txt"'}, "handed-over"
        ),
        "huge-number": Cell({"Content-Length": "5", "Age": "9" * 5000}, "handed-over"),
    },
    lacking(
        files_are_not_parsed=(*XML, "zip-bomb", "lying-sizes", "deep-nesting"),
        HTTP_allows_no_NUL=("nul-bytes",),
        tried_on_the_wire_below=(
            "length-lies",
            "huge-headers",
            "broken-chunks",
            "layered-compression",
            "no-end",
        ),
    ),
)
RELAYED = (LISTED, DOWNLOADED)


# ---- what SEDs put into folders


def _told(w, name, broken):
    """Say what became of a hostile message of a SED: its note, its folder, what was sent to the platform."""
    done = [path.name for path in w.folder.rglob(f"*done/{name}*")]
    where = [path.name for path in broken.rglob("*") if name in path.name and path.name not in done]
    marks = [mark for one in where for mark in one.split("~")]  # notes name a folder of МЭДО by its mark
    return (
        f"broken: {where}; done: {done}; notes: {[note for note in w.notes if any(m in note for m in marks)]}"
    )


def _sev(folder, given):
    """Hostile reports lie beside a good one about a message that the SED has."""
    with world(folder) as w:
        w.script.answer("GET", LIST, 200, page(message(id=GOOD)))
        w.watch(str(GOOD))
        w.sync()
        for attack, (passport, files, sheet) in given.items():
            w.delo.put(passport.encode("utf-8", "surrogateescape"), files, name=attack)
            if sheet is not None:
                (folder / "delo" / "in" / f"{attack}.env").write_bytes(sheet)
        w.delo.register(w.key(str(GOOD)), "Т-1", date(2026, 3, 4))
        _age(folder / "delo" / "in")
        w.sync()
        assert not w.paused, w.paused
        assert w.rounds[77, str(GOOD)] == "registered", (w.rounds, w.notes)
        return {attack: _told(w, attack, w.delo.settings.broken) for attack in given}


def _age(folder):
    """Make everything look untouched for a year: nobody is still writing it."""
    for path in (folder, *folder.rglob("*")):
        os.utime(path, (1_700_000_000, 1_700_000_000))


def _report(inside="", *, resource="Report.xml", size=5, time="2026-03-05T10:00:00"):
    files = f'<File UID="f" ResourceID="0" Size="{size}"><Description>x</Description></File>'
    return (
        '<?xml version="1.0" encoding="UTF-8"?><Report xmlns="http://www.eos.ru/2010/sev">'
        f'<Header MessageID="00" Version="1.0" Time="{time}" MessageType="Report" '
        f'ReturnID="0123456789abcdef0123456789abcdef" ResourceID="0"><ResourceList>'
        f'<Resource UID="0" UniqueName="{resource}"/></ResourceList></Header>'
        f'<Notification><Answer DocumentID="9"><Date>2026-03-20</Date></Answer>{inside}</Notification>'
        f'<DocumentList><Document DocumentID="9">{files}</Document></DocumentList></Report>'
    )


def _passport(text, files=None, sheet=None):
    return Cell((text, files or {}, sheet), r"broken: \[[^]]")


def _sheet(folder):
    return f"<Envelop><MessageDir>{folder}</MessageDir><Body/></Envelop>".encode()


SEV = Reader(
    "СЭВ folder",
    ("connector.sed.passport",),
    _sev,
    {
        "entity-bomb": _passport(b.doctype(_report("<Text>&e9;</Text>"), root="Report", entities=b.laughs())),
        "external-entity": _passport(
            b.doctype(_report("<Text>&e9;</Text>"), root="Report", entities=b.outside())
        ),
        "deep-nesting": _passport(_report(b.nested())),
        "noise": _passport(b.NOISE.decode("latin-1")),
        "wrong-encoding": _passport(_report().replace("UTF-8", "EBCDIC-CP-US")),
        "nul-bytes": _passport(_report("до\0после")),
        "absolute-name": _passport(_report(resource=b.ABSOLUTE)),
        "parent-name": _passport(_report(resource=b.PARENT), sheet=_sheet("../..")),
        "zip-slip": _passport(_report(), sheet=_sheet("..\\..")),
        "device-name": _passport(_report(resource="..")),
        "long-name": _passport(_report(resource=b.LONG)),
        "right-to-left-name": _passport(_report(resource=b.MIRROR)),
        "ten-gigabytes": _passport(_report(resource="a.bin", size=10 << 30), {"a.bin": b"short"}),
        "huge-number": Cell(
            (_report(resource="a.bin", size="9" * 5000), {"a.bin": b"short"}, None),
            r"broken: \[\]; done: \['huge",
        ),
        "duplicate-keys": _passport(_report().replace('Version="1.0"', 'Version="1.0" Version="2.0"', 1)),
    },
    lacking(
        nothing_is_unpacked=("zip-bomb", "lying-sizes"),
        there_is_no_HTTP=HTTP,
        words_go_on_as_words=("formula", "right-to-left-text"),
        a_wrong_date_is_no_date_and_the_rest_is_told=("invalid-date",),
    ),
)


def _medo(folder, given):
    """Hostile messages of МЭДО lie beside a good one; each is a set of files."""
    with world(folder) as w:
        w.script.answer("GET", LIST, 200, page())
        for attack, (files, sheet) in given.items():
            w.medo.put(files, name=attack, sheet=sheet)
        w.medo.notify("pos:78:1:1", "Зарегистрирован", "documentAccepted", _NUMBER)
        _age(folder / "medo" / "in")
        w.sync()
        assert not w.paused, w.paused
        left = [path.name for path in (folder / "medo" / "in").iterdir()]
        assert not left, left
        assert list(w.medo.settings.done.glob("Уведомление*")), "the good one was not taken"
        return {attack: _told(w, attack, folder / "medo") for attack in given}


_NUMBER = "<xdms:num><xdms:number>Т-1</xdms:number><xdms:date>2026-03-04</xdms:date></xdms:num>"


def _notice(inside="", *, head="", time="2026-03-05T10:00:00"):
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{head}'
        f'<xdms:communication xmlns:xdms="{X[1:-1]}" xdms:version="1.0"><xdms:header xdms:type="Уведомление" '
        'xdms:uid="33333333-3333-4333-8333-333333333333" xdms:created="2026-03-05T10:00:00"/>'
        '<xdms:notification xdms:type="Зарегистрирован" xdms:uid="44444444-4444-4444-8444-444444444444">'
        f"<xdms:documentAccepted><xdms:time>{time}</xdms:time>{_NUMBER}{inside}</xdms:documentAccepted>"
        "</xdms:notification></xdms:communication>"
    )


def _mail(text="", says="", *, files=None, sheet=None, name="notification.xml"):
    whole = files if files is not None else {name: text.encode("utf-8", "surrogateescape")}
    return Cell((whole, sheet), says)


_BROKEN = r"broken: \['.*notes: \[.Noted"
_PASSPORT = (
    '<?xml version="1.0" encoding="UTF-8"?><c:container xmlns:c="urn:IEDMS:CONTAINER" '
    'uid="55555555-5555-4555-8555-555555555555"><c:document c:localName="{name}"/></c:container>'
)


def _container(archive):
    told = (
        '<?xml version="1.0" encoding="UTF-8"?><m:communication xmlns:m="urn:IEDMS:MESSAGE">'
        '<m:header m:type="Транспортный контейнер" m:uid="66666666-6666-4666-8666-666666666666"/>'
        "<m:container><m:body>document.edc.zip</m:body></m:container></m:communication>"
    )
    return _mail(says=_BROKEN, files={"message.xml": told.encode(), "document.edc.zip": archive})


def _packed(name="a.txt", **more):
    return b.zipped({"passport.xml": _PASSPORT.format(name=name).encode(), name: b"x", **more})


def _medo_cells():
    swollen = b.bomb(
        {"passport.xml": _PASSPORT.format(name="a.txt").encode()}, "a.txt", 1 << 24, filler=b"\0"
    )
    return {
        "entity-bomb": _mail(b.doctype(_notice("&e9;"), root="x", entities=b.laughs()), _BROKEN),
        "external-entity": _mail(b.doctype(_notice("&e9;"), root="x", entities=b.outside()), _BROKEN),
        "deep-nesting": _mail(_notice(b.nested()), _BROKEN),
        "noise": _mail(b.NOISE.decode("latin-1"), _BROKEN),
        "nul-bytes": _mail(_notice("до\0после"), _BROKEN),
        "wrong-encoding": _mail(_notice().replace("UTF-8", "x-no-such"), _BROKEN),
        "absolute-name": _container(_packed(b.ABSOLUTE)),
        "parent-name": _container(_packed(b.PARENT)),
        "device-name": _container(_packed("..")),
        "zip-bomb": _container(swollen),
        "zip-slip": _container(_packed("..\\..\\evil-windows.txt")),
        "lying-sizes": _container(b.understated(swollen, "passport.xml", 10 << 20)),
        "ten-gigabytes": _container(b.understated(_packed(), "a.txt", 0xFFFFFFF0)),
        "duplicate-keys": _mail(_notice().replace("<xdms:header", '<xdms:header xdms:type="x"', 1), _BROKEN),
        "long-name": _mail(_notice(), _BROKEN, sheet=envelope(b.LONG)),
        "right-to-left-name": _mail(
            _notice(), _BROKEN, sheet=envelope("a.xml").replace(b"a.xml", "a\u202eb.xml".encode())
        ),
        "invalid-date": _mail(_notice(time="2026-13-45T99:99:99"), r"notes: \[\]"),
        "huge-number": _mail(_notice(), _BROKEN, sheet=b"[\xd4\xc0\xc9\xcb\xdb]\n" + b"9" * 5000 + b"=x\n"),
    }


MEDO = Reader(
    "МЭДО folder",
    ("connector.sed.medo.container",),
    _medo,
    _medo_cells(),
    lacking(there_is_no_HTTP=HTTP, words_go_on_as_words=("formula", "right-to-left-text")),
)
RELAYED = (LISTED, DOWNLOADED, SEV, MEDO)
