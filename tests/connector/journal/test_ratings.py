"""What was rated lately is found by an index, however long the trail is."""

from connector.journal import ratings
from tests.connector.journal.support import NOON, plan_of


def test_what_was_rated_lately_is_found_without_reading_the_trail(journal, url):
    plan = plan_of(ratings._since(NOON), url)
    assert "ix_audit_rated" in plan, plan
