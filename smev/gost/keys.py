"""Keys of GOST R 34.10 as values: what a provider computes with and a certificate carries."""

from dataclasses import dataclass, field

from smev.gost.algorithms import Scheme
from smev.gost.curves import CURVE_BY_OID, Curve
from smev.gost.ec import FixedBase, base_table, multiply


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A point on a curve; `curve_oid` is the name under which the certificate gives the curve.

    Raises ValueError when the point is not on the curve or not in the subgroup of prime order.
    """

    scheme: Scheme
    curve_oid: str
    x: int
    y: int

    def __post_init__(self) -> None:
        curve = self.curve
        if not curve.contains(self.x, self.y):
            raise ValueError("the public key is not a point of its curve")
        if curve.cofactor != 1 and multiply(curve, curve.q, (self.x, self.y)) is not None:
            raise ValueError("the public key is outside the subgroup of prime order")

    @property
    def curve(self) -> Curve:
        """The parameter set."""
        return CURVE_BY_OID[self.curve_oid]

    def table(self) -> FixedBase:
        """Return a table for a key that is met again and again (the bus signs everything with one)."""
        return FixedBase(self.curve, self.x, self.y)


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A secret number 0 < d < q; it never shows in a repr. Raises ValueError when out of range."""

    scheme: Scheme
    curve_oid: str
    d: int = field(repr=False)

    def __post_init__(self) -> None:
        if not 0 < self.d < self.curve.q:
            raise ValueError("the private key is out of range for its curve")

    @property
    def curve(self) -> Curve:
        """The parameter set."""
        return CURVE_BY_OID[self.curve_oid]

    def public(self) -> PublicKey:
        """Return the public key d·P."""
        point = base_table(self.curve).multiply(self.d)
        if point is None:  # cannot be: 0 < d < q
            raise ValueError("the private key gives no point")
        return PublicKey(self.scheme, self.curve_oid, *point)
