"""`sedlink export …` as an administrator runs it in an empty folder, and a small list file for it."""

import json

import pytest
from typer.testing import CliRunner

from cli import app

SMALL = """
name = "малая"
[columns]
card = { header = "Номер" }
received_at = { header = "Дата" }
category = { header = "Категория" }
region_name = { constant = "Тверская область" }
"""


@pytest.fixture
def sedlink(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SEDLINK_CONFIG", raising=False)

    def run(*arguments, code=0):
        result = CliRunner(env={"LC_ALL": "C"}).invoke(app, ["export", *map(str, arguments)])
        assert result.exit_code == code, result.output
        return json.loads(result.stdout) if "--json" in arguments else result.output

    return run


@pytest.fixture
def small(tmp_path):
    def write(*lines):
        (tmp_path / "map.toml").write_text(SMALL, encoding="utf-8")
        path = tmp_path / "small.csv"
        path.write_text("\n".join(("Номер;Дата;Категория", *lines)), encoding="utf-8")
        return ("--list", path, "--map", tmp_path / "map.toml")

    return write
