"""The main job, end to end: real HTTP, real folders, a real database; the stand's ledger is the judge."""

import time

import pytest
from sqlalchemy import create_engine, text

from config.load import load
from connector.commands.wording import HAPPENED
from connector.journal.opening import upgrade_database
from connector.journal.reports import DeadFilter
from connector.runtime import open_runtime
from connector.sync import sync
from stand.running import Stand
from tests.exchange.setup import add_mail, write_configuration


@pytest.fixture
def database(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'sedlink.db'}"
    return request.getfixturevalue("postgres_url")


def relayed(stand, settings, *, seconds=180):
    """Pass after pass until the stand has heard everything and nothing waits."""
    runtime = open_runtime(settings)
    try:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            sync(runtime)
            if stand.settled() and runtime.journal.counts().waiting == 0:
                break
            time.sleep(0.1)
        return runtime.journal.counts(), list(runtime.journal.dead()), runtime.journal
    finally:
        runtime.close()


def told_in_the_trail(database):
    """Return every word of the trail of any conversation."""
    engine = create_engine(database)
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT DISTINCT what FROM audit WHERE conversation_id IS NOT NULL"))
        found = set(rows.scalars())
    engine.dispose()
    return found


@pytest.mark.usefixtures("short_pauses")
@pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)
@pytest.mark.parametrize("faults", ["none", "all"])
def test_everything_arrives_once_and_in_order(tmp_path, database, faults):
    with Stand(tmp_path / "stand", messages=25, seed=3, faults=faults) as stand:
        settings = load(write_configuration(tmp_path, stand, database=database))
        upgrade_database(settings)
        counts, dead, _journal = relayed(stand, settings)
        result = stand.reconcile([f"{letter.platform_id}/{letter.round}" for letter in dead])
    assert result.exact, result
    assert not dead
    assert not result.pending
    assert counts.received == result.received == result.offered
    assert result.answered + result.refused + result.redirected == counts.answered
    assert told_in_the_trail(database) <= set(HAPPENED)


def test_one_cabinet_with_a_wrong_password_stops_alone(tmp_path):
    with Stand(tmp_path / "stand", messages=8, cabinets=2, seed=5) as stand:
        path = write_configuration(tmp_path, stand)
        wrong, right = stand.cabinets
        (tmp_path / f"{wrong.opa_id}.secret").write_text("не тот", encoding="utf-8")
        settings = load(path)
        upgrade_database(settings)
        runtime = open_runtime(settings)
        for _pass in range(3):
            report = sync(runtime)
        states = {state.name: state for state in runtime.journal.channels()}
        by_cabinet = {opa: runtime.journal.counts(opa).received for opa in (wrong.opa_id, right.opa_id)}
        runtime.close()
        tried = [e for e in stand.ledger.entries() if e.what == "token_refused"]
        assert report.paused == (f"platform:{wrong.opa_id}",)
        assert states[f"platform:{wrong.opa_id}"].needs_person
        assert str(wrong.opa_id) in states[f"platform:{wrong.opa_id}"].sentence
        assert by_cabinet[wrong.opa_id] == 0 < by_cabinet[right.opa_id]
        assert len(tried) <= 2  # not hammered: a person must act

        (tmp_path / f"{wrong.opa_id}.secret").write_text(wrong.secret, encoding="utf-8")
        counts, _dead, _journal = relayed(stand, load(path))
        assert stand.reconcile().exact
    assert counts.received == 8


def test_one_mail_when_a_cabinet_fails_and_one_when_it_is_well(tmp_path):
    with Stand(tmp_path / "stand", messages=2, cabinets=2, seed=5) as stand:
        path = write_configuration(tmp_path, stand)
        whole = path.read_text(encoding="utf-8").replace("[daemon]", '[daemon]\nalert_after = "0s"')
        path.write_text(whole, encoding="utf-8")
        add_mail(path, stand)
        secret = tmp_path / f"{stand.cabinets[0].opa_id}.secret"
        secret.write_text("не тот", encoding="utf-8")
        settings = load(path)
        upgrade_database(settings)
        for _pass in range(3):
            runtime = open_runtime(settings)
            sync(runtime)
            runtime.close()
        assert len(stand.mailbox) == 1
        secret.write_text(stand.cabinets[0].secret, encoding="utf-8")
        relayed(stand, load(path))
        subjects = [mail.subject for mail in stand.mailbox]
    assert len(subjects) == 2
    assert all(stand.cabinets[0].name in subject for subject in subjects)


def test_what_a_person_retries_goes_on(tmp_path):
    with Stand(tmp_path / "stand", messages=3, seed=2) as stand:
        path = write_configuration(tmp_path, stand)
        path.write_text(
            path.read_text(encoding="utf-8").replace("[journal]", '[journal]\nmax_file_size = "1KB"'),
            encoding="utf-8",
        )
        settings = load(path)
        upgrade_database(settings)
        _counts, dead, _journal = relayed(stand, settings, seconds=6)
        assert {letter.error_code for letter in dead} == {"file-too-large"}
        path.write_text(path.read_text(encoding="utf-8").replace('"1KB"', '"1GB"'), encoding="utf-8")
        settings = load(path)
        runtime = open_runtime(settings)
        assert runtime.journal.retry(DeadFilter(codes=("file-too-large",))) == len(dead)
        runtime.close()
        _counts, dead, _journal = relayed(stand, settings)
        assert not dead
        assert stand.reconcile().exact
