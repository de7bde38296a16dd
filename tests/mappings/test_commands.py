"""The cycle of an administrator through the command line, and what programs get from it."""

import json
import subprocess
import sys

import openpyxl
import pytest
from typer.testing import CliRunner

from mappings.commands import app
from tests.mappings.samples import CATEGORIES, LIGHT, NAMES, PIT


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SEDLINK_DATABASE", f"sqlite:///{tmp_path / 'store.db'}")
    monkeypatch.setenv("LC_ALL", "C")

    def invoke(*arguments, code=0):
        result = CliRunner().invoke(app, list(arguments))
        assert result.exit_code == code, (arguments, result.output, result.exception)
        return result.output

    return invoke


def data(output):
    return json.loads(output)


@pytest.fixture
def imported(run, tmp_path):
    lines = ["код;наименование", *(f"{code};{name}" for code, name in NAMES.items())]
    (tmp_path / "classifier-2026-01-31.csv").write_text("\n".join(lines), encoding="utf-8")
    run("classifier", "classifier-2026-01-31.csv", "--by", "админ")
    lines = [
        "категория;подкатегория;факт;id",
        *(";".join([*(*c.path, "", "")[:3], c.id]) for c in CATEGORIES),
    ]
    (tmp_path / "categories.csv").write_text("\n".join(lines), encoding="utf-8")
    run("categories", "categories.csv")
    return run


def fill(path, target, cells):
    book = openpyxl.load_workbook(path)
    sheet = book["Соответствие"]
    for address, value in cells.items():
        sheet[address] = value
    book.save(target)


def test_the_whole_cycle(imported, tmp_path):
    run = imported
    assert "version 0, 0 rows" in run("template", "a.xlsx")
    assert "choose another name" in run("template", "a.xlsx", code=2)
    assert "no verified row" in run("apply", "a.xlsx", code=1)
    fill("a.xlsx", "b.xlsx", {"D3": PIT, "F3": "проверено", "E3": "=", "D7": "ямы", "F7": "проверено"})
    said = run("check", "b.xlsx", code=1)
    assert "error\tСоответствие!D7\t«ямы» is not a code of the classifier" in said
    assert (tmp_path / "b-errors.xlsx").exists()
    assert "nothing was applied" in run("apply", "b.xlsx", code=1)
    fill("b.xlsx", "c.xlsx", {"D7": LIGHT})
    (tmp_path / "m.csv").write_text("category;subcategory;count\nДороги;Ямы;5\nЧужое;;1\n", encoding="utf-8")
    tried = data(run("try", "c.xlsx", "--messages", "m.csv", "--json"))
    assert tried["effects"] == {"answered": 5, "same": 1}
    assert data(run("apply", "c.xlsx", "--by", "админ", "-m", "первая", "--json"))["version"] == 1
    assert "answer: " + PIT in run("explain", "--category", "Дороги / Ямы")
    assert data(run("explain", "--category", "Чужое", "--json", code=1))["outcome"] == "unmapped"
    assert data(run("coverage", "--messages", "m.csv", "--json"))["messages"] == {"code": 5, "unmapped": 1}
    assert data(run("todo", "--messages", "m.csv", "--top", "1", "--json", code=1))[0]["path"] == ["Чужое"]
    run("export", "d.xlsx", "--version", "1")
    fill("d.xlsx", "d.xlsx", {"D3": LIGHT})
    assert data(run("apply", "d.xlsx", "--json"))["version"] == 2
    assert "0001.0001.0001.0011\t0001.0001.0001.0012" in run("diff", "1", "2")
    assert "made from version 1" in run("apply", "d.xlsx", code=1)
    assert "version 1 is in force" in run("rollback")
    lines = data(run("history", "--json"))
    assert [(x["version"], x["action"], x["comment"]) for x in lines] == [
        (1, "rollback", ""),
        (2, "apply", ""),
        (1, "apply", "первая"),
    ]
    explained = data(run("explain", "--category", "Дороги / Ямы", "--version", "2", "--json"))
    assert (explained["code"], explained["version"], explained["rules"][0]["row"]) == (LIGHT, 2, 3)
    assert "Дороги / Ямы" in run("history") + run("explain", "--category", "Дороги / Ямы") + run(
        "diff", "1", "2"
    )


def test_most_rows_are_not_lost_unasked(imported):
    run = imported
    run("template", "a.xlsx")
    cells = {f"{c}{n}": v for n in (3, 4, 5) for c, v in (("D", PIT), ("F", "проверено"))}
    fill("a.xlsx", "b.xlsx", cells)
    run("apply", "b.xlsx")
    run("export", "c.xlsx")
    fill("c.xlsx", "d.xlsx", {"F3": "спорно", "F4": "спорно"})
    assert "more than half" in run("apply", "d.xlsx", code=1)
    assert "version 2" in run("apply", "d.xlsx", "--force")


def test_a_new_edition_tells_the_fate_of_the_rows(imported, tmp_path):
    run = imported
    run("template", "a.xlsx")
    fill("a.xlsx", "b.xlsx", {"D3": PIT, "F3": "проверено"})
    run("apply", "b.xlsx")
    names = {code: name for code, name in NAMES.items() if code != PIT}
    lines = ["код;наименование", *(f"{code};{name}" for code, name in names.items())]
    (tmp_path / "new.csv").write_text("\n".join(lines), encoding="utf-8")
    said = run("classifier", "new.csv", "--tolerance", "0", code=1)
    assert "sedlink mapping confirm 3" in said
    assert "rows of the table touched: 3" in said
    assert data(run("check", "b.xlsx", "--no-copy", "--json"))["errors"] == 0
    assert "edition 3 is in force" in run("confirm", "3")
    assert (
        data(run("check", "b.xlsx", "--no-copy", "--json", code=1))["findings"][0]["kind"] == "code-retired"
    )
    shown = data(run("diff", "1", "3", "--editions", "--json"))
    assert [c["kind"] for c in shown["changes"]] == ["gone"]
    assert [row["row"] for row in shown["rows"]] == [3]
    assert [e["state"] for e in data(run("editions", "--json"))] == ["current", "current", "past"]
    assert "different classifiers" in run("diff", "1", "2", "--editions", code=1)


def test_sssom_through_a_workbook(imported):
    run = imported
    run("template", "a.xlsx")
    fill("a.xlsx", "b.xlsx", {"D3": PIT, "F3": "проверено"})
    run("apply", "b.xlsx")
    assert data(run("sssom-export", "a.tsv", "--json"))["rules"] == 1
    run("sssom-import", "a.tsv", "c.xlsx")
    assert data(run("check", "c.xlsx", "--no-copy", "--json"))["verified"] == 1


def test_errors_are_sentences_and_codes(run, tmp_path):
    (tmp_path / "a.xls").write_bytes(b"<html>")
    assert "web page" in run("classifier", "a.xls", code=1)
    assert data(run("classifier", "a.xls", "--json", code=1))["error"]["code"] == "file"
    assert "no version 5" in run("export", "b.xlsx", "--version", "5", code=1)
    run("classifier", "нет.xlsx", code=2)
    run("explain", code=2)
    run("template", "b.ods", code=2)
    run("template", "b.xlsx", "--lang", "fr", code=2)
    assert "no earlier version" in run("rollback", code=1)


def test_the_commands_start_light():
    heavy = ("sqlalchemy", "openpyxl", "lxml", "python_calamine", "alembic", "rich")
    code = f"import mappings.commands, sys; print([m for m in {heavy!r} if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
