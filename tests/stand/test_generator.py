"""The generator: repeatable, varied, artificial; files are recipes that keep their promise."""

import hashlib
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stand import blobs
from stand.generator import make_cabinets, make_cases, texts
from stand.words import DecisionKind, FileSpec, Kind

NOW = datetime(2025, 3, 1, tzinfo=UTC)
CABINETS = make_cabinets(3)


@pytest.fixture(scope="module")
def cases():
    return list(make_cases(300, CABINETS, seed=4, now=NOW))


def test_the_same_seed_gives_the_same_messages_and_a_longer_run_begins_with_the_shorter(cases):
    assert list(make_cases(20, CABINETS, seed=4, now=NOW)) == cases[:20]
    assert list(make_cases(20, CABINETS, seed=4, now=NOW, first=20)) == cases[20:40]
    assert list(make_cases(20, CABINETS, seed=5, now=NOW)) != cases[:20]
    assert make_cabinets(3) == CABINETS
    assert len({cabinet.secret for cabinet in make_cabinets(9)}) == 9


def test_every_kind_of_message_and_of_life_occurs(cases):
    wires = [json.loads(case.message.wire) for case in cases]
    assert {wire["opaId"] for wire in wires} == {cabinet.opa_id for cabinet in CABINETS}
    for flag in ("fastTrack", "shared", "confidential", "lawAppeal"):
        assert any(wire.get(flag) for wire in wires), flag
    assert {len(wire["questions"]) for wire in wires if "questions" in wire} == {2, 3}
    assert any("organisation" in wire["applicant"] for wire in wires)
    assert any(wire.get("coApplicants") for wire in wires)
    assert any("regNumber" not in wire for wire in wires)
    assert any(len(wire["description"]) > 9_999 for wire in wires)
    decided = {decision.kind for case in cases for decision in case.rounds[0].decisions}
    assert decided == set(DecisionKind)
    expected = {decision.expects for case in cases for decision in case.rounds[0].decisions}
    assert expected == set(Kind) - {Kind.OTHER} | {None}
    assert any(len(case.rounds) == 2 for case in cases)
    assert any(one.rating for case in cases for one in case.rounds)


def test_nobody_is_real(cases):
    people = [json.loads(case.message.wire)["applicant"] for case in cases]
    assert {one["surname"] for one in people} <= set(texts()["surnames"])
    assert all(one["email"].endswith("@example.org") for one in people)


def test_names_of_files_are_nasty_and_sizes_vary(cases):
    specs = [spec for case in cases for _id, spec in case.message.files]
    assert any(".." in spec.name for spec in specs)
    assert any(len(spec.name) > 150 for spec in specs)
    assert 0 in {len(spec.content()) for spec in specs[:200]}
    assert max(spec.size for spec in specs) > 200_000


@given(st.sampled_from(list(blobs.Kind)), st.integers(0, 5_000), st.text(max_size=5))
def test_a_recipe_always_gives_the_same_bytes(kind, size, seed):
    spec = FileSpec("a", kind, size, seed)
    assert spec.content() == spec.content()
    assert hashlib.sha256(spec.content()).hexdigest() == spec.sha256
    if kind is blobs.Kind.TEXT:
        assert len(spec.content()) == size
