"""The database itself: upgrades, refusals that say what to do, durability settings, clocks."""

import sqlite3
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import insert, inspect, select, text

from config.database import POSTGRES_SESSION
from connector.journal import upgrade as upgrades
from connector.journal.clock import DatabaseClock
from connector.journal.engine import Database
from connector.journal.journal import Journal
from connector.journal.problems import JournalError, NewerDatabaseError, NotUpgradedError, UnavailableError
from connector.journal.schema import REVISION, metadata, smev_incoming
from connector.journal.types import Utc
from tests.connector.journal.support import LEASE, NOON, listed, receive


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request, tmp_path):
    """The URL of a database without any table."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'new' / 'journal.db'}"
    return request.getfixturevalue("postgres_url")


def test_the_schema_that_migrations_make_is_the_one_in_the_code(url):
    db = Database(url)
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    db.close()


def test_the_newest_migration_is_the_revision_in_the_code():
    config = Config()
    config.set_main_option("script_location", str(upgrades._MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_current_head() == REVISION


def test_an_empty_database_asks_for_the_upgrade(empty_url, tmp_path):
    with pytest.raises(NotUpgradedError, match="sedlink db upgrade") as raised:
        Journal.open(empty_url, files=tmp_path)
    assert raised.value.code == "journal-not-upgraded"
    assert Journal.revision(empty_url) == ""
    assert not Journal.is_current(empty_url)
    assert Journal.upgrade(empty_url) == Journal.upgrade(empty_url) == REVISION
    assert Journal.is_current(empty_url)
    with Journal.open(empty_url, files=tmp_path / "files") as journal:
        assert receive(journal, listed()).new == 1


def test_tables_of_smev_that_made_themselves_stay_with_what_they_hold(empty_url):
    migrated(empty_url, "0002")
    db = Database(empty_url)
    made = [table for name, table in metadata.tables.items() if name.startswith("smev")]
    db.write(lambda connection: metadata.create_all(connection, made))
    row = {"id": "m", "request_id": "", "original_id": "o", "received_at": NOON, "raw": b"<a/>"}
    db.write(lambda connection: connection.execute(insert(smev_incoming), [row]))
    assert Journal.upgrade(empty_url) == REVISION
    assert db.read(lambda connection: connection.execute(select(smev_incoming.c.raw)).scalar()) == b"<a/>"
    db.close()


def test_a_database_of_a_newer_sedlink_is_left_alone(url, tmp_path):
    db = Database(url)
    db.write(lambda connection: connection.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    db.close()
    with pytest.raises(NewerDatabaseError, match="9999"):
        Journal.open(url, files=tmp_path)
    with pytest.raises(NewerDatabaseError, match="9999"):
        Journal.upgrade(url)


def test_a_migration_that_breaks_leaves_the_database_as_it_was(empty_url, monkeypatch):
    monkeypatch.setattr("connector.journal.schema.REVISION", "0003")
    db = Database(empty_url)
    real = upgrades._revision

    def broken(connection):
        found = real(connection)
        if found:
            raise RuntimeError("the power goes")
        return found

    monkeypatch.setattr(upgrades, "_revision", broken)
    with pytest.raises(RuntimeError):
        upgrades.upgrade(db)
    monkeypatch.undo()
    assert upgrades.revision(db) == ""
    assert upgrades.upgrade(db) == REVISION
    db.close()


@pytest.mark.parametrize(
    "wrong", ["", "nonsense", "sqlite://", "sqlite:///:memory:", "mysql://root:topsecret@example.org/x"]
)
def test_a_url_that_cannot_be_one_is_refused_with_the_right_form(wrong, tmp_path):
    with pytest.raises(JournalError, match="sqlite:///PATH") as raised:
        Journal.open(wrong, files=tmp_path)
    assert "topsecret" not in str(raised.value)


def test_a_server_that_is_away_is_told_without_the_password(tmp_path):
    url = f"postgresql://user:topsecret@/journal?host={tmp_path}"
    with pytest.raises(UnavailableError) as raised:
        Journal.open(url, files=tmp_path)
    assert raised.value.code == "journal-unavailable"
    assert "topsecret" not in raised.value.sentence


def test_a_file_that_is_no_database_is_told(tmp_path):
    path = tmp_path / "journal.db"
    path.write_text("this is a text " * 100)
    with pytest.raises(UnavailableError, match=r"journal\.db"):
        Journal.open(f"sqlite:///{path}", files=tmp_path)


def test_a_database_in_another_encoding_is_refused(postgres):
    postgres._run("CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'")
    with pytest.raises(JournalError, match="LATIN1"):
        Journal.upgrade(postgres.url("latin"))
    postgres.drop("latin")


def test_sqlite_is_durable_and_private(tmp_path):
    path = tmp_path / "journal.db"
    db = Database(f"sqlite:///{path}")
    with db.engine.connect() as connection:
        for pragma, value in (("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1)):
            assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value
    db.close()
    assert path.stat().st_mode & 0o077 == 0


def test_postgresql_is_durable_whatever_the_servers_default(postgres, postgres_url):
    name = postgres_url.split("@/")[1].split("?")[0]
    postgres._run(f"ALTER DATABASE {name} SET synchronous_commit TO off")
    db = Database(postgres_url)
    assert db.read(lambda c: c.execute(text("SHOW synchronous_commit")).scalar()) == "on"
    db.close()


def test_postgresql_does_not_wait_for_hours_for_a_host_that_is_silent(postgres_url):
    """A pulled cable, a process that stands still in a transaction: the locks of both are freed in time."""
    db = Database(postgres_url)
    with db.engine.connect() as connection:
        told = connection.connection.dbapi_connection.info.get_parameters()
        idle = connection.execute(text("SHOW idle_in_transaction_session_timeout")).scalar()
    db.close()
    assert (told["keepalives_idle"], told["tcp_user_timeout"]) == ("15", "30000")
    assert idle == "30s"


def test_what_the_url_says_of_keepalives_goes_before(postgres_url):
    db = Database(f"{postgres_url}&keepalives_idle=77")
    with db.engine.connect() as connection:
        assert connection.connection.dbapi_connection.info.get_parameters()["keepalives_idle"] == "77"
    db.close()


_MOVE = text("UPDATE cursor SET value = :value WHERE name = 'one'")


@pytest.fixture
def other(postgres_template, postgres):
    """Another process at work on a journal in which one row is fought for."""
    name = postgres.create(postgres_template)
    database = Database(postgres.url(name))
    database.write(lambda c: c.execute(text("INSERT INTO cursor (name, value) VALUES ('one', 'begun')")))
    yield database
    database.close()
    postgres.drop(name)


def test_who_stood_still_in_a_transaction_finds_its_locks_gone(other):
    """As after SIGSTOP and SIGCONT: the others went on, the sleeper is told that the database cut it off."""
    sleeper = Database(other.url.render_as_string(hide_password=False))

    def stands_still(connection):
        connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = '50ms'"))
        connection.execute(_MOVE, {"value": "sleeper"})
        other.write(lambda free: free.execute(_MOVE, {"value": "other"}))  # waits for the sleeper's lock
        connection.execute(_MOVE, {"value": "sleeper again"})

    with pytest.raises(UnavailableError):
        sleeper.write(stands_still)
    assert (
        other.read(lambda connection: connection.execute(text("SELECT value FROM cursor")).scalar())
        == "other"
    )
    sleeper.close()


def test_who_stands_still_in_the_middle_of_a_pipeline_loses_its_locks(other):
    """Between two messages of it the server waits for the rest and does not call it idle."""
    url = other.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as sleeper:
        sleeper.execute(POSTGRES_SESSION)
        assert sleeper.execute("SHOW transaction_timeout").fetchone() == ("45s",)
        sleeper.execute("SET transaction_timeout = '200ms'")
        sleeper.execute("BEGIN")
        driver = sleeper.pgconn
        driver.enter_pipeline_mode()
        driver.send_query_params(b"UPDATE cursor SET value = 'sleeper' WHERE name = 'one'", None)
        driver.send_flush_request()
        driver.flush()
        driver.get_result()  # it was carried out: the lock is held
        other.write(lambda free: free.execute(_MOVE, {"value": "other"}))
        sleeper.close()
    assert (
        other.read(lambda connection: connection.execute(text("SELECT value FROM cursor")).scalar())
        == "other"
    )


def test_writers_of_other_processes_wait_their_turn(sqlite_template, tmp_path):
    path = tmp_path / "journal.db"
    path.write_bytes(sqlite_template.read_bytes())
    blocker = sqlite3.connect(path, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    db = Database(f"sqlite:///{path}")
    with db.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=50")  # the pool hands this connection out next
    with pytest.raises(UnavailableError, match="locked"):
        db.write(lambda connection: None)
    blocker.execute("ROLLBACK")
    blocker.close()
    db.write(lambda connection: None)
    db.close()


def test_times_without_zone_are_refused(url):
    db = Database(url)
    with pytest.raises(ValueError, match="no time zone"):
        Utc().process_bind_param(datetime(2026, 1, 1), db.engine.dialect)  # noqa: DTZ001
    assert Utc().process_bind_param(None, db.engine.dialect) is None
    db.close()


def test_the_database_clock_ignores_a_wrong_machine_and_carries_on_without_the_server(postgres_url):
    db = Database(postgres_url)
    ticks = [0.0]
    clock = DatabaseClock(db, monotonic=lambda: ticks[0])
    before = clock()
    assert abs(before - datetime.now(UTC)) < timedelta(seconds=30)
    ticks[0] += 200
    assert clock() - before == timedelta(seconds=200)
    db.read = lambda ask: (_ for _ in ()).throw(UnavailableError("away"))
    ticks[0] += 200
    assert clock() - before == timedelta(seconds=400)
    del db.read
    assert clock() - before < timedelta(seconds=100)  # asked again: the server's time, not the ticks'
    db.close()


def test_several_hosts_agree_by_default(postgres, postgres_template, tmp_path):
    name = postgres.create(postgres_template)
    with Journal.open(postgres.url(name), files=tmp_path) as journal:
        assert isinstance(journal.clock, DatabaseClock)
    postgres.drop(name)


def test_a_lost_connection_is_replaced(postgres, postgres_template, tmp_path):
    name = postgres.create(postgres_template)
    with Journal.open(postgres.url(name), files=tmp_path, clock=lambda: NOON) as journal:
        receive(journal, listed())
        postgres._run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
        assert len(journal.claim("w", 1, LEASE)) == 1
    postgres.drop(name)


def revisions():
    """Return every revision after the first with the one before it."""
    names = sorted(path.name[:4] for path in upgrades._MIGRATIONS.glob("versions/[0-9]*.py"))
    return list(pairwise(names))


def migrated(url, revision):
    """Bring a database to a revision and return what its tables look like."""
    db = Database(url)
    config = Config()
    config.set_main_option("script_location", str(upgrades._MIGRATIONS))

    def bring(connection):
        config.attributes["connection"] = connection
        command.upgrade(config, revision)

    db.write(bring)
    inspector = inspect(db.engine)
    tables = {
        table: {column["name"]: column for column in inspector.get_columns(table)}
        for table in inspector.get_table_names()
    }
    db.close()
    return tables


@pytest.mark.parametrize(("old", "new"), revisions())
def test_an_older_daemon_can_go_on_beside_a_newer_schema(empty_url, old, new):
    """Rolling upgrades: what it reads and writes is still there, what came is filled by itself."""
    before, after = migrated(empty_url, old), migrated(empty_url, new)
    for table, columns in before.items():
        for name, column in columns.items():
            assert repr(after[table][name]["type"]) == repr(column["type"]), (table, name)
            assert after[table][name]["nullable"] or not column["nullable"], (table, name)
        fresh = set(after[table]) - set(columns)
        for name in fresh:
            filled = after[table][name]["nullable"] or after[table][name]["default"] is not None
            assert filled, f"{table}.{name}: an older daemon does not fill it"
