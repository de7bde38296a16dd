"""The first tables of the journal, and the triggers that keep the audit trail append-only."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def upgrade() -> None:
    """Make everything."""
    for step in (_messages, _queue, _claiming, _events, _trail):
        step()
    if op.get_bind().dialect.name == "postgresql":
        _guard_on_postgres()
        _tune_postgres()
    else:
        _guard_on_sqlite()


def _guard_on_sqlite() -> None:
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER audit_no_{change.lower()} BEFORE {change} ON audit "
            "BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END"
        )


def _guard_on_postgres() -> None:
    op.execute(
        "CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN RAISE EXCEPTION 'the audit trail is append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()"
    )


def _tune_postgres() -> None:
    """These two change with every task: their dead rows must go before claims have to step over them."""
    for table in ("lane", "task"):
        op.execute(
            f"ALTER TABLE {table} SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, "
            "autovacuum_vacuum_threshold = 1000, autovacuum_analyze_scale_factor = 0.05)"
        )


def _messages() -> None:
    op.create_table(
        "conversation",
        sa.Column("id", _ID, nullable=False),
        sa.Column("opa_id", sa.BigInteger(), nullable=False),
        sa.Column("platform_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_conversation"),
        sa.UniqueConstraint("opa_id", "platform_id", name="uq_conversation_opa_id_platform_id"),
    )
    op.create_index("ix_conversation_platform_id", "conversation", ["platform_id"], unique=False)
    op.create_table(
        "message",
        sa.Column("id", _ID, nullable=False),
        sa.Column("conversation_id", _ID, nullable=False),
        sa.Column("opa_id", sa.BigInteger(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("key_uuid", sa.String(length=36), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("state_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("number", sa.Text(), server_default="", nullable=False),
        sa.Column("raw_sha256", sa.String(length=64), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("card_id", sa.Text(), nullable=True),
        sa.Column("card_number", sa.Text(), server_default="", nullable=False),
        sa.Column("card_date", sa.Date(), nullable=True),
        sa.Column("appeal", sa.Text(), nullable=True),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], name="fk_message_conversation_id"),
        sa.PrimaryKeyConstraint("id", name="pk_message"),
        sa.UniqueConstraint("conversation_id", "round", name="uq_message_conversation_id_round"),
        sa.UniqueConstraint("key_uuid", name="uq_message_key_uuid"),
    )
    op.create_index(
        "ix_message_card_number", "message", ["card_number"], unique=False, **_where("card_number <> ''")
    )
    op.create_index(
        "ix_message_counts",
        "message",
        ["opa_id", "state", "state_since", "accepted_at", "answered_at"],
        unique=False,
    )
    op.create_index("ix_message_number", "message", ["number"], unique=False, **_where("number <> ''"))
    op.create_table(
        "revision",
        sa.Column("id", _ID, nullable=False),
        sa.Column("message_id", _ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("raw_sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_revision_message_id"),
        sa.PrimaryKeyConstraint("id", name="pk_revision"),
        sa.UniqueConstraint("message_id", "raw_sha256", name="uq_revision_message_id_raw_sha256"),
    )
    op.create_table(
        "attachment",
        sa.Column("message_id", _ID, autoincrement=False, nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("media_type", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_attachment_message_id"),
        sa.PrimaryKeyConstraint("message_id", "place", name="pk_attachment"),
    )
    op.create_index("ix_attachment_sha256", "attachment", ["sha256"], unique=False)


def _queue() -> None:
    op.create_table(
        "lane",
        sa.Column("id", _ID, nullable=False),
        sa.Column("conversation_id", _ID, nullable=False),
        sa.Column("direction", sa.String(length=3), nullable=False),
        sa.Column("opa_id", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("head_id", sa.BigInteger(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("token", sa.String(length=32), nullable=True),
        sa.Column("worker", sa.Text(), nullable=True),
        sa.CheckConstraint("(status = 'idle') = (head_id IS NULL)", name="ck_lane_head"),
        sa.CheckConstraint("direction IN ('in', 'out')", name="ck_lane_direction"),
        sa.CheckConstraint("status IN ('idle', 'ready', 'parked')", name="ck_lane_status"),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], name="fk_lane_conversation_id"),
        sa.PrimaryKeyConstraint("id", name="pk_lane"),
        sa.UniqueConstraint("conversation_id", "direction", name="uq_lane_conversation_id_direction"),
    )
    op.create_index(
        "ix_lane_ready", "lane", ["channel", "opa_id", "due_at"], unique=False, **_where("status = 'ready'")
    )
    op.create_table(
        "task",
        sa.Column("id", _ID, nullable=False),
        sa.Column("lane_id", _ID, nullable=False),
        sa.Column("message_id", _ID, nullable=False),
        sa.Column("opa_id", sa.BigInteger(), nullable=False),
        sa.Column("stage", sa.String(length=8), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("unsure", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("was_unsure", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("sentence", sa.Text(), nullable=True),
        sa.Column("parked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("event_id", sa.Text(), nullable=True),
        sa.Column("kind", sa.String(length=16), server_default="", nullable=False),
        sa.Column("look", sa.String(length=64), nullable=True),
        sa.Column("reply", sa.Text(), nullable=True),
        sa.CheckConstraint("status IN ('open', 'parked', 'done', 'dropped')", name="ck_task_status"),
        sa.ForeignKeyConstraint(["lane_id"], ["lane.id"], name="fk_task_lane_id"),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_task_message_id"),
        sa.PrimaryKeyConstraint("id", name="pk_task"),
        sa.UniqueConstraint("message_id", "event_id", name="uq_task_message_id_event_id"),
    )
    op.create_index("ix_task_dropped", "task", ["opa_id"], unique=False, **_where("status = 'dropped'"))
    op.create_index(
        "ix_task_live", "task", ["lane_id", "id"], unique=False, **_where("status IN ('open', 'parked')")
    )
    op.create_index("ix_task_parked", "task", ["parked_at"], unique=False, **_where("status = 'parked'"))
    op.create_index(
        "ix_task_sent", "task", ["opa_id", "kind"], unique=False, **_where("status = 'done' AND kind <> ''")
    )
    op.create_table(
        "step",
        sa.Column("task_id", _ID, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name="fk_step_task_id"),
        sa.PrimaryKeyConstraint("task_id", "name", name="pk_step"),
    )


def _claiming() -> None:
    op.create_table(
        "channel",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("needs_person", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("probing_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error_code", sa.Text(), server_default="", nullable=False),
        sa.Column("sentence", sa.Text(), server_default="", nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_success", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fingerprint", sa.Text(), nullable=True),
        sa.Column("alerted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recovered_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_channel"),
    )
    op.create_table(
        "flow",
        sa.Column("id", _ID, nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("opa_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_flow"),
        sa.UniqueConstraint("channel", "opa_id", name="uq_flow_channel_opa_id"),
    )


def _events() -> None:
    op.create_table(
        "event",
        sa.Column("id", _ID, nullable=False),
        sa.Column("sed", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("key_uuid", sa.Text(), nullable=False),
        sa.Column("message_id", _ID, nullable=True),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("judged", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(length=32), server_default="", nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_event_message_id"),
        sa.PrimaryKeyConstraint("id", name="pk_event"),
        sa.UniqueConstraint("sed", "event_id", name="uq_event_sed_event_id"),
    )
    op.create_index(
        "ix_event_found", "event", ["sed"], unique=False, **_where("NOT judged AND message_id IS NOT NULL")
    )
    op.create_index("ix_event_message_id", "event", ["message_id"], unique=False)
    op.create_index("ix_event_noted", "event", ["note", "id"], unique=False, **_where("note <> ''"))
    op.create_index("ix_event_orphan", "event", ["key_uuid"], unique=False, **_where("message_id IS NULL"))
    op.create_index(
        "ix_event_orphan_recent",
        "event",
        ["sed", "recorded_at"],
        unique=False,
        **_where("message_id IS NULL"),
    )
    op.create_table(
        "unread",
        sa.Column("id", _ID, nullable=False),
        sa.Column("sed", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_unread"),
        sa.UniqueConstraint("sed", "digest", name="uq_unread_sed_digest"),
    )
    op.create_table(
        "cursor",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_cursor"),
    )


def _trail() -> None:
    op.create_table(
        "audit",
        sa.Column("id", _ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("conversation_id", _ID, nullable=True),
        sa.Column("round", sa.Integer(), nullable=True),
        sa.Column("detail", sa.Text(), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], name="fk_audit_conversation_id"),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    op.create_index("ix_audit_conversation_id_id", "audit", ["conversation_id", "id"], unique=False)
