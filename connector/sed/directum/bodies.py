"""Bodies of documents: base64 inside JSON, never whole in memory (sed.md 4)."""

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from typing import BinaryIO

_STEP = 3 * (1 << 14)  # bytes: a multiple of three, so that pieces join without padding
_HEAD, _TAIL = b'{"Value":"', b'"}'
_OPENING = re.compile(rb'"Value"\s*:\s*("|null)')
_SEARCHED = 1 << 16  # bytes before the value that are looked through
_ESCAPES = ((b"\\u002B", b"+"), (b"\\u002b", b"+"), (b"\\u002F", b"/"), (b"\\u002f", b"/"), (b"\\/", b"/"))
_LONGEST_ESCAPE = 6
_URL_SAFE = bytes.maketrans(b"-_", b"+/")


class BrokenBodyError(Exception):
    """What came is no body: `str()` says why, in English, for an engineer."""


class BodyTooLargeError(Exception):
    """The body is larger than the limit."""


def encoded_size(size: int) -> int:
    """Return how many bytes the JSON of a body of `size` bytes has."""
    return len(_HEAD) + (size + 2) // 3 * 4 + len(_TAIL)


def encode(body: BinaryIO, size: int) -> Iterator[bytes]:
    """Yield the JSON of a body. Raises BrokenBodyError where it has not `size` bytes, before it is whole."""
    yield _HEAD
    read = 0
    while piece := _exactly(body, _STEP):
        read += len(piece)
        if read > size:
            break
        yield base64.b64encode(piece)
    if read != size:
        raise BrokenBodyError(f"not {size} bytes")
    yield _TAIL


def _exactly(body: BinaryIO, size: int) -> bytes:
    """Read `size` bytes, fewer only at the end: a short read in the middle would need padding there."""
    parts = b""
    while len(parts) < size and (more := body.read(size - len(parts))):
        parts += more
    return parts


def decode(chunks: Iterable[bytes], sink: BinaryIO, limit: int) -> int:
    """Write the body that a JSON answer holds; return its size in bytes.

    Both alphabets of base64 are read, with and without padding (OData v4 writes the one for URLs), and the
    JSON escapes that .NET writes for `+` and `/`. Raises BrokenBodyError, BodyTooLargeError.
    """
    written = 0
    rest = b""
    for piece in _value(iter(chunks)):
        rest += piece.translate(_URL_SAFE).rstrip(b"=")
        whole = len(rest) // 4 * 4
        written += _write(rest[:whole], sink, limit - written)
        rest = rest[whole:]
    return written + _write(rest + b"=" * (-len(rest) % 4), sink, limit - written)


def _write(text: bytes, sink: BinaryIO, room: int) -> int:
    try:
        body = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise BrokenBodyError(f"not base64: {error}") from error
    if len(body) > room:
        raise BodyTooLargeError
    sink.write(body)
    return len(body)


def _value(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the characters of the JSON text `Value`, unescaped."""
    held = _after_opening(chunks)
    if held is None:
        return
    while True:
        end = held.find(b'"')
        if end >= 0:
            yield _unescaped(held[:end])
            return
        cut = held.rfind(b"\\", max(0, len(held) - _LONGEST_ESCAPE))
        cut = len(held) if cut < 0 else cut
        yield _unescaped(held[:cut])
        more = next(chunks, None)
        if more is None:
            raise BrokenBodyError("the answer ends inside the body")
        held = held[cut:] + more


def _after_opening(chunks: Iterator[bytes]) -> bytes | None:
    """Return what follows the opening quote; None when the document has no body."""
    held = b""
    for chunk in chunks:
        held += chunk
        if found := _OPENING.search(held):
            return held[found.end() :] if found[1] == b'"' else None
        if len(held) > _SEARCHED:
            break
    raise BrokenBodyError("no Value in the answer")


def _unescaped(text: bytes) -> bytes:
    if b"\\" in text:
        for escape, char in _ESCAPES:
            text = text.replace(escape, char)
    return text
