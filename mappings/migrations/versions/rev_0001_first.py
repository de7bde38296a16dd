"""The first tables: editions, versions, rules, policies, statuses, seen categories."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    "mapping_seen",
    "mapping_status",
    "mapping_policy",
    "mapping_rule",
    "mapping_activation",
    "mapping_version",
    "mapping_entry",
    "mapping_edition",
)


def upgrade() -> None:
    """Create the tables."""
    _editions()
    _versions()
    _rules()
    _rest()


def downgrade() -> None:
    """Drop the tables."""
    for table in TABLES:
        op.drop_table(table)


def _editions() -> None:
    op.create_table(
        "mapping_edition",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("edition_date", sa.Date()),
        sa.Column("imported_at", sa.DateTime(), nullable=False),
        sa.Column("imported_by", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
    )
    current = sa.text("state = 'current'")
    op.create_index(
        "mapping_edition_current",
        "mapping_edition",
        ["kind", "region"],
        unique=True,
        sqlite_where=current,
        postgresql_where=current,
    )
    op.create_table(
        "mapping_entry",
        sa.Column("edition_id", sa.Integer(), sa.ForeignKey("mapping_edition.id"), primary_key=True),
        sa.Column("ordinal", sa.Integer(), primary_key=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("names", sa.JSON(), nullable=False),
        sa.Column("retired", sa.Boolean(), nullable=False),
    )


def _versions() -> None:
    op.create_table(
        "mapping_version",
        sa.Column("number", sa.Integer(), primary_key=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("editions", sa.JSON(), nullable=False),
        sa.Column("rules", sa.Integer(), nullable=False),
        sa.Column("verified", sa.Integer(), nullable=False),
    )
    op.create_table(
        "mapping_activation",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("version", sa.Integer(), sa.ForeignKey("mapping_version.number"), nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
    )


def _rules() -> None:
    op.create_table(
        "mapping_rule",
        sa.Column("version", sa.Integer(), sa.ForeignKey("mapping_version.number"), primary_key=True),
        sa.Column("ordinal", sa.Integer(), primary_key=True),
        sa.Column("direction", sa.String(16), nullable=False),
        sa.Column("path", sa.JSON(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("excluded", sa.Boolean(), nullable=False),
        sa.Column("relation", sa.String(16), nullable=False),
        sa.Column("cabinets", sa.JSON(), nullable=False),
        sa.Column("kinds", sa.JSON(), nullable=False),
        sa.Column("regions", sa.JSON(), nullable=False),
        sa.Column("since", sa.Date()),
        sa.Column("until", sa.Date()),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("confidence", sa.Float()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("reviewer", sa.Text(), nullable=False),
        sa.Column("created", sa.Date()),
        sa.Column("reviewed", sa.Date()),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
    )


def _rest() -> None:
    op.create_table(
        "mapping_policy",
        sa.Column("version", sa.Integer(), sa.ForeignKey("mapping_version.number"), primary_key=True),
        sa.Column("cabinet", sa.Text(), primary_key=True),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
    )
    op.create_table(
        "mapping_status",
        sa.Column("version", sa.Integer(), sa.ForeignKey("mapping_version.number"), primary_key=True),
        sa.Column("ordinal", sa.Integer(), primary_key=True),
        sa.Column("sstu", sa.Text(), nullable=False),
        sa.Column("pos", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
    )
    op.create_table(
        "mapping_seen",
        sa.Column("fingerprint", sa.String(64), primary_key=True),
        sa.Column("cabinet", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("names", sa.JSON(), nullable=False),
        sa.Column("ids", sa.JSON(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("last_seen", sa.Date()),
    )
