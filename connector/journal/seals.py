"""Seals over the audit trail: a chain of hashes, so that a changed or missing line shows.

    digest(n) = sha256(digest(n-1) + every line since seal n-1, in order)

Whoever owns the database could change lines and make every later seal anew, or cut the end off; the newest
digest, kept elsewhere (`audit verify` prints it), shows that too. Where the trail was cut the chain begins
with the digest of the cut's seal: what lay before cannot be computed again, its seals are still there.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import Connection, Select, insert, select, text

from connector.journal import cuts
from connector.journal.cuts import CUT, Cut
from connector.journal.engine import at_one_moment, unhurried
from connector.journal.part import Part
from connector.journal.schema import audit, audit_seal
from connector.journal.types import AnyRow

_FIRST = "0" * 64


@dataclass(frozen=True, slots=True)
class Seal:
    """One link of the chain: every line up to `upto` is vouched for by `digest`."""

    number: int
    upto: int  # the last line's number
    lines: int  # how many since the seal before
    digest: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SealCheck:
    """What a check of the whole chain found. `broken` is the first seal that does not fit."""

    seals: int
    lines: int  # that the seals vouch for
    unsealed: int  # newer lines, not vouched for yet
    head: str  # the newest digest; empty when there is none
    broken: Seal | None = None
    after: int = 0  # the trouble lies behind this line …
    head_missing: bool = False  # the digest that was kept outside is not in the chain
    cut: Cut | None = None  # where the trail begins; the numbers above are of what lies behind it
    erased: int = 0  # lines that lay before it
    leftover: int = 0  # lines before it that are still there, vouched for by nothing
    head_before_cut: bool = False  # the digest kept outside is a seal's whose lines are gone
    forged: Cut | None = None  # a cut that nobody made who may

    @property
    def ok(self) -> bool:
        """Whether nothing was changed, as far as this can be told."""
        return self.broken is None and self.forged is None and not self.head_missing


class Seals(Part):
    """Seals the trail and checks the seals."""

    def seal(self) -> Seal | None:
        """Vouch for everything written since the last seal; None when nothing was."""
        return self._db.write(self._seal)

    def _seal(self, connection: Connection) -> Seal | None:
        unhurried(connection)
        # Numbers are drawn before a transaction commits: wait for those in hand, or a line would come late.
        if self._db.postgres:
            connection.execute(text("LOCK TABLE audit, audit_seal IN SHARE ROW EXCLUSIVE MODE"))
        last = connection.execute(_newest).first()
        digest, lines, upto = _digested(
            last.digest if last else _FIRST, connection.execute(_lines(last.upto if last else 0, None))
        )
        if not lines:
            return None
        made = Seal((last.id if last else 0) + 1, upto, lines, digest, self._now())
        values = {"id": made.number, "upto": upto, "lines": lines, "digest": digest, "at": made.at}
        connection.execute(insert(audit_seal), [values])
        return made

    def check_seals(self, head: str = "") -> SealCheck:
        """Compute the whole chain again. `head`: a digest that was kept elsewhere and must be in it."""
        return self._db.read(_check, head)


_newest = select(audit_seal).order_by(audit_seal.c.id.desc()).limit(1)


def _lines(after: int, upto: int | None) -> Select[AnyRow]:
    query = select(audit).where(audit.c.id > after).order_by(audit.c.id)
    query = query if upto is None else query.where(audit.c.id <= upto)
    return query.execution_options(yield_per=1000)


def _digested(before: str, rows: Iterable[AnyRow]) -> tuple[str, int, int]:
    """Return the digest after some lines, how many they were, and the number of the last."""
    digest, count, last = hashlib.sha256(before.encode()), 0, 0
    for row in rows:
        digest.update(_canonical(row))
        count, last = count + 1, row.id
    return digest.hexdigest(), count, last


def _canonical(row: AnyRow) -> bytes:
    """Return a line as the bytes that are hashed: the same on both databases, for ever."""
    at = row.at.astimezone(UTC).isoformat(timespec="microseconds")
    fields = [row.id, at, row.actor, row.what, row.conversation_id, row.round, row.detail]
    return json.dumps(fields, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"


def _check(connection: Connection, head: str) -> SealCheck:
    at_one_moment(connection)
    unhurried(connection)
    seals = [
        Seal(row.id, row.upto, row.lines, row.digest, row.at)
        for row in connection.execute(select(audit_seal).order_by(audit_seal.c.id))
    ]
    made = cuts.cuts(connection)
    if forged := _forged(connection, seals, made):
        return SealCheck(0, 0, 0, "", forged=forged)
    cut = made[-1] if made else None
    kept = [seal for seal in seals if cut and seal.number <= cut.seal]
    for place, seal in enumerate(kept, start=1):
        if seal.number != place:
            return SealCheck(0, 0, 0, "", seal, cut=cut)
    found = _follow(connection, seals[len(kept) :], cut)
    if found.broken:
        return found
    before = head in {seal.digest for seal in kept}
    missing = bool(head) and not before and head not in {seal.digest for seal in seals}
    return replace(
        found,
        head_missing=missing,
        head_before_cut=before,
        erased=sum(one.lines for one in made),
        leftover=cuts.left(connection, cut),
    )


def _follow(connection: Connection, seals: Sequence[Seal], cut: Cut | None) -> SealCheck:
    """Compute the chain from the cut on; return what it came to, or the first seal that does not fit."""
    first = cut.seal if cut else 0
    before, after, lines, number = (cut.digest, cut.upto, 0, first) if cut else (_FIRST, 0, 0, 0)
    for seal in seals:
        digest, count, _last = _digested(before, connection.execute(_lines(after, seal.upto)))
        if (digest, count, number + 1) != (seal.digest, seal.lines, seal.number):
            return SealCheck(number - first, lines, 0, before if number else "", seal, after, cut=cut)
        before, after, lines, number = digest, seal.upto, lines + count, seal.number
    _digest, unsealed, _upto = _digested(before, connection.execute(_lines(after, None)))
    return SealCheck(number - first, lines, unsealed, before if number else "", cut=cut)


def _forged(connection: Connection, seals: Sequence[Seal], made: Sequence[Cut]) -> Cut | None:
    """Return a cut that is not one: not at a seal, not in order, not told of in the trail."""
    by_number = {seal.number: seal for seal in seals}
    last, gone = 0, 0
    for cut in made:
        seal = by_number.get(cut.seal)
        lines = sum(one.lines for one in seals if last < one.number <= cut.seal)
        if (
            seal is None
            or (seal.upto, seal.digest) != (cut.upto, cut.digest)
            or not gone < cut.upto < seals[-1].upto
            or lines != cut.lines
        ):
            return cut
        last, gone = cut.seal, cut.upto
    if not made:
        return None
    told = connection.scalars(select(audit.c.detail).where(audit.c.what == CUT, audit.c.id > gone))
    wanted = (made[-1].upto, made[-1].digest)
    details = [json.loads(detail) for detail in told]
    return None if wanted in [(one.get("upto"), one.get("digest")) for one in details] else made[-1]
