"""Ratings that citizens give on the stand reach the journal and the facts, each once."""

import csv
import json

from typer.testing import CliRunner

from cli import app
from config.load import load
from connector.journal.opening import open_journal, upgrade_database
from stand.running import Stand
from tests.exchange.setup import write_configuration
from tests.exchange.test_exchange import relayed


def export(*arguments, code=0):
    result = CliRunner(env={"LC_ALL": "C"}).invoke(app, ["export", *map(str, arguments)])
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def test_ratings_reach_the_mart_with_the_load_after_them(tmp_path):
    with Stand(tmp_path / "stand", messages=16, seed=7) as stand:
        config = write_configuration(tmp_path, stand)
        settings = load(config)
        upgrade_database(settings)
        relayed(stand, settings)
        mart = f"sqlite:///{tmp_path}/mart.db"
        export("load", "--config", config, "--mart", mart, "--json")
        [one, *_others] = asked = export("ratings", "--config", config, "--json")
        wanted = {str(item.message.id): item.rating for item in stand.platform.items() if item.rating}
        assert wanted, "the seed gives ratings"
        assert sum(cabinet["rated"] for cabinet in asked) >= len(wanted) > 0
        assert one["problem"] == ""
        again = export("ratings", "--config", config, "--json")
        assert sum(cabinet["rated"] for cabinet in again) == 0
    loaded = export("load", "--config", config, "--mart", mart, "--json")
    assert loaded["batch"]["updated"] >= len(wanted)
    export("facts", "--config", config, "--out", tmp_path / "f.csv", "--json")
    with (tmp_path / "f.csv").open(encoding="utf-8") as stream:
        rated = {
            row["card"].split(":")[2]: int(row["rating"]) for row in csv.DictReader(stream) if row["rating"]
        }
    assert rated == wanted
    with open_journal(settings) as journal:
        trail = [line for number in wanted for line in journal.trail(None, number)]
    assert sum(line.what == "rated" for line in trail) == len(wanted)


def test_a_platform_that_is_away_is_said_and_loses_nothing(tmp_path):
    with Stand(tmp_path / "stand", messages=4, seed=7) as stand:
        config = write_configuration(tmp_path, stand)
        settings = load(config)
        upgrade_database(settings)
        relayed(stand, settings)
    asked = export("ratings", "--config", config, "--json", code=1)
    assert all(one["problem"] for one in asked if not one["asked"])
