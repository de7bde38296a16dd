"""The ASN.1 reader: round trips with the writer, BER, and its bounds against hostile input."""

import time
import tracemalloc
from contextlib import suppress
from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smev.gost import der
from smev.gost import der_write as write


@given(st.integers())
def test_numbers(value):
    assert der.integer(der.parse(write.integer(value))) == value


@given(st.integers(0, 2), st.integers(0, 39), st.lists(st.integers(0, 2**70), max_size=5))
def test_identifiers(first, second, rest):
    dotted = ".".join(map(str, (first, second, *rest)))
    if len(write.oid(dotted)) <= 66:
        assert der.oid(der.parse(write.oid(dotted))) == dotted


@given(st.binary(max_size=70_000))
def test_octets_of_any_length(value):
    assert der.octets(der.parse(write.octets(value))) == value


@given(st.datetimes().filter(lambda moment: moment.year >= 1950))
def test_times(moment):
    moment = moment.replace(microsecond=0, tzinfo=UTC)
    assert der.time(der.parse(write.time(moment))) == moment


def test_indefinite_lengths_and_strings_in_pieces():
    data = bytes.fromhex("308024800401610402626300000201050000")
    fields = der.parse(data).fields()
    assert der.octets(fields.take(0x24)) == b"abc"
    assert der.integer(fields.take()) == 5
    assert fields.maybe(der.INTEGER) is None


BROKEN = (
    "30 3005 0201 30800000ff 3080 0480 3f8101 30850000000001 1f0100 0200 0600 068180 1706313233343536 "
    "170d3939393939393939393939395a 1801ff 03020700"
)


@pytest.mark.parametrize("broken", ["", *BROKEN.split()])
def test_malformed(broken):
    with pytest.raises(der.Asn1Error):
        read(bytes.fromhex(broken))


@given(st.binary(max_size=400))
def test_noise(noise):
    with suppress(der.Asn1Error):
        walk(der.parse(noise))


def read(data):
    node = der.parse(data)
    readers = {0x02: der.integer, 0x03: der.bits, 0x06: der.oid, 0x17: der.time, 0x18: der.time}
    readers.get(node.tag, der.Node.fields)(node)


def walk(node):
    if node.tag & 0x20:
        for child in node.children():
            walk(child)


@pytest.mark.parametrize("bomb", [b"\x30\x80" * 500_000, b"\x24\x80" * 23 + b"\x04\x00" * 100_000])
def test_nesting_and_repetition_are_bounded_in_time_and_memory(bomb):
    tracemalloc.start()
    started = time.monotonic()
    with pytest.raises(der.Asn1Error):
        der.parse(bomb)
    elapsed, peak = time.monotonic() - started, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert elapsed < 30  # a bound against a hang, not a measure of speed
    assert peak < 5_000_000
