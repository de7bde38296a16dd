"""Messages from files, coverage, the work list, trying out, comparing versions."""

import datetime as dt
import json

import openpyxl
import pytest

from mappings.coverage import coverage, work_list
from mappings.crosswalk import Crosswalk, Outcome
from mappings.errors import FileError
from mappings.messages_file import read_messages
from mappings.model import Content, Kind, Message, Relation, Status
from mappings.trial import Effect, try_out
from mappings.versions_diff import RuleChange, compare_rules
from tests.mappings.samples import CATEGORIES, LIGHT, PIT, PLAY, incoming, mart

RAW = {
    "id": 1,
    "subjectId": 10,
    "subjectName": "Дороги ",
    "subsubjectId": 11,
    "subsubjectName": "Ямы",
    "factId": None,
    "opaName": "ЛКО города",
    "regionName": "Регион",
    "createdAt": "2026-05-01T10:00:00.123456Z",
    "description": "Яма у дома",
    "applicant": {"surname": "Петров"},
}


def test_messages_of_json_lines(tmp_path):
    path = tmp_path / "a.jsonl"
    rows = [RAW, {"category": "Дворы", "kind": "обращение", "times": 3, "date": None}, {"id": 5}]
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    one, two = read_messages(path)
    assert one == Message(
        ("Дороги", "Ямы"), ("10", "11"), "ЛКО города", "", "Регион", dt.date(2026, 5, 1), "Яма у дома"
    )
    assert (two.names, two.kind, two.times, two.date) == (("Дворы",), Kind.APPEAL, 3, None)
    assert read_messages(path, last=1) == [two]


def test_messages_of_the_platforms_export(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["Номер", "Категория", "Подкатегория", "Факт", "Дата поступления"])
    book.active.append([1, "Дороги", "Ямы", "-", "01.05.2026"])
    book.active.append([2, "-", "-", "-", "-"])
    book.save(tmp_path / "a.xlsx")
    assert read_messages(tmp_path / "a.xlsx") == [Message(("Дороги", "Ямы"), date=dt.date(2026, 5, 1))]


@pytest.mark.parametrize(("name", "text"), [("a.jsonl", "{}\n[1]"), ("a.jsonl", "{"), ("a.csv", "a;b\n1;2")])
def test_files_of_another_kind_are_refused(tmp_path, name, text):
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(FileError, match=name):
        read_messages(tmp_path / name)


RULES = (
    incoming("Дороги", LIGHT, row=2),
    incoming("Дороги / Ямы", PIT, row=3),
    incoming("Дворы / Лавки", "", relation=Relation.NONE, row=4),
    incoming("Дворы / Иное", PLAY, row=5, status=Status.DISPUTED),
)
MESSAGES = [
    Message(("Дороги", "Ямы"), cabinet="А", times=6),
    Message(("Дворы", "Иное"), cabinet="А", times=3),
    Message(("Дворы", "Иное"), cabinet="Б", times=1),
    Message(("Чужое",), cabinet="Б", times=10),
]


def test_coverage_by_categories_messages_and_cabinets():
    found = coverage(Crosswalk(Content(RULES)), CATEGORIES, MESSAGES)
    assert found.by_category == {Outcome.CODE: 2, Outcome.NO_MATCH: 1, Outcome.UNMAPPED: 1}
    assert found.category_share == 0.75
    assert found.by_message == {Outcome.CODE: 6, Outcome.UNMAPPED: 14}
    assert [(c.cabinet, c.total, round(c.share, 3)) for c in found.cabinets] == [
        ("А", 9, 0.667),
        ("Б", 11, 0),
    ]
    assert {row.title: row.times for row in found.categories}["Дворы / Иное"] == 4


def test_the_work_list_begins_with_the_most_frequent():
    tie = (incoming("Дороги / Ямы", LIGHT, row=9), incoming("Дворы", PIT, row=8, status=Status.PROPOSED))
    items = work_list(Crosswalk(Content((*RULES, *tie))), CATEGORIES, MESSAGES)
    assert [(item.why, item.title, item.times, item.rows) for item in items] == [
        ("unmapped", "Чужое", 10, ()),
        ("conflict", "Дороги / Ямы", 6, (3, 9)),
        ("unmapped", "Дворы / Иное", 4, ()),
        ("disputed", "Дворы / Иное", 4, (5,)),
        ("proposed", "Дворы", 0, (8,)),
    ]


def test_trying_out_counts_what_would_change():
    old = Crosswalk(Content((incoming("Дороги", LIGHT), incoming("Дворы", PLAY))))
    new = Crosswalk(
        Content((incoming("Дороги", LIGHT), incoming("Дороги / Ямы", PIT), incoming("Чужое", PLAY)))
    )
    trial = try_out(old, new, MESSAGES)
    assert trial.effects == {Effect.CHANGED: 6, Effect.LOST: 4, Effect.ANSWERED: 10}
    assert [(d.effect, d.title, d.before.code, d.after.code, d.times) for d in trial.differences] == [
        (Effect.ANSWERED, "Чужое", "", PLAY, 10),
        (Effect.CHANGED, "Дороги / Ямы", LIGHT, PIT, 6),
        (Effect.LOST, "Дворы / Иное", PLAY, "", 4),
    ]


def test_versions_are_compared_by_source_and_condition():
    city = incoming("Дороги", PIT, cabinets=("А",), row=9)
    old = Content((RULES[0], RULES[1], mart(PIT, "Дороги")))
    new = Content((RULES[0]._replace(row=50), RULES[1]._replace(code=LIGHT, comment="иначе"), city))
    differences = compare_rules(old, new)
    assert [(d.change, d.fields) for d in differences] == [
        (RuleChange.CHANGED, ("code", "comment")),
        (RuleChange.REMOVED, ()),
        (RuleChange.ADDED, ()),
    ]
    assert compare_rules(old, old) == []
