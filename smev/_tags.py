"""Start tags of canonical XML taken apart (the pure-Python form of the transform)."""

import re
from functools import lru_cache
from typing import NamedTuple

from smev import _escape
from smev.refusal import NotCanonicalError, TransformRefusedError

_START = "A-Z_a-zÀ-ÖØ-öø-\u02ff\u0370-\u037d\u037f-\u1fff\u200c\u200d\u2070-\u218f\u2c00-\u2fef\u3001-\ud7ff"
_START += "\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
_NCNAME = re.compile(f"[{_START}][-.0-9\u00b7\u0300-\u036f\u203f\u2040{_START}]*+")
_TAG = re.compile(rb'([^\s"\'/=>&]++)((?: [^\s"\'/=>&]++="[^"]*+")*+)>')
_ATTRIBUTE = re.compile(rb' ([^=]+)="([^"]*)"')
_LONGEST_REMEMBERED = 256
_RESERVED = (b"http://www.w3.org/XML/1998/namespace", b"http://www.w3.org/2000/xmlns/")


class Qualified(NamedTuple):
    """An attribute with a prefix: `name` is `local="value"` as it is written, `key` sorts by local name."""

    prefix: bytes
    key: bytes
    name: bytes


class Tag(NamedTuple):
    """A start tag: `end` ends it, `plain` is all attributes without a namespace, as they are written."""

    prefix: bytes
    colon_local: bytes
    end: bytes
    declarations: tuple[tuple[bytes, bytes], ...]
    qualified: tuple[Qualified, ...]
    plain: bytes


def head(part: bytes) -> bytes:
    """Return what stands between `<` and the `>` that ends the start tag (values may hold a raw `>`).

    Raises:
        NotCanonicalError: exc-c14n never writes such a tag.
    """
    tag, closed, _text = part.partition(b">")
    if closed and b'"' not in tag and b" " not in tag:
        return tag
    match = _TAG.match(part)
    if match is None:
        raise NotCanonicalError("a tag is not canonical")
    return part[: match.end() - 1]


def take_apart(tag: bytes) -> Tag:
    """Read a start tag, given as `head` returns it; tags that may come again are remembered.

    Raises:
        NotCanonicalError: a bad name, a bad value, or an attribute given twice.
        TransformRefusedError: the reserved prefix `xml`.
    """
    return _remembered(tag) if len(tag) <= _LONGEST_REMEMBERED else _take_apart(tag)


def _take_apart(tag: bytes) -> Tag:
    name, _blank, rest = tag.partition(b" ")
    prefix, local, _key = _split(name)
    declarations: dict[bytes, bytes] = {}
    plain: dict[bytes, bytes] = {}
    qualified = []
    for attribute, raw in _ATTRIBUTE.findall(b" " + rest if rest else b""):
        value = _escape.value(raw)
        outer, inner, key = _split(attribute)
        if outer == b"xmlns":
            _declare(declarations, inner, value)
        elif attribute == b"xmlns":
            _declare(declarations, b"", value)
        elif outer:
            qualified.append(Qualified(outer, key, inner + b'="' + value + b'"'))
        else:
            _add(plain, key, b" " + inner + b'="' + value + b'"')
    written = b"".join([plain[key] for key in sorted(plain)])
    return Tag(prefix, b":" + local, b"/" + name, tuple(declarations.items()), tuple(qualified), written)


_remembered = lru_cache(maxsize=2048)(_take_apart)


def sort_key(canonical: bytes) -> bytes:
    """Return octets that compare as the text compares by UTF-16 code units (section 3, rule 5)."""
    content = canonical.decode()
    if "&" in content:
        content = content.replace("&lt;", "<").replace("&quot;", '"').replace("&#x9;", "\t")
        content = content.replace("&#xa;", "\n").replace("&#xd;", "\r").replace("&amp;", "&")
    return content.encode("utf-16-be")


@lru_cache(maxsize=2048)
def _split(name: bytes) -> tuple[bytes, bytes, bytes]:
    """Return the prefix, the local name and what the local name sorts by."""
    prefix, colon, local = name.rpartition(b":")
    if prefix == b"xml":
        raise TransformRefusedError(
            f"the prefix of {name.decode()} is reserved: SMEV's transform does not allow it"
        )
    if not _NCNAME.fullmatch(local.decode()) or (colon and not _NCNAME.fullmatch(prefix.decode())):
        raise NotCanonicalError("a name is not well-formed")
    return prefix, local, sort_key(local)


def _declare(known: dict[bytes, bytes], prefix: bytes, uri: bytes) -> None:
    if uri in _RESERVED or prefix in (b"xml", b"xmlns") or (prefix and not uri):
        raise NotCanonicalError("a namespace that must not be declared")
    _add(known, prefix, uri)


def _add(known: dict[bytes, bytes], key: bytes, value: bytes) -> None:
    if key in known:
        raise NotCanonicalError("an attribute is given twice")
    known[key] = value
