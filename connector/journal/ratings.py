"""The citizens' ratings of answers: lines of the trail, the last one of a round counts.

One whose line was cut off stands in a table of its own as long as its round is there.
"""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, delete, insert, select, text

from connector.journal.audit import line, write
from connector.journal.part import Part
from connector.journal.schema import RATED, audit, conversation, message, rating
from connector.journal.types import AnyRow

_RATED = "rated"
_MANY = 10_000  # ids in one question


@dataclass(frozen=True, slots=True)
class Rating:
    """A rating and when it was learnt."""

    value: int  # 1 to 5
    at: datetime


class Ratings(Part):
    """Keeps and tells ratings."""

    def rate(self, message_id: int, value: int) -> bool:
        """Write down the rating of a round; False when it is the one already known."""
        return self._db.write(_rate, self._now(), message_id, value)

    def ratings(self, message_ids: Collection[int]) -> dict[int, Rating]:
        """Return the last rating of each of these rounds that has one."""
        return self._db.read(_ratings, message_ids)

    def rated_since(self, moment: datetime) -> list[int]:
        """Return the rounds whose rating was learnt since, the youngest ten thousand at most."""
        return self._db.read(_rated_since, moment)


def _joined(*columns: Any) -> Any:  # noqa: ANN401 - a SELECT of any columns
    of_round = and_(message.c.conversation_id == audit.c.conversation_id, message.c.round == audit.c.round)
    return select(*columns).join_from(audit, message, of_round).where(text(f"audit.{RATED}"))


def _rate(connection: Connection, now: datetime, message_id: int, value: int) -> bool:
    known = _ratings(connection, [message_id]).get(message_id)
    if known is not None and known.value == value:
        return False
    row = connection.execute(
        select(message.c.conversation_id, message.c.round)
        .join(conversation, conversation.c.id == message.c.conversation_id)
        .where(message.c.id == message_id)
        .with_for_update(of=conversation, read=True, key_share=True)
    ).first()
    if row is None:  # erased since the caller read it
        return False
    told = line(
        now,
        "platform",
        _RATED,
        conversation_id=row.conversation_id,
        round_=row.round,
        detail={"rating": value},
    )
    write(connection, [told])
    return True


def _ratings(connection: Connection, message_ids: Collection[int]) -> dict[int, Rating]:
    query = _joined(message.c.id, audit.c.at, audit.c.detail).where(message.c.id.in_(message_ids))
    kept = connection.execute(select(rating).where(rating.c.message_id.in_(message_ids)))
    found = {row.message_id: Rating(row.value, row.at) for row in kept}
    return found | _read(connection.execute(query.order_by(audit.c.id)))


def _read(rows: Iterable[AnyRow]) -> dict[int, Rating]:
    return {row.id: Rating(int(json.loads(row.detail)["rating"]), row.at) for row in rows}


def outlive(connection: Connection, first: int, last: int) -> None:
    """Keep the ratings that some lines tell of, which are about to be deleted, beside the trail."""
    lines = _joined(message.c.id, audit.c.at, audit.c.detail).where(audit.c.id >= first, audit.c.id <= last)
    told = _read(connection.execute(lines.order_by(audit.c.id)))
    if told:
        connection.execute(delete(rating).where(rating.c.message_id.in_(told)))
        rows = [{"message_id": of, "value": one.value, "at": one.at} for of, one in told.items()]
        connection.execute(insert(rating), rows)


def _rated_since(connection: Connection, moment: datetime) -> list[int]:
    return sorted(set(connection.scalars(_since(moment))))


def _since(moment: datetime) -> Any:  # noqa: ANN401 - a SELECT of ids
    return _joined(message.c.id).where(audit.c.at >= moment).order_by(audit.c.at.desc()).limit(_MANY)
