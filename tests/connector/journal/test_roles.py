"""The daemon works under a role that owns nothing: the grants of docs/security.md are enough."""

import re
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from connector.journal.journal import Journal
from connector.journal.problems import JournalError
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
        clock.forward(days=400)
        register(journal, listed("2"))
        assert journal.erase(clock() - timedelta(days=365)).lines >= 1
        assert journal.check_seals().ok
    for statement in (
        "DELETE FROM audit",
        "CREATE TEMP TABLE audit_cut AS SELECT 9999::bigint AS upto; DELETE FROM audit",
        "DELETE FROM audit_cut",
        "UPDATE audit_seal SET upto = 9999",
        "UPDATE audit SET actor = 'x'",
        "DROP TRIGGER audit_no_change ON audit",
    ):
        with psycopg.connect(worker_url, autocommit=True) as connection, pytest.raises(psycopg.Error):
            connection.execute(statement)


def test_a_role_that_may_not_erase_is_told_what_to_do(worker_url, tmp_path, clock):
    """The rights of an earlier page: a trace that is to go needs one more."""
    with psycopg.connect(worker_url.replace("sedlink_work@", "postgres@"), autocommit=True) as connection:
        connection.execute("REVOKE DELETE ON audit FROM sedlink_work")
    with open_journal(worker_url, tmp_path / "files", clock) as journal:
        register(journal, listed("1"))
        journal.seal()
        clock.forward(days=400)
        register(journal, listed("2"))
        with pytest.raises(JournalError, match=r"docs/security\.md.*audit"):
            journal.erase(clock() - timedelta(days=365))
        assert journal.check_seals().ok
