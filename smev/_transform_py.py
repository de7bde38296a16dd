"""SMEV's transform in pure Python: one pass over canonical octets, no tree. The twin of `_transform.c`."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from smev import _escape, _tags
from smev.refusal import NotCanonicalError, TransformRefusedError

_FORBIDDEN = re.compile(rb"[\x00-\x08\x0b-\x1f]|\xef\xbf[\xbe\xbf]")
_PECULIAR = (b"&", b">", b"\xc2", b"\x7f")


@dataclass(frozen=True, slots=True)
class _Element:
    """An open element: how it was and is written, and what its end has to undo (None: nothing)."""

    start: bytes
    end_tag: bytes
    end: bytes
    undo: tuple[list[tuple[bytes, bytes | None]], list[bytes]] | None


@dataclass(slots=True)
class _Scope:
    """The namespaces in force: prefix → URI as read, URI → prefix as written, start tags already resolved."""

    bound: dict[bytes, bytes | None] = field(default_factory=dict)
    written: dict[bytes, bytes] = field(default_factory=dict)
    known: dict[bytes, _Element] = field(default_factory=dict)
    outer: list[dict[bytes, _Element]] = field(default_factory=list)
    count: int = 0

    def open(self, tag: bytes) -> _Element:
        """Resolve a start tag by the namespaces in force and enter its own."""
        parsed = _tags.take_apart(tag)
        overridden = [(prefix, self.bound.get(prefix)) for prefix, _uri in parsed.declarations]
        self.bound.update(parsed.declarations)
        fresh: list[bytes] = []
        prefix = self._write(self._resolve(parsed.prefix), fresh)
        qualified = self._attributes(parsed.qualified, fresh)
        declared = b"".join(b' xmlns:%b="%b"' % (self.written[uri], uri) for uri in fresh)
        name = prefix + b":" + parsed.local
        element = _Element(
            b"<%b%b%b%b>" % (name, declared, qualified, parsed.plain),
            b"/%b" % tag.partition(b" ")[0],
            b"</%b>" % name,
            (overridden, fresh) if overridden or fresh else None,
        )
        if element.undo is None:
            self.known[tag] = element
        else:
            self.outer.append(self.known)
            self.known = {}
        return element

    def close(self, undo: tuple[list[tuple[bytes, bytes | None]], list[bytes]]) -> None:
        """Leave the namespaces of an element."""
        overridden, fresh = undo
        self.bound.update(overridden)
        for uri in fresh:
            del self.written[uri]
        self.known = self.outer.pop()

    def _resolve(self, prefix: bytes) -> bytes:
        uri = self.bound.get(prefix)
        if uri:
            return uri
        if prefix:
            raise NotCanonicalError(f"the prefix {prefix.decode()} is not declared")
        raise TransformRefusedError("an element has no namespace: SMEV's transform does not allow it")

    def _write(self, uri: bytes, fresh: list[bytes]) -> bytes:
        prefix = self.written.get(uri)
        if prefix is None:
            self.count += 1
            prefix = self.written[uri] = b"ns%d" % self.count
            fresh.append(uri)
        return prefix

    def _attributes(self, qualified: tuple[_tags.Qualified, ...], fresh: list[bytes]) -> bytes:
        if not qualified:
            return b""
        resolved = [(self._resolve(attribute.prefix), attribute) for attribute in qualified]
        if len(resolved) == 1:
            uri, attribute = resolved[0]
            return b" %b:%b" % (self._write(uri, fresh), attribute.name)
        order = sorted(
            (_tags.sort_key(uri), attribute.key, uri, attribute.name) for uri, attribute in resolved
        )
        if len({item[:2] for item in order}) < len(order):
            raise NotCanonicalError("an attribute is given twice")
        return b"".join(b" %b:%b" % (self._write(uri, fresh), name) for _key, _local, uri, name in order)


def rewrite(canonical: bytes) -> bytes:
    """Return the transformed octets of an element in exc-c14n form.

    Raises:
        NotCanonicalError: not exc-c14n, or exc-c14n with comments or processing instructions in it.
        TransformRefusedError: an element without a namespace, or a name with the prefix `xml`.
    """
    _check_characters(canonical)
    before, *parts = canonical.split(b"<")
    if before:
        raise NotCanonicalError("no element at the start")
    written: list[bytes] = []
    if not _write(iter(parts), written.append):
        raise NotCanonicalError("the element does not end where the input ends")
    return b"".join(written)


def _write(parts: Iterator[bytes], put: Callable[[bytes], None]) -> bool:
    """Write the parts between one `<` and the next; say whether the element ends with the last of them."""
    scope = _Scope()
    known = scope.known
    stack: list[_Element] = []
    expected: bytes | None = None
    for part in parts:
        tag, closed, text = part.partition(b">")
        if tag == expected and closed:
            element = stack.pop()
            put(element.end)
            if element.undo is not None:
                scope.close(element.undo)
                known = scope.known
            if not stack:
                return not text and next(parts, None) is None
            expected = stack[-1].end_tag
        else:
            if tag not in known or not closed:
                tag = _tags.head(part)
                text = part[len(tag) + 1 :]
                element = scope.open(tag)
                known = scope.known
            else:
                element = known[tag]
            put(element.start)
            stack.append(element)
            expected = element.end_tag
        if text and not text.isspace():
            put(_text(text))
    return False


def _text(text: bytes) -> bytes:
    for octet in _PECULIAR:
        if octet in text:
            return _escape.text(text)
    return text


def _check_characters(canonical: bytes) -> None:
    """Refuse what XML 1.0 does not allow as a character, and a raw CR, which exc-c14n never writes."""
    try:
        canonical.decode()
    except UnicodeDecodeError as error:
        raise NotCanonicalError("not UTF-8") from error
    if _FORBIDDEN.search(canonical):
        raise NotCanonicalError("a character that does not stand in canonical XML")
