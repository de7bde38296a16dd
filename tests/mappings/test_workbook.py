"""The workbook: what is written is read back; every mistake is found at its cell."""

import datetime as dt
import shutil
import subprocess
import zipfile

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mappings.check import check_workbook
from mappings.classifier import build_classifier
from mappings.coverage import coverage
from mappings.crosswalk import Crosswalk
from mappings.errors import FileError
from mappings.grid import Workbook
from mappings.model import Content, Message, Policy, Relation, Status, StatusPair, Unmapped
from mappings.workbook.errors_sheet import write_errors
from mappings.workbook.read import read_workbook
from mappings.workbook.resolve import References
from mappings.workbook.write import Book, write_workbook
from tests.mappings.samples import (
    CATEGORIES,
    CLASSIFIER,
    CONTENT,
    LIGHT,
    PIT,
    PLAY,
    REFERENCES,
    incoming,
    mart,
    parts,
    rules,
)

policies = st.dictionaries(
    parts.filter(lambda name: name.strip("()") != "все остальные"), st.just(0), max_size=2
)
statuses = st.dictionaries(parts, parts | st.just(""), max_size=3)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rules, statuses, st.sampled_from(["ru", "en"]))
def test_what_is_written_is_read_back(tmp_path, some, pairs, language):
    unique = {key.casefold().replace("ё", "е"): StatusPair(key, pos) for key, pos in pairs.items()}
    content = Content(some, (Policy("", Unmapped.MANUAL),), tuple(unique.values()))
    path = tmp_path / "книга.xlsx"
    write_workbook(path, Book(content, REFERENCES, 3), language=language)
    draft = read_workbook(path, REFERENCES)
    assert [f for f in draft.findings if f.kind not in {"status-unknown", "status-twice"}] == []
    assert draft.content.rules == some
    assert draft.content.policies == content.policies
    assert draft.base == 3


def test_policies_and_statuses_come_back(tmp_path):
    write_workbook(tmp_path / "a.xlsx", Book(CONTENT, REFERENCES))
    draft = read_workbook(tmp_path / "a.xlsx", REFERENCES)
    assert draft.content == CONTENT
    assert draft.findings == ()


def test_an_empty_template_offers_every_live_source_and_is_no_rule(tmp_path):
    write_workbook(tmp_path / "a.xlsx", Book(Content(), REFERENCES))
    checked = check_workbook(tmp_path / "a.xlsx", REFERENCES)
    assert checked.draft.content.rules == ()
    assert len(checked.draft.open_rows) == 7  # the retired one is not offered
    assert checked.errors == 0
    assert [(f.kind, f.place.cell) for f in checked.findings] == [("gap", f"D{n}") for n in (3, 5, 7, 8)]
    titles = [
        row[3] for row in Workbook(tmp_path / "a.xlsx").sheet("Соответствие").rows if row[0] == "витрина"
    ]
    assert titles[0] == "*"
    assert titles[1] == "0001.0001.0001 Дороги"


def test_rows_keep_their_places_when_a_version_is_exported(tmp_path):
    one, two = incoming("Дороги", LIGHT, row=2), incoming("Дворы / Иное", PIT, row=6)
    far = mart(PIT, row=30_000)
    write_workbook(tmp_path / "a.xlsx", Book(Content((one, two, far)), REFERENCES, mart_level=0))
    draft = read_workbook(tmp_path / "a.xlsx", REFERENCES)
    assert draft.content.rules == (one, two, far._replace(row=7))
    assert sorted(draft.open_rows.values()) == [3, 4, 5, 8, 9]


HEADERS = {
    "direction": "Направление",
    "category": "Категория платформы",
    "id": "ID категории",
    "code": "Код классификатора",
    "relation": "Отношение",
    "status": "Статус",
    "cabinets": "Кабинеты (ЛКО)",
    "kinds": "Вид",
    "regions": "Регион",
    "since": "С даты",
    "until": "По дату",
    "words": "Слова в тексте",
    "priority": "Приоритет",
    "confidence": "Уверенность",
}


def filled(path, *rows):
    """Write a workbook as an administrator would fill it."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Соответствие"
    sheet.append(list(HEADERS.values()))
    for number, row in enumerate(rows, 2):
        full = {"direction": "приём", "status": "проверено", **row}
        for column, key in enumerate(HEADERS, 1):
            cell = sheet.cell(number, column)
            cell.value = full.get(key)
    book.save(path)
    return path


def found(tmp_path, *rows, references=REFERENCES):
    checked = check_workbook(filled(tmp_path / "a.xlsx", *rows), references)
    return [(f.kind, f.place.cell) for f in checked.findings if f.kind != "gap"]


ROAD = {"category": "Дороги / Ямы"}
GOOD = {**ROAD, "code": PIT}


@pytest.mark.parametrize(
    ("row", "kind", "cell"),
    [
        ({**ROAD, "code": "0009.0001.0001.0001"}, "code-unknown", "D2"),
        ({**ROAD, "code": "0002.0002.0003.0099"}, "code-retired", "D2"),
        ({**ROAD, "code": "0011"}, "code-ambiguous", "D2"),
        ({**ROAD, "code": f"{PIT} Освещение дорог"}, "code-name-differ", "D2"),
        ({**ROAD, "code": "ямы"}, "code-unreadable", "D2"),
        ({**ROAD, "code": dt.date(2026, 1, 2)}, "wrong-type", "D2"),
        ({**ROAD, "code": "=A1"}, "formula", "D2"),
        ({**ROAD, "code": "*"}, "any-code-misplaced", "D2"),
        ({**ROAD}, "target-missing", "D2"),
        ({"category": "Дороги / Яма", "code": PIT}, "category-unknown", "B2"),
        ({"category": "не выгружать", "code": PIT}, "exclusion-misplaced", "B2"),
        ({**GOOD, "id": "77"}, "id-unknown", "C2"),
        ({**GOOD, "id": 12}, "id-name-differ", "C2"),
        ({**GOOD, "direction": None}, "direction-missing", "A2"),
        ({**GOOD, "direction": "туда"}, "unknown-word", "A2"),
        ({**GOOD, "status": "готово"}, "unknown-word", "F2"),
        ({**GOOD, "status": True}, "unknown-word", "F2"),
        ({**GOOD, "relation": "нет соответствия"}, "two-targets", "E2"),
        ({**GOOD, "kinds": "звонок"}, "unknown-word", "H2"),
        ({**GOOD, "since": "31.02.2026"}, "wrong-type", "J2"),
        ({**GOOD, "since": 45000}, "wrong-type", "J2"),
        ({**GOOD, "since": "02.01.2026", "until": "01.01.2026"}, "impossible-dates", "K2"),
        ({**GOOD, "priority": 1.5}, "wrong-type", "M2"),
        ({**GOOD, "confidence": 80}, "wrong-type", "N2"),
        ({**GOOD, "regions": "Юг"}, "unknown-region", "I2"),
        (
            {"category": "Дворы / Лавки", "id": 22, "code": PIT, "regions": "Регион; Юг"},
            "unknown-region",
            "I2",
        ),
        ({**GOOD, "cabinets": "Чужой"}, "unknown-cabinet", "G2"),
        ({"code": PIT}, "source-missing", "B2"),
        ({"direction": "витрина", "category": "Дороги"}, "source-missing", "D2"),
        ({"direction": "витрина", "code": PIT}, "target-missing", "B2"),
        ({"direction": "витрина", "code": PIT, "category": "Дворы / Старое"}, "category-retired", "B2"),
        ({**GOOD, "code": "0001.0001"}, "code-too-general", "D2"),
        ({**GOOD, "status": None}, "status-missing", "F2"),
    ],
)
def test_each_mistake_is_found_once_at_its_cell(tmp_path, row, kind, cell):
    references = REFERENCES._replace(cabinets=("ЛКО города",))
    assert found(tmp_path, row, references=references) == [(kind, cell)]


def test_an_id_of_another_region_is_impossible(tmp_path):
    south = CATEGORIES.entries[0]._replace(region="Юг", id="90")
    references = References(CLASSIFIER, type(CATEGORIES)((*CATEGORIES.entries, south)))
    row = {"category": "Дворы / Лавки", "id": "22", "code": PIT, "regions": "Юг"}
    assert found(tmp_path, row, references=references) == [("impossible-region", "I2")]


def test_duplicates_and_conflicts_name_both_cells(tmp_path):
    rows = [GOOD, {**ROAD, "code": LIGHT}, {**GOOD, "code": PIT, "id": 11}, GOOD]
    checked = check_workbook(filled(tmp_path / "a.xlsx", *rows), REFERENCES)
    said = [(f.kind, f.place.cell, f.fields.get("other")) for f in checked.findings if f.kind != "gap"]
    assert said == [
        ("conflict", "D3", "Соответствие!D2"),
        ("conflict", "D5", "Соответствие!D3"),
        ("duplicate", "D5", "Соответствие!D2"),
    ]


def test_a_priority_or_a_narrower_row_settles_a_conflict(tmp_path):
    assert found(tmp_path, GOOD, {**ROAD, "code": LIGHT, "priority": 1}) == []
    night = {**ROAD, "code": LIGHT, "words": "ночь"}
    city = {**ROAD, "code": PIT, "cabinets": "А"}
    assert found(tmp_path, night, city) == [("conflict", "D3")]
    both = {**ROAD, "code": PLAY, "words": "ночь", "cabinets": "А"}
    assert found(tmp_path, night, city, both) == []


def test_rows_kept_for_memory_may_name_what_is_gone(tmp_path):
    old = {"category": "Дворы / Старое", "code": "0002.0002.0003.0099", "status": "устарело"}
    assert found(tmp_path, old) == [("category-retired", "B2")]


def test_numbers_and_bare_questions_get_their_zeros(tmp_path):
    checked = check_workbook(
        filled(tmp_path / "a.xlsx", {**ROAD, "code": 12}, {"category": "Дворы", "code": "1.1.2.13"}),
        REFERENCES,
    )
    assert [r.code for r in checked.draft.content.rules] == [LIGHT, "0001.0001.0002.0013"]


def test_a_category_may_be_named_by_its_id_alone(tmp_path):
    checked = check_workbook(filled(tmp_path / "a.xlsx", {"id": 11.0, "code": PIT}), REFERENCES)
    assert [(r.path, r.id) for r in checked.draft.content.rules] == [(("Дороги", "Ямы"), "11")]


def test_columns_may_stand_in_any_order_with_others_between_and_rows_above(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "соответствие"
    for row in [
        [],
        [None, "Наша таблица"],
        [None, "Статус", "Моё", "Код классификатора", "Направление", "Категория платформы"],
    ]:
        sheet.append(row)
    sheet.append([None, "проверено", "x", PIT, "приём", "Дороги / Ямы"])
    book.save(tmp_path / "a.xlsx")
    checked = check_workbook(tmp_path / "a.xlsx", REFERENCES)
    assert [(r.code, r.row) for r in checked.draft.content.rules] == [(PIT, 4)]


def test_a_workbook_without_the_sheet_or_the_headers_says_so(tmp_path):
    book = openpyxl.Workbook()
    book.save(tmp_path / "a.xlsx")
    assert next(f.kind for f in check_workbook(tmp_path / "a.xlsx", REFERENCES).findings) == "sheet-missing"
    book.active.title = "Соответствие"
    book.active.append(["Что-то"])
    book.save(tmp_path / "b.xlsx")
    assert next(f.kind for f in check_workbook(tmp_path / "b.xlsx", REFERENCES).findings) == "header-missing"


def test_policies_and_statuses_are_checked(tmp_path):
    write_workbook(tmp_path / "a.xlsx", Book(CONTENT, REFERENCES))
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    policy, status = book["Без соответствия"], book["Статусы ССТУ"]
    for row in [
        ["А", "код по умолчанию", None],
        ["а", "удержать", None],
        ["Б", "выбросить", None],
        ["В", "удержать", "ямы"],
    ]:
        policy.append(row)
    for row in [["Рассмотрено. Поддержано", "На модерации"], [None, "На модерации"], ["Новый", "Выдуманный"]]:
        status.append(row)
    book.save(tmp_path / "b.xlsx")
    checked = check_workbook(tmp_path / "b.xlsx", REFERENCES)
    assert {(f.kind, str(f.place)) for f in checked.findings if f.kind != "gap"} == {
        ("policy-code-missing", "Без соответствия!B4"),
        ("policy-twice", "Без соответствия!A5"),
        ("unknown-word", "Без соответствия!B6"),
        ("code-unreadable", "Без соответствия!C7"),
        ("status-twice", "Статусы ССТУ!A4"),
        ("source-missing", "Статусы ССТУ!A5"),
        ("status-unknown", "Статусы ССТУ!B6"),
    }


def test_the_sheet_of_errors_leaves_every_other_part_as_it_was(tmp_path):
    source = filled(tmp_path / "a.xlsx", {**ROAD, "code": "ямы"})
    checked = check_workbook(source, REFERENCES)
    write_errors(source, tmp_path / "b.xlsx", checked.findings)
    with zipfile.ZipFile(source) as before, zipfile.ZipFile(tmp_path / "b.xlsx") as after:
        changed = {"xl/workbook.xml", "xl/_rels/workbook.xml.rels", "[Content_Types].xml", "xl/styles.xml"}
        for name in set(before.namelist()) - changed:
            assert before.read(name) == after.read(name), name
        assert set(after.namelist()) - set(before.namelist()) == {"xl/worksheets/sheet2.xml"}
    book = openpyxl.load_workbook(tmp_path / "b.xlsx")
    assert book.sheetnames == ["Соответствие", "Ошибки"]
    sheet = book["Ошибки"]
    assert [cell.value for cell in sheet[2]][:2] == ["ошибка", "Соответствие!D2"]
    assert "не код" in sheet["C2"].value
    assert sheet["B2"].hyperlink.location == "'Соответствие'!D2"


def test_a_second_sheet_of_errors_replaces_the_first(tmp_path):
    source = filled(tmp_path / "a.xlsx", {**ROAD, "code": "ямы"})
    checked = check_workbook(source, REFERENCES)
    write_errors(source, tmp_path / "b.xlsx", checked.findings)
    write_errors(tmp_path / "b.xlsx", tmp_path / "c.xlsx", checked.findings[:1])
    book = openpyxl.load_workbook(tmp_path / "c.xlsx")
    assert book.sheetnames == ["Соответствие", "Ошибки"]
    assert book["Ошибки"].max_row == 2
    assert [(f.kind, f.place) for f in check_workbook(tmp_path / "b.xlsx", REFERENCES).findings] == [
        (f.kind, f.place.__class__("b.xlsx", f.place.sheet, f.place.cell)) for f in checked.findings
    ]


def test_a_sheet_of_errors_is_for_xlsx(tmp_path):
    path = tmp_path / "a.ods"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("content.xml", "<x/>")
    with pytest.raises(FileError, match=r"\.xlsx"):
        write_errors(path, tmp_path / "b.xlsx", [])


def test_text_from_outside_never_becomes_a_formula(tmp_path):
    evil = '=HYPERLINK("http://example.org")'
    category = CATEGORIES.entries[0]._replace(path=(evil,))
    references = References(CLASSIFIER, type(CATEGORIES)((category,)))
    content = Content((incoming("Дороги", PIT, comment=evil, author="@x", reason="+1", reviewer="-2"),))
    path = tmp_path / "a.xlsx"
    write_workbook(path, Book(content, references))
    write_errors(path, tmp_path / "b.xlsx", check_workbook(path, references).findings)
    for name in ("a.xlsx", "b.xlsx"):
        book = openpyxl.load_workbook(tmp_path / name)
        cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
        assert [cell.coordinate for cell in cells if cell.data_type == "f"] == []
        assert evil in [cell.value for cell in cells]


def test_the_workbook_shows_coverage_and_is_protected_without_a_password(tmp_path):
    walk = Crosswalk(CONTENT, 4)
    seen = [
        Message(("Дворы", "Иное"), cabinet="ЛКО города", times=9),
        Message(("Дороги", "Ямы"), cabinet="ЛКО города"),
    ]
    book = Book(CONTENT, REFERENCES, 4, coverage(walk, CATEGORIES, seen))
    write_workbook(tmp_path / "a.xlsx", book)
    read = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert read.sheetnames == [
        "Соответствие",
        "Без соответствия",
        "Статусы ССТУ",
        "Категории платформы",
        "Классификатор",
        "Покрытие",
        "Изменения",
        "Справка",
        "Словари",
    ]
    assert read["Словари"].sheet_state == "hidden"
    rules = read["Соответствие"]
    assert rules.protection.sheet
    assert rules.protection.password is None
    assert rules.freeze_panes == "C2"
    assert rules["B2"].protection.locked
    assert not rules["D2"].protection.locked
    assert rules["A1"].comment.text
    assert {rule.formula1 for rule in rules.data_validations.dataValidation} >= {
        "sedlink_codes",
        "sedlink_statuses",
    }
    values = [[cell.value for cell in row] for row in read["Покрытие"].iter_rows()]
    assert ["ЛКО города", 10, "10.0%", None, None] in values
    assert ["Дворы / Иное", "не сопоставлено", None, 9, None] in values


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice (soffice) is not installed")
def test_libreoffice_opens_and_keeps_it(tmp_path):
    write_workbook(tmp_path / "a.xlsx", Book(CONTENT, REFERENCES, 5))
    checked = check_workbook(tmp_path / "a.xlsx", REFERENCES)
    write_errors(tmp_path / "a.xlsx", tmp_path / "b.xlsx", checked.findings)
    out = tmp_path / "out"
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = ["soffice", "--headless", profile, "--convert-to", "xlsx", "--outdir", out, tmp_path / "b.xlsx"]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    again = read_workbook(out / "b.xlsx", REFERENCES)
    assert again.content == CONTENT
    assert again.findings == ()
    assert again.base == 5
    sheet = openpyxl.load_workbook(out / "b.xlsx")["Соответствие"]
    assert len(sheet.data_validations.dataValidation) >= 8


@pytest.mark.parametrize(
    ("beside", "agrees"),
    [(160, True), (60, True), (59, False)],
)
def test_a_long_name_may_be_cut_without_a_mark(tmp_path, beside, agrees):
    name = "Очень длинное наименование вопроса классификатора " * 4
    classifier = build_classifier({"0001": "Раздел", PIT: name})
    row = {**ROAD, "code": f"{PIT} {name[:beside].strip()}"}
    references = References(classifier, CATEGORIES)
    assert (found(tmp_path, row, references=references) == []) is agrees


def test_rows_the_program_does_not_know_are_kept_out_not_guessed(tmp_path):
    none = {"category": "Дороги / Ямы", "relation": "нет соответствия"}
    checked = check_workbook(filled(tmp_path / "a.xlsx", none), REFERENCES)
    (rule,) = checked.draft.content.rules
    assert (rule.relation, rule.code, rule.answered) == (Relation.NONE, "", True)
    assert mart(PIT).answered
    assert rule.status is Status.VERIFIED
