"""GOST R 34.10 in plain Python, with the digests of this package: always there, for verification and tests.

Not constant-time and not certified: whoever can time it can learn a private key. Verification has no
secrets and is safe; sign with it only with test keys.
"""

import secrets
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

from smev.gost.algorithms import Digest
from smev.gost.curves import Curve
from smev.gost.ec import FixedBase, accumulate, base_table, multiply
from smev.gost.gost94 import Gost94
from smev.gost.keys import PrivateKey, PublicKey
from smev.gost.provider import Hasher
from smev.gost.streebog import Streebog

_TABLE_AFTER = 24  # verifications by one key after which a table of its own has paid for itself
_KEYS = 64  # keys counted, of which the hot ones have tables of about 1 MB


class PureProvider:
    """The implementation without any library. `randbelow` gives the one-time numbers of signatures."""

    name = "python"

    def __init__(self, randbelow: Callable[[int], int] = secrets.randbelow) -> None:
        self._randbelow = randbelow
        self._hot = _HotKeys()

    def hasher(self, algorithm: Digest) -> Hasher:
        """Start a digest."""
        return Gost94() if algorithm is Digest.GOST94 else Streebog(algorithm.size)

    def sign(self, key: PrivateKey, digest: bytes) -> bytes:
        """Return s‖r (GOST R 34.10-2012 section 6.1)."""
        curve, size = key.curve, key.curve.size
        q, e = curve.q, _number(digest, curve)
        while True:
            k = 1 + self._randbelow(q - 1)
            point = base_table(curve).multiply(k)
            r = point[0] % q if point else 0
            s = (r * key.d + k * e) % q
            if r and s:
                return s.to_bytes(size, "big") + r.to_bytes(size, "big")

    def verify(self, key: PublicKey, digest: bytes, signature: bytes) -> bool:
        """Tell whether the signature is the key's (GOST R 34.10-2012 section 6.2)."""
        curve, size = key.curve, key.curve.size
        s, r = int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big")
        if len(signature) != 2 * size or not (0 < r < curve.q and 0 < s < curve.q):
            return False
        v = pow(_number(digest, curve), -1, curve.q)
        z1, z2 = s * v % curve.q, -r * v % curve.q
        table = self._hot.table(key)
        part = accumulate(None, table.terms(z2), curve) if table else multiply(curve, z2, (key.x, key.y))
        total = accumulate(part, base_table(curve).terms(z1), curve)
        if total is None:
            return False
        x, _y, z = total
        return x * pow(z, -2, curve.p) % curve.p % curve.q == r


def _number(digest: bytes, curve: Curve) -> int:
    return int.from_bytes(digest, "little") % curve.q or 1


class _HotKeys:
    """Counts how often each key verifies and keeps tables for the frequent ones, within a bound."""

    def __init__(self) -> None:
        self._seen: OrderedDict[PublicKey, int | FixedBase] = OrderedDict()
        self._lock = Lock()

    def table(self, key: PublicKey) -> FixedBase | None:
        with self._lock:
            entry = self._seen.pop(key, 0)
            if isinstance(entry, int):
                entry = entry + 1 if entry < _TABLE_AFTER else key.table()
            self._seen[key] = entry
            if len(self._seen) > _KEYS:
                self._seen.popitem(last=False)
        return None if isinstance(entry, int) else entry
