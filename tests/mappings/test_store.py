"""The store on both engines: versions, editions, counts, and the daemon's resolver."""

import datetime as dt
import threading

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from mappings.classifier import build_classifier
from mappings.errors import RefusedError, StoreError
from mappings.model import Content, Message
from mappings.resolver import Resolver
from mappings.store import editions, open_store, schema, versions
from mappings.store.engine import VERSION_TABLE
from mappings.store.seen import count_seen, seen
from tests.mappings.samples import CATEGORIES, CLASSIFIER, CONTENT, LIGHT, NAMES, PIT, incoming

NOW = dt.datetime(2026, 5, 1, 9, tzinfo=dt.UTC)
ORIGIN = editions.Origin("админ", NOW, "файл.xlsx", "0" * 64)


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request, tmp_path):
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'store.db'}"
    else:
        url = request.getfixturevalue("postgres_url")
    engine = open_store(url)
    yield engine
    engine.dispose()


def apply(engine, content, **parts):
    with engine.begin() as connection:
        return versions.apply(connection, content, by="админ", at=NOW, **parts)


def test_migrations_make_the_tables_of_the_schema(engine):
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "version_table": VERSION_TABLE}
        )
        assert compare_metadata(context, schema.metadata) == []
    open_store(engine.url.render_as_string(hide_password=False)).dispose()  # a second start changes nothing


def test_a_version_comes_back_as_it_was(engine):
    number = apply(engine, CONTENT, file_name="книга.xlsx", sha256="1" * 64, comment="первая")
    with engine.connect() as connection:
        loaded = versions.load(connection, number)
        (line,) = versions.history(connection)
    assert loaded.rules == CONTENT.rules
    assert set(loaded.policies) == set(CONTENT.policies)
    assert loaded.statuses == CONTENT.statuses
    assert (line.version, line.action, line.at, line.by, line.comment) == (
        number,
        "apply",
        NOW,
        "админ",
        "первая",
    )
    assert (line.file_name, line.sha256, line.rules, line.verified) == ("книга.xlsx", "1" * 64, 5, 5)


def test_rollback_goes_to_the_version_before_or_to_the_one_named(engine):
    one, two, three = (apply(engine, Content((incoming("Дороги", code),))) for code in (PIT, LIGHT, PIT))
    with engine.begin() as connection:
        assert versions.rollback(connection, by="а", at=NOW) == two
        assert versions.rollback(connection, by="а", at=NOW) == one
        with pytest.raises(StoreError, match="no earlier version"):
            versions.rollback(connection, by="а", at=NOW)
        with pytest.raises(RefusedError, match="already"):
            versions.rollback(connection, by="а", at=NOW, to=one)
        with pytest.raises(StoreError, match="no version 99"):
            versions.rollback(connection, by="а", at=NOW, to=99)
        assert versions.rollback(connection, by="а", at=NOW, to=three, comment="назад") == three
        assert next((a.version, a.action) for a in versions.history(connection)) == (three, "rollback")
        assert versions.active_version(connection)[1] == three


def test_a_workbook_of_an_older_version_is_refused(engine):
    apply(engine, CONTENT, base=0)
    with pytest.raises(RefusedError, match=r"version 0.*version 1"):
        apply(engine, CONTENT, base=0)
    assert apply(engine, CONTENT, base=1) == 2


def test_a_failed_transaction_leaves_the_good_version(engine):
    apply(engine, CONTENT)
    bad = CONTENT._replace(policies=(CONTENT.policies[0], CONTENT.policies[0]))
    with pytest.raises(sa.exc.IntegrityError):
        apply(engine, bad)
    with engine.connect() as connection:
        assert versions.active_version(connection)[1] == 1
        assert len(versions.history(connection)) == 1


def test_two_administrators_cannot_both_build_on_one_version(engine):
    apply(engine, CONTENT)
    gate, results = threading.Barrier(2), []

    def run():
        gate.wait()
        try:
            results.append(apply(engine, CONTENT, base=1))
        except RefusedError:
            results.append("refused")

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, results)) == ["2", "refused"]


def test_editions_retire_entries_and_wait_for_confirmation_when_much_vanishes(engine):
    with engine.begin() as connection:
        first = editions.import_classifier(connection, CLASSIFIER, ORIGIN)
        assert (first.state, first.before) == ("current", 0)
        again = editions.import_classifier(connection, editions.current_classifier(connection), ORIGIN)
        assert again.edition_id is None
        few = build_classifier({code: name for code, name in NAMES.items() if code.startswith("0001")})
        shrunk = editions.import_classifier(connection, few, ORIGIN)
        assert shrunk.state == "proposed"
        assert not editions.current_classifier(connection).by_code["0002.0002"].retired
        editions.confirm(connection, shrunk.edition_id)
        now = editions.current_classifier(connection)
        assert now.by_code["0002.0002"].retired
        assert len(now) == len(CLASSIFIER)
        with pytest.raises(StoreError, match="no proposed edition"):
            editions.confirm(connection, shrunk.edition_id)
        back = editions.import_classifier(connection, CLASSIFIER, ORIGIN)
        assert back.state == "current"
        assert not editions.current_classifier(connection).by_code["0002.0002"].retired


def test_categories_are_kept_by_region(engine):
    north = [c._replace(region="Север") for c in CATEGORIES]
    with engine.begin() as connection:
        editions.import_categories(connection, north, ORIGIN, region="Север")
        editions.import_categories(connection, [CATEGORIES.entries[0]], ORIGIN, region="")
        found = editions.current_categories(connection)
        assert {c.region for c in found} == {"Север", ""}
        assert len(found) == len(CATEGORIES) + 1
        assert sum(c.retired for c in found) == 1


def test_counts_add_up_and_hold_no_text(engine):
    message = Message(("Дороги",), ("10",), "ЛКО", "message", "Регион", dt.date(2026, 5, 1), "личное")
    with engine.begin() as connection:
        count_seen(connection, [message, message._replace(date=dt.date(2026, 5, 3), times=2)])
        count_seen(connection, [message._replace(date=None)])
    with engine.connect() as connection:
        (found,) = seen(connection)
    assert found == message._replace(text="", date=dt.date(2026, 5, 3), times=4)


def test_the_resolver_takes_a_new_version_and_new_categories_between_two_messages(engine):
    resolver = Resolver(engine)
    message = Message(("Дороги", "Ямы"))
    assert resolver.current().version == 0
    apply(engine, Content((incoming("Дороги / Ямы", PIT, id="11"),)))
    walk = resolver.current()
    assert walk.version == 1
    assert resolver.current() is walk
    assert walk.incoming(message).code == ""
    with engine.begin() as connection:
        editions.import_categories(connection, CATEGORIES, ORIGIN)
    assert resolver.current().incoming(message).code == PIT
    apply(engine, Content((incoming("Дороги", LIGHT),)))
    assert resolver.current().incoming(message).code == LIGHT
    with engine.begin() as connection:
        versions.rollback(connection, by="а", at=NOW)
    assert resolver.current().incoming(message).code == PIT


def test_a_version_that_cannot_be_read_leaves_the_good_one_in_force(engine, caplog):
    resolver = Resolver(engine)
    apply(engine, Content((incoming("Дороги", PIT),)))
    assert resolver.current().version == 1
    number = apply(engine, Content((incoming("Дороги", LIGHT),)))
    broken = sa.update(schema.rule).where(schema.rule.c.version == number).values(status="испорчено")
    with engine.begin() as connection:
        connection.execute(broken)
    assert resolver.current().version == 1
    assert "version 1 stays in force" in caplog.text
    with pytest.raises(ValueError, match="испорчено"):
        Resolver(engine).current()


def test_a_database_that_cannot_be_opened_is_said_without_its_password(tmp_path):
    with pytest.raises(StoreError) as caught:
        open_store("postgresql+psycopg://user:secret@127.0.0.1:1/base")
    assert "secret" not in str(caught.value)
    with pytest.raises(StoreError, match="cannot be used"):
        open_store("что-то не то")
    with pytest.raises(StoreError):
        open_store(f"sqlite:///{tmp_path}/нет/такой/папки.db")
