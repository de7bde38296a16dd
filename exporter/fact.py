"""A fact: one question of one card, as the mart keeps it. Holds no personal data.

Key: (source, card, question). `version` grows with every change of the card's facts; `fingerprint` is the
digest of everything but the version, so that a load which changes nothing rewrites nothing.
"""

import hashlib
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from functools import lru_cache
from operator import attrgetter

UNKNOWN = (
    "не определено"  # the territory or category of a fact whose own is not known: counted, never dropped
)


# Not frozen, though nothing may change one: to make a frozen one of thirty fields takes four times as long.
@dataclass(slots=True, kw_only=True, unsafe_hash=True)
class Fact:
    """One row of the mart. Instants are UTC; None and "" mean that the source does not say."""

    source: str  # `journal`, the name of a SED, or of a list file
    card: str
    question: str  # the rubric value's id within the card
    version: int = 0  # microseconds of the last change known of the card
    cabinet: int | None = None
    organisation: str = ""
    card_file: str = ""
    region: str = ""  # OKTMO of the region, two digits and zeros as in the layout of the tile map
    region_name: str = ""
    municipality: str = ""
    oktmo: str = ""
    fias: str = ""
    category: str = ""  # of the platform
    subcategory: str = ""
    code: str = ""  # of the national classifier
    mapping_version: int = 0
    kind: str = ""  # message | appeal
    channel: str = ""
    received_at: datetime | None = None
    due_at: datetime | None = None
    answered_at: datetime | None = None
    status: str = ""  # «Статус ПОС»
    result: str = ""
    overdue: bool | None = None  # closed late, or open past due as of the export; None = cannot be told
    repeated: bool = False
    new: bool = False
    round: int = 1
    rating: int | None = None  # 1..5
    fast_track: bool = False
    deleted: bool = False  # a tombstone

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes the fact this one."""
        return self.source, self.card, self.question

    @property
    def fingerprint(self) -> str:
        """Digest of everything that the fact says, the version excepted: 32 hex digits."""
        return fingerprint_of(plain_text(self))


COLUMNS = tuple(field.name for field in fields(Fact))
CELLS = tuple(name for name in COLUMNS if name != "version")  # of `plain_text`, in its order
SEPARATOR = "\x1f"
_values = attrgetter(*CELLS)
_FLAGS = {None: "", False: "False", True: "True"}
_TWO = tuple(f"{number:02d}" for number in range(60))


def plain_text(fact: Fact) -> str:
    """Return everything but the version as texts in the order of CELLS; what is not known is empty.

    One expression, for it is the innermost loop of a load.
    """
    (
        source, card, question, cabinet, organisation, card_file, region, region_name, municipality, oktmo,
        fias, category, subcategory, code, mapping_version, kind, channel, received_at, due_at, answered_at,
        status, result, overdue, repeated, new, round_, rating, fast_track, deleted,
    ) = _values(fact)  # fmt: skip
    return (
        f"{source}\x1f{card}\x1f{question}\x1f{'' if cabinet is None else cabinet}\x1f{organisation}\x1f"
        f"{card_file}\x1f{region}\x1f{region_name}\x1f{municipality}\x1f{oktmo}\x1f{fias}\x1f{category}\x1f"
        f"{subcategory}\x1f{code}\x1f{mapping_version}\x1f{kind}\x1f{channel}\x1f"
        f"{'' if received_at is None else moment_text(received_at)}\x1f"
        f"{'' if due_at is None else moment_text(due_at)}\x1f"
        f"{'' if answered_at is None else moment_text(answered_at)}\x1f{status}\x1f{result}\x1f"
        f"{_FLAGS[overdue]}\x1f{_FLAGS[repeated]}\x1f{_FLAGS[new]}\x1f{round_}\x1f"
        f"{'' if rating is None else rating}\x1f{_FLAGS[fast_track]}\x1f{_FLAGS[deleted]}"
    )


def plain_values(fact: Fact) -> list[str]:
    """Return the same one by one, for what has odd characters in it."""
    return [_plain(value) for value in _values(fact)]


def moment_text(moment: datetime) -> str:
    """Return `isoformat(timespec="microseconds")` of the instant in UTC, four times as fast."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    fraction = f"{moment.microsecond:06d}" if moment.microsecond else "000000"
    return (
        f"{_day(moment.toordinal())}T{_TWO[moment.hour]}:{_TWO[moment.minute]}:{_TWO[moment.second]}"
        f".{fraction}+00:00"
    )


def fingerprint_of(plain: str) -> str:
    """Return the fingerprint of a fact by its plain text."""
    return hashlib.blake2b(plain.encode("utf-8", "replace"), digest_size=16).hexdigest()


@lru_cache(maxsize=50_000)
def _day(ordinal: int) -> str:
    return date.fromordinal(ordinal).isoformat()


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return moment_text(value)
    return "" if value is None else str(value)
