"""The exchange format: out and in is identity; from outside nothing acts by itself."""

import csv

import pytest
from hypothesis import HealthCheck, given, settings

from mappings.errors import FileError
from mappings.model import Content, Direction, Relation, Status
from mappings.sssom import COLUMNS, read_sssom, write_sssom
from tests.mappings.samples import CONTENT, LIGHT, PIT, REFERENCES, rules


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rules)
def test_out_and_in_is_identity(tmp_path, some):
    path = tmp_path / "a.sssom.tsv"
    path.write_text(write_sssom(Content(some), REFERENCES, 3), encoding="utf-8", newline="")
    read = read_sssom(path, REFERENCES)
    assert read.findings == ()
    assert [rule._replace(row=0) for rule in read.rules] == [rule._replace(row=0) for rule in some]


def test_it_is_a_table_with_the_required_columns_and_metadata():
    text = write_sssom(CONTENT, REFERENCES, 3)
    lines = text.splitlines()
    head = [line for line in lines if line.startswith("#")]
    assert '#mapping_set_id: "https://sedlink.invalid/mapping/3"' in head
    assert any(line.startswith("#license:") for line in head)
    rows = list(csv.DictReader(lines[len(head) :], delimiter="\t"))
    assert tuple(rows[0]) == COLUMNS
    assert rows[0]["subject_id"] == "pos:11"
    assert rows[0]["object_id"] == f"okn:{PIT}"
    assert rows[0]["object_label"] == "Ямы на дорогах"
    assert rows[0]["predicate_id"] == "skos:exactMatch"
    assert rows[4]["object_id"] == "sssom:NoTermFound"
    assert {row["mapping_justification"] for row in rows} == {"semapv:ManualMappingCuration"}


def foreign(path, *rows):
    columns = (
        "subject_id",
        "predicate_id",
        "object_id",
        "mapping_justification",
        "subject_label",
        "confidence",
    )
    lines = ["#curie_map: {}", "\t".join(columns), *("\t".join(row) for row in rows)]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_rows_of_another_tool_are_proposals(tmp_path):
    path = foreign(
        tmp_path / "a.tsv",
        ("pos:11", "skos:closeMatch", f"okn:{PIT}", "semapv:LexicalMatching", "", "0.8"),
        ("pospath:%D0%94%D0%BE%D1%80%D0%BE%D0%B3%D0%B8", "skos:broadMatch", f"okn:{LIGHT}", "", "", ""),
        (f"okn:{LIGHT}", "skos:exactMatch", "sssom:NoTermFound", "", "", ""),
        ("pos:11", "skos:exactMatch", "sssom:NoTermFound", "", "", ""),
    )
    one, two, three, four = read_sssom(path, REFERENCES).rules
    assert (one.path, one.id, one.code, one.relation) == (("Дороги", "Ямы"), "11", PIT, Relation.CLOSE)
    assert (one.status, one.confidence) == (Status.PROPOSED, 0.8)
    assert (two.path, two.relation) == (("Дороги",), Relation.BROADER)
    assert (three.direction, three.excluded) == (Direction.MART, True)
    assert (four.relation, four.code) == (Relation.NONE, "")


def test_rows_that_cannot_be_understood_are_reported_and_the_rest_is_taken(tmp_path):
    path = foreign(
        tmp_path / "a.tsv",
        ("pos:11", "skos:exactMatch", f"okn:{PIT}", "", "", ""),
        ("pos:777", "skos:exactMatch", f"okn:{PIT}", "", "", ""),
        ("pos:11", "skos:exactMatch", "okn:ямы", "", "", ""),
        ("pos:11", "owl:sameAs", f"okn:{PIT}", "", "", ""),
        ("HP:1", "skos:exactMatch", "MP:2", "", "", ""),
        ("pos:11", "skos:exactMatch", f"okn:{PIT}", "", "", "много"),
    )
    read = read_sssom(path, REFERENCES)
    assert len(read.rules) == 1
    assert [f.fields["row"] for f in read.findings] == [2, 3, 4, 5, 6]


def test_a_table_without_the_required_columns_is_refused(tmp_path):
    path = tmp_path / "a.tsv"
    path.write_text("subject_id\tother\nx\ty\n", encoding="utf-8")
    with pytest.raises(FileError, match="object_id, predicate_id"):
        read_sssom(path, REFERENCES)
    with pytest.raises(FileError, match="cannot be opened"):
        read_sssom(tmp_path / "нет.tsv", REFERENCES)
