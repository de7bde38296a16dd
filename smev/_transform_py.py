"""SMEV's transform in pure Python: one pass over canonical octets, no tree. The twin of `_transform.c`."""

from collections.abc import Callable, Iterator
from operator import itemgetter

from smev import _escape, _tags
from smev.refusal import NotCanonicalError, TransformRefusedError

_CONTROLS = bytes((*range(9), *range(11, 32)))
_PECULIAR = (b"&", b"\xc2", b"\x7f")

Undo = tuple[list[tuple[bytes, bytes | None]], list[bytes]]
"""What an element's end takes back: prefixes with what they meant before, URIs that got a prefix."""

Element = tuple[bytes, bytes, bytes, Undo | None]
"""An open element (a plain tuple, for speed): start as written, end as read, end as written, what to undo."""


class _Scope:
    """The namespaces in force: prefix → URI as read, URI → prefix as written, start tags already resolved."""

    def __init__(self) -> None:
        self.bound: dict[bytes, bytes | None] = {}
        self.written: dict[bytes, bytes] = {}
        self.known: dict[bytes, Element] = {}
        self.outer: list[dict[bytes, Element]] = []
        self.count = 0

    def open(self, tag: bytes) -> Element:
        """Resolve a start tag by the namespaces in force and enter its own."""
        parsed = _tags.remembered(tag) if len(tag) <= _tags.LONGEST_REMEMBERED else _tags.take_apart(tag)
        prefix, declarations, qualified, local, plain, end_tag = parsed
        written = self.written.get(self.bound.get(prefix) or b"")
        if written is None or declarations or qualified:
            return self._enter(parsed)
        name = written + local
        element = self.known[tag] = (b"<" + name + plain + b">", end_tag, b"</" + name + b">", None)
        return element

    def _enter(self, parsed: _tags.Tag) -> Element:
        prefix, declarations, qualified, local, rest, end_tag = parsed
        overridden = []
        for declared, uri in declarations:
            overridden.append((declared, self.bound.get(declared)))
            self.bound[declared] = uri
        fresh: list[bytes] = []
        name = self._write(self._resolve(prefix), fresh) + local
        if qualified:
            rest = self._attributes(qualified, fresh) + rest
        for uri in reversed(fresh):
            rest = b" xmlns:" + self.written[uri] + b'="' + uri + b'"' + rest
        self.outer.append(self.known)
        self.known = {}
        return b"<" + name + rest + b">", end_tag, b"</" + name + b">", (overridden, fresh)

    def close(self, undo: Undo) -> None:
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
        resolved = [(self._resolve(attribute.prefix), attribute) for attribute in qualified]
        if len(resolved) > 1:
            keyed = [(_tags.sort_key(uri), attribute.key, uri, attribute) for uri, attribute in resolved]
            keyed.sort(key=itemgetter(0, 1))
            if len({item[:2] for item in keyed}) < len(keyed):
                raise NotCanonicalError("an attribute is given twice")
            resolved = [item[2:] for item in keyed]
        return b"".join(
            [b" " + self._write(uri, fresh) + b":" + attribute.name for uri, attribute in resolved]
        )


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
    peculiar = [octet for octet in _PECULIAR if octet in canonical]
    if canonical.count(b">") != len(parts):
        peculiar.append(b">")
    if not _write(iter(parts), written.append, peculiar):
        raise NotCanonicalError("the element does not end where the input ends")
    return b"".join(written)


def _write(parts: Iterator[bytes], put: Callable[[bytes], None], peculiar: list[bytes]) -> bool:
    """Write the parts between one `<` and the next; say whether the element ends with the last of them.

    Only text with one of the `peculiar` octets is looked at more closely: what no text has is not looked for.
    """
    scope = _Scope()
    known = scope.known
    stack: list[Element] = []
    expected: bytes | None = None
    for part in parts:
        tag, closed, text = part.partition(b">")
        if tag == expected and closed:
            _start, _end, end, undo = stack.pop()
            put(end)
            if undo is not None:
                scope.close(undo)
                known = scope.known
            if not stack:
                return not text and next(parts, None) is None
            expected = stack[-1][1]
        else:
            if tag in known and closed:
                element = known[tag]
            else:
                if not closed or b" " in tag:  # there are attributes, and a value may hold `>`
                    tag = _tags.head(part)
                    text = part[len(tag) + 1 :]
                element = scope.open(tag)
                known = scope.known
            start, expected, _end, _undo = element
            put(start)
            stack.append(element)
        if text and not text.isspace():
            for octet in peculiar:
                if octet in text:
                    text = _escape.text(text)
                    break
            put(text)
    return False


def _check_characters(canonical: bytes) -> None:
    """Refuse what XML 1.0 does not allow as a character, and a raw CR, which exc-c14n never writes."""
    try:
        bytes.decode(canonical)  # by way of the class: anything but bytes is a TypeError here
    except UnicodeDecodeError as error:
        raise NotCanonicalError("not UTF-8") from error
    noncharacter = b"\xef\xbf\xbe" in canonical or b"\xef\xbf\xbf" in canonical
    if noncharacter or len(canonical.translate(None, _CONTROLS)) != len(canonical):
        raise NotCanonicalError("a character that does not stand in canonical XML")
