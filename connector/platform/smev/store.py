"""What was asked over SMEV and what came back, durably, in the journal's database.

A request is written before it leaves and bears its MessageID for life; an answer is written before it is
acknowledged. So a process may die anywhere: the next one finds the request by what it was for (`key`) and
sends the same again, or finds its answer. One key has one live request, whoever asks: processes too.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Update, delete, or_, select, text, update

from connector.journal.engine import Database
from connector.journal.schema import SMEV_LIVE as _LIVE
from connector.journal.schema import smev_incoming as incoming
from connector.journal.schema import smev_request as request
from connector.journal.types import AnyRow

KEPT = timedelta(days=30)  # SMEV returns what was not acknowledged for days: a late one must be recognised
RAW_KEPT = timedelta(days=3)  # for the engineer who wants to see what came
ANSWER_KEPT = timedelta(hours=1)  # of what was used: another thread may just be reading it


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file that goes with a request."""

    uuid: str
    name: str
    mime_type: str
    path: str


@dataclass(frozen=True, slots=True)
class ArrivedFile:
    """A file that came with an answer and lies in the spool."""

    id: str
    name: str
    mime_type: str
    path: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a request: `content` is there when the verdict is `content`."""

    verdict: str
    content: bytes = b""
    code: str = ""
    told: str = ""
    files: tuple[ArrivedFile, ...] = ()


@dataclass(frozen=True, slots=True)
class Came:
    """A message of the bus as it came: its id there, what it says it answers."""

    id: str
    original_id: str
    raw: bytes
    at: datetime


@dataclass(frozen=True, slots=True)
class Stored:
    """A request as it stands."""

    id: str
    key: str
    opa_id: int
    state: str
    content: bytes
    files: tuple[SentFile, ...]
    created_at: datetime
    tried: bool
    sent: bool
    answered_at: datetime | None
    answer: Answer | None


class RequestStore:
    """The two tables of an upgraded journal. Safe to use from several threads and processes.

    Raises JournalError.
    """

    def __init__(self, database: Database) -> None:
        self._db = database

    def close(self) -> None:
        """Let go of the database."""
        self._db.close()

    def begin(self, new: Stored) -> Stored:
        """Return the live request of the key; the new one becomes it when there is none."""
        return self._db.write(self._begin, new)

    def _begin(self, connection: Connection, new: Stored) -> Stored:
        values = {
            "id": new.id, "reference": new.id, "key": new.key, "opa_id": new.opa_id, "state": "open",
            "content": new.content, "files": _dump(new.files), "created_at": new.created_at,
            "tried_at": new.created_at if new.tried else None,
        }  # fmt: skip
        live = select(request).where(request.c.key == new.key, text(_LIVE))
        while (row := connection.execute(live).first()) is None:  # taken by another between two statements
            connection.execute(self._db.insert(request).on_conflict_do_nothing(), [values])
        return _stored(row)

    def live(self, key: str) -> Stored | None:
        """Return the request of a key that waits or whose answer was not used yet."""
        found = select(request).where(request.c.key == key, text(_LIVE))
        row = self._db.read(lambda connection: connection.execute(found).first())
        return _stored(row) if row else None

    def get(self, message_id: str) -> Stored:
        """Return a request by its MessageID."""
        return _stored(self._db.read(_row, message_id))

    def latest(self, key: str) -> str:
        """Return the MessageID of the newest request of a key, empty when there was none."""
        newest = select(request.c.id).where(request.c.key == key).order_by(request.c.created_at.desc())
        return self._db.read(lambda connection: connection.execute(newest.limit(1)).scalar() or "")

    def of_reference(self, reference: str) -> Stored | None:
        """Return the request that a peer's word is about: it names our MessageID or its own id of it."""
        found = select(request).where(or_(request.c.id == reference, request.c.reference == reference))
        row = self._db.read(lambda connection: connection.execute(found).first())
        return _stored(row) if row else None

    def trying(self, message_id: str, at: datetime) -> None:
        """Remember, before the first attempt, that the peer may have it from now on."""
        self._set(message_id, tried_at=at)

    def untried(self, message_id: str) -> None:
        """Remember that the attempt did not reach the peer, or was refused by it."""
        self._set(message_id, tried_at=None)

    def sent(self, message_id: str, reference: str, at: datetime) -> None:
        """Remember that the peer confirmed it."""
        self._set(message_id, sent_at=at, reference=reference or message_id)

    def failed(self, message_id: str, told: str) -> None:
        """Give a request up: it is not sent again, an answer that comes yet is kept and used by nobody."""
        self._set(message_id, state="failed", told=told)

    def taken(self, message_id: str) -> None:
        """Remember that the answer was used."""
        self._set(message_id, state="taken")

    def _set(self, message_id: str, **values: Any) -> None:  # noqa: ANN401 - columns' own types
        change = update(request).where(request.c.id == message_id).values(values)
        self._db.write(lambda connection: connection.execute(change))

    def keep(self, came: Came, message_id: str, answer: Answer | None) -> None:
        """Store what came about a request, and its answer if this is one. A repeat changes nothing.

        Without a request (`message_id` empty) the answer waits for one to be `adopted` by.
        """
        row: dict[str, Any] = {"id": came.id, "request_id": message_id, "original_id": came.original_id}
        row |= {"received_at": came.at, "raw": came.raw}
        if answer and not message_id:
            row |= {"found": _told(answer), "answer": answer.content}

        def change(connection: Connection) -> None:
            connection.execute(self._db.insert(incoming).on_conflict_do_nothing(), [row])
            if answer and message_id:
                connection.execute(_answered(message_id, answer, came.at))

        self._db.write(change)

    def adopt(self, message_id: str, at: datetime) -> None:
        """Give a request the answer that was faster than the peer's word of how it calls the request."""
        mine = select(request.c.reference).where(request.c.id == message_id, request.c.state == "open")
        theirs = select(incoming).where(
            incoming.c.original_id.in_(mine), incoming.c.request_id == "", incoming.c.found.is_not(None)
        )
        row = self._db.read(lambda connection: connection.execute(theirs).first())
        if row is None:
            return
        told = json.loads(row.found)
        files = tuple(ArrivedFile(**one) for one in told.pop("files"))
        answer = Answer(content=row.answer, files=files, **told)

        def change(connection: Connection) -> None:
            connection.execute(_answered(message_id, answer, at))
            connection.execute(update(incoming).where(incoming.c.id == row.id).values(request_id=message_id))

        self._db.write(change)

    def waiting(self) -> tuple[int, datetime | None]:
        """Return how many requests have no answer yet, and since when the oldest waits."""
        rows = select(request.c.created_at).where(request.c.state == "open").order_by(request.c.created_at)
        found = self._db.read(lambda connection: list(connection.execute(rows).scalars()))
        return len(found), found[0] if found else None

    def prune(self, now: datetime) -> None:
        """Forget what ended long ago. A request that still waits is kept whatever its age."""
        ended = request.c.state.in_(("taken", "failed"))
        used = update(request).where(ended, request.c.answered_at < now - ANSWER_KEPT).values(answer=None)

        def change(connection: Connection) -> None:
            connection.execute(used)
            connection.execute(delete(request).where(ended, request.c.created_at < now - KEPT))
            connection.execute(delete(incoming).where(incoming.c.received_at < now - RAW_KEPT))

        self._db.write(change)


def spooled(folder: Path, message_id: str, name: str) -> Path:
    """Return where a file of a request lies: the id is ours, the name a plain one made by us."""
    return folder / message_id / name


def _row(connection: Connection, message_id: str) -> AnyRow:
    return connection.execute(select(request).where(request.c.id == message_id)).one()


def _answered(message_id: str, answer: Answer, at: datetime) -> Update:
    """Return the change that gives an open request its answer; one that ended stays as it is."""
    return (
        update(request)
        .where(request.c.id == message_id, request.c.state == "open")
        .values(
            state="answered", sent_at=at, answered_at=at, verdict=answer.verdict, code=answer.code,
            told=answer.told, answer=answer.content, arrived=_dump(answer.files),
        )
    )  # fmt: skip


def _told(answer: Answer) -> str:
    values = {"verdict": answer.verdict, "code": answer.code, "told": answer.told}
    return json.dumps({**values, "files": [asdict(one) for one in answer.files]}, ensure_ascii=False)


def _dump(files: Sequence[SentFile | ArrivedFile]) -> str:
    return json.dumps([asdict(one) for one in files], ensure_ascii=False)


def _stored(row: AnyRow) -> Stored:
    answer = None
    if row.verdict:
        arrived = tuple(ArrivedFile(**one) for one in json.loads(row.arrived or "[]"))
        answer = Answer(row.verdict, row.answer or b"", row.code or "", row.told or "", arrived)
    return Stored(
        row.id, row.key, row.opa_id, row.state, row.content,
        tuple(SentFile(**one) for one in json.loads(row.files)), row.created_at,
        row.tried_at is not None, row.sent_at is not None, row.answered_at, answer,
    )  # fmt: skip
