"""Seals over the audit trail, and the moment at which a round's content was taken out.

An older daemon that still runs beside the upgraded database goes on: nothing that it reads or writes changed.
"""

import sqlalchemy as sa
from alembic import op

from connector.journal.types import Utc

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the table of seals, append-only like the trail itself, and `message.purged_at`."""
    op.create_table(
        "audit_seal",
        sa.Column("id", _ID, nullable=False),
        sa.Column("upto", sa.BigInteger(), nullable=False),
        sa.Column("lines", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_seal"),
    )
    op.add_column("message", sa.Column("purged_at", Utc()))
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER audit_seal_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_seal "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()"
        )
        return
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER audit_seal_no_{change.lower()} BEFORE {change} ON audit_seal "
            "BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END"
        )
