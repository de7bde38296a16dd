"""What Alembic runs: migrations on the connection that `upgrade` or `make`'s autogenerate hands over."""

from alembic import context

from connector.journal.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,  # also on SQLite: a migration that breaks leaves the journal as it was
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
