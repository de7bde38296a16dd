"""Readers on the message's way, driven by whole passes of `sedlink sync` with the good beside the bad."""

import json
import os
import zipfile
from datetime import date

from tests.connector.platform.loopback import LIST, message, page
from tests.connector.platform.sheets import write_export
from tests.connector.sed.medo_peer import X, envelope
from tests.hostile import builders as b
from tests.hostile.attacks import ARCHIVE, HTTP, NAMES, XML, Cell, Reader, lacking
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
            lambda wire: json.dumps(wire).replace("wire", "").replace(
                '"regNumber": "77-1"', '"regNumber": "' + "Яма".encode("cp1251").decode("utf-8", "surrogateescape") + '"'
            ),
            "handed-over",
        ),
        "nul-bytes": Cell(_with(description="до\0после"), "handed-over"),
        "formula": Cell(_with(description='=HYPERLINK("http://example.org")'), "handed-over"),
        "right-to-left-text": Cell(_with(description=b.MIRROR), "handed-over"),
        "ten-gigabytes": Cell(_with(applicant="я" * 300_000), "parked .*applicant must be an object"),
        "noise": Cell(lambda _wire: '{"id": tru, "x": [1]}', "broken JSON"),
        "absolute-name": Cell(_with(attachments=["file:///etc/passwd"]), "parked .*(not on the platform|address)"),
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
        names = {path.parent.name: path.name for path in (folder / "delo" / "out").rglob("*") if path.is_file()}
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
            {"Content-Disposition": 'attachment; filename="отчёт.txt"'.encode("cp1251")}, "handed-over.*'отчёт.txt'"
        ),
        "noise": Cell({"Content-Disposition": b"=?utf-8?b?//// ;;; filename*0*=x; filename*=';"}, "handed-over"),
        "invalid-date": Cell({"Last-Modified": "yesterday"}, "handed-over"),
        "duplicate-keys": Cell({"Content-Disposition": b'attachment; filename="a.txt"; filename="b.txt"'}, "handed-over"),
        "huge-number": Cell({"Content-Length": "5", "Age": "9" * 5000}, "handed-over"),
    },
    lacking(
        files_are_not_parsed=(*XML, "zip-bomb", "lying-sizes", "deep-nesting"),
        HTTP_allows_no_NUL=("nul-bytes",),
        tried_on_the_wire_below=("length-lies", "huge-headers", "broken-chunks", "layered-compression", "no-end"),
    ),
)
RELAYED = (LISTED, DOWNLOADED)
