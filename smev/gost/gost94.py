"""GOST R 34.11-94 in plain Python, incremental: needed to verify messages signed before 2019.

Source: RFC 5831; substitution tables of RFC 4357 sections 11.2 (CryptoPro) and 11.1 (test). Numbers are
read least significant byte first, as everywhere in GOST. Of no bytes at all implementations disagree (the
gost engine hashes one zero block, this module and most others none); nothing empty is ever signed.
"""

from functools import cache
from itertools import pairwise

_BLOCK = 32
_MASK_256 = (1 << 256) - 1
_MASK_64 = (1 << 64) - 1
_MASK_32 = (1 << 32) - 1
_C3 = int("ff00ffff000000ffff0000ff00ffff0000ff00ff00ff00ffff00ff00ff00ff00", 16)

# Eight substitutions of a nibble each, the least significant nibble's first; one hex digit per value.
CRYPTOPRO = (
    "a4568137dce092bf5f402db91763cea87fce94103b526a8d4a7c0f28e165db93"
    "764b9c2a180efd357624d9f0a15b8ec3de41705a3c8f629b13a95b4f867ed02c"
)
TEST = (
    "4a92d80e6b1c7f53eb4c6dfa23810759581da342efc7609b7da1089fe46cb253"
    "6c715fd84a9e03b24ba0721d36859cfedb413f590ae7682c1fd057a4923e6b8c"
)


@cache
def _tables(substitution: str) -> tuple[tuple[int, ...], ...]:
    """Return four tables of a byte each: substitution and the rotation by 11 bits in one look-up."""
    nibbles = [int(digit, 16) for digit in substitution]
    rows = [nibbles[start : start + 16] for start in range(0, 128, 16)]
    tables = []
    for index in range(4):
        low, high = rows[2 * index], rows[2 * index + 1]
        table = []
        for byte in range(256):
            word = (low[byte & 15] | high[byte >> 4] << 4) << (8 * index)
            table.append((word << 11 | word >> 21) & _MASK_32)
        tables.append(tuple(table))
    return tuple(tables)


def _encrypt(key: list[int], block: int, tables: tuple[tuple[int, ...], ...]) -> int:
    """Return the block under GOST 28147-89 in simple substitution."""
    a, b, c, d = tables
    low, high = block & _MASK_32, block >> 32
    for word in key * 3 + key[::-1]:
        t = low + word & _MASK_32
        low, high = high ^ a[t & 255] ^ b[t >> 8 & 255] ^ c[t >> 16 & 255] ^ d[t >> 24], low
    return high | low << 32


def _key(w: int) -> list[int]:
    """Return the eight words of a key: the permutation P of RFC 5831 section 5.1."""
    octets = w.to_bytes(_BLOCK, "little")
    return [int.from_bytes(octets[start::8], "little") for start in range(8)]


def _a(y: int) -> int:
    return y >> 64 | ((y ^ y >> 64) & _MASK_64) << 192


def _psi(y: int, times: int) -> int:
    """Return the shift register of RFC 5831 section 5.3 after so many steps."""
    octets = y.to_bytes(_BLOCK, "little")
    w = [octets[i] | octets[i + 1] << 8 for i in range(0, _BLOCK, 2)]
    for i in range(times):
        w.append(w[i] ^ w[i + 1] ^ w[i + 2] ^ w[i + 3] ^ w[i + 12] ^ w[i + 15])
    return int.from_bytes(b"".join(word.to_bytes(2, "little") for word in w[times:]), "little")


def _step(h: int, m: int, tables: tuple[tuple[int, ...], ...]) -> int:
    u, v, s = h, m, 0
    for index in range(4):
        if index:
            u = _a(u) ^ (_C3 if index == 2 else 0)
            v = _a(_a(v))
        s |= _encrypt(_key(u ^ v), h >> 64 * index & _MASK_64, tables) << 64 * index
    return _psi(h ^ _psi(m ^ _psi(s, 12), 1), 61)


class Gost94:
    """An incremental hash in the manner of hashlib, with a choice of substitution."""

    digest_size = _BLOCK

    def __init__(self, substitution: str = CRYPTOPRO) -> None:
        self._tables = _tables(substitution)
        self._h = self._length = self._sum = 0
        self._tail = b""

    def update(self, data: bytes | bytearray | memoryview) -> None:
        """Add bytes."""
        buffered = self._tail + bytes(data)
        whole = len(buffered) - len(buffered) % _BLOCK
        for start, end in pairwise(range(0, whole + 1, _BLOCK)):
            block = int.from_bytes(buffered[start:end], "little")
            self._h = _step(self._h, block, self._tables)
            self._length += 256
            self._sum = (self._sum + block) & _MASK_256
        self._tail = buffered[whole:]

    def digest(self) -> bytes:
        """Return the value over everything added so far; more may be added after."""
        h, total = self._h, self._sum
        if self._tail:
            block = int.from_bytes(self._tail, "little")
            h = _step(h, block, self._tables)
            total = (total + block) & _MASK_256
        h = _step(h, (self._length + 8 * len(self._tail)) & _MASK_256, self._tables)
        return _step(h, total, self._tables).to_bytes(_BLOCK, "little")
