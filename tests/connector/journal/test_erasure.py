"""Erasure: of what is older than the period only its number is left, and the trail still proves itself."""

import sqlite3
import threading
from contextlib import closing
from datetime import timedelta

import pytest
from sqlalchemy import create_engine, insert, text
from sqlalchemy.exc import DBAPIError

from connector.appeal import EventKind
from connector.journal import cuts, erasure
from connector.journal.records import Stage
from connector.journal.reports import Erased
from connector.journal.schema import smev_incoming, smev_request
from tests.connector.journal.support import (
    LEASE,
    NOON,
    Changes,
    claim_one,
    done,
    event,
    judge,
    listed,
    open_journal,
    receive,
    register,
    unreadable,
)
from tests.connector.journal.test_retention import everything
from tests.connector.journal.test_seals import bypass

CONTENT, TRACE = timedelta(days=1095), timedelta(days=1826)
OLD, LATER = "77700123", "77700456"


def live_through(journal, name):
    """Take a message through its whole life: registered, answered, the answer sent, rated."""
    register(journal, listed(name, raw=f'{{"id": {name}, "text": "Яма"}}', files=0))
    told = event(f"e{name}", EventKind.ANSWER, name, text="Исправлено")
    journal.record_events("delo", Changes((told,), "c"), judge, "sed:delo")
    work = claim_one(journal)
    journal.finish([done(work, note="reply-sent")])
    journal.rate(work.message_id, 4)
    return work.message_id


def grow_old(journal, clock):
    """Let the content's period pass and the content go, then all but the end of the second period."""
    journal.seal()
    clock.forward(days=CONTENT.days + 1)
    journal.purge(clock() - CONTENT)
    journal.seal()
    clock.forward(days=TRACE.days + 1)


def statement(journal, sql):
    return journal._db.write(lambda connection: connection.execute(text(sql)))


@pytest.fixture
def aged(journal, clock):
    """One message whose trace is due, and one that came since."""
    live_through(journal, OLD)
    grow_old(journal, clock)
    live_through(journal, LATER)
    return journal


def test_nothing_is_left_of_it_but_its_number(aged, clock, url):
    counts, planned = aged.counts(), aged.erasable(clock() - TRACE)
    gone = aged.erase(clock() - TRACE)
    assert gone == planned
    assert (gone.conversations, gone.rounds, gone.events) == (1, 1, 0)
    assert gone.lines > 5
    assert not [line for line in everything(url) if OLD in line]
    assert [line for line in everything(url) if LATER in line]
    after = aged.counts()
    assert after.erased == 1
    assert after == type(counts)(**{**_values(counts), "erased": 1})
    assert aged.counts(7).received == 2
    assert aged.counts(8).received == aged.counts(8).erased == 0
    assert aged.erase(clock() - TRACE) == Erased()
    assert aged.find_conversations(OLD) == []
    lines = [line for line in everything(url) if line.startswith('{"audit":')]
    assert sum('"what": "cut"' in line for line in lines) == 1
    assert sum('"what": "erased"' in line for line in lines) == 1
    aged.seal()
    assert aged.check_seals().ok
    assert aged.check_seals().unsealed == 0


def _values(counts):
    return {name: getattr(counts, name) for name in counts.__slots__}


def test_the_trail_proves_itself_from_the_cut_on(aged, clock):
    first = aged.check_seals().head
    aged.erase(clock() - TRACE)
    found = aged.check_seals()
    assert found.ok
    assert found.cut.until < clock() - TRACE
    assert (found.erased, found.leftover) == (found.cut.lines, 0)
    assert (found.cut.actor, found.cut.at) == ("daemon", clock())
    old = aged.check_seals(first)
    assert old.ok
    assert old.head_before_cut
    assert aged.check_seals(found.head).ok
    assert not aged.check_seals(found.head).head_before_cut
    assert aged.check_seals("0" * 64).head_missing


def test_it_goes_on_year_after_year(journal, clock):
    for year in range(3):
        live_through(journal, str(100 + year))
        grow_old(journal, clock)
        journal.erase(clock() - TRACE)
        assert journal.check_seals().ok
    assert journal.counts().received == 3
    assert journal.counts().erased == 2  # the newest seal is never cut at, so the last lines stay
    assert len(list(journal.rounds())) == 1


def test_the_database_lets_nothing_go_that_is_not_before_a_cut(aged, clock):
    aged.erase(clock() - TRACE)
    for table, column in (("audit", "actor"), ("audit_seal", "digest"), ("audit_cut", "digest")):
        for sql in (f"UPDATE {table} SET {column} = 'x'", f"DELETE FROM {table}"):
            with pytest.raises(DBAPIError, match="append-only"):
                statement(aged, sql)
    assert aged.check_seals().ok


def test_a_cut_names_a_seal_that_has_a_newer_one(journal):
    for number in range(3):
        receive(journal, listed(str(number)))
        journal.seal()
    for values, of in (
        ("1, upto + 1, digest", 1),  # no seal's line
        ("1, upto, 'ff'", 1),  # no seal's digest
        ("99, upto, digest", 1),  # no seal at all
        ("3, upto, digest", 3),  # the newest seal: nothing would be left to prove it
    ):
        seal, upto, digest = values.split(", ")
        with pytest.raises(DBAPIError):
            statement(
                journal,
                "INSERT INTO audit_cut (id, seal, upto, lines, digest, at, actor) "
                f"SELECT 1, {seal}, {upto}, lines, {digest}, at, 'x' FROM audit_seal WHERE id = {of}",
            )
    assert journal.check_seals().cut is None


def test_a_cut_that_nobody_told_of_is_found(journal, url):
    """Whoever may write to the tables can make a row that fits; the trail then misses a line about it."""
    for number in range(3):
        receive(journal, listed(str(number)))
        journal.seal()
    statement(
        journal,
        "INSERT INTO audit_cut (id, seal, upto, lines, digest, at, actor) "
        "SELECT 1, id, upto, lines, digest, at, 'daemon' FROM audit_seal WHERE id = 1",
    )
    statement(journal, "DELETE FROM audit WHERE id <= (SELECT upto FROM audit_cut)")
    found = journal.check_seals()
    assert not found.ok
    assert found.forged.seal == 1


CHANGES = (
    ("DELETE FROM audit_cut", "broken"),
    ("UPDATE audit_cut SET digest = 'ff'", "forged"),
    ("UPDATE audit_cut SET upto = upto + 1", "forged"),
    ("UPDATE audit_cut SET lines = lines + 1", "forged"),
    ("UPDATE audit_seal SET digest = 'ff' WHERE id = (SELECT seal FROM audit_cut)", "forged"),
    ("DELETE FROM audit_seal WHERE id = 1", "forged"),
    ("UPDATE audit SET actor = 'x' WHERE what = 'purged'", "broken"),
    ("DELETE FROM audit WHERE id = (SELECT max(upto) + 1 FROM audit_cut)", "broken"),
    ("DELETE FROM audit WHERE what = 'cut'", "forged"),
)


def test_what_is_changed_at_or_after_a_cut_is_found(journal, clock, url, tmp_path):
    live_through(journal, LATER)
    journal.seal()
    live_through(journal, OLD)
    journal.seal()
    clock.forward(days=CONTENT.days)
    journal.purge(clock())
    journal.seal()
    journal.erase(clock() - timedelta(days=1))
    journal.seal()
    assert journal.check_seals().cut.seal == 2
    if journal._db.postgres:  # the check is one for both databases; here only that it reads the same
        bypass(url, CHANGES[0][0])
        assert journal.check_seals().broken is not None
        return
    for number, (change, where) in enumerate(CHANGES):
        copy = tmp_path / f"{number}.db"
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            connection.execute("VACUUM INTO ?", (str(copy),))
        bypass(f"sqlite:///{copy}", change)
        with open_journal(f"sqlite:///{copy}", tmp_path, clock) as changed:
            found = changed.check_seals()
        assert not found.ok, change
        assert getattr(found, where) is not None, (change, found)


def test_lines_put_in_before_a_cut_are_told_and_go(aged, clock, url):
    aged.erase(clock() - TRACE)
    bypass(url, "INSERT INTO audit (id, at, actor, what, detail) SELECT 1, at, 'x', 'y', '{}' FROM audit_cut")
    assert aged.check_seals().leftover == 1
    aged.erase(clock() - TRACE)
    assert aged.check_seals().leftover == 0


def test_a_death_between_any_two_batches_does_no_harm(journal, clock, monkeypatch):
    monkeypatch.setattr(cuts, "_LINES", 3)
    monkeypatch.setattr(erasure, "_BATCH", 1)
    for number in range(3):
        live_through(journal, str(200 + number))
    grow_old(journal, clock)
    receive(journal, listed(LATER))
    write, deaths = journal._db.write, 0
    for lifetime in range(1, 40):
        left = iter(range(lifetime))

        def mortal(change, *args, left=left):
            if next(left, None) is None:
                raise KeyboardInterrupt
            return write(change, *args)

        monkeypatch.setattr(journal._db, "write", mortal)
        try:
            journal.erase(clock() - TRACE)
            break
        except KeyboardInterrupt:
            deaths += 1
        finally:
            monkeypatch.setattr(journal._db, "write", write)
        assert journal.check_seals().ok
        assert journal.counts().received == 4
    assert deaths > 3
    assert journal.counts().erased == 3
    assert journal.check_seals().ok
    assert journal.check_seals().leftover == 0


def test_what_something_younger_is_known_of_stays_whole(journal, clock):
    names = ("second round", "parked", "young line", "unpurged")
    ids = {name: live_through(journal, name) for name in names}
    journal.seal()
    clock.forward(days=CONTENT.days + 1)
    receive(journal, listed("second round", round_=2), round_=2)
    journal.finish([done(claim_one(journal))])
    unpurged = f"message_id = {ids['unpurged']}"
    statement(journal, f"UPDATE task SET status = 'parked' WHERE stage = 'reply' AND {unpurged}")
    assert journal.purge(clock()) == 3
    statement(journal, f"UPDATE task SET status = 'done' WHERE {unpurged}")
    # No way leads there: a purged round has nothing to do.
    statement(
        journal, f"UPDATE task SET status = 'parked' WHERE stage = 'reply' AND message_id = {ids['parked']}"
    )
    journal.seal()
    clock.forward(days=TRACE.days + 1)
    receive(journal, listed(LATER))
    journal.rate(ids["young line"], 1)
    gone = journal.erase(clock() - TRACE)
    assert gone.conversations == 0
    assert gone.lines > 0
    assert {one.platform_id for one in journal.rounds()} == {*names, LATER}
    assert journal.check_seals().ok
    ratings = journal.ratings(list(ids.values()))
    assert {name: ratings[of].value for name, of in ids.items()} == dict.fromkeys(names, 4) | {
        "young line": 1
    }


def test_a_rating_outlives_its_line_as_long_as_its_round_is_there(journal, clock):
    message_id = live_through(journal, OLD)
    journal.rate(message_id, 2)
    at = clock()
    journal.seal()
    clock.forward(days=CONTENT.days)
    journal.purge(clock())
    journal.erase(clock() - timedelta(days=1))
    assert [entry.what for entry in journal.trail(7, OLD)] == ["purged"]
    [kept] = journal.ratings([message_id]).values()
    assert (kept.value, kept.at) == (2, at)
    assert not journal.rate(message_id, 2)
    assert journal.rate(message_id, 5)
    assert journal.ratings([message_id])[message_id].value == 5


def test_what_comes_about_an_erased_message_later(aged, clock):
    message_id = next(aged.rounds()).message_id
    aged.erase(clock() - TRACE)
    assert aged.known_rounds(7, [OLD]) == {}
    assert not aged.rate(message_id, 1)
    told = event("again", EventKind.PROGRESS, OLD)
    assert aged.record_events("delo", Changes((told,), "c9"), judge, "sed:delo").orphans == 1
    assert receive(aged, listed(OLD)).new == 1
    assert aged.counts().received == 3


def test_what_belongs_to_no_message_goes_too(journal, clock):
    for name, key in (("old", "pos:7:1:1"), ("older", "pos:7:2:1")):
        journal.record_events(
            "delo", Changes((event(name, key=key),), name, ("?" + name,)), judge, "sed:delo"
        )
    _ask(journal, "waits", "open", 7)
    _ask(journal, "over", "taken", 8)
    clock.forward(days=400)
    journal.record_events(
        "delo", Changes((event("new", key="pos:7:3:1"),), "n", ("?new",)), judge, "sed:delo"
    )
    receive(journal, unreadable())
    before = clock() - timedelta(days=365)
    planned = journal.erasable(before)
    assert journal.erase(before) == planned == Erased(events=4, requests=4)
    assert [one.event_id for one in journal.noted("orphan")] == ["new"]
    assert [one.text for one in journal.noted("unreadable")] == ["?new"]


def _ask(journal, name, state, opa_id):
    row = {"id": name, "reference": name, "key": name, "opa_id": opa_id, "state": state, "content": b"x"}
    row |= {"files": "[]", "created_at": NOON}
    came = {"id": name, "request_id": name, "original_id": "", "received_at": NOON, "raw": b"x"}
    journal._db.write(lambda connection: connection.execute(insert(smev_request), [row]))
    journal._db.write(lambda connection: connection.execute(insert(smev_incoming), [came]))


def test_a_question_that_a_task_may_wait_for_stays(journal, clock):
    receive(journal, listed())
    _ask(journal, "waits", "open", 7)
    _ask(journal, "used", "failed", 7)
    clock.forward(days=400)
    assert journal.erase(clock() - timedelta(days=365)).requests == 3  # all but the one that waits
    journal.finish([done(claim_one(journal))])
    assert journal.erase(clock() - timedelta(days=365)).requests == 1


def test_a_message_that_is_listed_while_it_is_erased_is_new(aged, clock, second):
    """PostgreSQL: who lists waits for the erasure, finds the conversation gone and makes it anew."""
    if not aged._db.postgres:
        pytest.skip("SQLite has one writer")
    aged.erase(clock() - timedelta(days=9999))
    aged._db.write(lambda connection: cuts.make(connection, clock() - TRACE, clock(), "x"))
    aged._delete_lines()
    found = []
    listing = threading.Thread(target=lambda: found.append(receive(second, listed(OLD))))

    def erase(connection):
        done, _after = aged._erase_next(connection, clock() - TRACE, None)
        listing.start()
        return done

    assert aged._db.write(erase).rounds == 1
    listing.join(60)
    assert found[0].new == 1
    assert aged.counts().received == 3


def test_what_somebody_has_in_hand_is_left_for_the_next_time(aged, clock, second):
    if not aged._db.postgres:
        pytest.skip("SQLite has one writer")

    aged.seal()
    aged._db.write(lambda connection: cuts.make(connection, clock() - TRACE, clock(), "x"))
    aged._delete_lines()
    for table in ("message", "conversation"):

        def held(connection, table=table):
            connection.execute(text(f"SELECT id FROM {table} FOR UPDATE"))
            done, _after = aged._db.write(aged._erase_next, clock() - TRACE, None)
            return done

        assert second._db.write(held).conversations == 0
    assert aged.erase(clock() - TRACE).conversations == 1


def test_two_daemons_at_once_make_one_cut(aged, clock, second):
    threads = [threading.Thread(target=one.erase, args=(clock() - TRACE,)) for one in (aged, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert aged.counts().erased == 1
    assert aged.check_seals().ok
    assert aged.erase(clock() - TRACE) == Erased()


def test_the_indexes_lead_to_what_is_due_and_a_claim_still_takes_its_own(journal, url):
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    due = str(erasure._candidates(NOON, None).compile(engine, compile_kwargs={"literal_binds": True}))
    live = "SELECT id FROM task WHERE lane_id = 5 AND status IN ('open', 'parked') ORDER BY id LIMIT 1"
    referring = "SELECT 1 FROM task WHERE lane_id = 5"
    explain = "EXPLAIN " if journal._db.postgres else "EXPLAIN QUERY PLAN "
    plans = []
    with engine.connect() as connection:
        if journal._db.postgres:
            connection.execute(text("SET enable_seqscan TO off"))  # the tables are empty: it would be cheaper
        plans += [
            "\n".join(map(str, connection.execute(text(explain + query)))) for query in (due, live, referring)
        ]
    engine.dispose()
    for plan, index in zip(plans, ("ix_message_purged", "ix_task_live", "ix_task_lane"), strict=True):
        assert index in plan, plan


def test_what_an_erasure_frees_is_there_for_what_comes(journal, clock, url):
    if not url.startswith("sqlite"):
        pytest.skip("PostgreSQL's own vacuum does this")
    for number in range(12):
        live_through(journal, str(number))
    grow_old(journal, clock)
    receive(journal, listed(LATER))
    assert journal.erase(clock() - TRACE).rounds == 12
    with journal._db.engine.connect() as connection:
        free, pages = (
            connection.execute(text(f"PRAGMA {one}_count")).scalar_one() for one in ("freelist", "page")
        )
    assert free > 5
    assert free < pages


def test_stages_are_left_alone(journal, clock):
    """What waits for years is no trace: its lines may go, its work stays."""
    receive(journal, listed("1"))
    journal.seal()
    clock.forward(days=4000)
    receive(journal, listed("2"))
    gone = journal.erase(clock() - TRACE)
    assert (gone.lines, gone.conversations) == (1, 0)
    assert {work.stage for work in journal.claim("w", 9, LEASE)} == {Stage.ACCEPT}
