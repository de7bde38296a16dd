"""The national classifier out of files of many shapes."""

import csv
from pathlib import Path

import openpyxl
import pytest

from mappings.classifier import read_classifier
from mappings.errors import FileError

FILES = Path(__file__).parent / "files"
ODD = [
    "0001",
    "0001.0001",
    "0001.0001.0001",
    "0001.0001.0001.0001",
    "0001.0001.0001.0002",
    "0001.0001.0001.0002.0001",
    "0002",
    "0002.0010",
    "0002.0010.0002",
    "0002.0010.0002.0002",
]


def book(path, rows, merge=()):
    workbook = openpyxl.Workbook()
    for row in rows:
        workbook.active.append(row)
    for area in merge:
        workbook.active.merge_cells(area)
    workbook.save(path)
    return path


@pytest.mark.parametrize("name", ["odd.xls", "odd.ods"])
def test_padded_footnoted_numeric_merged_and_displaced(name):
    classifier = read_classifier(FILES / name)
    assert [entry.code for entry in classifier] == ODD
    assert [(f.kind, str(f.place)) for f in classifier.findings] == [
        ("footnote-cut", "Перечень!C8"),
        ("row-without-code", "Перечень!C15"),
    ]
    question = classifier.by_code["0001.0001.0001.0002"]
    assert (question.parent, question.level, question.kind) == ("0001.0001.0001", 4, "question")
    assert question.path == ("Первый раздел", "Первая тематика", "Первая тема", "Вопрос второй")
    assert not question.is_leaf
    assert classifier.by_code["0002.0010.0002.0002"].is_leaf


def test_code_and_name_in_one_column_without_headers(tmp_path):
    rows = [["0001 Раздел"], ["0001.0001 Тематика 2026 года"], ["(0001.0001.0001) Тема"]]
    classifier = read_classifier(book(tmp_path / "a.xlsx", rows))
    assert [(e.code, e.name) for e in classifier] == [
        ("0001", "Раздел"),
        ("0001.0001", "Тематика 2026 года"),
        ("0001.0001.0001", "Тема"),
    ]


def test_section_title_merged_over_both_columns(tmp_path):
    rows = [["Код", "Наименование"], ["0001 Раздел", None], ["0001.0001", "Тематика"]]
    classifier = read_classifier(book(tmp_path / "a.xlsx", rows, ["A2:B2"]))
    assert [(e.code, e.name) for e in classifier] == [("0001", "Раздел"), ("0001.0001", "Тематика")]


def test_two_columns_are_told_apart_by_what_stands_in_them(tmp_path):
    rows = [[1, "Раздел", "0001"], [2, "Тематика", "0001.0001"], [3, "Тема", "0001.0001.0001"]]
    classifier = read_classifier(book(tmp_path / "a.xlsx", rows))
    assert [(e.code, e.name) for e in classifier] == [
        ("0001", "Раздел"),
        ("0001.0001", "Тематика"),
        ("0001.0001.0001", "Тема"),
    ]


def test_troubles_are_findings_with_cells(tmp_path):
    rows = [
        ["Код", "Наименование"],
        ["0001", "Раздел"],
        ["0001.0001", None],
        ["0001.0002.0003", "Тема без тематики"],
        ["0001", "раздел"],
        ["0001", "Совсем другое"],
        [None, "Строка без кода"],
    ]
    classifier = read_classifier(book(tmp_path / "a.xlsx", rows))
    assert [(f.kind, f.place.cell) for f in classifier.findings] == [
        ("entry-without-name", "A3"),
        ("code-repeated", "A5"),
        ("code-twice", "A6"),
        ("row-without-code", "A7"),
        ("parent-missing", "A4"),
    ]
    assert [e.code for e in classifier] == ["0001", "0001.0002.0003"]
    assert classifier.by_code["0001.0002.0003"].parent == "0001"


def test_a_file_without_codes_is_refused(tmp_path):
    with pytest.raises(FileError, match="no column with codes"):
        read_classifier(book(tmp_path / "a.xlsx", [["Имя"], ["Раздел"]]))


def test_the_whole_classifier(shared_data):
    path = shared_data / "classifier/national-2025-10-31.csv"
    classifier = read_classifier(path)
    with path.open(encoding="utf-8", newline="") as stream:
        expected = {row["code"]: row for row in csv.DictReader(stream)}
    assert len(classifier) == len(expected) == 2108
    assert str(classifier.edition) == "2025-10-31"
    assert not classifier.findings
    for entry in classifier:
        row = expected[entry.code]
        assert (entry.name, entry.full_path, entry.parent, entry.kind, entry.is_leaf) == (
            row["name"],
            row["full_path"],
            row["parent"],
            row["kind"],
            row["is_leaf"] == "1",
        )


def test_a_bare_number_means_something_only_where_it_is_unique(shared_data):
    classifier = read_classifier(shared_data / "classifier/national-2025-10-31.csv")
    assert [e.code for e in classifier.candidates("0689")] == ["0003.0009.0097.0689"]
    repeated = {number for number, entries in classifier.by_question.items() if len(entries) > 1}
    assert len(repeated) == 3
    assert len(classifier.candidates("0040")) == 5
    assert {e.level for e in classifier.candidates("0001")} == {1, 4}  # a section and a question
