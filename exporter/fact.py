"""A fact: one question of one card, as the mart keeps it. Holds no personal data.

Key: (source, card, question). `version` grows with every change of the card's facts; `fingerprint` is the
digest of everything but the version, so that a load which changes nothing rewrites nothing.
"""

import hashlib
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from operator import attrgetter

UNKNOWN = (
    "не определено"  # the territory or category of a fact whose own is not known: counted, never dropped
)


@dataclass(frozen=True, slots=True, kw_only=True)
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
        return fingerprint_of(plain_values(self))


COLUMNS = tuple(field.name for field in fields(Fact))
_values = attrgetter(*COLUMNS)
_VERSION = COLUMNS.index("version")
_OTHER = tuple(place for place, field in enumerate(fields(Fact)) if field.type is not str)


def plain_values(fact: Fact) -> list[str]:
    """Return what the fact says as texts in the order of COLUMNS; what is not known is empty."""
    values = list(_values(fact))
    for place in _OTHER:
        value = values[place]
        if value is None:
            values[place] = ""
        elif isinstance(value, datetime):
            moment = value if value.tzinfo is UTC else value.astimezone(UTC)
            values[place] = moment.isoformat(timespec="microseconds")
        else:
            values[place] = str(value)
    return values


def fingerprint_of(plain: list[str]) -> str:
    """Return the fingerprint of a fact by its plain values."""
    said = "\x1f".join((*plain[:_VERSION], *plain[_VERSION + 1 :]))
    return hashlib.blake2b(said.encode("utf-8", "replace"), digest_size=16).hexdigest()
