"""Fuzzers of fields: whatever stands where SEDs, gateways and files have theirs, an answer or a sentence."""

import json
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from config.secret import Secret
from connector.appeal import Cabinet
from connector.journal import codec
from connector.platform.rest import default_profile
from connector.platform.smev.translate import Reader
from connector.sed.directum import reading as directum
from connector.sed.elma365 import ElmaSettings
from connector.sed.elma365 import reading as elma
from connector.sed.http import Call, _parsed
from connector.sed.mayan import MayanSettings
from connector.sed.mayan import reading as mayan
from connector.sed.rows import UnreadableRowError
from exporter.heatmap.engine import MapError
from exporter.heatmap.geo import load_outlines
from mappings import jsontext
from mappings.errors import FileError
from mappings.sssom import read_sssom
from smev.client import gateway
from smev.client.words import Queue
from smev.errors import SmevError
from tests.connector.sed.directum_peer import settings_for
from tests.hostile.test_fuzz import few, octets, trees
from tests.mappings.samples import REFERENCES

MOMENTS = st.sampled_from(
    [
        "9999-12-31T23:59:59Z",
        "0001-01-01T00:00:00Z",
        "0001-01-01",
        "2026-13-45",
        "2026-03-01T10:00:00+03:00",
        "\ud800",
    ]
)
VALUES = trees | MOMENTS | st.text(st.characters(), max_size=8)
KEY = "pos:77:1:1"
ELMA = ElmaSettings(
    url="https://sed.example.org",
    token=Secret("t"),
    namespace="n",
    app="a",
    questions="q",
    directory="00000000-0000-4000-8000-000000000000",
)
DIRECTUM = settings_for("https://sed.example.org")
MAYAN = MayanSettings(url="https://sed.example.org", token=Secret("t"))
POSEDMS = Reader(Cabinet(77, "x"), default_profile())
WHEN = {"__updatedAt": "2026-03-01T10:00:00Z", "__id": "1"}


def told(row):
    """Return a row as it comes off the wire."""
    call = Call("GET", "x", "x")
    return _parsed(json.dumps(row, default=str).encode(), call)


def kept(events):
    """Every event of any row can be kept in the journal."""
    for event in events:
        codec.dump_event(event)


@few
@given(
    st.dictionaries(st.sampled_from([*ELMA.fields.values(), "__status", "__updatedAt"]), VALUES, max_size=5)
)
def test_any_row_of_elma365_is_told_or_named(fields):
    row = told(WHEN | {"pos_key": KEY, "reg_number": "Т-1"} | fields)
    statuses = {1: ("refused", "Отказ"), 2: ("closed", "Закрыто")}
    with suppress(UnreadableRowError):
        kept(elma.events(row, statuses, ELMA))
    assert elma.card(row, [row], statuses, ELMA).ref.id == "1"


_OF_DIRECTUM = (
    "RegistrationNumber",
    "RegistrationDate",
    "Modified",
    "ExecutionState",
    "Assignee",
    "Deadline",
    "InitialDeadline",
    "TransferredTo",
    "Questions",
    "PosRefusalText",
    "AnswerLetter",
)


@few
@given(st.dictionaries(st.sampled_from(_OF_DIRECTUM), VALUES, max_size=5))
def test_any_row_of_directum_is_told_or_named(fields):
    row = told({"Id": 1, "PosKey": KEY} | fields)
    answer = directum.Answer(told({"Id": 2} | fields), ())
    with suppress(UnreadableRowError):
        kept(directum.events(row, answer, DIRECTUM))
    assert directum.card(row, DIRECTUM).ref.id == "1"


@few
@given(
    st.dictionaries(st.sampled_from(["transition", "comment", "extra_data", "datetime"]), VALUES, max_size=4),
    st.dictionaries(
        st.sampled_from(["filename", "size", "mimetype", "comment", "timestamp"]), VALUES, max_size=4
    ),
)
def test_any_entry_of_mayan_is_told_or_named(entry, file):
    usual = {
        "id": 1,
        "transition": {"label": next(iter(MAYAN.transitions))},
        "datetime": "2026-03-01T10:00:00Z",
    }
    with suppress(UnreadableRowError):
        kept(mayan.events(KEY, 1, [told(usual | entry)], [told({"id": 1} | file)], MAYAN))


@few
@given(octets | VALUES.map(lambda tree: json.dumps(tree, default=str).encode()))
def test_any_answer_of_a_gateway_is_a_message_or_an_error_of_ours(body):
    with suppress(SmevError):
        answer = gateway._json(200, body)
        gateway._refusal(500, answer, body)
        gateway._incoming(Queue.RESPONSES, answer, body)


@few
@given(octets.map(lambda body: body.decode("utf-8", "replace")) | VALUES.map(json.dumps))
def test_any_json_that_people_save_is_a_value_or_a_reason(text):
    with suppress(ValueError):
        json.dumps(jsontext.parse(text), ensure_ascii=False).encode()


@few
@given(body=octets)
def test_any_sssom_is_rules_or_findings(body, tmp_path):
    path = tmp_path / "x.tsv"
    path.write_bytes(b"subject_id\tpredicate_id\tobject_id\tother\n" + body)
    with suppress(FileError):
        found = read_sssom(path, REFERENCES)
        assert all(str(one.place) for one in found.findings)


@few
@given(oktmo=VALUES, ring=VALUES)
def test_any_outlines_are_drawn_or_refused_by_name(oktmo, ring, tmp_path):
    feature = {"properties": {"oktmo": oktmo}, "geometry": {"type": "Polygon", "coordinates": ring}}
    path = tmp_path / "x.geojson"
    path.write_text(json.dumps({"features": [feature]}), encoding="utf-8")
    with suppress(MapError):
        assert str(load_outlines(path)).encode()


_PARTS = (
    "Id",
    "Description",
    "CreatedAt",
    "Applicant",
    "Attachments",
    "FileId",
    "Questions",
    "Latitude",
    "Subject",
)


@few
@given(
    st.lists(
        st.tuples(st.sampled_from(_PARTS), octets.map(lambda body: body.decode("utf-8", "replace"))),
        max_size=5,
    )
)
def test_any_stored_source_of_smev_is_a_message_or_a_problem(parts):
    inside = "".join(f"<{name}>{text}</{name}>" for name, text in parts)
    received = POSEDMS.stored(f"<Message><Id>1</Id>{inside}</Message>")
    assert (received.appeal is None) == bool(received.problem)
