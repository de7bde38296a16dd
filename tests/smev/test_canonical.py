"""Parsing without DTD and entities, and exclusive canonicalization of an element in its place."""

import pytest

from smev.canonical import canonicalize, parse, parse_skeleton
from smev.refusal import UnsafeXmlError

LAUGHS = '<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><r>&b;</r>'
UNSAFE = [
    LAUGHS.encode(),
    b"\n  <!-- a --> <?b?>" + LAUGHS.encode(),
    b'<?xml version="1.0"?>' + LAUGHS.encode(),
    LAUGHS.encode("utf-16"),
    b'<!DOCTYPE r SYSTEM "http://127.0.0.1:1/x.dtd"><r/>',
    b'<!DOCTYPE r [<!ATTLIST r a CDATA "1">]><r/>',
    b'<?xml version="1.1"?><r/>',
    b"<r>&e;</r>",
    b"<r>",
    b"",
    b"<a:r/>",
]


@pytest.mark.parametrize("data", UNSAFE)
def test_unsafe_documents_are_refused(data):
    with pytest.raises(UnsafeXmlError):
        parse(data)


def test_the_word_doctype_elsewhere_is_harmless():
    assert parse(b"<r><!-- <!DOCTYPE r> --><![CDATA[<!DOCTYPE r>]]></r>").text is None


def test_a_long_prolog_is_looked_through_in_one_pass():
    with pytest.raises(UnsafeXmlError):
        parse(b"<!-- a --> <?b?>" * 20_000 + b"<!-- <!DOCTYPE")


def test_the_size_is_limited():
    assert parse(b"<r/>", limit=4).tag == "r"
    with pytest.raises(UnsafeXmlError, match="5 bytes, the limit is 4"):
        parse(b"<r />", limit=4)


def test_the_depth_is_limited():
    with pytest.raises(UnsafeXmlError):
        parse(b"<r>" * 10_000 + b"</r>" * 10_000)


def test_declared_encodings_are_read():
    assert parse('<?xml version="1.0" encoding="windows-1251"?><r>ж</r>'.encode("cp1251")).text == "ж"


def test_the_skeleton_has_no_comments_and_merges_text():
    root = parse_skeleton(b"<r>a<!-- b -->c<?d e?>f</r>")
    assert root.text == "acf"
    assert len(root) == 0


def test_an_inner_element_takes_along_only_the_namespaces_that_it_uses():
    root = parse(b'<a xmlns="u:1" xmlns:p="u:2" xmlns:z="u:3" xml:lang="ru"> <p:b c="1"><d/> </p:b> tail</a>')
    assert canonicalize(root[0]) == b'<p:b xmlns:p="u:2" c="1"><d xmlns="u:1"></d> </p:b>'


def test_an_inner_element_keeps_its_instructions_and_loses_its_comments():
    root = parse(b'<a xmlns="u:1"><b>1<!-- c --><?p d?>2</b></a>')
    assert canonicalize(root[0]) == b'<b xmlns="u:1">1<?p d?>2</b>'


@pytest.mark.parametrize("uri", ["u:1&amp;2", "u:1&amp;amp;2"])
def test_namespaces_that_libxml2_writes_wrong_are_refused(uri):
    with pytest.raises(UnsafeXmlError, match="namespace URI"):
        canonicalize(parse(f'<a xmlns="{uri}"/>'.encode()))
    with pytest.raises(UnsafeXmlError, match="namespace URI"):
        canonicalize(parse(f'<a xmlns="u:1" xmlns:p="{uri}"><b p:x=""/></a>'.encode()))


def test_a_namespace_with_an_ampersand_outside_the_element_or_in_text_is_no_hindrance():
    root = parse(b'<a xmlns:p="u:1&amp;2"><b xmlns="u:1"> xmlns="&amp;"</b></a>')
    assert canonicalize(root[0]) == b'<b xmlns="u:1"> xmlns="&amp;"</b>'


def test_a_relative_namespace_is_refused():
    with pytest.raises(UnsafeXmlError, match="relative"):
        canonicalize(parse(b'<a xmlns="relative"/>'))
