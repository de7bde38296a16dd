"""Exclusive canonicalization (exc-c14n) over a parser that allows no DTD, no entities and no network."""

import re
from typing import cast

from lxml import etree

from smev.refusal import UnsafeXmlError

MAX_BYTES = 32 * 1024 * 1024
"""Largest document parsed, in bytes: an envelope of SMEV is at most 5 MB, the rest is room for MTOM."""

_NO_DTD = "a document type declaration (DTD) is not allowed"
_DOCTYPE = re.compile(rb"\A(?:\xef\xbb\xbf)?(?:\s+|<\?.*?\?>|<!--.*?-->)*+<!DOCTYPE", re.DOTALL)
_ODD_NAMESPACE = re.compile(rb"""xmlns(?::[^=<>"'\s]+)?=(?:'|"[^"&<\t\r\n]*[&<\t\r\n])""")
_DECLARED = re.compile(rb"""\A(?:\xef\xbb\xbf)?<\?xml\s[^>]*?\sencoding\s*=\s*["']([^"'>]*)""")
_NEEDS_ESCAPE = re.compile(r'[&<"\t\r\n]')


def parse(data: bytes, *, limit: int = MAX_BYTES) -> etree._Element:
    """Parse a document and return its root element.

    The parser keeps its own guards (depth 256, text node 10 MB): `huge_tree` stays off.

    Args:
        data: the document, in any encoding that it declares; UTF-8 without a declaration.
        limit: largest size accepted, in bytes.

    Raises:
        UnsafeXmlError: too large, a DTD, an entity, XML 1.1, or not well-formed.
    """
    return _parse(data, limit, _parser())


def parse_skeleton(data: bytes, *, limit: int = MAX_BYTES) -> etree._Element:
    """Parse UTF-8 as the transform sees it: no comments, no processing instructions, text around them merged.

    Args:
        data: the document, UTF-8 whatever it declares.
        limit: largest size accepted, in bytes.

    Raises:
        UnsafeXmlError: as for `parse`, or not UTF-8.
    """
    root = _parse(data, limit, _parser(encoding="utf-8", skeleton=True))
    declared = _DECLARED.match(data)
    if declared and declared.group(1).lower() not in (b"utf-8", b"us-ascii"):
        raise UnsafeXmlError(f"the encoding is declared as {declared.group(1).decode()}, it has to be UTF-8")
    return root


def _parser(*, encoding: str | None = None, skeleton: bool = False) -> etree.XMLParser:
    return etree.XMLParser(
        encoding=encoding,
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=skeleton,
        remove_pis=skeleton,
    )


def _parse(data: bytes, limit: int, parser: etree.XMLParser) -> etree._Element:
    if len(data) > limit:
        raise UnsafeXmlError(f"the document has {len(data)} bytes, the limit is {limit}")
    if _DOCTYPE.match(data):
        raise UnsafeXmlError(_NO_DTD)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise UnsafeXmlError(f"not well-formed XML: {error.msg}") from error
    _check_document(root.getroottree().docinfo)
    return root


def _check_document(info: etree.DocInfo) -> None:
    """Refuse what hides from a look at the first octets (another encoding) and other versions of XML."""
    if cast("etree.DTD | None", info.internalDTD) is not None:
        raise UnsafeXmlError(_NO_DTD)
    if info.xml_version != "1.0":
        raise UnsafeXmlError(f"XML {info.xml_version} is not allowed, only 1.0 is")


def canonicalize(element: etree._Element) -> bytes:
    """Return the exc-c14n form, without comments, of an element and all that is inside it.

    Source: W3C Exclusive XML Canonicalization 1.0, URI `http://www.w3.org/2001/10/xml-exc-c14n#`.

    Raises:
        UnsafeXmlError: libxml2 cannot write this element right: a relative namespace URI, or a namespace
            URI with a character that needs an escape (libxml2 leaves it raw: that would not be canonical).
    """
    try:
        octets: bytes = etree.tostring(element, method="c14n", exclusive=True, with_comments=False)
    except etree.C14NError as error:
        raise UnsafeXmlError("a relative namespace URI has no canonical form") from error
    if _ODD_NAMESPACE.search(octets):
        _check_namespaces(element)
    return octets


def _check_namespaces(element: etree._Element) -> None:
    """Refuse namespace URIs in use that libxml2 writes without the escapes that they need."""
    for node in element.iter(etree.Element):
        for name in (node.tag, *node.attrib):
            uri = etree.QName(name).namespace or ""
            if _NEEDS_ESCAPE.search(uri):
                raise UnsafeXmlError(
                    f"the namespace URI {uri!r} holds a character that must not stand in a URI"
                )
