"""Files by name, with - for the standard streams: the commands' way in and out."""

import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

from smev.errors import SetupError

_CHUNK = 1 << 20


def read(name: str | Path) -> bytes:
    """Return the whole of a file or of standard input. Raises SetupError."""
    return b"".join(pieces(name))


def pieces(name: str | Path) -> Iterator[bytes]:
    """Yield a file, or standard input, in pieces: any size in little memory. Raises SetupError."""
    try:
        with nullcontext(sys.stdin.buffer) if str(name) == "-" else Path(name).open("rb") as source:
            while piece := source.read(_CHUNK):
                yield piece
    except OSError as error:
        raise SetupError(
            "file-unreadable", "cannot read {path}: {reason}", path=str(name), reason=str(error.strerror)
        ) from error


def write(data: bytes, output: Path | None) -> None:
    """Write bytes to a file, or to standard output without one. Raises SetupError."""
    try:
        if output is None:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
        else:
            output.write_bytes(data)
    except OSError as error:
        raise SetupError(
            "file-unwritable", "cannot write {path}: {reason}", path=str(output), reason=str(error.strerror)
        ) from error
