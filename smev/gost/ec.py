"""Arithmetic on the curves in plain Python integers: fixed-base tables and double-base products.

For verification and tests: running time depends on the secret, so this is no place for a production key.
Points are affine pairs (x, y) outside, Jacobian triples (X, Y, Z) with x = X/Z², y = Y/Z³ inside;
None is the point at infinity.
"""

from collections.abc import Iterable
from functools import lru_cache

from smev.gost.curves import Curve

Affine = tuple[int, int]
Jacobian = tuple[int, int, int]

WINDOW = 8  # bits of a fixed-base window: 33 x 128 points for 256 bits, about 25 ms to build, 1 MB
_NAF = 5  # width of the signed digits for a point seen once


def double(point: Jacobian, curve: Curve) -> Jacobian | None:
    """Return the point added to itself."""
    x, y, z = point
    if y == 0:
        return None
    p = curve.p
    zz = z * z % p
    m = 3 * (x - zz) * (x + zz) if curve.a == p - 3 else 3 * x * x + curve.a * (zz * zz % p)
    m %= p
    yy = y * y % p
    s = 4 * x * yy % p
    x3 = (m * m - 2 * s) % p
    return x3, (m * (s - x3) - 8 * yy * yy) % p, 2 * y * z % p


def accumulate(start: Jacobian | None, points: Iterable[Affine], curve: Curve) -> Jacobian | None:
    """Return start plus all the affine points: the hot loop, inlined on purpose."""
    p = curve.p
    total = start
    for x2, y2 in points:
        if total is None:
            total = (x2, y2, 1)
            continue
        x1, y1, z1 = total
        zz = z1 * z1 % p
        h = (x2 * zz - x1) % p
        r = (y2 * (zz * z1 % p) - y1) % p
        if h == 0:
            total = double(total, curve) if r == 0 else None
            continue
        hh = h * h % p
        hhh = h * hh % p
        v = x1 * hh % p
        x3 = (r * r - hhh - 2 * v) % p
        total = (x3, (r * (v - x3) - y1 * hhh) % p, z1 * h % p)
    return total


def normalise(points: list[Jacobian], p: int) -> list[Affine]:
    """Return the points as affine ones with a single modular inversion (Montgomery's trick)."""
    prefix, product = [], 1
    for _x, _y, z in points:
        prefix.append(product)
        product = product * z % p
    inverse = pow(product, -1, p)
    result: list[Affine] = []
    for (x, y, z), before in zip(reversed(points), reversed(prefix), strict=True):
        one = inverse * before % p
        inverse = inverse * z % p
        square = one * one % p
        result.append((x * square % p, y * square * one % p))
    result.reverse()
    return result


class FixedBase:
    """Multiples of one point, so that each product costs an addition per window and no doubling."""

    def __init__(self, curve: Curve, x: int, y: int) -> None:
        self.curve = curve
        half = 1 << (WINDOW - 1)
        rows = curve.q.bit_length() // WINDOW + 2  # one more for the carry of signed digits
        base: Affine = (x, y)
        flat: list[Jacobian] = []
        for _row in range(rows):
            running: Jacobian | None = None
            for _multiple in range(half):
                running = _finite(accumulate(running, (base,), curve))
                flat.append(running)
            base = normalise([_finite(double(flat[-1], curve))], curve.p)[0]
        points = normalise(flat, curve.p)
        self._rows = [points[start : start + half] for start in range(0, len(points), half)]

    def terms(self, k: int) -> list[Affine]:
        """Return the affine points whose sum is k times the base, 0 <= k < q."""
        p, terms = self.curve.p, []
        mask, half, full = (1 << WINDOW) - 1, 1 << (WINDOW - 1), 1 << WINDOW
        for row in self._rows:
            if k == 0:
                break
            digit = k & mask
            k >>= WINDOW
            if digit > half:
                k += 1
                x, y = row[full - digit - 1]
                terms.append((x, p - y))
            elif digit:
                terms.append(row[digit - 1])
        return terms

    def multiply(self, k: int) -> Affine | None:
        """Return k times the base."""
        total = accumulate(None, self.terms(k), self.curve)
        return None if total is None else normalise([total], self.curve.p)[0]


def _finite(point: Jacobian | None) -> Jacobian:
    """Multiples of a point of prime order below the order are never infinite; a small order ends here."""
    if point is None:
        raise ValueError("the point is of small order")
    return point


def multiply(curve: Curve, k: int, point: Affine) -> Jacobian | None:
    """Return k times a point seen for the first time: signed digits of width 5, 0 <= k < q."""
    digits = _naf(k)
    odd = _odd_multiples(curve, point)
    p, total = curve.p, None
    for digit in reversed(digits):
        if total is not None:
            total = double(total, curve)
        if digit:
            x, y = odd[abs(digit) >> 1]
            total = accumulate(total, ((x, y if digit > 0 else p - y),), curve)
    return total


def _naf(k: int) -> list[int]:
    digits = []
    full, half = 1 << _NAF, 1 << (_NAF - 1)
    while k:
        digit = 0
        if k & 1:
            digit = k & (full - 1)
            if digit >= half:
                digit -= full
            k -= digit
        digits.append(digit)
        k >>= 1
    return digits


def _odd_multiples(curve: Curve, point: Affine) -> list[Affine]:
    twice = normalise([_finite(double((*point, 1), curve))], curve.p)[0]
    multiples: list[Jacobian] = [(*point, 1)]
    for _step in range((1 << (_NAF - 2)) - 1):
        multiples.append(_finite(accumulate(multiples[-1], (twice,), curve)))
    return normalise(multiples, curve.p)


@lru_cache(maxsize=16)
def base_table(curve: Curve) -> FixedBase:
    """Return the table of the curve's base point, built at first need."""
    return FixedBase(curve, curve.x, curve.y)
