"""`sedlink retention` and `audit verify` over both periods: what they say, in words and as JSON."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from cli import app
from connector.journal.journal import Journal
from tests.connector.journal.support import Clock, listed, open_journal, receive
from tests.connector.journal.test_erasure import CONTENT, TRACE, live_through


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Both periods set and one trace that is due; returns how to call sedlink."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "sedlink.toml"
    path.write_text(f'[retention]\ncontent = "{CONTENT.days}d"\ntrace = "{TRACE.days}d"\n', encoding="utf-8")
    path.chmod(0o600)
    url = f"sqlite:///{tmp_path / 'sedlink.db'}"
    Journal.upgrade(url)
    clock = Clock(datetime.now(UTC) - TRACE - CONTENT - timedelta(days=9))
    with open_journal(url, tmp_path / "files", clock) as journal:
        live_through(journal, "77700123")
        journal.seal()
        clock.forward(days=CONTENT.days + 1)
        journal.purge(clock() - CONTENT)
        kept = journal.seal().digest
        clock.now = datetime.now(UTC)
        receive(journal, listed("2"))

    def call(*arguments, language="C"):
        runner = CliRunner(env={"LC_ALL": language, "SEDLINK_CONFIG": str(path)})
        return runner.invoke(app, list(arguments))

    return SimpleNamespace(call=call, kept=kept, database=tmp_path / "sedlink.db")


def test_both_periods_from_show_to_verify(installed):
    due = {"lines": 7, "conversations": 1, "rounds": 1, "events": 0, "requests": 0}
    shown = json.loads(installed.call("retention", "show", "--json").stdout)
    assert (shown["content_days"], shown["trace_days"], shown["erasable"]) == (CONTENT.days, TRACE.days, due)
    assert "1826 days\t7" in installed.call("retention", "show").stdout
    planned = json.loads(installed.call("retention", "purge", "--dry-run", "--json").stdout)
    assert planned == {"dry_run": True, "rounds": 0, "files": 0, "erased": due}
    assert "erased: 1 messages (1 rounds), 7 lines" in installed.call("retention", "purge").stdout
    assert json.loads(installed.call("retention", "purge", "--json").stdout)["erased"]["lines"] == 0
    verified = installed.call("audit", "verify", "--head", installed.kept)
    assert verified.exit_code == 0
    assert "the trail begins behind line 7 of " in verified.stdout
    assert "cannot be computed again" in verified.stdout
    assert (
        "журнал начинается после строки 7" in installed.call("audit", "verify", language="ru_RU.UTF-8").stdout
    )
    assert "1" in installed.call("status").stdout.split("of them erased, the period is over\t")[1][:2]


def test_a_cut_younger_than_any_setting_allows_is_told(installed):
    installed.call("audit", "seal")
    with closing(sqlite3.connect(installed.database)) as connection:
        row = "SELECT id, upto, lines + 6, digest, '{at}', 'daemon' FROM audit_seal WHERE id = 2"
        at = (datetime.now(UTC) - TRACE).replace(tzinfo=None).isoformat(" ")
        columns = "INSERT INTO audit_cut (seal, upto, lines, digest, at, actor) "
        connection.execute(columns + row.format(at=at))
        detail = "json_object('upto', upto, 'digest', digest)"
        connection.execute(
            f"INSERT INTO audit (at, actor, what, detail) SELECT at, actor, 'cut', {detail} FROM audit_cut"
        )
        connection.commit()
    verified = installed.call("audit", "verify")
    assert verified.exit_code == 1
    assert "no setting allows a cut of lines so young" in verified.stderr
