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
_RESERVED = (b"http://www.w3.org/XML/1998/namespace", b"http://www.w3.org/2000/xmlns/")


LONGEST_REMEMBERED = 256
"""Tags of more bytes are not worth their place in memory."""


class Qualified(NamedTuple):
    """An attribute with a prefix: `name` is `local="value"` as it is written, `key` sorts by local name."""

    prefix: bytes
    key: bytes
    name: bytes


class Tag(NamedTuple):
    """A start tag: what has to be known of it, and what is written of it whatever its namespace becomes.

    Attributes:
        prefix: of the element, empty for the default namespace.
        declarations: (prefix, URI) of each namespace declared; URIs as they are written, with references.
        qualified: attributes with a prefix.
        name: the local name with a colon before it.
        plain: attributes without a prefix, sorted, with a blank before each.
        end: the end tag between `<` and `>`.
    """

    prefix: bytes
    declarations: tuple[tuple[bytes, bytes], ...]
    qualified: tuple[Qualified, ...]
    name: bytes
    plain: bytes
    end: bytes


def head(part: bytes) -> bytes:
    """Return what stands between `<` and the `>` that ends the start tag (values may hold a raw `>`).

    Raises:
        NotCanonicalError: exc-c14n never writes such a tag.
    """
    match = _TAG.match(part)
    if match is None:
        raise NotCanonicalError("a tag is not canonical")
    return part[: match.end() - 1]


def take_apart(tag: bytes) -> Tag:
    """Read a start tag, given as `head` returns it.

    Raises:
        NotCanonicalError: a bad name, a bad value, or an attribute given twice.
        TransformRefusedError: the reserved prefix `xml`.
    """
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
    return Tag(prefix, tuple(declarations.items()), tuple(qualified), b":" + local, written, b"/" + name)


remembered = lru_cache(maxsize=2048)(take_apart)
"""The same for tags that may come again."""


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
