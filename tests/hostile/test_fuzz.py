"""Fuzzers of readers that have none of their own: whatever comes, an answer or an error of ours.

XML of SEDs, envelopes, workbooks, DER and SMEV's XML are fuzzed in their rooms' own tests.
"""

import json
import tomllib
from contextlib import suppress

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config import toml
from connector.appeal import Cabinet
from connector.errors import ConnectorError
from connector.platform.rest import default_profile, filename, translate
from connector.platform.rest.jsontext import NotJsonError, decode_text, split
from connector.sed.http import _texts
from connector.transport import retry_after
from exporter.definitions import load_definitions
from exporter.marts.datamart import client as mart
from exporter.marts.datamart import prostore
from exporter.sources.columnmap import MapError, parse_map
from exporter.sources.listfile import ListFile
from mappings.errors import FileError
from tests.connector.platform.loopback import message
from tests.hostile.commands import CARD_MAP

few = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just("9" * 5000)
trees = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
octets = st.binary(max_size=200) | st.text(alphabet='{}[]",:\\01e-.truefalsnl \0ж', max_size=80).map(
    str.encode
)


@few
@given(octets)
def test_any_bytes_are_a_page_or_no_json(body):
    text = decode_text(body)
    try:
        members, elements = split(text, "content")
    except NotJsonError:
        return
    assert isinstance(members, dict)
    for one in elements:
        assert one.text in text


@few
@given(st.lists(octets.map(decode_text), min_size=1, max_size=4))
def test_a_good_message_is_found_among_any_others_or_the_page_is_refused(others):
    good = json.dumps(message(id=900), ensure_ascii=False)
    try:
        _members, elements = split('{"content":[' + ",".join([*others, good]) + "]}", "content")
    except NotJsonError:
        return
    ids = [
        translate.read_value(one.value, one.text, Cabinet(77, "x"), default_profile().message).platform_id
        for one in elements
    ]
    assert "900" in ids or any(good in one.text for one in elements)


@few
@given(
    st.dictionaries(st.sampled_from([*message(), "rework", "coApplicants", "questions"]), trees, max_size=4)
)
def test_any_values_are_a_message_or_a_problem(fields):
    received = translate.read_value(message() | fields, "{}", Cabinet(77, "x"), default_profile().message)
    assert (received.appeal is None) == bool(received.problem)


pieces = st.sampled_from(
    [
        b"filename",
        b"*",
        b"0",
        b"=",
        b";",
        b'"',
        b"'",
        b"utf-8''",
        b"%41",
        b"%",
        b"=?utf-8?b?",
        b"?=",
        b"\\",
        b"/",
        b"attachment",
        b" ",
        b"\xff",
        "й".encode(),
        b"*0*",
        b"punycode''",
        b"a.txt",
        b"..",
        b"CON",
        b"zlib_codec''",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(pieces, max_size=14).map(b"".join))
def test_any_header_gives_a_name_and_never_a_path(raw):
    name = filename.from_header(raw, "fallback")
    assert name
    assert not set(name) & set('/\\\0:"')
    assert name not in (".", "..")
    assert len(name.encode()) <= 200


@few
@given(
    st.text(max_size=30) | st.sampled_from(["nan", "inf", "-1", "1e9", "Thu, 99 Foo 9999", "٣", "9" * 400])
)
def test_any_retry_after_is_a_sensible_time_or_none(text):
    from datetime import UTC, datetime

    seconds = retry_after(text, datetime(2026, 3, 1, tzinfo=UTC))
    assert seconds is None or 0 <= seconds <= 86_400


@few
@given(octets)
def test_any_toml_is_a_tree_or_a_mistake(body):
    with suppress(tomllib.TOMLDecodeError):
        assert isinstance(toml.parse(body.decode("utf-8", "replace")), dict)


@few
@given(
    octets.map(lambda body: body.decode("utf-8", "replace"))
    | trees.map(lambda tree: json.dumps(tree, default=str))
)
def test_any_answer_of_a_mart_is_a_status_or_an_error_of_ours(text):
    for read in (mart._status, mart._request_id, prostore._number, prostore._look_for_error):
        with suppress(ConnectorError):
            read(text)
    assert all(isinstance(one, str) for one in _texts(text))


@few
@given(body=octets)
def test_any_list_of_cards_is_read_or_refused(body, tmp_path):
    path = tmp_path / "list.csv"
    path.write_bytes("Номер;Дата;Категория\n".encode() + body + "\nК-900;01.02.2026;Дороги\n".encode())
    columns = parse_map(CARD_MAP, "map.toml")
    from datetime import UTC, datetime

    source = ListFile(path, columns, load_definitions("Europe/Moscow"), datetime(2026, 3, 1, tzinfo=UTC))
    with suppress(FileError, MapError):
        assert all(row.place for row in source.rows())
