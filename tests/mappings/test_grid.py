"""Files as they come: addresses stay right, and what is no workbook is named for what it is."""

import contextlib
import io
import zipfile
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mappings import archive
from mappings.categories_file import read_categories
from mappings.classifier import read_classifier
from mappings.errors import FileError
from mappings.grid import Workbook

FILES = Path(__file__).parent / "files"


def save(path, fill):
    book = openpyxl.Workbook()
    fill(book.active)
    book.save(path)
    return path


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\n<html><table><tr><td>0001</td></tr></table></html>", "HTML"),
        (b"\xef\xbb\xbf<!DOCTYPE html><body>", "HTML"),
        ("<html><body>".encode("utf-16"), "HTML"),
        (b"MIME-Version: 1.0\r\nContent-Type: multipart/related", "MHTML"),
        (
            b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">',
            "Excel 2003",
        ),
        (b"", "empty"),
        (b"PK\x03\x04 but no archive", "damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "damaged"),
        (b"%PDF-1.4", "Accepted"),
    ],
)
def test_what_is_no_workbook_is_named(tmp_path, content, words):
    path = tmp_path / "Категории_ПОС.xls"
    path.write_bytes(content)
    with pytest.raises(FileError) as caught:
        Workbook(path).sheet(Workbook(path).sheet_names[0])
    assert words in str(caught.value)
    assert "Категории_ПОС.xls" in str(caught.value)


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(FileError, match="cannot be opened"):
        Workbook(tmp_path / "нет.xlsx")


def test_addresses_stay_right_when_the_table_begins_far_from_the_corner(tmp_path):
    path = save(tmp_path / "a.xlsx", lambda sheet: sheet.__setitem__("D7", "код"))
    sheet = Workbook(path).sheet("Sheet")
    assert [(list(row), str(sheet.place(n, 0))) for n, row in enumerate(sheet.rows) if any(row)] == [
        (["код"], "Sheet!D7")
    ]


@pytest.mark.parametrize("cell", ["XFD1048576", "IW3", "AA100000", "AAA1"])
def test_a_stray_far_cell_is_refused_before_it_takes_the_memory(tmp_path, cell):
    def fill(sheet):
        sheet["A1"] = "код"
        sheet[cell] = "x"

    path = save(tmp_path / "a.xlsx", fill)
    with pytest.raises(FileError, match=f"reaches the cell {cell}.*stray cells"):
        Workbook(path).sheet("Sheet")


@pytest.mark.parametrize("cell", ["Z99999", "IV9999"])
def test_a_large_sheet_is_read(tmp_path, cell):
    path = save(tmp_path / "a.xlsx", lambda sheet: sheet.__setitem__(cell, "x"))
    assert sum(row.count("x") for row in Workbook(path).sheet("Sheet").rows) == 1


def test_an_archive_that_unpacks_without_end_is_refused(tmp_path, monkeypatch):
    path = save(tmp_path / "a.xlsx", lambda sheet: sheet.append(["код"]))
    monkeypatch.setattr(archive, "MAX_UNPACKED_BYTES", 1000)
    with pytest.raises(FileError, match="unreasonable size"):
        Workbook(path).sheet("Sheet")


def test_formulas_are_known_by_their_cells(tmp_path):
    def fill(sheet):
        sheet["B2"] = "=1+1"
        sheet["C3"] = "text"

    assert Workbook(save(tmp_path / "a.xlsx", fill)).sheet("Sheet").formulas == {"B2": "1+1"}


def test_formulas_of_ods_are_known_by_their_cells(tmp_path):
    rows = (
        "<table:table-row table:number-rows-repeated='2'><table:table-cell/></table:table-row>"
        "<table:table-row><table:table-cell table:number-columns-repeated='2'/>"
        "<table:table-cell table:formula='of:=1+1' office:value-type='float' office:value='2'>"
        "<text:p>2</text:p></table:table-cell></table:table-row>"
        "<table:table-row table:number-rows-repeated='1048573'><table:table-cell/></table:table-row>"
    )
    path = write_ods(tmp_path / "a.ods", rows)
    sheet = Workbook(path).sheet("Лист")
    assert sheet.formulas == {"C3": "of:=1+1"}
    assert sheet.rows[2][0] == 2
    assert str(sheet.place(2, 0)) == "Лист!C3"


def test_an_ods_with_a_value_repeated_without_end_is_refused(tmp_path):
    row = (
        "<table:table-row table:number-rows-repeated='1048576'>"
        "<table:table-cell table:number-columns-repeated='16384' office:value-type='string'>"
        "<text:p>x</text:p></table:table-cell></table:table-row>"
    )
    with pytest.raises(FileError, match="stray cells"):
        Workbook(write_ods(tmp_path / "a.ods", row)).sheet("Лист")


def write_ods(path, rows):
    names = {
        "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
        "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
        "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
    }
    spaces = " ".join(f"xmlns:{prefix}='{name}'" for prefix, name in names.items())
    content = (
        f"<?xml version='1.0' encoding='UTF-8'?><office:document-content {spaces}><office:body>"
        f"<office:spreadsheet><table:table table:name='Лист'>{rows}</table:table></office:spreadsheet>"
        "</office:body></office:document-content>"
    )
    with zipfile.ZipFile(path, "w") as target:
        target.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        target.writestr("content.xml", content)
        target.writestr(
            "META-INF/manifest.xml",
            "<manifest:manifest xmlns:manifest='urn:oasis:names:tc:opendocument:xmlns:manifest:1.0'/>",
        )
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_csv_in_any_usual_encoding(tmp_path, encoding, delimiter):
    path = tmp_path / "a.csv"
    path.write_bytes(f"Код{delimiter}Название\r\n0001{delimiter}Раздел\r\n".encode(encoding))
    assert Workbook(path).sheet("a").rows[1] == ["0001", "Раздел"]


def good_files():
    memory = io.BytesIO()
    book = openpyxl.Workbook()
    book.active.append(["Код", "Наименование"])
    book.active.append(["0001.0001", "Тематика"])
    book.save(memory)
    return [memory.getvalue(), *(p.read_bytes() for p in sorted(FILES.iterdir()))]


GOOD = good_files()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(range(len(GOOD))),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=12),
    st.floats(0, 1),
)
def test_a_mutated_file_is_read_or_refused_never_a_crash(tmp_path, which, changes, cut):
    raw = bytearray(GOOD[which])
    for place, value in changes:
        raw[min(int(place * len(raw)), len(raw) - 1)] = value
    if not changes:
        raw = raw[: int(cut * len(raw))]
    path = tmp_path / "mutated.xls"
    path.write_bytes(bytes(raw))
    for read in (read_classifier, read_categories):
        with contextlib.suppress(FileError):
            read(path)


def test_an_old_workbook_whose_farthest_cell_would_kill_the_reader_is_refused(tmp_path):
    raw = bytearray((FILES / "odd.xls").read_bytes())
    labels = [place for place in range(len(raw) - 10) if raw[place : place + 2] == b"\xfd\x00"]  # LABELSST
    for place in labels:
        raw[place + 4 : place + 8] = b"\xff\xff\xff\xff"  # row and column 65 535
    path = tmp_path / "deadly.xls"
    path.write_bytes(bytes(raw))
    with pytest.raises(FileError, match=r"damaged|повреждён"):  # unread, it aborts the whole process
        read_classifier(path)
