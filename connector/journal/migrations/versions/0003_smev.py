"""Questions to the platform over SMEV and what came about them: tables that used to make themselves.

A database in which they stand already keeps them with what they hold.
"""

import sqlalchemy as sa
from alembic import op

from connector.journal.types import CleanText, Utc

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_LIVE = "state IN ('open', 'answered')"


def upgrade() -> None:
    """Make the two tables where they are not there yet."""
    there = set(sa.inspect(op.get_bind()).get_table_names())
    if "smev_request" not in there:
        _requests()
    if "smev_incoming" not in there:
        _incoming()


def _requests() -> None:
    op.create_table(
        "smev_request",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("reference", CleanText(), nullable=False),
        sa.Column("key", CleanText(), nullable=False),
        sa.Column("opa_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("files", CleanText(), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("tried_at", Utc()),
        sa.Column("sent_at", Utc()),
        sa.Column("answered_at", Utc()),
        sa.Column("verdict", sa.String(8)),
        sa.Column("code", CleanText()),
        sa.Column("told", CleanText()),
        sa.Column("answer", sa.LargeBinary()),
        sa.Column("arrived", CleanText()),
        sa.PrimaryKeyConstraint("id", name="pk_smev_request"),
    )
    for column in ("reference", "key", "created_at"):
        op.create_index(f"ix_smev_request_{column}", "smev_request", [column])
    op.create_index(
        "ix_smev_request_live",
        "smev_request",
        ["key"],
        unique=True,
        sqlite_where=sa.text(_LIVE),
        postgresql_where=sa.text(_LIVE),
    )


def _incoming() -> None:
    op.create_table(
        "smev_incoming",
        sa.Column("id", CleanText(), nullable=False),
        sa.Column("request_id", sa.String(36), nullable=False),
        sa.Column("original_id", CleanText(), nullable=False),
        sa.Column("received_at", Utc(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("found", CleanText()),
        sa.Column("answer", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("id", name="pk_smev_incoming"),
    )
    for column in ("request_id", "original_id", "received_at"):
        op.create_index(f"ix_smev_incoming_{column}", "smev_incoming", [column])
