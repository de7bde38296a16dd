"""Dead letters: tasks that wait for a person; listed, tried again, dropped, by filter."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    Select,
    func,
    literal_column,
    select,
    text,
    tuple_,
    update,
)

from connector.journal import audit, tasks
from connector.journal.outcomes import FINAL_KINDS
from connector.journal.part import Part
from connector.journal.records import DeadLetter, Stage
from connector.journal.reports import DeadFilter
from connector.journal.schema import LIVE, PARKED, conversation, lane, message, task
from connector.journal.types import AnyRow

_PAGE = 500


class DeadLetters(Part):
    """What the operator does with parked tasks."""

    def dead(self, which: DeadFilter | None = None) -> Iterator[DeadLetter]:
        """Yield parked tasks, oldest first."""
        after: tuple[datetime, int] | None = None
        while page := self._db.read(_page, which or DeadFilter(), after):
            yield from page
            after = page[-1].parked_at, page[-1].task_id

    def retry(self, which: DeadFilter) -> int:
        """Put parked tasks back, due now, their attempts at zero; return how many.

        What is not known about an earlier attempt stays unknown: it is looked up before a repeat.
        """
        values = {"status": "open", "attempts": 0, "error_code": None, "sentence": None, "parked_at": None}
        return self._db.write(self._settle, which, _Decision("retried", self._who(), values))

    def drop(self, which: DeadFilter, reason: str, actor: str) -> int:
        """Give parked tasks up for good; their lanes go on with the next. Return how many."""
        values = {"status": "dropped", "ended_at": self._now()}
        return self._db.write(self._settle, which, _Decision("dropped", actor, values, {"reason": reason}))

    def confirm(self, which: DeadFilter, reason: str, actor: str) -> int:
        """Take parked replies for sent, because a person saw them on the platform. Return how many.

        The count of look-alikes by which unknown outcomes are told apart stays right that way.
        """
        if which.stages and Stage.REPLY not in which.stages:
            return 0
        values = {"status": "done", "ended_at": self._now()}
        decision = _Decision("confirmed", actor, values, {"reason": reason})
        return self._db.write(self._settle, replace(which, stages=(Stage.REPLY,)), decision)

    def _settle(self, connection: Connection, which: DeadFilter, decision: "_Decision") -> int:
        """Change the parked tasks by pages, all in one transaction: a task that changed is parked no more."""
        now = self._now()
        count = 0
        while rows := connection.execute(_locked(which)).all():
            ids = [row.task_id for row in rows]
            connection.execute(update(task).where(task.c.id.in_(ids)).values(decision.values))
            tasks.wake(connection, [row.lane_id for row in rows], now)
            if decision.what == "confirmed":
                _answered(connection, rows, now)
            audit.write(connection, [decision.line(row, now) for row in rows])
            count += len(rows)
        return count


@dataclass(frozen=True, slots=True)
class _Decision:
    what: str
    actor: str
    values: Mapping[str, object]
    detail: Mapping[str, object] = field(default_factory=dict)

    def line(self, row: AnyRow, now: datetime) -> dict[str, Any]:
        """Return the line of the trail about one task."""
        detail = {"stage": row.stage, "task": row.task_id, **self.detail}
        return audit.line(
            now, self.actor, self.what, conversation_id=row.conversation_id, round_=row.round, detail=detail
        )


def _answered(connection: Connection, rows: Sequence[AnyRow], now: datetime) -> None:
    final = sorted({row.message_id for row in rows if row.kind in FINAL_KINDS})
    connection.execute(
        update(message)
        .where(message.c.id.in_(final), message.c.answered_at.is_(None))
        .values(answered_at=now)
    )


def _conditions(which: DeadFilter) -> Iterator[ColumnElement[bool]]:
    yield literal_column(f"task.{PARKED}", Boolean)
    for column, wanted in (
        (task.c.id, which.task_ids),
        (task.c.opa_id, which.opa_ids),
        (conversation.c.platform_id, which.platform_ids),
        (task.c.error_code, which.codes),
        (task.c.stage, which.stages),
    ):
        if wanted:
            yield column.in_(wanted)
    if which.parked_before is not None:
        yield task.c.parked_at < which.parked_before


def _parked(*columns: ColumnElement[Any], which: DeadFilter) -> Select[Any]:
    return (
        select(task.c.id.label("task_id"), task.c.stage, message.c.round, *columns)
        .join(message, message.c.id == task.c.message_id)
        .join(conversation, conversation.c.id == message.c.conversation_id)
        .where(*_conditions(which))
        .limit(_PAGE)
    )


def _locked(which: DeadFilter) -> Select[Any]:
    columns = (task.c.lane_id, task.c.kind, task.c.message_id, message.c.conversation_id)
    query = _parked(*columns, which=which).join(lane, lane.c.id == task.c.lane_id)
    return query.order_by(lane.c.id, task.c.id).with_for_update(of=[lane, task])


def _page(connection: Connection, which: DeadFilter, after: tuple[datetime, int] | None) -> list[DeadLetter]:
    later = task.alias("later")
    behind = (
        select(func.count())
        .where(later.c.lane_id == task.c.lane_id, later.c.id > task.c.id, text(f"later.{LIVE}"))
        .correlate(task)
        .scalar_subquery()
    )
    query = _parked(
        task.c.opa_id,
        conversation.c.platform_id,
        task.c.error_code,
        task.c.sentence,
        task.c.attempts,
        task.c.parked_at,
        behind.label("waiting_behind"),
        which=which,
    ).order_by(task.c.parked_at, task.c.id)
    if after is not None:
        query = query.where(tuple_(task.c.parked_at, task.c.id) > after)
    return [_letter(row) for row in connection.execute(query)]


def _letter(row: AnyRow) -> DeadLetter:
    return DeadLetter(
        task_id=row.task_id,
        opa_id=row.opa_id,
        platform_id=row.platform_id,
        round=row.round,
        stage=Stage(row.stage),
        error_code=row.error_code or "",
        sentence=row.sentence or "",
        attempts=row.attempts,
        parked_at=row.parked_at,
        waiting_behind=row.waiting_behind,
    )
