"""File names that cross systems."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.sed.names import is_plain_name, safe_file_name, unique_file_name


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("Фото двора.jpg", "Фото двора.jpg"),
        ("../../etc/passwd", "_.._.._etc_passwd"),
        (r"C:\temp\a.doc", "C__temp_a.doc"),
        ("CON.txt", "_CON.txt"),
        ("nul", "_nul"),
        ("a\x00b\n.txt", "a_b_.txt"),
        ("trailing. . ", "trailing"),
        (".htaccess", "_.htaccess"),
        ("", "file"),
        ("...", "file"),
        ("cod\u202etxt.exe", "cod_txt.exe"),
        ("\ud800.pdf", "_.pdf"),
    ],
)
def test_odd_names(name, safe):
    assert safe_file_name(name) == safe


@given(st.text(st.characters(codec=None), max_size=400))
def test_any_name_becomes_a_plain_short_one(name):
    safe = safe_file_name(name)
    assert is_plain_name(safe)
    assert len(safe.encode()) <= 185
    assert not set(safe) & set('<>:"/\\|?*')
    assert safe_file_name(safe) == safe


def test_a_long_name_keeps_its_extension():
    assert safe_file_name("ы" * 300 + ".docx").endswith("ы.docx")


@given(st.lists(st.sampled_from(["a.txt", "A.TXT", "a (2).txt", "", "б.pdf"]), max_size=12))
def test_names_in_one_folder_differ_whatever_their_case(names):
    taken = set()
    given_names = [unique_file_name(name, taken) for name in names]
    assert len({name.casefold() for name in given_names}) == len(names)
