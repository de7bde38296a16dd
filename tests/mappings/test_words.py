"""Which spellings are one name."""

import pytest

from mappings.words import same_key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Мусор ", "мусор"),
        ("МФЦ “Мои документы”", "МФЦ «Мои документы»"),
        ("Ёлка  на   дороге", "елка на дороге"),
        ("Oбразование", "Образование"),  # a Latin O
        ("TO и ремонт", "ТО и ремонт"),  # two Latin letters
        ("Двор\u00a0\nдома", "двор дома"),
        ("Й", "Й"),
    ],
)
def test_one_name(one, other):
    assert same_key(one) == same_key(other)


@pytest.mark.parametrize(
    ("one", "other"), [("Ямы", "Яма"), ("Wi-Fi", "ви-фи"), ("Двор 1", "Двор 2"), ("Cat", "Сат")]
)
def test_two_names(one, other):
    assert same_key(one) != same_key(other)
