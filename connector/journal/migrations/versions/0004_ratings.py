"""An index of the ratings in the trail, so that what was rated lately is found without reading all of it.

An older daemon that still runs beside the upgraded database goes on: the database keeps the index by itself.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_RATED = "what = 'rated'"


def upgrade() -> None:
    """Add the partial index."""
    condition = sa.text(_RATED)
    op.create_index("ix_audit_rated", "audit", ["at"], sqlite_where=condition, postgresql_where=condition)
