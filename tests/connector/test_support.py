"""The file for the developers: what helps is in it, what is secret or somebody's is not."""

import json
import stat
import zipfile

import pytest
from typer.testing import CliRunner

from cli import app
from connector.journal.journal import Journal
from connector.support import about_journal
from tests.connector.journal.support import Clock, open_journal, receive, unreadable

CONFIGURATION = """
[journal]
database = "sqlite:///sedlink.db"
[platform]
test_url = "https://pos.example.org"
oauth_client = "sed"
oauth_secret = "env:OAUTH"
[[cabinet]]
opa_id = 77
name = "Управа"
client_id = "lko-77"
secret = "env:CABINET"
environment = "test"
sed = "rx"
[sed.rx]
kind = "directum"
url = "https://rx.example.org"
user = "robot"
password = "env:DIRECTUM"
[mail]
host = "mail.example.org"
sender = "sedlink@example.org"
recipients = ["kto-to@example.org"]
"""
SECRETS = {"OAUTH": "тайна-оауф", "CABINET": "tajna kabineta", "DIRECTUM": "p@ss;word-rx"}
LINES = [f"line {number}" for number in range(50)] + [
    "login with tajna kabineta and p@ss;word-rx",
    "Иванов, +7 912 345-67-89, ivan@example.org, 112-233-445 95",
]


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sedlink.toml").write_text(CONFIGURATION, encoding="utf-8")
    (tmp_path / "daemon.log").write_text("\n".join(LINES), encoding="utf-8")

    def sedlink(*arguments, code=0, **more):
        runner = CliRunner(env={"LC_ALL": "C", "SEDLINK_CONFIG": "sedlink.toml", **SECRETS})
        result = runner.invoke(app, list(arguments), **more)
        assert result.exit_code == code, result.output
        return result.output

    return sedlink


def parts(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_what_helps_is_in_it_and_what_hurts_is_not(run, tmp_path):
    run("db", "upgrade")
    told = json.loads(
        run("support", "bundle", "--out", "x.zip", "--log", "daemon.log", "--lines", "10", "--json")
    )
    found = parts("x.zip")
    assert set(found) == set(told["parts"])
    assert stat.S_IMODE((tmp_path / "x.zip").stat().st_mode) == 0o600
    assert json.loads(found["versions.json"])["packages"]["httpx"]
    assert json.loads(found["journal.json"])["counts"]["received"] == 0
    assert json.loads(found["journal.json"])["revision"]
    assert json.loads(found["settings.json"])["sed"]["rx"]["url"] == "https://rx.example.org"
    assert found["log-1.txt"].splitlines()[0] == "line 42"
    whole = "\n".join(found.values())
    for hidden in (*SECRETS.values(), "ivan@example.org", "kto-to@", "345-67-89", "445 95"):
        assert hidden not in whole


def test_nothing_is_overwritten(run, tmp_path):
    run("db", "upgrade")
    (tmp_path / "x.zip").write_text("mine", encoding="utf-8")
    assert "exists" in run("support", "bundle", "--out", "x.zip", code=2)
    assert (tmp_path / "x.zip").read_text(encoding="utf-8") == "mine"


def test_an_installation_that_is_broken_is_told_too(run, tmp_path):
    run("support", "bundle", "--out", "no-tables.zip", "--log", "-", input="from standard input\n")
    found = parts("no-tables.zip")
    assert "sedlink db upgrade" in found["journal.txt"]
    assert "from standard input" in found["log-1.txt"]
    (tmp_path / "sedlink.toml").write_text("[nonsense]\n", encoding="utf-8")
    run("support", "bundle", "--out", "no-settings.zip", "--log", "absent.log")
    found = parts("no-settings.zip")
    assert "nonsense" in found["settings.txt"]
    assert "No such file" in found["log-1.txt"]
    assert "versions.json" in found


def test_what_is_parked_is_counted_by_its_reason_without_its_words(tmp_path):
    url = f"sqlite:///{tmp_path}/journal.db"
    Journal.upgrade(url)
    with open_journal(url, tmp_path / "files", Clock()) as journal:
        receive(journal, unreadable("101", "слова гражданина"), unreadable("102"))
        told = about_journal(journal, "0001")
    assert json.loads(told)["parked"] == {"7 read unreadable": 2}
    assert "слова" not in told
