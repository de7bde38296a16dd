"""Builders of hostile bytes: XML, archives, workbooks. Nothing hostile lies in the repository."""

import io
import struct
import zipfile

import openpyxl

DEEP = 100_000
PARENT = "../../../evil.txt"
ABSOLUTE = "/tmp/evil-absolute.txt"
LONG = "д" * 300 + ".txt"
MIRROR = "счёт\u202efdp.exe"
NOISE = bytes(range(256)) * 8


def doctype(content: str, *, root: str, entities: str) -> str:
    """Put a DTD before the root element of an XML text."""
    at = content.index("?>") + 2 if content.startswith("<?xml") else 0
    return f"{content[:at]}<!DOCTYPE {root} [{entities}]>{content[at:]}"


def laughs() -> str:
    """Entities of which the last unfolds to 10 GB."""
    steps = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    return f'<!ENTITY e0 "{"a" * 10}">{steps}'


def outside(path: str = "/etc/passwd") -> str:
    """An entity that would bring a file of this machine."""
    return f'<!ENTITY e9 SYSTEM "file://{path}">'


def nested(name: str = "x", depth: int = DEEP) -> str:
    """XML elements in each other."""
    return f"<{name}>" * depth + f"</{name}>" * depth


def zipped(entries: dict[str, bytes]) -> bytes:
    """Return an archive."""
    with io.BytesIO() as target:
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in entries.items():
                archive.writestr(name, content)
        return target.getvalue()


def bomb(entries: dict[str, bytes], name: str, size: int, *, filler: bytes = b" ") -> bytes:
    """Return the archive with an entry that unpacks to `size` bytes, written in pieces."""
    with io.BytesIO() as target:
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for other, content in entries.items():
                if other != name:
                    archive.writestr(other, content)
            with archive.open(name, "w", force_zip64=True) as stream:
                content = entries.get(name, b"")
                stream.write(content)
                piece = filler * (1 << 22)
                for _piece in range(size // len(piece)):
                    stream.write(piece)
        return target.getvalue()


def understated(archive: bytes, name: str, size: int) -> bytes:
    """Return the archive whose directory says a wrong unpacked size of an entry."""
    changed = bytearray(archive)
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        raw = name.encode()
        start = opened.start_dir
        at = changed.index(b"PK\x01\x02", start)
        while changed[at + 46 : at + 46 + len(raw)] != raw:
            at = changed.index(b"PK\x01\x02", at + 4)
    struct.pack_into("<I", changed, at + 24, size)
    return bytes(changed)


def workbook(rows: list[list[object]], *, title: str = "Лист") -> bytes:
    """Return an .xlsx with one sheet."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = title
    for row in rows:
        sheet.append(row)
    with io.BytesIO() as target:
        book.save(target)
        return target.getvalue()


def repacked(archive: bytes, name: str, change) -> bytes:
    """Return the archive with one part changed."""
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        parts = {one: opened.read(one) for one in opened.namelist()}
    return zipped(parts | {name: change(parts.get(name, b""))})
