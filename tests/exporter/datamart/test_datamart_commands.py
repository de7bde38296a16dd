"""`sedlink export datamart …` from the configuration to the rows in the stand's mart."""

import json

import pytest
from typer.testing import CliRunner

import cli
from tests.exporter.datamart.conftest import Mart
from tests.exporter.heatmap.made import AS_OF, make_facts
from tests.exporter.heatmap.marts_made import duckdb_mart

FACTS = [fact for fact in make_facts(50) if fact.region]


@pytest.fixture
def configured(tmp_path, monkeypatch):
    import duckdb

    url = duckdb_mart(tmp_path / "mart.duckdb", FACTS, AS_OF)
    with duckdb.connect(str(tmp_path / "mart.duckdb")) as connection:
        connection.execute("ALTER TABLE fact ADD COLUMN fingerprint VARCHAR DEFAULT ''")
        for fact in FACTS:
            connection.execute(
                "UPDATE fact SET fingerprint = ? WHERE card = ?", [fact.fingerprint, fact.card]
            )
    monkeypatch.setenv("MART_PASSWORD", "тайна")
    with Mart(password="тайна") as mart:
        (tmp_path / "sedlink.toml").write_text(
            f"""
[export]
mart = "{url}"
[datamart.region]
url = "{mart.server.base_url}"
environment = "test"
datamart = "appeals"
key_prefix = "sed1"
username = "org"
password = "env:MART_PASSWORD"
ogrn = "1"
installation = "main"
installation_id = "1"
folder = "{tmp_path / "up"}"
poll = "0s"
""",
            encoding="utf-8",
        )
        yield mart, tmp_path


def run(folder, *arguments):
    command = ["export", "datamart", *arguments, "--config", str(folder / "sedlink.toml")]
    result = CliRunner().invoke(cli.app, command)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def test_upload_from_the_mart_of_the_settings(configured):
    mart, folder = configured
    dry = json.loads(run(folder, "upload", "region", "--dry-run", "--json").stdout)
    assert (dry["upserts"], dry["rows_done"], dict(mart.rows)) == (len(FACTS), 0, {})
    assert not list(folder.glob("up/**/*.csv"))
    first = run(folder, "upload", "region", "--json")
    assert first.exit_code == 0, first.output
    assert json.loads(first.stdout)["rows_done"] == len(FACTS)
    assert set(mart.rows) == {f"sed1/list/{fact.card}/1" for fact in FACTS}
    again = json.loads(run(folder, "upload", "region", "--json").stdout)
    assert (again["unchanged"], again["rows_done"]) == (len(FACTS), 0)
    dry = json.loads(run(folder, "upload", "region", "--dry-run", "--json").stdout)
    assert (dry["unchanged"], dry["upserts"]) == (len(FACTS), 0)
    assert run(folder, "refused", "region").exit_code == 0


def test_refused_rows_are_named_and_let_go(configured):
    mart, folder = configured
    mart.state.verdict = lambda request: (7, "нет") if b'"sed1/list/3/1"' in request.body else None
    assert run(folder, "upload", "region").exit_code == 1
    refused = run(folder, "refused", "region", "--json")
    assert refused.exit_code == 1
    assert [one["key"] for one in json.loads(refused.stdout)] == ["sed1/list/3/1"]
    mart.state.verdict = lambda _request: None
    run(folder, "refused", "region", "--again")
    assert run(folder, "upload", "region").exit_code == 0
    assert len(mart.rows) == len(FACTS)


def test_files_for_hand_upload(configured):
    mart, folder = configured
    told = json.loads(run(folder, "files", "region", "--out", str(folder / "hand"), "--json").stdout)
    assert sum(one["rows"] for one in told) == len(FACTS)
    assert mart.state.bodies == []


def test_an_unknown_name_and_a_shared_host(configured):
    _mart, folder = configured
    assert run(folder, "upload", "nowhere").exit_code == 3
    text = (folder / "sedlink.toml").read_text(encoding="utf-8")
    other = (
        text[text.index("[datamart.region]") :].replace("region", "live").replace('"test"', '"production"')
    )
    (folder / "sedlink.toml").write_text(text + other, encoding="utf-8")
    assert run(folder, "upload", "region").exit_code == 3


def test_a_mart_that_is_away(configured):
    mart, folder = configured
    mart.server.stop()
    text = (folder / "sedlink.toml").read_text(encoding="utf-8")
    (folder / "sedlink.toml").write_text(text + "attempts = 1\n", encoding="utf-8")
    assert run(folder, "upload", "region").exit_code == 4
