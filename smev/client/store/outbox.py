"""Messages of ours: kept before the first attempt, one per key whatever happens, until the peer has them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from smev.client.store import packing, troubles
from smev.client.store.database import Database, moment, text
from smev.client.words import Outgoing, Receipt
from smev.errors import InputError, SmevError


class State(StrEnum):
    """How far a message of ours is."""

    QUEUED = "queued"  # to be sent, or sent again
    DELIVERED = "delivered"  # the peer has it
    REJECTED = "rejected"  # the bus said later that it will not be processed
    STOPPED = "stopped"  # a person has to act: see step and error
    CANCELLED = "cancelled"  # a person gave it up


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxEntry:
    """A message of ours and what became of it. Times are UTC."""

    key: str
    message_id: str
    kind: str  # request, response, as-is
    state: State
    doubt: bool
    attempts: int
    due: datetime
    created: datetime
    updated: datetime
    reference: str
    bus_status: str
    step: str
    error: SmevError | None
    receipt: bytes | None = field(repr=False)


_COLUMNS = tuple(OutboxEntry.__dataclass_fields__)
_SELECT = f"SELECT {', '.join(_COLUMNS)} FROM outgoing"  # noqa: S608 - names of columns


class Outbox:
    """The table of messages of ours."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, key: str, message: Outgoing | bytes, now: datetime, *, message_id: str = "") -> OutboxEntry:
        """Keep a message (octets: an envelope to be sent as it is) to be sent; a known key changes nothing.

        Its files must be where they stay: `Store.adopt` brings them there.
        """
        kind, body, fields = packing.pack(message)
        files = () if isinstance(message, bytes) else message.files
        identifier = message_id if isinstance(message, bytes) else message.message_id
        at = text(now)
        with self._database.change() as held:
            made = held.execute(
                "INSERT INTO outgoing (key, message_id, kind, body, fields, state, due, created, updated)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING",
                (key, identifier, kind, body, fields, State.QUEUED, at, at, at),
            )
            if made.rowcount:
                held.execute("INSERT INTO outgoing_id VALUES (?, ?, ?, '')", (identifier, key, at))
                held.executemany(
                    "INSERT INTO outgoing_file VALUES (?, ?, ?, ?, ?, ?)",
                    [
                        (key, number, one.uuid, one.name, one.mime_type, str(one.path))
                        for number, one in enumerate(files)
                    ],
                )
        return self.get(key)

    def get(self, key: str) -> OutboxEntry:
        """Return the message of that key. Raises KeyError."""
        found = self._entries(f"{_SELECT} WHERE key = ?", key)
        if not found:
            raise KeyError(key)
        return found[0]

    def find(self, identifier: str) -> OutboxEntry | None:
        """Return the message that has or had this MessageID, that the peer calls so, or of that key."""
        named = "key = (SELECT key FROM outgoing_id WHERE message_id = ?)"
        called = "(reference = ? AND reference <> '')"
        found = self._entries(f"{_SELECT} WHERE {named} OR {called} OR key = ? LIMIT 1", *[identifier] * 3)
        return found[0] if found else None

    def message(self, key: str) -> Outgoing | bytes:
        """Return what is to be sent, with its present MessageID. Raises KeyError.

        Raises InputError when its content was taken out.
        """
        rows = self._database.rows("SELECT kind, message_id, body, fields FROM outgoing WHERE key = ?", key)
        if not rows:
            raise KeyError(key)
        if not rows[0]["fields"]:
            raise pruned(key)
        files = self._database.rows(
            "SELECT uuid, name, mime_type, path FROM outgoing_file WHERE key = ? ORDER BY position", key
        )
        return packing.unpack(**rows[0], files=files)

    def claim(self, now: datetime, until: datetime, key: str | None = None) -> OutboxEntry | None:
        """Take the message that is due longest (or the one named, due or not) for an attempt.

        Nobody else gets it until then, so two attempts never run at once. A process that dies loses nothing:
        the next one gets the message, in doubt.
        """
        wanted = "key = ?" if key else "due <= ?"
        with self._database.change() as held:
            row = held.execute(
                f"SELECT key FROM outgoing WHERE state = ? AND lease <= ? AND {wanted} ORDER BY due LIMIT 1",  # noqa: S608
                (State.QUEUED, text(now), key or text(now)),
            ).fetchone()
            if row is None:
                return None
            held.execute(
                "UPDATE outgoing SET attempts = attempts + 1, doubt = doubt OR lease <> '', lease = ?,"
                " updated = ? WHERE key = ?",
                (text(until), text(now), row["key"]),
            )
        return self.get(row["key"])

    def extend(self, key: str, until: datetime) -> None:
        """Keep a message whose attempt takes longer: a large file is on its way."""
        with self._database.change() as held:
            held.execute("UPDATE outgoing SET lease = ? WHERE key = ? AND lease <> ''", (text(until), key))

    def delivered(self, key: str, receipt: Receipt | None, now: datetime) -> None:
        """Note that the peer has it. Without a receipt: an answer to it came, which proves as much."""
        with self._database.change() as held:
            held.execute(
                "UPDATE outgoing SET state = ?, doubt = 0, step = '', error = '', lease = '', updated = ?"
                " WHERE key = ? AND state IN (?, ?)",
                (State.DELIVERED, text(now), key, State.QUEUED, State.STOPPED),
            )
            if receipt is not None:
                held.execute(
                    "UPDATE outgoing SET reference = ?, receipt = ? WHERE key = ?",
                    (receipt.reference, receipt.raw, key),
                )

    def failed(
        self, key: str, now: datetime, *, step: str, error: SmevError, due: datetime | None, doubt: bool
    ) -> None:
        """Note a failed attempt: to be repeated when `due`, or stopped for a person without one."""
        self._change(
            key,
            now,
            state=State.STOPPED if due is None else State.QUEUED,
            **({} if due is None else {"due": text(due)}),
            **({"doubt": 1} if doubt else {}),
            lease="",
            step=step,
            error=troubles.pack(error),
        )

    def renew(self, key: str, message_id: str, now: datetime, reason: str) -> None:
        """Give a message a new MessageID; the record of the old one stays."""
        with self._database.change() as held:
            held.execute("INSERT INTO outgoing_id VALUES (?, ?, ?, ?)", (message_id, key, text(now), reason))
            held.execute(
                "UPDATE outgoing SET message_id = ?, doubt = 0, state = ?, due = ?, updated = ?"
                " WHERE key = ?",
                (message_id, State.QUEUED, text(now), text(now), key),
            )

    def prolong(self, key: str, end_of_life: datetime, now: datetime) -> None:
        """Give a request a later end of life and make it due."""
        with self._database.change() as held:
            row = held.execute("SELECT fields FROM outgoing WHERE key = ?", (key,)).fetchone()
            fields = packing.with_end_of_life(row["fields"], end_of_life)
            held.execute(
                "UPDATE outgoing SET fields = ?, due = ?, updated = ? WHERE key = ?",
                (fields, text(now), text(now), key),
            )

    def again(self, key: str, now: datetime, *, sure: bool) -> None:
        """Make a message due at once, whatever stopped it; `sure`: a person knows that it did not arrive."""
        self._change(
            key, now, state=State.QUEUED, due=text(now), **({"doubt": 0, "lease": ""} if sure else {})
        )

    def cancel(self, key: str, now: datetime) -> None:
        """Give a message up."""
        self._change(key, now, state=State.CANCELLED)

    def bus_said(self, key: str, category: str, now: datetime, *, rejected: SmevError | None = None) -> None:
        """Note a later word of the bus; `rejected` is the reason when it will not be processed."""
        self._change(key, now, bus_status=category)
        if rejected is not None:
            self._change(key, now, state=State.REJECTED, error=troubles.pack(rejected))

    def ids(self, key: str) -> list[tuple[str, datetime, str]]:
        """Return every MessageID it ever had, when it got it, and why the one before was given up."""
        rows = self._database.rows(
            "SELECT message_id, since, reason FROM outgoing_id WHERE key = ? ORDER BY since, rowid", key
        )
        return [(row["message_id"], moment(row["since"]), row["reason"]) for row in rows]

    def listed(self, states: Iterable[State] = tuple(State), limit: int = 1000) -> list[OutboxEntry]:
        """Return the messages in those states, oldest first."""
        wanted = tuple(states)
        marks = ", ".join("?" * len(wanted))
        return self._entries(f"{_SELECT} WHERE state IN ({marks}) ORDER BY created LIMIT ?", *wanted, limit)

    def unanswered(self, before: datetime, limit: int = 100) -> list[OutboxEntry]:
        """Return requests delivered (or asked about) before a moment, and without a final answer."""
        answered = "SELECT 1 FROM incoming WHERE incoming.key = outgoing.key AND final"
        return self._entries(
            f"{_SELECT} WHERE state = ? AND kind <> 'response' AND updated < ? AND NOT EXISTS ({answered})"
            " ORDER BY updated LIMIT ?",
            State.DELIVERED,
            text(before),
            limit,
        )

    def asked_about(self, key: str, now: datetime) -> None:
        """Note that the peer was asked for answers just now."""
        self._change(key, now)

    def counts(self) -> Mapping[str, int]:
        """Return the number of messages by state."""
        rows = self._database.rows("SELECT state, count(*) AS number FROM outgoing GROUP BY state")
        return {row["state"]: row["number"] for row in rows}

    def _change(self, key: str, now: datetime, **values: object) -> None:
        names = ", ".join(f"{name} = ?" for name in (*values, "updated"))
        with self._database.change() as held:
            held.execute(
                f"UPDATE outgoing SET {names} WHERE key = ?",  # noqa: S608 - names of columns
                (*values.values(), text(now), key),
            )

    def _entries(self, query: str, *values: object) -> list[OutboxEntry]:
        return [_entry(row) for row in self._database.rows(query, *values)]


def pruned(identifier: str) -> InputError:
    """Return what is said of a message whose content was taken out."""
    return InputError("pruned", "the content of {id} was taken out: too old", id=identifier)


def _entry(row: Mapping[str, Any]) -> OutboxEntry:
    values = {name: row[name] for name in _COLUMNS}
    values |= {name: moment(row[name]) for name in ("due", "created", "updated")}
    values |= {
        "state": State(row["state"]),
        "doubt": bool(row["doubt"]),
        "error": troubles.unpack(row["error"]),
    }
    return OutboxEntry(**values)
