"""The durable record: inbox, outbox lanes, steps, cursors, files, audit trail, on SQLAlchemy."""
