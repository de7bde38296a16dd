"""Codes in the shapes in which spreadsheets and official lists hold them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.codes import CodeReading, read_code


@pytest.mark.parametrize(
    ("cell", "code", "rest", "footnote"),
    [
        ("0003.0009.0097.0689", "0003.0009.0097.0689", "", ""),
        (" 0003.0009.0097.0689. ", "0003.0009.0097.0689", "", ""),
        ("3.9.97.689", "0003.0009.0097.0689", "", ""),
        ("0003. 0009 .0097", "0003.0009.0097", "", ""),
        ("0003.0009.0000.0000", "0003.0009", "", ""),
        ("0003.0009.0097.01262", "0003.0009.0097.0126", "", "2"),
        ("0003.0009.0097.0126²", "0003.0009.0097.0126", "", ""),
        (3, "0003", "", ""),
        (3.0, "0003", "", ""),
        (3.0009, "0003.0009", "", ""),
        (3.001, "0003.0010", "", ""),
        (689.0, "0689", "", ""),
        ("(0002.0014.0143.0416) Качество", "0002.0014.0143.0416", "Качество", ""),
        ("0002.0014.0143.0416 Качество 24/7", "0002.0014.0143.0416", "Качество 24/7", ""),
        ("0002 - Социальная сфера", "0002", "Социальная сфера", ""),
        ("0002.0014.01432 Тема со сноской", "0002.0014.0143", "Тема со сноской", "2"),
    ],
)
def test_reads(cell, code, rest, footnote):
    assert read_code(cell) == CodeReading(code, rest, footnote)


@pytest.mark.parametrize(
    "cell",
    [
        "",
        "Качество",
        "2 этаж",
        "1.2 м",
        0,
        -3,
        3.00001,
        12345,
        True,
        None,
        "0003.0000.0097",
        "00031.0009",
        "31.12.2026 г.",
    ],
)
def test_is_no_code(cell):
    assert read_code(cell) is None


codes = st.lists(st.integers(1, 9999), min_size=1, max_size=5).map(lambda ns: ".".join(f"{n:04}" for n in ns))


@given(codes)
def test_every_code_reads_as_itself_alone_padded_and_with_a_name(code):
    assert read_code(code) == CodeReading(code)
    padded = code + ".0000" * (4 - code.count("."))
    assert read_code(padded) == CodeReading(code)
    assert read_code(f"{code} Название") == CodeReading(code, "Название")


@given(st.one_of(st.text(), st.floats(), st.integers()))
def test_never_fails(cell):
    reading = read_code(cell)
    assert reading is None or read_code(reading.code).code == reading.code
