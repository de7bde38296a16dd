"""The tables of the store. Migrations repeat them; a test holds the two equal."""

import datetime as dt

import sqlalchemy as sa

metadata = sa.MetaData()


class UtcTime(sa.types.TypeDecorator[dt.datetime]):
    """A moment in UTC: kept without a zone, because SQLite has none, and given back with it."""

    impl = sa.DateTime
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, _dialect: sa.Dialect) -> dt.datetime | None:
        """Turn the moment to UTC. Raises ValueError for one without a zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs its zone")
        return value.astimezone(dt.UTC).replace(tzinfo=None)

    def process_result_value(self, value: dt.datetime | None, _dialect: sa.Dialect) -> dt.datetime | None:
        """Give the moment its zone back."""
        return value and value.replace(tzinfo=dt.UTC)


edition = sa.Table(
    "mapping_edition",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("kind", sa.String(16), nullable=False),  # national, platform
    sa.Column("region", sa.Text, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),  # current, proposed, past
    sa.Column("edition_date", sa.Date),
    sa.Column("imported_at", UtcTime, nullable=False),
    sa.Column("imported_by", sa.Text, nullable=False),
    sa.Column("file_name", sa.Text, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
)
sa.Index(
    "mapping_edition_current",
    edition.c.kind,
    edition.c.region,
    unique=True,
    sqlite_where=edition.c.state == sa.literal_column("'current'"),
    postgresql_where=edition.c.state == sa.literal_column("'current'"),
)

entry = sa.Table(
    "mapping_entry",
    metadata,
    sa.Column("edition_id", sa.ForeignKey(edition.c.id), primary_key=True),
    sa.Column("ordinal", sa.Integer, primary_key=True),
    sa.Column("code", sa.Text, nullable=False),  # code of the classifier, or id on the platform
    sa.Column("names", sa.JSON, nullable=False),  # [name], or the platform's full path
    sa.Column("retired", sa.Boolean, nullable=False),
)

version = sa.Table(
    "mapping_version",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("file_name", sa.Text, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("comment", sa.Text, nullable=False),
    sa.Column("editions", sa.JSON, nullable=False),  # ids of the editions it was checked against
    sa.Column("rules", sa.Integer, nullable=False),
    sa.Column("verified", sa.Integer, nullable=False),
)

activation = sa.Table(  # the last row names the version in force
    "mapping_activation",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("version", sa.ForeignKey(version.c.number), nullable=False),
    sa.Column("action", sa.String(16), nullable=False),  # apply, rollback
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("comment", sa.Text, nullable=False),
)

rule = sa.Table(
    "mapping_rule",
    metadata,
    sa.Column("version", sa.ForeignKey(version.c.number), primary_key=True),
    sa.Column("ordinal", sa.Integer, primary_key=True),
    sa.Column("direction", sa.String(16), nullable=False),
    sa.Column("path", sa.JSON, nullable=False),
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("excluded", sa.Boolean, nullable=False),
    sa.Column("relation", sa.String(16), nullable=False),
    sa.Column("cabinets", sa.JSON, nullable=False),
    sa.Column("kinds", sa.JSON, nullable=False),
    sa.Column("regions", sa.JSON, nullable=False),
    sa.Column("since", sa.Date),
    sa.Column("until", sa.Date),
    sa.Column("words", sa.JSON, nullable=False),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("confidence", sa.Float),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("reviewer", sa.Text, nullable=False),
    sa.Column("created", sa.Date),
    sa.Column("reviewed", sa.Date),
    sa.Column("comment", sa.Text, nullable=False),
    sa.Column("row", sa.Integer, nullable=False),
)

policy = sa.Table(
    "mapping_policy",
    metadata,
    sa.Column("version", sa.ForeignKey(version.c.number), primary_key=True),
    sa.Column("cabinet", sa.Text, primary_key=True),
    sa.Column("action", sa.String(16), nullable=False),
    sa.Column("code", sa.Text, nullable=False),
)

status = sa.Table(
    "mapping_status",
    metadata,
    sa.Column("version", sa.ForeignKey(version.c.number), primary_key=True),
    sa.Column("ordinal", sa.Integer, primary_key=True),
    sa.Column("sstu", sa.Text, nullable=False),
    sa.Column("pos", sa.Text, nullable=False),
    sa.Column("comment", sa.Text, nullable=False),
)

seen = sa.Table(  # how often each category came in: no text, no person
    "mapping_seen",
    metadata,
    sa.Column("fingerprint", sa.String(64), primary_key=True),
    sa.Column("cabinet", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("region", sa.Text, nullable=False),
    sa.Column("names", sa.JSON, nullable=False),
    sa.Column("ids", sa.JSON, nullable=False),
    sa.Column("times", sa.Integer, nullable=False),
    sa.Column("last_seen", sa.Date),
)
