"""The tables of the journal; what each row means and which index serves which question.

    conversation ─┬─ message (one per round) ─┬─ attachment, revision
                  │                           └─ event (of a SED)
                  └─ lane (in | out) ─── task ─── step
    channel, flow: what may be claimed · cursor, unread: where reading stands · audit: the trail
    audit_seal, audit_cut: what vouches for the trail, where it begins · rating, erased: what outlives it
    turn: when one of the daemons last did a periodic job
    smev_request, smev_incoming: questions to the platform over SMEV and what came about them

Lanes are what is claimed: a lane repeats its head's channel and due time, so that one index entry per
conversation, not per task, is looked at. A leased lane is not due before its lease ends.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from connector.journal.types import CleanText, Utc

REVISION = "0007"  # of the newest migration

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_Id = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows by itself only as INTEGER

# Literal on purpose, in queries too: a partial index serves a condition, never a bound parameter.
READY = "status = 'ready'"
LIVE = "status IN ('open', 'parked')"
PARKED = "status = 'parked'"
DROPPED = "status = 'dropped'"
SENT = "status = 'done' AND kind <> ''"
RATED = "what = 'rated'"
KEPT = "purged_at IS NULL AND state IN ('answered', 'refused', 'redirected')"  # ended, its content still here
PURGED = "purged_at IS NOT NULL"


def _partial(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    condition = text(where)
    return Index(name, *columns, unique=unique, sqlite_where=condition, postgresql_where=condition)


conversation = Table(
    "conversation",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("opa_id", BigInteger, nullable=False),
    Column("platform_id", CleanText, nullable=False, index=True),
    UniqueConstraint("opa_id", "platform_id"),
)

message = Table(
    "message",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("conversation_id", ForeignKey("conversation.id"), nullable=False),
    Column("opa_id", BigInteger, nullable=False),
    Column("round", Integer, nullable=False),
    Column("key", CleanText, nullable=False),
    Column("key_uuid", String(36), nullable=False, unique=True),
    Column("state", String(16), nullable=False),
    Column("state_since", Utc, nullable=False),
    Column("received_at", Utc, nullable=False),
    Column("number", CleanText, nullable=False, server_default=""),
    Column("raw_sha256", String(64), nullable=False),  # of the newest text, which may be a revision
    Column("accepted_at", Utc),
    Column("answered_at", Utc),
    Column("card_id", CleanText),
    Column("card_number", CleanText, nullable=False, server_default=""),
    Column("card_date", Date),
    Column("appeal", Text),  # the large ones last: what stands before them is read without them
    Column("raw", LargeBinary, nullable=False),
    Column("purged_at", Utc),  # its content was taken out: `retention`
    UniqueConstraint("conversation_id", "round"),
    # Counts and ages, without touching the rows.
    Index("ix_message_counts", "opa_id", "state", "state_since", "accepted_at", "answered_at"),
    _partial("ix_message_kept", "state_since", where=KEPT),
    _partial("ix_message_purged", "purged_at", "id", where=PURGED),
    _partial("ix_message_number", "number", where="number <> ''"),
    _partial("ix_message_card_number", "card_number", where="card_number <> ''"),
)

revision = Table(
    "revision",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("message_id", ForeignKey("message.id"), nullable=False),
    Column("at", Utc, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("raw_sha256", String(64), nullable=False),
    UniqueConstraint("message_id", "raw_sha256"),
)

attachment = Table(
    "attachment",
    metadata,
    Column("message_id", ForeignKey("message.id"), primary_key=True, autoincrement=False),
    Column("place", Integer, primary_key=True, autoincrement=False),  # in Appeal.attachments, from 0
    Column("sha256", String(64), index=True),  # empty until the file is in the store
    Column("size", BigInteger),
    Column("name", CleanText),
    Column("media_type", CleanText),
)

lane = Table(
    "lane",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("conversation_id", ForeignKey("conversation.id"), nullable=False),
    Column("direction", String(3), nullable=False),
    Column("opa_id", BigInteger, nullable=False),
    Column("status", String(8), nullable=False),  # idle | ready | parked
    Column("channel", CleanText, nullable=False),  # the head's
    Column("head_id", BigInteger),  # the task; empty when idle
    Column("due_at", Utc, nullable=False),  # of the head; of a leased lane the end of its lease
    Column("token", String(32)),  # of the lease; survives its end until somebody else claims
    Column("worker", CleanText),
    UniqueConstraint("conversation_id", "direction"),
    CheckConstraint("direction IN ('in', 'out')", name="direction"),
    CheckConstraint("status IN ('idle', 'ready', 'parked')", name="status"),
    CheckConstraint("(status = 'idle') = (head_id IS NULL)", name="head"),
    _partial("ix_lane_ready", "channel", "opa_id", "due_at", where=READY),
)

task = Table(
    "task",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("lane_id", ForeignKey("lane.id"), nullable=False),
    Column("message_id", ForeignKey("message.id"), nullable=False),
    Column("opa_id", BigInteger, nullable=False),
    Column("stage", String(8), nullable=False),
    Column("channel", CleanText, nullable=False),
    Column("status", String(8), nullable=False),  # open | parked | done | dropped
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("unsure", Boolean, nullable=False, server_default=false()),
    Column("was_unsure", Boolean, nullable=False, server_default=false()),  # before the attempt in hand
    Column("created_at", Utc, nullable=False),
    Column("ended_at", Utc),
    Column("error_code", CleanText),
    Column("sentence", CleanText),
    Column("parked_at", Utc),
    Column("event_id", CleanText),  # of the reply
    Column("kind", String(16), nullable=False, server_default=""),  # of the reply
    Column("look", String(64)),  # of the reply, as the platform's history shows it
    Column("reply", Text),
    UniqueConstraint("message_id", "event_id"),
    CheckConstraint("status IN ('open', 'parked', 'done', 'dropped')", name="status"),
    _partial("ix_task_live", "lane_id", "id", where=LIVE),
    Index("ix_task_lane", "lane_id", "message_id"),  # for erasing a lane; not so slim that a claim takes it
    _partial("ix_task_parked", "parked_at", where=PARKED),
    _partial("ix_task_dropped", "opa_id", where=DROPPED),
    _partial("ix_task_sent", "opa_id", "kind", where=SENT),
)

step = Table(
    "step",
    metadata,
    Column("task_id", ForeignKey("task.id"), primary_key=True, autoincrement=False),
    Column("name", CleanText, primary_key=True),
    Column("result", CleanText, nullable=False),
    Column("at", Utc, nullable=False),
)

channel = Table(
    "channel",
    metadata,
    Column("name", CleanText, primary_key=True),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("paused_until", Utc),
    Column("needs_person", Boolean, nullable=False, server_default=false()),
    Column("probing_until", Utc),  # one task is out to try the channel after its pause
    Column("error_code", CleanText, nullable=False, server_default=""),
    Column("sentence", CleanText, nullable=False, server_default=""),
    Column("since", Utc),
    Column("last_success", Utc),
    Column("fingerprint", CleanText),
    Column("alerted_at", Utc),  # the mail about the failure went out
    Column("recovered_at", Utc),  # well again, the mail about it not yet sent
)

flow = Table(
    "flow",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("channel", CleanText, nullable=False),
    Column("opa_id", BigInteger, nullable=False),
    UniqueConstraint("channel", "opa_id"),
)

event = Table(
    "event",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("sed", CleanText, nullable=False),
    Column("event_id", CleanText, nullable=False),
    Column("key_uuid", CleanText, nullable=False),  # of its message, whichever form of the key it bore
    Column("message_id", ForeignKey("message.id"), index=True),
    Column("kind", String(24), nullable=False),
    Column("at", Utc, nullable=False),
    Column("recorded_at", Utc, nullable=False),
    Column("judged", Boolean, nullable=False),
    Column("note", String(32), nullable=False, server_default=""),
    Column("payload", Text, nullable=False),
    UniqueConstraint("sed", "event_id"),
    _partial("ix_event_orphan", "key_uuid", where="message_id IS NULL"),
    _partial("ix_event_orphan_recent", "sed", "recorded_at", where="message_id IS NULL"),
    _partial("ix_event_found", "sed", where="NOT judged AND message_id IS NOT NULL"),
    _partial("ix_event_noted", "note", "id", where="note <> ''"),
)

unread = Table(
    "unread",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("sed", CleanText, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("text", CleanText, nullable=False),
    Column("at", Utc, nullable=False),
    UniqueConstraint("sed", "digest"),
)

cursor = Table(
    "cursor",
    metadata,
    Column("name", CleanText, primary_key=True),
    Column("value", CleanText, nullable=False),
    Column("at", Utc),
)

turn = Table(
    "turn",
    metadata,
    Column("name", CleanText, primary_key=True),
    Column("taken_at", Utc, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("at", Utc, nullable=False),
    Column("actor", CleanText, nullable=False),
    Column("what", CleanText, nullable=False),
    Column("conversation_id", ForeignKey("conversation.id")),
    Column("round", Integer),
    Column("detail", Text, nullable=False, server_default="{}"),
    Index(None, "conversation_id", "id"),
    _partial("ix_audit_rated", "at", where=RATED),
)

audit_seal = Table(
    "audit_seal",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("upto", BigInteger, nullable=False),  # the last line of the trail that it vouches for
    Column("lines", BigInteger, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("at", Utc, nullable=False),
)

audit_cut = Table(  # the trail begins behind the newest one
    "audit_cut",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("seal", ForeignKey("audit_seal.id"), nullable=False),  # the last one whose lines are gone
    Column("upto", BigInteger, nullable=False, unique=True),
    Column("lines", BigInteger, nullable=False),  # that this cut took out
    Column("digest", String(64), nullable=False),  # of the seal: what the chain begins with now
    Column("at", Utc, nullable=False),
    Column("actor", CleanText, nullable=False),
)

rating = Table(  # of rounds whose line of the trail is gone
    "rating",
    metadata,
    Column("message_id", ForeignKey("message.id"), primary_key=True, autoincrement=False),
    Column("value", Integer, nullable=False),
    Column("at", Utc, nullable=False),
)

erased = Table(  # how much of what there was once
    "erased",
    metadata,
    Column("opa_id", BigInteger, primary_key=True, autoincrement=False),
    Column("what", String(16), primary_key=True),  # state | accepted | answered | sent | dropped
    Column("name", String(16), primary_key=True),  # of the state or of the reply's kind
    Column("count", BigInteger, nullable=False),
)

SMEV_LIVE = "state IN ('open', 'answered')"  # literal: a partial index serves a condition, not a parameter

smev_request = Table(
    "smev_request",
    metadata,
    Column("id", String(36), primary_key=True),  # MessageID
    Column("reference", CleanText, nullable=False, index=True),  # under which the peer speaks of it
    Column("key", CleanText, nullable=False, index=True),
    Column("opa_id", BigInteger, nullable=False),
    Column("state", String(8), nullable=False),  # open, answered, taken, failed
    Column("content", LargeBinary, nullable=False),
    Column("files", CleanText, nullable=False),  # JSON: what is sent with it
    Column("created_at", Utc, nullable=False, index=True),
    Column("tried_at", Utc),  # when it may first have reached the peer
    Column("sent_at", Utc),  # when the peer confirmed it
    Column("answered_at", Utc),
    Column("verdict", String(8)),  # content, rejected, fault, broken
    Column("code", CleanText),  # of a rejection or a fault
    Column("told", CleanText),  # the peer's words about it
    Column("answer", LargeBinary),
    Column("arrived", CleanText),  # JSON: files that came with the answer
    Index(
        "ix_smev_request_live",
        "key",
        unique=True,
        sqlite_where=text(SMEV_LIVE),
        postgresql_where=text(SMEV_LIVE),
    ),
)

smev_incoming = Table(
    "smev_incoming",
    metadata,
    Column("id", CleanText, primary_key=True),  # the bus's MessageId
    Column("request_id", String(36), nullable=False, index=True),  # empty: of nobody's, or not known yet
    Column("original_id", CleanText, nullable=False, index=True),  # what it says it answers
    Column("received_at", Utc, nullable=False, index=True),
    Column("raw", LargeBinary, nullable=False),  # exactly as it came
    Column("found", CleanText),  # JSON: the answer in it, for a request that is not known yet
    Column("answer", LargeBinary),
)
