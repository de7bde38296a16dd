"""A fact as a line of a batch's file. Two equal implementations: compiled, and in Python for what is odd."""

import csv
from collections.abc import Callable, Iterable
from hashlib import blake2b

from exporter.fact import CELLS, SEPARATOR, Fact, plain_text, plain_values

_SEPARATORS = len(CELLS) - 1

Line = Callable[[int, Fact], bytes]


def line_in_python(ordinal: int, fact: Fact) -> bytes:
    """Return a fact as a line of the file, its fingerprint last. No engine keeps a NUL."""
    said = plain_text(fact)
    data = said.encode("utf-8", "replace")
    digest = blake2b(data, digest_size=16).hexdigest()
    if '"' in said or "\n" in said or "\r" in said or "\0" in said or said.count(SEPARATOR) != _SEPARATORS:
        data = quoted(plain_values(fact)).encode("utf-8", "replace")
    return b"%d\x1f%d\x1f%b\x1f%b\n" % (ordinal, fact.version, data, digest.encode())


def quoted(values: Iterable[str]) -> str:
    """Return cells as a line without its end. `\\r\\n`, for the module quotes only what ends its lines."""
    cells = [value.replace("\0", "") for value in values]
    text: str = csv.writer(_Echo, delimiter=SEPARATOR, lineterminator="\r\n").writerow(cells)
    return text.removesuffix("\r\n")


class _Echo:
    """Gives the csv module's text back."""

    @staticmethod
    def write(text: str) -> str:
        return text


def _implementations() -> dict[str, Line]:
    found: dict[str, Line] = {"python": line_in_python}
    try:
        from exporter._plain import plain
    except ImportError:  # built without a compiler: the pure form does the same, only slower
        return found

    def line_compiled(ordinal: int, fact: Fact) -> bytes:
        data = plain(fact, CELLS)
        if data is None:
            return line_in_python(ordinal, fact)
        digest = blake2b(data, digest_size=16).hexdigest()
        return b"%d\x1f%d\x1f%b\x1f%b\n" % (ordinal, fact.version, data, digest.encode())

    return {"c": line_compiled, **found}


IMPLEMENTATIONS = _implementations()
"""What this installation has, fastest first: `c` (compiled) and `python`."""

line: Line = next(iter(IMPLEMENTATIONS.values()))
"""The fastest of them: the number of a fact in its batch and the fact → a line with its end."""
