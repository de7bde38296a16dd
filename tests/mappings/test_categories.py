"""The platform's categories: from spreadsheets of both shapes, from REST, from an edition's file."""

import json
from pathlib import Path

import openpyxl
import pytest

from mappings.categories import Category, from_rest
from mappings.categories_file import read_categories
from mappings.errors import FileError
from mappings.rest_file import read_source

FILES = Path(__file__).parent / "files"


def book(path, rows):
    workbook = openpyxl.Workbook()
    for row in rows:
        workbook.active.append(row)
    workbook.save(path)
    return path


def test_real_xls_with_names_that_stand_once_for_the_rows_below():
    categories = read_categories(FILES / "categories.xls")
    assert [c.title for c in categories] == [
        "Дороги",
        "Дороги / Ямы",
        "Дороги / Иное",
        "Дворы",
        "Дворы / Иное",
    ]
    assert not categories.findings


def test_equal_names_are_legal_and_keep_apart_by_id(tmp_path):
    rows = [
        ["Категория", "Подкатегория", "Факт", "ID"],
        ["Дороги", "Ямы", None, 1.0],
        ["Дороги", "Ямы", None, 2.0],
        ["Дороги", "Ямы", "Яма", 3],
        ["Дороги", "Ямы", "Яма", 3],
        ["Дворы", "Ямы", "Яма", 3],
        [None, None, None, None],
    ]
    categories = read_categories(book(tmp_path / "a.xlsx", rows), region="Регион")
    assert [(c.title, c.id) for c in categories] == [
        ("Дороги / Ямы", "1"),
        ("Дороги / Ямы", "2"),
        ("Дороги / Ямы / Яма", "3"),
    ]
    assert {c.region for c in categories} == {"Регион"}
    assert [(f.kind, f.place.cell) for f in categories.findings] == [
        ("category-twice", "C5"),
        ("id-twice", "C6"),
    ]


def test_a_subcategory_without_a_category_is_reported(tmp_path):
    path = book(tmp_path / "a.xlsx", [["Категория", "Подкатегория"], [None, "Ямы"], ["Дороги", "Ямы"]])
    categories = read_categories(path)
    assert [c.title for c in categories] == ["Дороги / Ямы"]
    assert [(f.kind, f.place.cell) for f in categories.findings] == [("category-without-parent", "B2")]


def test_a_table_of_ids_and_upper_ids(tmp_path):
    rows = [
        ["ID", "Наименование", "Родитель"],
        [2, "Ямы", 1],
        [1, "Дороги", None],
        [3, "Яма", 2],
        [4, "Ничья", 99],
    ]
    categories = read_categories(book(tmp_path / "a.xlsx", rows))
    assert [(c.title, c.id) for c in categories] == [
        ("Дороги / Ямы", "2"),
        ("Дороги", "1"),
        ("Дороги / Ямы / Яма", "3"),
    ]
    assert [f.kind for f in categories.findings] == ["category-without-parent"]


def test_a_file_of_another_kind_is_refused(tmp_path):
    with pytest.raises(FileError, match="Подкатегория"):
        read_categories(book(tmp_path / "a.xlsx", [["Имя"], ["Дороги"]]))


SUBJECTS = [{"id": 114, "name": "Дороги "}, {"id": 115, "name": "Дворы", "deleted": True}]
SUBSUBJECTS = [
    {"id": 2654, "name": "Ямы", "deleted": False, "subject": {"id": 114, "name": "Дороги"}},
    {"id": 2655, "name": "Лавки", "subject": {"id": 115, "name": "Дворы"}},
    {"id": 2656, "name": None, "subject": None},
]


def test_the_dictionary_of_the_platform():
    assert list(from_rest(SUBJECTS, SUBSUBJECTS, "Регион")) == [
        Category(("Дороги",), "114", "Регион"),
        Category(("Дворы",), "115", "Регион", retired=True),
        Category(("Дороги", "Ямы"), "2654", "Регион"),
        Category(("Дворы", "Лавки"), "2655", "Регион", retired=True),
    ]


def test_the_dictionary_saved_as_pages(tmp_path):
    path = tmp_path / "словарь.json"
    pages = {"subjects": {"content": SUBJECTS}, "subsubjects": [{"content": SUBSUBJECTS}]}
    path.write_text(json.dumps(pages), encoding="utf-8")
    assert list(read_source(path)) == list(from_rest(SUBJECTS, SUBSUBJECTS))


@pytest.mark.parametrize(
    "text", ["[]", "{", '{"subjects": 1}', '{"subjects": [1]}', '{"subjects": {"content": [2]}}']
)
def test_a_json_of_another_kind_is_refused(tmp_path, text):
    path = tmp_path / "a.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FileError, match=r"a\.json"):
        read_source(path)


def test_the_public_tree(shared_data, tmp_path):
    lines = (shared_data / "platform/categories.csv").read_text(encoding="utf-8").splitlines()
    path = tmp_path / "oc2021.csv"
    path.write_text("\n".join([lines[0], *(x for x in lines if x.startswith("OC2021"))]), encoding="utf-8")
    categories = read_categories(path)
    assert len(categories) == 341
    assert not categories.findings
    assert sum(c.path[1:] == ("Иное",) for c in categories) == 31
