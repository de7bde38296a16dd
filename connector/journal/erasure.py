"""Erasure: the second period. What is left of messages whose content is long gone goes, too, and is counted.

First the trail is cut at a seal, then every conversation goes of which nothing younger is known: no round
with content, no task to do, no line of the trail. So it is kept for the period after the last line about it.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    Select,
    Table,
    delete,
    exists,
    func,
    literal_column,
    or_,
    select,
    text,
    tuple_,
)
from sqlalchemy.exc import ProgrammingError

from config.i18n import _
from connector.journal import audit as trail
from connector.journal import cuts, tally
from connector.journal.engine import unhurried
from connector.journal.problems import JournalError
from connector.journal.reports import Erased
from connector.journal.schema import (
    LIVE,
    PURGED,
    SMEV_LIVE,
    attachment,
    audit,
    conversation,
    event,
    lane,
    message,
    rating,
    revision,
    smev_incoming,
    smev_request,
    step,
    task,
    unread,
)
from connector.journal.seals import Seals
from connector.journal.types import AnyRow

_BATCH = 100
_NOT_ALLOWED = "42501"  # PostgreSQL: insufficient_privilege
Place = tuple[datetime, int]  # purged at, message


class Erasure(Seals):
    """Erases what nothing younger is known of than a moment. A death between two batches does no harm."""

    def erasable(self, before: datetime) -> Erased:
        """Count what `erase` would take out."""
        return self._db.read(_erasable, before)

    def erase(self, before: datetime) -> Erased:
        """Cut the trail and erase what is older, a short transaction per batch; return how much.

        `before` must be a moment that is sure to be past: nothing brings back what is erased. Raises
        JournalError where the database role may not delete.
        """
        try:
            return self._erase(before)
        except ProgrammingError as error:
            if getattr(error.orig, "sqlstate", None) != _NOT_ALLOWED:
                raise
            raise JournalError(
                _(
                    "the role of the journal's database may not erase (retention.trace): its owner repeats "
                    "the three lines of rights in docs/security.md; the server said: {cause}"
                ).format(cause=str(error.orig).strip()),
                code="journal-rights",
            ) from error

    def _erase(self, before: datetime) -> Erased:
        self.seal()  # a cut needs a seal that is newer
        self._db.write(lambda connection: cuts.make(connection, before, self._now(), self._who()))
        total = self._delete_lines()
        after: Place | None = None
        while True:
            done, after = self._db.write(self._erase_next, before, after)
            total += done
            if after is None:
                break
        return total + Erased(events=self._rest(_strays(before)), requests=self._rest(_questions(before)))

    def _rest(self, of: Iterable[tuple[Table, "_Condition"]]) -> int:
        count = 0
        for table, which in of:
            while done := self._db.write(_some, table, which):
                count += done
        return count

    def _delete_lines(self) -> Erased:
        count, after = 0, 0
        while True:
            done, after = self._db.write(cuts.delete_lines, after)
            if not done:
                return Erased(lines=count)
            count += done

    def _erase_next(
        self, connection: Connection, before: datetime, after: Place | None
    ) -> tuple[Erased, Place | None]:
        """Erase the next conversations; return how much, and where to go on (None: that was all)."""
        rows = connection.execute(_candidates(before, after)).all()
        if not rows:
            return Erased(), None
        place = (rows[-1].purged_at, rows[-1].id)
        mine = _locked(connection, {row.conversation_id for row in rows})
        ids = list(connection.scalars(_settled(before).where(conversation.c.id.in_(mine))))
        if not ids:
            return Erased(), place
        done = Erased(conversations=len(ids), rounds=tally.add(connection, self._db, ids))
        _delete(connection, ids)
        detail = {"conversations": done.conversations, "rounds": done.rounds}
        trail.write(connection, [trail.line(self._now(), self._who(), "erased", detail=detail)])
        return done, place


def _candidates(before: datetime, after: Place | None) -> Select[AnyRow]:
    query = (
        select(message.c.id, message.c.conversation_id, message.c.purged_at)
        .where(text(PURGED), message.c.purged_at < before)
        .order_by(message.c.purged_at, message.c.id)
        .limit(_BATCH)
    )
    return query if after is None else query.where(tuple_(message.c.purged_at, message.c.id) > tuple_(*after))


def _settled(before: datetime, upto: int = 0) -> Select[int]:
    """Return the query for conversations of which nothing younger is known, in the trail behind a line."""
    mine = message.c.conversation_id == conversation.c.id
    young = exists().where(mine, or_(message.c.purged_at.is_(None), message.c.state_since >= before))
    live = exists().where(mine, task.c.message_id == message.c.id, text(f"task.{LIVE}"))
    told = exists().where(audit.c.conversation_id == conversation.c.id, audit.c.id > upto)
    return select(conversation.c.id).where(~young, ~live, ~told)


def _locked(connection: Connection, ids: Collection[int]) -> set[int]:
    """Lock conversations with their rounds, without those that somebody else has in hand; return them.

    Nobody is waited for: others lock in another order. What is skipped goes with the next erasure.
    """
    rounds = select(message.c.id, message.c.conversation_id).where(message.c.conversation_id.in_(ids))
    free = connection.execute(rounds.order_by(message.c.id).with_for_update(skip_locked=True)).all()
    mine = {row.id for row in free}
    # Of the others no lock is taken: two daemons at once would keep each other from one conversation.
    whole = select(conversation.c.id).where(conversation.c.id.in_({row.conversation_id for row in free}))
    locked = set(connection.scalars(whole.order_by(conversation.c.id).with_for_update(skip_locked=True)))
    # Behind the locks: a round that came meanwhile, or that somebody has in hand.
    return locked - {row.conversation_id for row in connection.execute(rounds) if row.id not in mine}


def _delete(connection: Connection, ids: Sequence[int]) -> None:
    """Delete conversations with all that hangs on them."""
    rounds = connection.scalars(select(message.c.id).where(message.c.conversation_id.in_(ids))).all()
    tasks = select(task.c.id).where(task.c.message_id.in_(rounds))
    connection.execute(delete(step).where(step.c.task_id.in_(tasks)))
    for table in (task, event, revision, attachment, rating):
        connection.execute(delete(table).where(table.c.message_id.in_(rounds)))
    connection.execute(delete(message).where(message.c.id.in_(rounds)))
    connection.execute(delete(lane).where(lane.c.conversation_id.in_(ids)))
    connection.execute(delete(conversation).where(conversation.c.id.in_(ids)))


_Condition = ColumnElement[bool]


def _strays(before: datetime) -> list[tuple[Table, _Condition]]:
    """Return what belongs to no message: which rows of which table."""
    return [
        (event, event.c.message_id.is_(None) & (event.c.recorded_at < before)),
        (unread, unread.c.at < before),
    ]


def _questions(before: datetime) -> list[tuple[Table, _Condition]]:
    """Return what is left of questions over SMEV; one that a task may still wait for stays."""
    waited_for = exists().where(
        task.c.opa_id == smev_request.c.opa_id, task.c.created_at < before, text(f"task.{LIVE}")
    )
    ended = ~literal_column(f"smev_request.{SMEV_LIVE}", Boolean)
    return [
        (smev_incoming, smev_incoming.c.received_at < before),
        (smev_request, (smev_request.c.created_at < before) & or_(ended, ~waited_for)),
    ]


def _some(connection: Connection, table: Table, which: _Condition) -> int:
    """Delete some rows; return how many."""
    ids = connection.scalars(select(table.c.id).where(which).limit(_BATCH)).all()
    connection.execute(delete(table).where(table.c.id.in_(ids)))
    return len(ids)


def _erasable(connection: Connection, before: datetime) -> Erased:
    unhurried(connection)
    done, cut = cuts.newest(connection), cuts.due(connection, before, sealed=False)
    upto = max(one.upto if one else 0 for one in (done, cut))
    gone = _settled(before, upto).where(
        conversation.c.id.in_(
            select(message.c.conversation_id).where(text(PURGED), message.c.purged_at < before)
        )
    )
    return Erased(
        lines=cuts.left(connection, done) + (cut.lines if cut else 0),
        conversations=_count(connection, conversation, conversation.c.id.in_(gone)),
        rounds=_count(connection, message, message.c.conversation_id.in_(gone)),
        events=sum(_count(connection, table, which) for table, which in _strays(before)),
        requests=sum(_count(connection, table, which) for table, which in _questions(before)),
    )


def _count(connection: Connection, table: Table, which: _Condition) -> int:
    return connection.execute(select(func.count()).select_from(table).where(which)).scalar_one()
