"""The seals of the audit trail: whatever happens to a line, the check names the place."""

import pytest
from sqlalchemy import create_engine, text

from connector.journal.seals import SealCheck
from tests.connector.journal.support import listed, receive


def bypass(url, statement):
    """Do what the triggers forbid, as somebody who owns the database can."""
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SET session_replication_role = replica"))
        else:
            for table in ("audit", "audit_seal", "audit_cut"):
                for change in ("update", "delete"):
                    connection.execute(text(f"DROP TRIGGER IF EXISTS {table}_no_{change}"))
        connection.execute(text(statement))
    engine.dispose()


@pytest.fixture
def sealed(journal):
    """A trail of two seals and a tail."""
    receive(journal, listed("1"), listed("2"), listed("3"))
    first = journal.seal()
    receive(journal, listed("4"))
    second = journal.seal()
    receive(journal, listed("5"))
    return first, second


def test_what_was_written_is_vouched_for(journal, sealed):
    first, second = sealed
    found = journal.check_seals()
    assert found == SealCheck(seals=2, lines=first.lines + second.lines, unsealed=1, head=second.digest)
    assert found.ok
    assert journal.check_seals(first.digest).ok
    assert not journal.check_seals("0" * 64).ok


def test_nothing_new_needs_no_seal(journal, sealed):
    assert journal.seal() is not None
    assert journal.seal() is None


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("UPDATE audit SET actor = 'nobody' WHERE id = 2", 1),
        ("DELETE FROM audit WHERE id = 1", 1),
        ("UPDATE audit SET detail = '{\"x\": 1}' WHERE id = 4", 2),
        ("UPDATE audit_seal SET digest = 'ff' WHERE id = 1", 1),
        ("DELETE FROM audit_seal WHERE id = 1", 2),
    ],
)
def test_a_changed_line_or_seal_is_found(journal, sealed, url, statement, broken):
    bypass(url, statement)
    found = journal.check_seals()
    assert not found.ok
    assert found.broken.number == broken


def test_a_trail_cut_at_its_end_shows_by_the_digest_that_was_kept(journal, sealed, url):
    kept = sealed[1].digest
    bypass(url, "DELETE FROM audit_seal WHERE id = 2")
    bypass(url, "DELETE FROM audit WHERE id > 3")
    assert journal.check_seals().ok
    assert journal.check_seals(kept).head_missing


def test_the_seals_themselves_cannot_be_changed(url, journal, sealed):
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with pytest.raises(Exception, match="append-only"), engine.begin() as connection:
        connection.execute(text("UPDATE audit_seal SET lines = 0"))
    engine.dispose()
