"""MIME packages of an envelope and its files (MTOM): read and written as a stream, any size in little memory.

Sources: RFC 2046 section 5.1 (multipart), RFC 2387 (multipart/related), W3C XOP 1.0 and MTOM.
"""

import base64
import binascii
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from email.message import Message
from email.parser import HeaderParser
from pathlib import Path
from urllib.parse import unquote

from smev.client.faults import GarbageError
from smev.client.files import pieces_of, size_of

MAX_ENVELOPE = 32 << 20  # bytes; the bus's own limit is 5 MB
MAX_PARTS = 256
_MAX_HEADERS = 1 << 14
_LINE_END = b"\r\n"


@dataclass(frozen=True, slots=True)
class Package:
    """An envelope and the files that came beside it, by Content-ID."""

    envelope: bytes = field(repr=False)
    parts: dict[str, Path] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Part:
    """A file to be put beside an envelope."""

    content_id: str
    mime_type: str
    path: Path


@dataclass(frozen=True, slots=True)
class Written:
    """A package to be sent: its Content-Type, its size in bytes, and its octets in pieces."""

    content_type: str
    size: int
    pieces: Iterator[bytes] = field(repr=False)


def write(envelope: bytes, parts: Sequence[Part], boundary: str | None = None) -> Written:
    """Return the package of an envelope and the files beside it. Raises SetupError for an unreadable file."""
    boundary = boundary or f"sedlink-{secrets.token_hex(16)}"
    kind = (
        f'multipart/related; type="application/xop+xml"; start="<envelope>"; start-info="text/xml"; '
        f'boundary="{boundary}"'
    )
    segments = tuple(_segments(envelope, parts, boundary.encode()))
    size = sum(size_of(one) if isinstance(one, Path) else len(one) for one in segments)
    return Written(kind, size, _written(segments))


def _segments(envelope: bytes, parts: Sequence[Part], boundary: bytes) -> Iterator[bytes | Path]:
    opening = b"--" + boundary + _LINE_END
    yield opening + _head('application/xop+xml; charset=UTF-8; type="text/xml"', "envelope") + envelope
    for part in parts:
        yield _LINE_END + opening + _head(part.mime_type, part.content_id)
        yield part.path
    yield _LINE_END + b"--" + boundary + b"--" + _LINE_END


def _written(segments: Sequence[bytes | Path]) -> Iterator[bytes]:
    for segment in segments:
        if isinstance(segment, Path):
            yield from pieces_of(segment)
        else:
            yield segment


def _head(mime_type: str, content_id: str) -> bytes:
    lines = (
        f"Content-Type: {mime_type}",
        "Content-Transfer-Encoding: binary",
        f"Content-ID: <{content_id}>",
    )
    return "\r\n".join((*lines, "", "")).encode()


def is_package(content_type: str) -> bool:
    """Tell whether an answer with this Content-Type is a package."""
    return content_type.lstrip().lower().startswith("multipart/related")


def read(content_type: str, pieces: Iterable[bytes], folder: Path, *, limit: int) -> Package:
    """Take a package apart: the envelope in memory, each file in a new file of the folder.

    Args:
        content_type: of the answer; it names the boundary and the part where the envelope is.
        pieces: the octets.
        folder: where files go; their names are ours, never the peer's.
        limit: largest size of the whole package, in bytes.

    Raises:
        GarbageError: not a package as the protocol has it, cut off, or too large.
    """
    boundary, start = _boundary(content_type)
    source = _Source(pieces, limit)
    source.skip_to(b"\r\n--" + boundary)
    envelope: bytes | None = None
    parts: dict[str, Path] = {}
    number = 0
    while source.opens_part():
        number += 1
        if number > MAX_PARTS:
            raise GarbageError(f"more than {MAX_PARTS} parts in a package")
        headers = source.headers()
        name = _content_id(headers)
        if envelope is None and (start in (None, name)):
            envelope = _envelope(source, headers, boundary)
        elif name in parts or not name:
            raise GarbageError("two parts of a package with one Content-ID" if name else "a part without one")
        else:
            parts[name] = folder / f"part-{secrets.token_hex(8)}"
            _to_file(source, headers, boundary, parts[name])
    if envelope is None:
        raise GarbageError("a package without an envelope")
    return Package(envelope, parts)


def content_id_of(href: str) -> str:
    """Return the Content-ID that an xop:Include names, "" when it names none."""
    return unquote(href[4:]) if href[:4].lower() == "cid:" else ""


def _boundary(content_type: str) -> tuple[bytes, str | None]:
    held = Message()
    held["Content-Type"] = " ".join(content_type.split())
    boundary, start = held.get_param("boundary"), held.get_param("start")
    if not isinstance(boundary, str) or not 0 < len(boundary) <= 200 or not boundary.isascii():
        raise GarbageError("a package without a boundary")
    return boundary.encode(), start.strip("<> ") if isinstance(start, str) else None


def _content_id(headers: Message) -> str:
    return str(headers.get("Content-ID", "")).strip().strip("<>")


def _envelope(source: "_Source", headers: Message, boundary: bytes) -> bytes:
    held = bytearray()

    def keep(piece: bytes) -> None:
        held.extend(piece)
        if len(held) > MAX_ENVELOPE:
            raise GarbageError(f"an envelope of more than {MAX_ENVELOPE} bytes")

    _decoded(source, headers, boundary, keep)
    return bytes(held)


def _to_file(source: "_Source", headers: Message, boundary: bytes, path: Path) -> None:
    with path.open("xb") as target:
        _decoded(source, headers, boundary, target.write)


def _decoded(
    source: "_Source", headers: Message, boundary: bytes, write_piece: Callable[[bytes], object]
) -> None:
    encoding = str(headers.get("Content-Transfer-Encoding", "binary")).strip().lower()
    mark = b"\r\n--" + boundary
    if encoding in ("binary", "8bit", "7bit"):
        source.take_to(mark, write_piece)
    elif encoding == "base64":
        decoder = _Base64(write_piece)
        source.take_to(mark, decoder.feed)
        decoder.end()
    else:
        raise GarbageError(f"a part in the encoding {encoding[:40]}")


class _Base64:
    """Decodes base64 that comes in pieces of any length, line ends among them."""

    def __init__(self, write_piece: Callable[[bytes], object]) -> None:
        self._write, self._rest = write_piece, b""

    def feed(self, piece: bytes) -> None:
        """Decode what is whole."""
        held = self._rest + piece.translate(None, b" \t\r\n")
        whole = len(held) - len(held) % 4
        self._rest = held[whole:]
        try:
            self._write(base64.b64decode(held[:whole], validate=True))
        except (binascii.Error, ValueError):
            raise GarbageError("broken base64 in a part of a package") from None

    def end(self) -> None:
        """Refuse a torn end."""
        if self._rest:
            raise GarbageError("broken base64 in a part of a package")


class _Source:
    """Octets of a package as they come, looked through for marks, never held whole."""

    def __init__(self, pieces: Iterable[bytes], limit: int) -> None:
        self._pieces, self._limit, self._seen = iter(pieces), limit, 0
        self._held = bytearray(_LINE_END)  # so that a boundary at the very start is found as any other

    def _more(self) -> bool:
        for piece in self._pieces:
            self._held += piece
            self._seen += len(piece)
            if self._seen > self._limit:
                raise GarbageError(f"a package of more than {self._limit} bytes")
            if piece:
                return True
        return False

    def take_to(self, mark: bytes, write_piece: Callable[[bytes], object]) -> None:
        """Write everything before the mark and pass the mark."""
        while (found := self._held.find(mark)) < 0:
            sure = len(self._held) - len(mark) + 1
            if sure > 0:
                write_piece(bytes(self._held[:sure]))
                del self._held[:sure]
            if not self._more():
                raise GarbageError("the package is cut off")
        write_piece(bytes(self._held[:found]))
        del self._held[: found + len(mark)]

    def skip_to(self, mark: bytes) -> None:
        """Pass the mark."""
        self.take_to(mark, lambda _piece: None)

    def opens_part(self) -> bool:
        """Tell whether a part follows the boundary just passed; if so, pass the rest of its line."""
        while len(self._held) < 2:
            if not self._more():
                raise GarbageError("the package is cut off")
        if self._held[:2] == b"--":
            return False
        rest = self._up_to(_LINE_END, 128)
        if rest.strip(b" \t"):
            raise GarbageError("octets after a boundary")
        return True

    def headers(self) -> Message:
        """Return the headers of a part."""
        if self._starts(_LINE_END):
            del self._held[:2]
            return Message()
        return HeaderParser().parsestr(self._up_to(b"\r\n\r\n", _MAX_HEADERS).decode("utf-8", "replace"))

    def _starts(self, octets: bytes) -> bool:
        while len(self._held) < len(octets) and self._more():
            pass
        return self._held.startswith(octets)

    def _up_to(self, mark: bytes, limit: int) -> bytes:
        held = bytearray()

        def keep(piece: bytes) -> None:
            held.extend(piece)
            if len(held) > limit:
                raise GarbageError("a header of a package is too long")

        self.take_to(mark, keep)
        return bytes(held)
