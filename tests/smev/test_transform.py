"""The transform rule by rule, on the reference vectors, and on what it has to refuse."""

import json
import os
import subprocess
import sys

import pytest

from smev.canonical import canonicalize, parse
from smev.transform import IMPLEMENTATIONS, TransformRefusedError, transform

backends = pytest.mark.parametrize("backend", IMPLEMENTATIONS)


TEXT = [  # what stands inside the element: read, written
    ("&gt;", "&gt;"),
    ("a&gt;", "a>"),
    ("]&gt;", "]&gt;"),
    ("]&gt;&gt;", "]&gt;>"),
    ("&lt;&gt;&gt;", "&lt;>>"),
    ("&amp;" * 10 + "&gt;", "&amp;" * 10 + ">"),  # 11 units: short
    ("&amp;" * 11 + "&gt;", "&amp;" * 11 + "&gt;"),  # 12 units: long
    ("&gt;" * 11, "&gt;" + ">" * 10),
    ("&gt;" * 12, "&gt;" * 12),
    ("a" + "&gt;" * 11, "a" + ">" * 11),
    ("abcdefghijk]&gt;&gt;a&gt;", "abcdefghijk]&gt;&gt;a>"),
    ("😀" * 5 + "&amp;&gt;", "😀" * 5 + "&amp;&gt;"),  # 12 units in 7 characters
    ("a" * 511 + "&gt;&gt;&gt;", "a" * 511 + ">&gt;&gt;"),
    ("a" * 511 + "]&gt;", "a" * 511 + "]&gt;"),
    ("a" * 511 + "😀&gt;", "a" * 511 + "😀>"),  # the pair goes to the next chunk, so `>` is not its first
    ("a" * 510 + "😀&gt;", "a" * 510 + "😀&gt;"),
    ("a" * 511 + "😀" + "b" * 511 + "&gt;", "a" * 511 + "😀" + "b" * 511 + "&gt;"),  # borders stay at n · 512
    ("a" * 511 + "😀" + "b" * 510 + "&gt;", "a" * 511 + "😀" + "b" * 510 + ">"),
    ("a&#xD;\nb", "a&#xd;\nb"),
    (" \n\t&#xD;", ""),
    ("&#xD;" * 600, ""),
    ("\xa0", "\xa0"),
    ("\u2003\u2028", "\u2003\u2028"),
    (" \x85 ", " &#x85; "),
    ("\x7f\x80\x9f\xa0", "&#x7f;&#x80;&#x9f;\xa0"),
    ("  a  <b></b>\n<b> c </b>\n", "  a  <ns1:b></ns1:b><ns1:b> c </ns1:b>"),
    ("a<!-- x -->&gt;", "a>"),
    ("&gt;<!-- x -->&gt;", "&gt;>"),
    (" <?pi d?> ", ""),
    ("a<?pi d?>&gt;<?pi?>]", "a>]"),
    ("<![CDATA[]]]]><![CDATA[>]]>", "]]&gt;"),
    ("&#62;&#x41;&quot;\r\n", '&gt;A"\n'),
    ("<a/>", "<ns1:a></ns1:a>"),
]


@backends
@pytest.mark.parametrize(("read", "written"), TEXT)
def test_text(backend, read, written):
    octets = f'<r xmlns="u:1">{read}</r>'.encode()
    assert transform(octets, backend=backend).decode() == f'<ns1:r xmlns:ns1="u:1">{written}</ns1:r>'


TAGS = [  # a whole document: read, written
    # a value: references in small letters, controls as they are
    (
        '<r xmlns="u:1" a="&amp;&lt;>&quot;\'&#x9;&#xA;&#xD;\x7f\x85"></r>',
        '<ns1:r xmlns:ns1="u:1" a="&amp;&lt;>&quot;\'&#x9;&#xa;&#xd;\x7f\x85"></ns1:r>',
    ),
    ('<r xmlns="u:1" a="&amp;#xA;"></r>', '<ns1:r xmlns:ns1="u:1" a="&amp;#xA;"></ns1:r>'),
    # siblings do not share a prefix, descendants do
    (
        '<a xmlns="u:1"><b xmlns="u:2"><a xmlns="u:1"></a></b><b xmlns="u:2"></b></a>',
        (
            '<ns1:a xmlns:ns1="u:1"><ns2:b xmlns:ns2="u:2"><ns1:a></ns1:a></ns2:b>'
            '<ns3:b xmlns:ns3="u:2"></ns3:b></ns1:a>'
        ),
    ),
    # two prefixes for one namespace, one prefix for two; a declaration without use is gone
    (
        '<p:a xmlns:p="u:1" xmlns:q="u:1" xmlns:z="u:9"><p:b xmlns:p="u:2"><q:c></q:c></p:b></p:a>',
        '<ns1:a xmlns:ns1="u:1"><ns2:b xmlns:ns2="u:2"><ns1:c></ns1:c></ns2:b></ns1:a>',
    ),
    (
        '<p:a xmlns:p="u:1"><p:b xmlns:p="u:2"></p:b><p:c></p:c></p:a>',
        '<ns1:a xmlns:ns1="u:1"><ns2:b xmlns:ns2="u:2"></ns2:b><ns1:c></ns1:c></ns1:a>',
    ),
    # prefixes of the output may be taken in the input
    (
        '<ns2:a xmlns:ns2="u:1"><ns1:b xmlns:ns1="u:2" ns2:x="1"></ns1:b></ns2:a>',
        '<ns1:a xmlns:ns1="u:1"><ns2:b xmlns:ns2="u:2" ns1:x="1"></ns2:b></ns1:a>',
    ),
    # attributes with a namespace go first, by URI and local name; prefixes are numbered in that order
    (
        '<a xmlns="u:5" xmlns:b="u:2" xmlns:c="u:10" x="" b:z="" b:A="" c:z=""></a>',
        '<ns1:a xmlns:ns1="u:5" xmlns:ns2="u:10" xmlns:ns3="u:2" ns2:z="" ns3:A="" ns3:z="" x=""></ns1:a>',
    ),
    # an attribute's namespace serves the children too
    (
        '<a xmlns="u:1" xmlns:b="u:2" b:x=""><b:c></b:c></a>',
        '<ns1:a xmlns:ns1="u:1" xmlns:ns2="u:2" ns2:x=""><ns2:c></ns2:c></ns1:a>',
    ),
    # UTF-16 order: U+1F600 (D83D DE00) before U+FF01, in names and in URIs
    ('<a xmlns="u:1" Ａ="1" 𐐀="2"></a>', '<ns1:a xmlns:ns1="u:1" 𐐀="2" Ａ="1"></ns1:a>'),
    (
        '<a xmlns="u:1" a="0" aＡ="1" a𐐀="2" ab="3"></a>',
        '<ns1:a xmlns:ns1="u:1" a="0" ab="3" a𐐀="2" aＡ="1"></ns1:a>',
    ),
    (
        '<p:a xmlns:p="u:！" xmlns:q="u:😀" p:x="1" q:x="2"></p:a>',
        '<ns1:a xmlns:ns1="u:！" xmlns:ns2="u:😀" ns2:x="2" ns1:x="1"></ns1:a>',
    ),
    # a URI sorts by what it means, not by how it is escaped: `!` < `&` < `1` < `<`
    (
        '<a xmlns="u:0" xmlns:b="u:1&lt;" xmlns:c="u:1&amp;" xmlns:d="u:11" b:x="" c:x="" d:x=""></a>',
        (
            '<ns1:a xmlns:ns1="u:0" xmlns:ns2="u:1&amp;" xmlns:ns3="u:11" xmlns:ns4="u:1&lt;" '
            'ns2:x="" ns3:x="" ns4:x=""></ns1:a>'
        ),
    ),
    ('<p:a xmlns="" xmlns:p="u:1"></p:a>', '<ns1:a xmlns:ns1="u:1"></ns1:a>'),
    ('<xmlfoo:a xmlns:xmlfoo="u:1" xmlbar="1"></xmlfoo:a>', '<ns1:a xmlns:ns1="u:1" xmlbar="1"></ns1:a>'),
    # good XML that is not canonical
    ('<?xml version="1.0"?>\n<!-- c -->\n<a xmlns="u:1"></a>\n', '<ns1:a xmlns:ns1="u:1"></ns1:a>'),
    ("<a  b = 'x\ny>\"' xmlns='u:1' />", '<ns1:a xmlns:ns1="u:1" b="x y>&quot;"></ns1:a>'),
    ('<r xmlns="u:1"><a ></a\n></r>', '<ns1:r xmlns:ns1="u:1"><ns1:a></ns1:a></ns1:r>'),
    ("\ufeff<a xmlns='u:1'>\r\n1</a>", '<ns1:a xmlns:ns1="u:1">\n1</ns1:a>'),
]


@backends
@pytest.mark.parametrize(("read", "written"), TAGS)
def test_tags(backend, read, written):
    assert transform(read.encode(), backend=backend).decode() == written


REFUSED = [
    '<r xmlns="u:1" xml:lang="ru"></r>',
    '<xml:r xmlns="u:1"></xml:r>',
    '<r xmlns="u:1"><a xmlns="">t</a></r>',
    "<r></r>",
    '<r a="1"></r>',
    '<r xmlns="u:1&2"></r>',
    '<r xmlns="u:1&2;"></r>',
    '<r xmlns="u:1" a="&"></r>',
    '<r xmlns="u:1"><a b></a></r>',
    '<r xmlns="u:1"><a b=1></a></r>',
    '<r xmlns="u:1"><a b=1 c="2"></a></r>',
    '<r xmlns="u:1"><a b="1"c="2"></a></r>',
    '<r xmlns="u:1"><a="1"></a></r>',
    '<r xmlns="u:1"><p:a></p:a></r>',
    '<r xmlns="u:1" p:a="1"></r>',
    '<r xmlns="u:1" a="1" a="2"></r>',
    '<r xmlns="u:1" xmlns="u:1"></r>',
    '<r xmlns="u:1" xmlns:p="u:2" xmlns:q="u:2" p:a="1" q:a="2"></r>',
    '<r xmlns="u:1" xmlns:p=""></r>',
    '<r xmlns="u:1" xmlns:xml="u:2"></r>',
    '<r xmlns="u:1" xmlns:xmlns="u:2"></r>',
    '<r xmlns="u:1" xmlns:p="http://www.w3.org/2000/xmlns/"></r>',
    '<p:r xmlns:p="http://www.w3.org/XML/1998/namespace"></p:r>',
    '<1 xmlns="u:1"></1>',
    '<a: xmlns:a="u:1"></a:>',
    '<a:b:c xmlns:a="u:1"></a:b:c>',
    '<r xmlns="u:1"><a></b></r>',
    '<r xmlns="u:1"><a></r>',
    '<r xmlns="u:1">',
    '<r xmlns="u:1"></r><r xmlns="u:1"></r>',
    '<r xmlns="u:1"></r>x',
    'x<r xmlns="u:1"></r>',
    '<r xmlns="u:1">]]></r>',
    '<r xmlns="u:1">&nbsp;</r>',
    '<r xmlns="u:1">&#0;</r>',
    '<r xmlns="u:1">\x00</r>',
    '<r xmlns="u:1">\x0b</r>',
    '<r xmlns="u:1">\uffff</r>',
    '<r xmlns="u:1"><!-- a -- b --></r>',
    '<r xmlns="u:1"><?xml version="1.0"?></r>',
    '<!DOCTYPE r [<!ENTITY e "x">]><r xmlns="u:1">&e;</r>',
    '<!-- <r/> --><!DOCTYPE r SYSTEM "file:///etc/passwd"><r xmlns="u:1"/>',
    '<?xml version="1.1"?><r xmlns="u:1"/>',
    '<?xml version="1.0" encoding="windows-1251"?><r xmlns="u:1"/>',
    "",
    "<",
    "<>",
    "</>",
    "</r>",
    "<r",
    "\x00",
]


@backends
@pytest.mark.parametrize("octets", [case.encode() for case in REFUSED])
def test_refused(backend, octets):
    with pytest.raises(TransformRefusedError) as refusal:
        transform(octets, backend=backend)
    assert len(str(refusal.value)) > 10


@backends
@pytest.mark.parametrize("encoding", ["cp1251", "utf-16", "utf-16-le", "utf-32"])
def test_other_encodings_are_refused(backend, encoding):
    with pytest.raises(TransformRefusedError):
        transform('<r xmlns="u:1">ж</r>'.encode(encoding), backend=backend)


@backends
@pytest.mark.parametrize(
    "octets", [b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xf8\x88\x80\x80\x80", b"\xe2\x82"]
)
def test_damaged_utf_8_is_refused_wherever_it_stands(backend, octets):
    for frame in (
        b'<r xmlns="u:1">%b</r>',
        b'<r xmlns="u:1" a="%b"></r>',
        b'<r xmlns="u:%b"></r>',
        b'<r%b xmlns="u:1"/>',
    ):
        with pytest.raises(TransformRefusedError):
            transform(frame % octets, backend=backend)


@backends
def test_what_is_not_bytes_is_a_type_error(backend):
    with pytest.raises(TypeError):
        transform("<r/>", backend=backend)


@backends
def test_depth_and_numbers_have_no_small_limit(backend):
    names = range(20_000)
    nested = "".join(f'<a xmlns="u:{i}">' for i in names) + "</a>" * len(names)
    written = "".join(f'<ns{i + 1}:a xmlns:ns{i + 1}="u:{i}">' for i in names)
    written += "".join(f"</ns{i + 1}:a>" for i in reversed(names))
    assert transform(nested.encode(), backend=backend).decode() == written


def vectors(folder):
    for path in sorted((folder / "smev" / "transform").glob("*.jsonl")):
        for line in path.read_bytes().split(b"\n"):
            if line:
                vector = json.loads(line)
                yield vector["name"], vector.get("input_exc_c14n") or vector["input"], vector.get("output")


@backends
def test_every_vector(backend, shared_data):
    wrong = []
    for name, read, written in vectors(shared_data):
        try:
            result = transform(read.encode(), backend=backend).decode()
        except TransformRefusedError:
            result = None
        if result != written:
            wrong.append(name)
    assert not wrong
    assert sum(1 for _vector in vectors(shared_data)) >= 142


@backends
def test_real_messages_go_through_and_stay_as_they_are_the_second_time(backend, shared_data):
    for path in sorted((shared_data / "smev" / "real").glob("*.xml")):
        for element in parse(path.read_bytes()).iter("{*}Body"):
            for body in element:
                once = transform(canonicalize(body), backend=backend)
                assert transform(once, backend=backend) == once


def test_the_environment_chooses_the_implementation():
    code = "import smev.transform as t; print(t.BACKEND)"
    for name in IMPLEMENTATIONS:
        run = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "SEDLINK_SMEV_TRANSFORM": name},
            capture_output=True,
            text=True,
            check=True,
        )
        assert run.stdout.strip() == name
