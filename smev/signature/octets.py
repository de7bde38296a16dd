"""From a message to the octets under a signature: parsing, canonical form, transform; one kind of error."""

from lxml import etree

from smev import canonical
from smev.errors import InputError
from smev.refusal import XmlRefusedError
from smev.transform import transform


def parse(data: bytes) -> etree._Element:
    """Return the root of a message. Raises InputError for XML that is broken, too large or has a DTD."""
    try:
        return canonical.parse(data)
    except XmlRefusedError as error:
        raise _refused(error) from error


def canonicalize(element: etree._Element) -> bytes:
    """Return the exc-c14n form of an element in its place. Raises InputError when it has none."""
    try:
        return canonical.canonicalize(element)
    except XmlRefusedError as error:
        raise _refused(error) from error


def covered(element: etree._Element) -> bytes:
    """Return what a signature over the element digests. Raises InputError when SMEV refuses the element."""
    octets = canonicalize(element)
    try:
        return transform(octets)
    except XmlRefusedError as error:
        raise _refused(error) from error


def transformed(data: bytes, identifier: str | None = None) -> bytes:
    """Return the transformed octets of a document, or of its only element with that Id. Raises InputError."""
    root = parse(data)
    if identifier is None:
        return covered(root)
    found = [element for element in root.iter(etree.Element) if element.get("Id") == identifier]
    if not found:
        raise InputError("id-absent", "no element with the Id {reference!r}", reference=identifier)
    if len(found) > 1:
        raise InputError("id-duplicate", "the Id {reference!r} stands more than once", reference=identifier)
    return covered(found[0])


def _refused(error: XmlRefusedError) -> InputError:
    return InputError("xml-refused", "{reason}", reason=str(error))
