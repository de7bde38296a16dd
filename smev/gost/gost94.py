"""GOST R 34.11-94, incremental, compiled where it was built: to verify messages signed before 2019.

Source: RFC 5831; substitution tables of RFC 4357 sections 11.2 (CryptoPro) and 11.1 (test). Numbers are
read least significant byte first, as everywhere in GOST. Of no bytes at all implementations disagree (the
gost engine hashes one zero block, this module and most others none); nothing empty is ever signed.
"""

from collections.abc import Callable
from functools import cache, partial
from struct import Struct

_BLOCK = 32
_WORDS = Struct("<256I")
_MASK_256 = (1 << 256) - 1
_MASK_64 = (1 << 64) - 1
_MASK_32 = (1 << 32) - 1
_C3 = int("ff00ffff000000ffff0000ff00ffff0000ff00ff00ff00ffff00ff00ff00ff00", 16)

Blocks = Callable[[bytes, bytes], bytes]
"""(state, blocks) -> state; the state is h and the sum, 32 octets each, little-endian."""

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


def python_blocks(substitution: str, state: bytes, blocks: bytes) -> bytes:
    """Take whole blocks into the state: the form that needs no compiler."""
    tables = _tables(substitution)
    h, total = (int.from_bytes(state[start : start + _BLOCK], "little") for start in (0, _BLOCK))
    for start in range(0, len(blocks), _BLOCK):
        m = int.from_bytes(blocks[start : start + _BLOCK], "little")
        h = _step(h, m, tables)
        total = (total + m) & _MASK_256
    return h.to_bytes(_BLOCK, "little") + total.to_bytes(_BLOCK, "little")


def compiled_blocks(substitution: str) -> Blocks | None:
    """Return the compiled form, None where the package was built without a compiler."""
    try:
        from smev.gost import _digest
    except ImportError:
        return None
    return partial(_digest.gost94, b"".join(_WORDS.pack(*table) for table in _tables(substitution)))


@cache
def fastest_blocks(substitution: str) -> Blocks:
    """Return the form in use."""
    return compiled_blocks(substitution) or partial(python_blocks, substitution)


class Gost94:
    """An incremental hash in the manner of hashlib, with a choice of substitution and implementation."""

    digest_size = _BLOCK

    def __init__(self, substitution: str = CRYPTOPRO, blocks: Blocks | None = None) -> None:
        self._blocks = blocks or fastest_blocks(substitution)
        self._state, self._length, self._tail = bytes(2 * _BLOCK), 0, b""

    def update(self, data: bytes | bytearray | memoryview) -> None:
        """Add bytes."""
        buffered = self._tail + bytes(data)
        whole = len(buffered) - len(buffered) % _BLOCK
        if whole:
            self._state = self._blocks(self._state, buffered[:whole])
        self._length += whole
        self._tail = buffered[whole:]

    def digest(self) -> bytes:
        """Return the value over everything added so far; more may be added after."""
        state = self._state
        if self._tail:
            state = self._blocks(state, self._tail.ljust(_BLOCK, b"\0"))
        bits = 8 * (self._length + len(self._tail))
        last = bits.to_bytes(_BLOCK, "little") + state[_BLOCK:]  # the length, then the sum: two blocks
        return self._blocks(state[:_BLOCK] + bytes(_BLOCK), last)[:_BLOCK]
