"""Leased lanes as the work that a step needs: everything of the task at the head, read in one go."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, or_, select, text, update

from connector.appeal import Appeal, Reply, StoredFile
from connector.journal.claim import Claim
from connector.journal.codec import load_or_none, raw_text
from connector.journal.records import Lease, Stage, Work
from connector.journal.rounds import card_of
from connector.journal.schema import attachment, conversation, lane, message, step, task
from connector.journal.types import AnyRow, among
from connector.lifecycle import State

_heads = (
    select(
        lane.c.id.label("lane_id"),
        lane.c.channel,
        task.c.id.label("task_id"),
        task.c.stage,
        task.c.attempts,
        task.c.was_unsure,
        task.c.reply,
        conversation.c.platform_id,
        message.c.id,
        message.c.opa_id,
        message.c.round,
        message.c.key,
        message.c.state,
        message.c.raw,
        message.c.appeal,
        message.c.card_id,
        message.c.card_number,
        message.c.card_date,
    )
    .join(task, task.c.id == lane.c.head_id)
    .join(message, message.c.id == task.c.message_id)
    .join(conversation, conversation.c.id == lane.c.conversation_id)
    .where(among(lane.c.id, "lanes"))
)
_begin = (
    update(task)
    .where(task.c.id.in_(select(lane.c.head_id).where(among(lane.c.id, "lanes"))))
    .values(
        attempts=task.c.attempts + 1,
        was_unsure=task.c.unsure,
        unsure=or_(task.c.unsure, text("stage IN ('register', 'reply')")),
    )
)
_files = (
    select(
        attachment.c.message_id,
        attachment.c.sha256,
        attachment.c.size,
        attachment.c.name,
        attachment.c.media_type,
    )
    .where(among(attachment.c.message_id, "messages"))
    .order_by(attachment.c.message_id, attachment.c.place)
)
_steps = select(step.c.task_id, step.c.name, step.c.result).where(among(step.c.task_id, "tasks"))


def begin(connection: Connection, lane_ids: Sequence[int], claim: Claim) -> list[Work]:
    """Begin an attempt at each lane's head and return it, in the order of the ids given.

    From here until an outcome is written, REGISTER and REPLY are unsure: their request may have left.
    """
    if not lane_ids:
        return []
    connection.execute(_begin, {"lanes": lane_ids})
    rows = connection.execute(_heads, {"lanes": lane_ids}).all()
    files = _stored_files(connection, [row.id for row in rows])
    steps = _steps_of(connection, [row.task_id for row in rows])
    by_lane = {row.lane_id: _work(row, claim, files[row.id], steps[row.task_id]) for row in rows}
    return [by_lane[lane_id] for lane_id in lane_ids]


def _stored_files(connection: Connection, messages: Sequence[int]) -> Mapping[int, list[StoredFile | None]]:
    files: defaultdict[int, list[StoredFile | None]] = defaultdict(list)
    for row in connection.execute(_files, {"messages": messages}):
        stored = StoredFile(row.sha256, row.size, row.name, row.media_type) if row.sha256 else None
        files[row.message_id].append(stored)
    return files


def _steps_of(connection: Connection, tasks: Sequence[int]) -> Mapping[int, dict[str, str]]:
    steps: defaultdict[int, dict[str, str]] = defaultdict(dict)
    for task_id, name, result in connection.execute(_steps, {"tasks": tasks}):
        steps[task_id][name] = result
    return steps


def _work(row: AnyRow, claim: Claim, files: Sequence[StoredFile | None], steps: Mapping[str, str]) -> Work:
    return Work(
        lease=Lease(row.lane_id, row.task_id, claim.token, claim.until),
        stage=Stage(row.stage),
        channel=row.channel,
        attempt=row.attempts,
        unsure=row.was_unsure,
        opa_id=row.opa_id,
        platform_id=row.platform_id,
        message_id=row.id,
        round=row.round,
        key=row.key,
        state=State(row.state),
        raw=raw_text(row.raw),
        appeal=load_or_none(Appeal, row.appeal, row.key),
        files=tuple(files),
        card=card_of(row),
        reply=load_or_none(Reply, row.reply, row.key),
        steps=steps,
    )
