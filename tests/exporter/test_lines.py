"""A fact as a line: the compiled and the Python form write the same bytes for every fact."""

import csv
from dataclasses import fields
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.fact import CELLS, SEPARATOR, Fact, plain_values
from exporter.lines import IMPLEMENTATIONS, line_in_python
from tests.exporter.facts import NOON, fact

MOSCOW = timezone(timedelta(hours=3))
TEXTS = st.one_of(
    st.text(max_size=20),
    st.text("Дорогиabc ", max_size=20),
    st.sampled_from(["", '"', 'a"b', "a\x1fb", "a\nb", "a\rb", "a\0b", "\ud800", "\\.", "😀", "x" * 5000]),
)
MOMENTS = st.one_of(
    st.none(),
    st.datetimes(timezones=st.just(UTC)),
    st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.sampled_from([MOSCOW])),  # noqa: DTZ001
)
NUMBERS = st.one_of(st.integers(), st.sampled_from([0, -1, 2**63 - 1, -(2**63), 2**63]))


def values_of(hint):
    said = str(hint)
    if "datetime" in said:
        return MOMENTS
    if "bool" in said:
        return st.sampled_from([None, True, False]) if "None" in said else st.booleans()
    if "int" in said:
        return st.one_of(st.none(), NUMBERS) if "None" in said else NUMBERS
    return TEXTS


HINTS = get_type_hints(Fact)
FACTS = st.builds(Fact, **{field.name: values_of(HINTS[field.name]) for field in fields(Fact)})


@given(FACTS, st.integers(1, 2**40))
def test_both_write_the_same_bytes(one, ordinal):
    wanted = line_in_python(ordinal, one)
    for write in IMPLEMENTATIONS.values():
        assert write(ordinal, one) == wanted


@given(FACTS)
def test_a_line_is_read_back_as_what_was_written(one):
    [line] = {write(7, one) for write in IMPLEMENTATIONS.values()}
    text = line.decode("utf-8")
    [cells] = csv.reader([text.removesuffix("\n")], delimiter=SEPARATOR)
    told = [cell.replace("\0", "").encode("utf-8", "replace").decode() for cell in plain_values(one)]
    if not any("\n" in cell or "\r" in cell for cell in told):  # else the reader must be given them otherwise
        assert cells == ["7", str(one.version), *told, one.fingerprint]


@pytest.mark.parametrize("write", IMPLEMENTATIONS.values(), ids=IMPLEMENTATIONS)
def test_a_plain_fact_to_the_letter(write):
    cells = (
        write(1, fact("А-1", version=5, answered_at=NOON, rating=4)).decode().rstrip("\n").split(SEPARATOR)
    )
    told = dict(zip(("ordinal", "version", *CELLS, "fingerprint"), cells, strict=True))
    assert (told["ordinal"], told["version"], told["card"], told["rating"]) == ("1", "5", "А-1", "4")
    assert told["answered_at"] == NOON.isoformat(timespec="microseconds")
    assert (told["repeated"], told["cabinet"]) == ("False", "101")


@pytest.mark.parametrize("write", IMPLEMENTATIONS.values(), ids=IMPLEMENTATIONS)
def test_what_only_looks_like_a_text_is_written_as_python_writes_it(write):
    class Kind(StrEnum):
        MESSAGE = "message"

    odd = fact("1", kind=Kind.MESSAGE)
    assert write(1, odd) == write(1, fact("1", kind="message"))


def test_the_compiled_form_refuses_what_is_no_list_of_names():
    plain = pytest.importorskip("exporter._plain", reason="built without a compiler").plain
    for wrong in ((), ["card"], None):
        with pytest.raises(TypeError):
            plain(fact("1"), wrong)
    with pytest.raises(AttributeError):
        plain(fact("1"), ("no_such_field",))
