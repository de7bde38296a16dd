"""The trail may be cut at a seal, and what is erased stays counted; indexes that lead an erasure to its rows.

An older daemon that still runs beside the upgraded database goes on: nothing that it reads or writes changed,
and only the newer one cuts.
"""

import sqlalchemy as sa
from alembic import op

from connector.journal.types import CleanText, Utc

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_PURGED = "purged_at IS NOT NULL"
_REFUSED = "the audit trail is append-only"
_SHRINKING = ("audit", "conversation", "message", "attachment", "event", "step")


def upgrade() -> None:
    """Add the tables, the indexes and the triggers that let nothing go but what lies before a cut."""
    _tables()
    condition = sa.text(_PURGED)
    op.create_index(
        "ix_message_purged",
        "message",
        ["purged_at", "id"],
        sqlite_where=condition,
        postgresql_where=condition,
    )
    # Not of `lane_id` alone: SQLite would take it for the search of a lane's first live task, too.
    op.create_index("ix_task_lane", "task", ["lane_id", "message_id"])
    if op.get_bind().dialect.name == "postgresql":
        _guard_on_postgres()
        _tune_postgres()
    else:
        _guard_on_sqlite()


def _tables() -> None:
    op.create_table(
        "audit_cut",
        sa.Column("id", _ID, nullable=False),
        sa.Column("seal", _ID, nullable=False),
        sa.Column("upto", sa.BigInteger(), nullable=False),
        sa.Column("lines", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("actor", CleanText(), nullable=False),
        sa.ForeignKeyConstraint(["seal"], ["audit_seal.id"], name="fk_audit_cut_seal"),
        sa.PrimaryKeyConstraint("id", name="pk_audit_cut"),
        sa.UniqueConstraint("upto", name="uq_audit_cut_upto"),
    )
    op.create_table(
        "rating",
        sa.Column("message_id", _ID, autoincrement=False, nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_rating_message_id"),
        sa.PrimaryKeyConstraint("message_id", name="pk_rating"),
    )
    op.create_table(
        "erased",
        sa.Column("opa_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("what", sa.String(16), nullable=False),
        sa.Column("name", sa.String(16), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("opa_id", "what", "name", name="pk_erased"),
    )


_FITS = (  # our own names only
    "EXISTS (SELECT 1 FROM {seal} WHERE id = NEW.seal AND upto = NEW.upto AND digest = NEW.digest)"
    " AND EXISTS (SELECT 1 FROM {seal} WHERE id > NEW.seal)"
    " AND NOT EXISTS (SELECT 1 FROM {cut} WHERE upto >= NEW.upto)"
)


def _guard_on_sqlite() -> None:
    op.execute("DROP TRIGGER audit_no_delete")
    op.execute(
        "CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit "  # noqa: S608 - our own names
        "WHEN OLD.id > coalesce((SELECT max(upto) FROM audit_cut), 0) "
        f"BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END"
    )
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER audit_cut_no_{change.lower()} BEFORE {change} ON audit_cut "
            f"BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END"
        )
    op.execute(
        "CREATE TRIGGER audit_cut_at_seal BEFORE INSERT ON audit_cut "
        f"WHEN NOT ({_FITS.format(seal='audit_seal', cut='audit_cut')}) "
        "BEGIN SELECT RAISE(ABORT, 'the audit trail is cut at a seal only'); END"
    )


def _guard_on_postgres() -> None:
    # The tables with their schema: a temporary table of the same name would stand before them.
    connection = op.get_bind()
    schema = connection.dialect.identifier_preparer.quote(
        connection.execute(sa.text("SELECT current_schema()")).scalar_one()
    )
    seal, cut = f"{schema}.audit_seal", f"{schema}.audit_cut"
    op.execute(
        "CREATE FUNCTION audit_only_before_cut() RETURNS trigger LANGUAGE plpgsql AS $$ "  # noqa: S608 - our own names
        f"BEGIN IF OLD.id > coalesce((SELECT max(upto) FROM {cut}), 0) "
        f"THEN RAISE EXCEPTION '{_REFUSED}'; END IF; RETURN OLD; END $$"
    )
    op.execute("DROP TRIGGER audit_no_change ON audit")
    op.execute(
        "CREATE TRIGGER audit_no_change BEFORE UPDATE OR TRUNCATE ON audit "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()"
    )
    op.execute(
        "CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit "
        "FOR EACH ROW EXECUTE FUNCTION audit_only_before_cut()"
    )
    op.execute(
        "CREATE TRIGGER audit_cut_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_cut "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()"
    )
    op.execute(
        "CREATE FUNCTION audit_cut_at_seal() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN IF NOT ({_FITS.format(seal=seal, cut=cut)}) "
        "THEN RAISE EXCEPTION 'the audit trail is cut at a seal only'; END IF; RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_cut_at_seal BEFORE INSERT ON audit_cut "
        "FOR EACH ROW EXECUTE FUNCTION audit_cut_at_seal()"
    )


def _tune_postgres() -> None:
    """A day's erasure is a small share of a table: by default its room would wait until a fifth is dead."""
    for table in _SHRINKING:
        op.execute(f"ALTER TABLE {table} SET (autovacuum_vacuum_scale_factor = 0.02)")
