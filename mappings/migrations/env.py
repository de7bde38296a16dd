"""Alembic's entry: run the migrations on the connection that `mappings.store.upgrade` hands over."""

from alembic import context

from mappings.store.engine import VERSION_TABLE
from mappings.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    transactional_ddl=False,  # the caller's transaction holds everything
)
context.run_migrations()
