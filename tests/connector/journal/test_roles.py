"""The daemon works under a role that owns nothing: the grants of docs/security.md are enough."""

import re
from pathlib import Path

import psycopg
import pytest

from connector.journal.journal import Journal
from mappings.store.engine import open_store
from tests.connector.journal.support import listed, open_journal, register

ROOT = Path(__file__).parent.parent.parent.parent


@pytest.fixture
def worker_url(postgres, postgres_template):
    """A journal that its owner made, reached as `sedlink_work`, with the very statements of the page."""
    name = postgres.create(postgres_template)
    owner = postgres.url(name)
    open_store(owner).dispose()
    page = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    statements = re.findall(r"^    ((?:GRANT|REVOKE) [^;]*);", page, re.MULTILINE)
    assert len(statements) == 3
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS sedlink_work")
        connection.execute("CREATE ROLE sedlink_work LOGIN")
        for statement in statements:
            connection.execute(statement)
    yield owner.replace("postgres@", "sedlink_work@")
    postgres.drop(name)
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute("DROP ROLE sedlink_work")


def test_the_working_role_can_work_and_cannot_touch_the_trail(worker_url, tmp_path, clock):
    assert Journal.is_current(worker_url)
    open_store(worker_url).dispose()
    with open_journal(worker_url, tmp_path / "files", clock) as journal:
        register(journal, listed("1"))
        assert journal.seal().lines >= 1
        assert journal.check_seals().ok
        journal.sweep_files(clock() - clock())
        assert journal.purge(clock()) == 0
    for statement in (
        "DELETE FROM audit",
        "UPDATE audit SET actor = 'x'",
        "DROP TRIGGER audit_no_change ON audit",
    ):
        with psycopg.connect(worker_url, autocommit=True) as connection, pytest.raises(psycopg.Error):
            connection.execute(statement)
