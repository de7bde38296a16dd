"""Bytes of test files, made from a seed: text, a valid PNG, something that opens as a PDF."""

import random
import struct
import zlib
from enum import StrEnum


class Kind(StrEnum):
    """What a test file looks like."""

    TEXT = "text"
    PNG = "png"
    PDF = "pdf"


MEDIA_TYPES = {Kind.TEXT: "text/plain", Kind.PNG: "image/png", Kind.PDF: "application/pdf"}
_WORDS = ("двор", "дорога", "свет", "вода", "мусор", "снег", "крыша", "подъезд", "площадка", "школа", "знак")


def make(kind: Kind, size: int, seed: str) -> bytes:
    """Return the bytes of a file of about the size (text and PDF exactly); equal arguments, equal bytes."""
    source = random.Random(f"{kind}:{size}:{seed}")  # noqa: S311 - test data, not a secret
    return {Kind.TEXT: _text, Kind.PNG: _png, Kind.PDF: _pdf}[kind](size, source)


def _text(size: int, source: random.Random) -> bytes:
    line = " ".join(source.choices(_WORDS, k=12)).encode() + b".\n"
    filler = b"." * (size % len(line))
    return line * (size // len(line)) + filler


def _png(size: int, source: random.Random) -> bytes:
    side = max(1, int((max(size - 100, 1) / 3) ** 0.5))
    rows = (b"\0" + source.randbytes(side * 3)) * side  # stripes: random bytes are dear
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 0)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, body) for name, body in chunks)


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _pdf(size: int, source: random.Random) -> bytes:
    head = (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\n"
    )
    tail = b"\ntrailer<</Root 1 0 R>>\n%%EOF\n"
    padding = max(size - len(head) - len(tail) - 1, 0)
    block = source.randbytes(512).hex().encode()
    return head + b"%" + (block * (padding // len(block) + 1))[:padding] + tail
