"""ASN.1 as certificates, keys and CMS need it: a bounded BER reader that keeps the exact bytes.

Own code, because what is read here is signed: the exact octets of a certificate's body must survive, which
general libraries re-encode or refuse (measured: one raises KeyError on every GOST key, another refuses the
indefinite-length CMS that the treasury really sends). Everything is bounded: depth, size, no recursion on
data without a limit. Source: ITU-T X.690.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from smev.errors import InputError

BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, NULL, OID = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06
UTC_TIME, GENERALIZED_TIME, SEQUENCE, SET = 0x17, 0x18, 0x30, 0x31
CONTEXT_0, CONTEXT_1, CONTEXT_2, CONTEXT_3 = 0xA0, 0xA1, 0xA2, 0xA3

MAX_DEPTH = 24  # the deepest real CMS has 12
_CONSTRUCTED = 0x20
_TIME = re.compile(r"[0-9]{14}Z")
_ENCODINGS = {0x0C: "utf-8", 0x12: "ascii", 0x13: "ascii", 0x14: "latin-1", 0x16: "ascii", 0x1A: "ascii"}
_ENCODINGS |= {0x1C: "utf-32-be", 0x1E: "utf-16-be"}


class Asn1Error(InputError):
    """The octets are not the ASN.1 they should be."""

    def __init__(self, reason: str) -> None:
        super().__init__("asn1-malformed", "malformed ASN.1: {reason}", reason=reason)


@dataclass(frozen=True, slots=True)
class Node:
    """One element inside `data`: its identifier octet, where it starts, its contents, where it ends."""

    data: bytes
    tag: int
    start: int
    body: int
    stop: int
    end: int
    depth: int

    @property
    def raw(self) -> bytes:
        """The element as it stands, with tag and length."""
        return self.data[self.start : self.end]

    @property
    def content(self) -> bytes:
        """The contents octets."""
        return self.data[self.body : self.stop]

    def children(self) -> Iterator["Node"]:
        """Yield the elements inside a constructed one."""
        if not self.tag & _CONSTRUCTED:
            raise Asn1Error(f"element {self.tag:#04x} at byte {self.start} should hold others")
        position = self.body
        while position < self.stop:
            child = _read(self.data, position, self.stop, self.depth + 1)
            yield child
            position = child.end

    def fields(self, tag: int = SEQUENCE) -> "Fields":
        """Return a reader of the elements inside, after checking the identifier."""
        return Fields(expect(self, tag))


def parse(data: bytes) -> Node:
    """Return the only element of the data. Raises Asn1Error, also for bytes after it."""
    node = _read(data, 0, len(data), 0)
    if node.end != len(data):
        raise Asn1Error(f"{len(data) - node.end} bytes after the end")
    return node


def _read(data: bytes, start: int, limit: int, depth: int) -> Node:
    if depth > MAX_DEPTH:
        raise Asn1Error(f"nested deeper than {MAX_DEPTH}")
    if limit - start < 2:
        raise Asn1Error(f"cut off at byte {start}")
    tag, first = data[start], data[start + 1]
    if tag & 0x1F == 0x1F:
        raise Asn1Error(f"long tag at byte {start}")
    if first == 0x80:
        return _read_indefinite(data, start, limit, depth)
    body = start + 2
    if first > 0x80:
        body += first & 0x7F
        if first > 0x84 or body > limit:
            raise Asn1Error(f"impossible length at byte {start}")
        first = int.from_bytes(data[start + 2 : body], "big")
    if first > limit - body:
        raise Asn1Error(f"cut off at byte {start}: {first} bytes promised, {limit - body} left")
    return Node(data, tag, start, body, body + first, body + first, depth)


def _read_indefinite(data: bytes, start: int, limit: int, depth: int) -> Node:
    tag, position = data[start], start + 2
    if not tag & _CONSTRUCTED:
        raise Asn1Error(f"indefinite length of a primitive at byte {start}")
    while data[position : position + 2] != b"\0\0" or position + 2 > limit:
        position = _read(data, position, limit, depth + 1).end
    return Node(data, tag, start, start + 2, position, position + 2, depth)


class Fields:
    """The elements of a sequence in order: required ones are taken, optional ones tried."""

    def __init__(self, node: Node) -> None:
        self._nodes = list(node.children())
        self._next = 0
        self._where = node.start

    def take(self, *tags: int) -> Node:
        """Return the next element, which must have one of the tags (any when none is given)."""
        if self._next >= len(self._nodes):
            raise Asn1Error(f"the sequence at byte {self._where} lacks an element")
        node = self._nodes[self._next]
        if tags and node.tag not in tags:
            raise Asn1Error(f"element {node.tag:#04x} at byte {node.start} where {tags[0]:#04x} should be")
        self._next += 1
        return node

    def maybe(self, tag: int) -> Node | None:
        """Return the next element if it has the tag."""
        if self._next < len(self._nodes) and self._nodes[self._next].tag == tag:
            return self.take(tag)
        return None

    def rest(self) -> list[Node]:
        """Return the elements not taken yet."""
        left = self._nodes[self._next :]
        self._next = len(self._nodes)
        return left


def expect(node: Node, tag: int) -> Node:
    """Return the node if it has the tag."""
    if node.tag != tag:
        raise Asn1Error(f"element {node.tag:#04x} at byte {node.start} where {tag:#04x} should be")
    return node


def integer(node: Node) -> int:
    """Return the number of an INTEGER."""
    content = expect(node, INTEGER).content
    if not content:
        raise Asn1Error(f"empty number at byte {node.start}")
    return int.from_bytes(content, "big", signed=True)


def oid(node: Node) -> str:
    """Return an OBJECT IDENTIFIER in dots."""
    content = expect(node, OID).content
    if not content or content[-1] & 0x80 or len(content) > 64:
        raise Asn1Error(f"malformed identifier at byte {node.start}")
    arcs, value = [], 0
    for byte in content:
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            arcs.append(value)
            value = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))


def bits(node: Node) -> bytes:
    """Return a BIT STRING of whole octets."""
    content = expect(node, BIT_STRING).content
    if not content or content[0]:
        raise Asn1Error(f"bit string at byte {node.start} is not of whole octets")
    return content[1:]


def octets(node: Node) -> bytes:
    """Return an OCTET STRING, primitive or in pieces (BER)."""
    if node.tag == OCTET_STRING | _CONSTRUCTED:
        return b"".join(octets(piece) for piece in node.children())
    return expect(node, OCTET_STRING).content


def text(node: Node) -> str:
    """Return a character string of any of the usual types; broken characters become U+FFFD."""
    encoding = _ENCODINGS.get(node.tag)
    return node.content.decode(encoding, "replace") if encoding else node.content.hex()


def time(node: Node) -> datetime:
    """Return a UTCTime or GeneralizedTime as certificates write it (RFC 5280 section 4.1.2.5)."""
    digits = node.content.decode("ascii", "replace")
    if node.tag == UTC_TIME:
        digits = ("20" if digits[:2] < "50" else "19") + digits
    elif node.tag != GENERALIZED_TIME:
        raise Asn1Error(f"no time at byte {node.start}")
    if not _TIME.fullmatch(digits):
        raise Asn1Error(f"malformed time at byte {node.start}")
    try:
        return datetime.strptime(digits, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise Asn1Error(f"impossible time at byte {node.start}") from None
