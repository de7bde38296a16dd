"""`sedlink export …` as an administrator runs it: the real list end to end, reports, exit codes."""

import csv
import json
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, suppress
from pathlib import Path

import openpyxl
import pytest

from exporter.fact import COLUMNS


@pytest.fixture
def new_york(shared_data):
    return ("--list", shared_data / "real311" / "nyc311_2019_sample.csv", "--map", "nyc311")


@pytest.mark.parametrize("kind", ["duckdb", "postgresql"])
def test_the_real_list_from_check_to_reconcile(sedlink, new_york, tmp_path, postgres_url, kind):
    mart = ("--mart", postgres_url if kind == "postgresql" else f"duckdb:///{tmp_path}/mart.duckdb")
    checked = sedlink("check", *new_york, "--json", code=1)
    assert (checked["rows"], checked["refused"]) == (1000, 10)
    loaded = sedlink("load", *new_york, *mart, "--json", code=1)
    assert (loaded["batch"]["inserted"], loaded["batch"]["refused"]) == (990, 10)
    again = sedlink("load", *new_york, *mart, "--json", code=1)
    assert (again["batch"]["inserted"], again["batch"]["updated"]) == (0, 0)
    found = sedlink("reconcile", *new_york, *mart, "--json")
    assert (found["in_source"], found["in_mart"], found["differences"]) == (990, 990, 0)
    waiting = sedlink("quarantine", "list", *mart, "--json")
    assert {reason["code"] for row in waiting for reason in row["reasons"]} >= {"answered-before-received"}
    assert len(waiting) == 10
    assert [one["number"] for one in sedlink("batches", *mart, "--json")] == [2, 1]


def test_facts_as_csv_and_json_lines(sedlink, small, tmp_path):
    given = small("1;02.03.2026;=1+1", "2;02.03.2026;Дороги", "3;;Дороги")
    said = sedlink("facts", *given, "--out", tmp_path / "f.csv", "--json", code=1)
    assert (said["written"], said["refused"], said["reasons"]["no-received"]) == (2, 1, 1)
    with (tmp_path / "f.csv").open(encoding="utf-8") as stream:
        first, second = csv.DictReader(stream)
    assert list(first) == [*COLUMNS, "fingerprint"]
    assert first["category"] == "'=1+1", "Excel must not take it for a formula"
    assert (second["category"], second["region"], second["received_at"]) == (
        "Дороги",
        "28000000",
        "2026-03-01T21:00:00.000000Z",
    )
    sedlink("facts", *given, "--out", tmp_path / "f.jsonl", code=1)
    lines = [json.loads(line) for line in (tmp_path / "f.jsonl").read_text(encoding="utf-8").splitlines()]
    assert lines[0]["category"] == "=1+1"
    assert "rating" not in lines[0], "what is not known is left out"
    assert not list(tmp_path.glob(".f*")), "no half-written file is left"


def test_parquet_reads_back(sedlink, small, tmp_path):
    import duckdb

    sedlink("facts", *small("1;02.03.2026;Дороги"), "--out", tmp_path / "f.parquet")
    [(card, received)] = duckdb.sql(f"SELECT card, received_at FROM '{tmp_path}/f.parquet'").fetchall()
    assert (card, received.isoformat()) == ("1", "2026-03-01T21:00:00")


def test_an_unknown_ending_is_refused(sedlink, small, tmp_path):
    assert ".csv, .jsonl, .parquet" in sedlink("facts", *small(), "--out", tmp_path / "f.doc", code=3)


def test_the_report_names_cards_and_holds_no_formula(sedlink, small, tmp_path):
    (tmp_path / "sedlink.toml").write_text(
        '[export]\ncard_link = "https://sed.example.org/card/{card}"\n', encoding="utf-8"
    )
    given = small("=HYPERLINK(1);завтра;Дороги", "2;02.03.2026;-")
    sedlink("check", *given, "--report", tmp_path / "r.xlsx", code=1)
    book = openpyxl.load_workbook(tmp_path / "r.xlsx")
    assert book.sheetnames == ["Причины", "Карточки", "О выгрузке"]
    cards = list(book["Карточки"].iter_rows(min_row=2))
    assert all(cell.data_type != "f" for line in cards for cell in line)
    named = {(line[2].value, line[4].value) for line in cards}
    assert ("=HYPERLINK(1)", "даты поступления нет или она не читается") in named
    assert ("2", "не указана категория") in named
    link = next(line[2].hyperlink for line in cards if line[2].value == "2")
    assert link.target == "https://sed.example.org/card/2"


def test_too_many_refused_rows_publish_nothing(sedlink, small, tmp_path):
    mart = ("--mart", f"sqlite:///{tmp_path}/mart.db")
    said = sedlink("load", *small("1;02.03.2026;Дороги", "2;;"), *mart, code=1)
    assert "50% of the rows were refused" in said
    assert sedlink("batches", *mart, "--json")[0]["state"] == "held"


def test_replay_of_the_quarantine(sedlink, small, tmp_path):
    mart = ("--mart", f"sqlite:///{tmp_path}/mart.db")
    lines = [f"{n};02.03.2026;Дороги" for n in range(9)]
    sedlink("load", *small(*lines, "9;вчера;Дороги"), *mart, code=1)
    [batch] = sedlink("quarantine", "replay", *mart, "--json", code=1)
    assert (batch["inserted"], batch["refused"]) == (0, 1)


def test_a_dry_run_loads_nothing(sedlink, small, tmp_path):
    sedlink("load", *small("1;02.03.2026;Дороги"), "--mart", f"sqlite:///{tmp_path}/m.db", "--dry-run")
    assert not (tmp_path / "m.db").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("check",), 3, "no configuration file"),
        (("check", "--list", "small.csv"), 2, "--list needs --map"),
        (("check", "--list", "small.csv", "--map", "none"), 3, "there is no map none"),
        (("load", "--list", "small.csv", "--map", "map.toml", "--mart", "oracle://x"), 5, "is no mart"),
    ],
)
def test_wrong_use_says_what_to_do(sedlink, small, arguments, code, said):
    small("1;02.03.2026;Дороги")
    assert said in sedlink(*arguments, code=code)


def test_ctrl_c_leaves_a_state_from_which_the_same_command_goes_on(sedlink, small, tmp_path):
    lines = [f"{n};02.03.2026;Дороги" for n in range(100)]
    given, mart = small(*lines), tmp_path / "mart.db"
    sedlink("batches", "--mart", f"sqlite:///{mart}")
    command = [sys.executable, "-m", "cli", "export", "load", *map(str, given), "--mart", f"sqlite:///{mart}"]
    with (
        closing(sqlite3.connect(mart, isolation_level=None)) as other,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process,
    ):
        other.execute("BEGIN IMMEDIATE")  # so the load waits
        while not opened_by(process, mart):
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        other.execute("ROLLBACK")
        _out, error = process.communicate(timeout=120)
    assert process.returncode == 130, error
    assert "stopping after what is in hand" in error
    assert "the same command goes on" in error
    where = ("--mart", f"sqlite:///{mart}", "--json")
    assert sedlink("load", *given, *where)["batch"]["inserted"] == 100
    assert [one["state"] for one in sedlink("batches", *where)] == ["published"]


def opened_by(process, path):
    assert process.poll() is None
    names = set()
    for link in Path(f"/proc/{process.pid}/fd").iterdir():
        with suppress(OSError):
            names.add(str(link.readlink()))
    return str(path) in names
