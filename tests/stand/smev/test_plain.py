"""The stand's own transform and verifier: the official vectors, real messages, the library as oracle."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from smev.canonical import canonicalize
from smev.gost.backends import provider
from smev.transform import transform
from stand.smev import dsig
from stand.smev.plain import NotSignableError, signed_octets
from stand.smev.refusal import BusFault


@pytest.mark.parametrize("name", ["official-examples", "edge", "fuzz"])
def test_every_vector_comes_out_right(shared_data, name):
    text = (shared_data / "smev" / "transform" / f"{name}.jsonl").read_text(encoding="utf-8")
    for line in text.strip().split("\n"):
        vector = json.loads(line)
        source = vector.get("input_exc_c14n") or vector["input"]
        tree = etree.fromstring(source.encode())
        if vector.get("output") is None:
            with pytest.raises(NotSignableError):
                signed_octets(tree)
        else:
            assert signed_octets(tree).decode() == vector["output"], vector["name"]


TEXTS = st.text(alphabet="]>&<a \n\r\t\x85ж😀", max_size=40)


@st.composite
def trees(draw, depth=2):
    spaces = {"p": "urn:a", "q": "urn:b", "r": "urn:c"}
    element = etree.Element(f"{{urn:{draw(st.sampled_from('ab'))}}}e", nsmap=spaces)
    element.text = draw(TEXTS).replace("\r", "")
    for name in draw(st.sets(st.sampled_from(("x", "{urn:a}x", "{urn:c}y")), max_size=3)):
        element.set(name, draw(TEXTS))
    for child in draw(st.lists(trees(depth - 1), max_size=2)) if depth else ():
        child.tail = draw(TEXTS)
        element.append(child)
    return element


@settings(max_examples=60, deadline=None)
@given(trees())
def test_it_agrees_with_the_library(tree):
    assert signed_octets(tree) == transform(canonicalize(tree))


@pytest.mark.parametrize(
    "source", ["<a/>", '<a xmlns="urn:a"><b xmlns=""/></a>', '<a xmlns="urn:a" xml:lang="ru"/>']
)
def test_what_smev_refuses_is_refused(source):
    with pytest.raises(NotSignableError):
        signed_octets(etree.fromstring(source))


PROVIDED = ("SenderProvidedRequestData", "SenderProvidedResponseData")
TARGETS = {
    "SMEVSignature": ("MessageMetadata", "Request", "Response"),
    "SenderInformationSystemSignature": PROVIDED,
    "CallerInformationSystemSignature": (*PROVIDED, "MessageTypeSelector", "AckTargetMessage", "Timestamp"),
}


def signatures(root):
    """Yield (container, what its place must sign) of a real message."""
    for container in root.iter(*(f"{{*}}{name}" for name in TARGETS)):
        wanted = TARGETS[etree.QName(container).localname]
        near = container.getparent().iterchildren(etree.Element)
        yield container, next(one for one in near if etree.QName(one).localname in wanted)


def holds(container, target):
    """Verify as it stands, else without the blanks that somebody's archive put into SignedInfo."""
    try:
        dsig.verify(container, target, provider())
    except BusFault as fault:
        if "key" not in fault.reason:
            raise
        for element in next(container.iter("{*}SignedInfo")).iter():
            element.text = element.text and element.text.strip()
            element.tail = None
        dsig.verify(container, target, provider())


def test_real_signatures_of_2012_verify_and_a_changed_byte_shows(shared_data):
    good = old = 0
    for path in sorted((shared_data / "smev" / "real").glob("*.xml")):
        for container, target in signatures(etree.parse(path).getroot()):
            if "gostr34102001" in etree.tostring(container, encoding="unicode"):
                old += 1
                with pytest.raises(BusFault, match="2012"):
                    dsig.verify(container, target, provider())
                continue
            holds(container, target)
            good += 1
            before, target.text = target.text, "changed"
            with pytest.raises(BusFault, match="digest"):
                dsig.verify(container, target, provider())
            target.text = before
    assert good >= 5
    assert old >= 1
