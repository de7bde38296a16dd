"""The transform against an independent oracle: over expat's tree, slow, written from the protocol's rules.

The oracle shares no code and no parser with `smev`: what it says and what both implementations say has to
agree, on generated documents and on damaged ones. (libxml2 takes only ASCII namespace URIs, expat only names
of the fourth edition of XML: what lies beyond is in `test_transform.py`.)
"""

import xml.etree.ElementTree as ET

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from smev.canonical import canonicalize, parse
from smev.refusal import UnsafeXmlError
from smev.transform import IMPLEMENTATIONS, TransformRefusedError, transform

XML = "{http://www.w3.org/XML/1998/namespace}"
backends = pytest.mark.parametrize("backend", IMPLEMENTATIONS)


# ---- the oracle ----------------------------------------------------------------------------------------


class RefusedByOracle(Exception):  # noqa: N818 - an outcome, not an error of the tests
    pass


def oracle(octets):
    try:
        root = ET.fromstring(octets)  # drops comments and processing instructions, merges text around them
    except (ET.ParseError, LookupError, ValueError) as error:
        raise RefusedByOracle from error
    count = iter(range(1, 10**9))
    return "".join(written(root, [], count)).encode()


def written(element, outer, count):
    mine = []
    tag = split(element.tag)
    if not tag[0] or element.tag.startswith(XML):
        raise RefusedByOracle
    name = prefixed(tag, outer, mine, count)
    attributes = []
    for key in sorted(element.attrib, key=place):
        if key.startswith(XML):
            raise RefusedByOracle
        label = prefixed(split(key), outer, mine, count) if key.startswith("{") else key
        attributes.append(f' {label}="{quoted(element.attrib[key])}"')
    yield f"<{name}"
    yield from (f' xmlns:{prefix}="{quoted(uri)}"' for uri, prefix in mine)
    yield from attributes
    yield f">{text(element.text)}"
    for child in element:
        yield from written(child, outer + mine, count)
        yield text(child.tail)
    yield f"</{name}>"


def split(key):
    uri, _brace, local = key[1:].rpartition("}") if key.startswith("{") else ("", "", key)
    return uri, local


def place(key):
    uri, local = split(key)
    return uri == "", units(uri), units(local)


def units(content):
    octets = content.encode("utf-16-be")
    return [octets[i] << 8 | octets[i + 1] for i in range(0, len(octets), 2)]


def prefixed(name, outer, mine, count):
    for uri, prefix in outer + mine:
        if uri == name[0]:
            return f"{prefix}:{name[1]}"
    mine.append((name[0], f"ns{next(count)}"))
    return f"{mine[-1][1]}:{name[1]}"


def quoted(value):
    for char, reference in ("&", "&amp;"), ("<", "&lt;"), ('"', "&quot;"), ("\r", "&#xd;"), ("\n", "&#xa;"):
        value = value.replace(char, reference)
    return value.replace("\t", "&#x9;")


def text(content):
    if not content or all(char <= " " for char in content):
        return ""
    sequence = units(content)
    if len(sequence) < 12:
        return (
            "".join(short(sequence, i) for i in range(len(sequence)))
            .encode("utf-16", "surrogatepass")
            .decode("utf-16")
        )
    pieces = [long(sequence[start : start + 512]) for start in range(0, len(sequence), 512)]
    return "".join(pieces).encode("utf-16", "surrogatepass").decode("utf-16")


def escape(unit):
    if unit == 0x0D or 0x7F <= unit <= 0x9F:
        return f"&#x{unit:x};"
    return {0x26: "&amp;", 0x3C: "&lt;"}.get(unit)


def short(sequence, i):
    if sequence[i] == 0x3E and (i == 0 or sequence[i - 1] == 0x5D):
        return "&gt;"
    return escape(sequence[i]) or chr(sequence[i])


def long(chunk):
    result, escaped = "", True
    for i, unit in enumerate(chunk):
        piece = escape(unit)
        if unit == 0x3E and (escaped or chunk[i - 1] == 0x5D):
            piece = "&gt;"
        escaped = piece is not None
        result += piece or chr(unit)
    return result


# ---- documents -----------------------------------------------------------------------------------------

URIS = ["urn:a", "urn:b", "urn:ab", "urn:x-y/1.0", "http://x.example/1?a=b", "urn:%D0%B6"]
LOCALS = ["e", "f", "Id", "ж", "e-1.2_3", "xmlns1", "nsé", "É·̀"]
PREFIXES = ["", "a", "b", "ж", "ns1", "ns2"]
FILL = st.integers(0, 1040).map("я".__mul__) | st.sampled_from(
    [n * "a" for n in (9, 10, 11, 12, 500, 509, 510, 511)]
)
PIECES = [
    "a",
    ">",
    ">>",
    "]",
    "]>",
    "&",
    "<",
    "\r",
    "\n",
    "\t",
    " ",
    "\x7f",
    "\x85",
    "\x9f",
    "\xa0",
    "😀",
    "\u2028",
]
PIECES += ["ж", '"', "'", "\ufffd", "\ud7ff", "x" * 8]
text_values = st.lists(st.sampled_from(PIECES) | FILL, max_size=12).map("".join)
blanks = st.text(" \t\r\n", max_size=14)
values = st.text(st.sampled_from("ab<>&\"'\r\n\t\x7f\x85ж😀]"), max_size=8)


def source_text(content):
    return content.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")


def source_value(content):
    for char in '&<"\r\n\t':
        content = content.replace(char, f"&#{ord(char)};") if char != "&" else content.replace("&", "&#38;")
    return content


@st.composite
def elements(draw, bound=None, depth=0):
    """An element as XML source: declared and undeclared anew at will, comments and instructions between."""
    bound = dict(bound or {})
    declared = draw(st.dictionaries(st.sampled_from(PREFIXES), st.sampled_from(URIS), max_size=3))
    bound |= declared
    if not bound:
        declared = bound = {"": "urn:a"}
    prefix = draw(st.sampled_from(sorted(bound)))
    name = ":".join(filter(None, [prefix, draw(st.sampled_from(LOCALS))]))
    attributes, seen = [], set()
    for outer, local in draw(
        st.lists(st.tuples(st.sampled_from(["", *sorted(bound)]), st.sampled_from(LOCALS)), max_size=4)
    ):
        key = (bound[outer] if outer else "", local)
        if key not in seen:
            seen.add(key)
            attributes.append(f'{outer + ":" if outer else ""}{local}="{source_value(draw(values))}"')
    declarations = [f'xmlns{":" + p if p else ""}="{uri}"' for p, uri in declared.items()]
    parts = [f"<{' '.join([name, *draw(st.permutations(declarations + attributes))])}>"]
    for kind in draw(st.lists(st.sampled_from("ttbecp" if depth < 3 else "ttbcp"), max_size=5)):
        match kind:
            case "t":
                parts.append(source_text(draw(text_values)))
            case "b":
                parts.append(source_text(draw(blanks)))
            case "e":
                parts.append(draw(elements(bound, depth + 1)))
            case "c":
                parts.append("<!-- > ]]> & -->")
            case "p":
                parts.append(draw(st.sampled_from(["<?pi d?>", "<![CDATA[<&>]]>"])))
    return "".join([*parts, f"</{name}>"])


def outcome(function, *args, **options):
    try:
        return function(*args, **options)
    except (RefusedByOracle, TransformRefusedError):
        return None


@backends
@settings(max_examples=250, deadline=None)
@given(elements())
def test_a_document_is_written_as_the_oracle_writes_it(backend, source):
    expected = oracle(source.encode())
    assert transform(source.encode(), backend=backend) == expected
    assert transform(canonicalize(parse(source.encode())), backend=backend) == expected


@backends
@settings(max_examples=250, deadline=None)
@given(st.lists(st.sampled_from(PIECES) | FILL, max_size=40).map("".join))
@example("a" * 511 + "😀" + ">" * 600)
@example("a" * 511 + "😀" + "b" * 510 + ">>]")
@example("]" * 511 + ">" * 2)
@example("😀" * 256 + ">")
def test_text_is_written_as_the_oracle_writes_it(backend, content):
    canonical = source_text(content).replace("&#13;", "&#xD;")
    octets = f'<a xmlns="urn:a">{canonical}</a>'.encode()
    assert transform(octets, backend=backend) == oracle(octets)


@pytest.mark.parametrize("room", [511, 512, 513, 1023, 1024, 1025])
@backends
def test_every_place_of_a_sign_around_a_border(backend, room):
    for sign in (">", "]>", "&>", "😀>", ">>", "\x85>", "]]>>"):
        for start in range(room - 5, room + 2):
            octets = f'<a xmlns="urn:a">{"я" * start}{source_text(sign)}{"z" * 600}</a>'.encode()
            assert transform(octets, backend=backend) == oracle(octets)


DAMAGE = [
    *(bytes([octet]) for octet in b"<>/&\"' =:a\0\r\n\x7f\xc2\xff"),
    *b']]> <!-- --> <?x?> <![CDATA[ &#xD; &#13; &gt; xmlns xml: xmlns="" e="1" <e/>'.split(),
    *(b"\xed\xa0\x80", b"\xef\xbf\xbf", b"\xf4\x90\x80\x80", b"\xc0\x80", b' e="1"', b" e=1"),
]


@settings(max_examples=600, deadline=None)
@given(
    elements(),
    st.lists(
        st.tuples(st.floats(0, 1), st.floats(0, 0.1), st.sampled_from([b"", *DAMAGE])), min_size=1, max_size=3
    ),
)
def test_damaged_octets_have_one_outcome(source, damages):
    octets = canonicalize(parse(source.encode()))
    for where, share, put in damages:
        start = int(where * len(octets))
        octets = octets[:start] + put + octets[start + int(share * share * len(octets)) :]
    results = {name: outcome(transform, octets, backend=name) for name in IMPLEMENTATIONS}
    assert len(set(results.values())) == 1
    result = next(iter(results.values()))
    if result is not None:
        assert result == outcome(oracle, octets)


def test_what_the_oracle_accepts_is_refused_only_for_a_reason():
    for octets in (b'<a xmlns="urn:a" xmlns:xml="urn:b"/>', b'<!DOCTYPE a><a xmlns="urn:a"/>'):
        with pytest.raises((TransformRefusedError, UnsafeXmlError)):
            transform(octets)
