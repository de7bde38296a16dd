"""What was rated lately is found by an index, however long the trail is."""

from sqlalchemy import create_engine, text

from connector.journal import ratings
from tests.connector.journal.support import NOON


def test_what_was_rated_lately_is_found_without_reading_the_trail(journal, url):
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    query = ratings._since(NOON).compile(engine, compile_kwargs={"literal_binds": True})
    explain = "EXPLAIN " if engine.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN "
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SET enable_seqscan TO off"))  # the tables are empty: it would be cheaper
        plan = "\n".join(str(row) for row in connection.execute(text(explain + str(query))))
    engine.dispose()
    assert "ix_audit_rated" in plan, plan
