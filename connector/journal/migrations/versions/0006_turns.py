"""Turns of the daemons at periodic jobs, so that several do not ask a peer at several times the pace.

An older daemon that still runs beside the upgraded database goes on: it asks as often as before.
"""

import sqlalchemy as sa
from alembic import op

from connector.journal.types import CleanText, Utc

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "turn",
        sa.Column("name", CleanText(), nullable=False),
        sa.Column("taken_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_turn"),
    )
