"""An index of the rounds that retention looks for, so that a purge need not walk over those purged before.

An older daemon that still runs beside the upgraded database goes on: the database keeps the index by itself.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_KEPT = "purged_at IS NULL AND state IN ('answered', 'refused', 'redirected')"


def upgrade() -> None:
    """Add the partial index."""
    condition = sa.text(_KEPT)
    op.create_index(
        "ix_message_kept", "message", ["state_since"], sqlite_where=condition, postgresql_where=condition
    )
