"""The words of the crosswalk: rule, message to be classified, policy, status pair. Immutable values."""

import datetime as dt
from enum import StrEnum
from typing import NamedTuple

ANY_CODE = "*"  # the source of a mart rule that answers for every code without one of its own


class Direction(StrEnum):
    """Two tables that are not each other's inverse."""

    INCOMING = "incoming"  # category of the platform → code for the card's rubric
    MART = "mart"  # code of the card's rubric → category of the platform


class Relation(StrEnum):
    """How the target relates to the source; broader and narrower say what the *target* is."""

    EQUAL = "equal"
    CLOSE = "close"
    BROADER = "broader"
    NARROWER = "narrower"
    RELATED = "related"
    NONE = "none"  # it was found out that nothing corresponds


class Status(StrEnum):
    """State of a rule; only verified rules act."""

    PROPOSED = "proposed"
    VERIFIED = "verified"
    DISPUTED = "disputed"
    REJECTED = "rejected"
    OBSOLETE = "obsolete"


class Kind(StrEnum):
    """Kind of a citizen's item: a message by the platform's rules or an appeal under 59-ФЗ."""

    MESSAGE = "message"
    APPEAL = "appeal"


class Unmapped(StrEnum):
    """What to do with an item whose category has no rule."""

    HOLD = "hold"  # wait until the table changes
    DEFAULT = "default"  # register under the policy's code
    MANUAL = "manual"  # put into the queue of items that a person classifies


class Rule(NamedTuple):
    """One row of the crosswalk, in either direction.

    `path` holds the category's names from the top, `id` its id on the platform ("" = any category of this
    path). `code` is canonical, "*" (mart) or "" while nothing is chosen. Empty conditions hold for every
    message; `words` are alternatives, each a phrase all of whose words must occur (* = any ending).
    `row` is the row's number in the sheet it was read from.
    """

    direction: Direction
    path: tuple[str, ...] = ()
    id: str = ""
    code: str = ""
    excluded: bool = False  # mart: «не выгружать»
    relation: Relation = Relation.EQUAL
    cabinets: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = ()
    regions: tuple[str, ...] = ()
    since: dt.date | None = None
    until: dt.date | None = None
    words: tuple[str, ...] = ()
    priority: int = 0
    status: Status = Status.PROPOSED
    confidence: float | None = None
    reason: str = ""
    author: str = ""
    reviewer: str = ""
    created: dt.date | None = None
    reviewed: dt.date | None = None
    comment: str = ""
    row: int = 0

    @property
    def outcome(self) -> tuple[object, ...]:
        """Return what the rule answers, comparable with the answer of another rule of its direction."""
        if self.direction is Direction.INCOMING:
            return (self.code,)
        return (self.excluded, () if self.excluded else self.path, "" if self.excluded else self.id)

    @property
    def acts(self) -> bool:
        """Tell whether the rule takes part in decisions."""
        return self.status is Status.VERIFIED

    @property
    def answered(self) -> bool:
        """Tell whether the row names a target or says that there is none."""
        if self.direction is Direction.INCOMING:
            return bool(self.code) or self.relation is Relation.NONE
        return self.excluded or bool(self.path)


class Message(NamedTuple):
    """What decides about one item. `names` and `ids` run from the category down and may be of any length."""

    names: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    cabinet: str = ""
    kind: str = ""
    region: str = ""
    date: dt.date | None = None
    text: str = ""
    times: int = 1  # how many real items this one stands for


class Policy(NamedTuple):
    """What a cabinet does with unmapped items; cabinet "" is the rule for all others."""

    cabinet: str = ""
    action: Unmapped = Unmapped.HOLD
    code: str = ""


class StatusPair(NamedTuple):
    """A status of a question in ССТУ and the «Статус ПОС» it becomes ("" = the row is not uploaded)."""

    sstu: str
    pos: str
    comment: str = ""


class Content(NamedTuple):
    """Everything that one version of the crosswalk says."""

    rules: tuple[Rule, ...] = ()
    policies: tuple[Policy, ...] = ()
    statuses: tuple[StatusPair, ...] = ()
