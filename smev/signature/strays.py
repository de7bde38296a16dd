"""What stands around a signature without being signed: only what the schema allows may be there."""

from lxml import etree

from smev.errors import InputError
from smev.signature.places import path_below
from smev.signature.xmldsig import DS


def check(signature: etree._Element, top: etree._Element) -> None:
    """Refuse text and attributes around a signature that nobody signed and no schema allows.

    Raises InputError naming the element: somebody may read there what nobody answers for.
    """
    key_info = signature.iter(f"{{{DS}}}KeyInfo", f"{{{DS}}}X509Data")
    for element in (signature, *signature.iterancestors(), *key_info):
        texts = (element.text, *(child.tail for child in element))
        inside = path_below(element, top) is not None
        attributes = [name for name in element.attrib if inside and not _allowed(str(name))]
        if attributes or any(text and not text.isspace() for text in texts):
            name = etree.QName(element).localname
            raise InputError("stray", "text or attributes in {name} that nobody signed", name=name)


def _allowed(attribute: str) -> bool:
    """An Id, and what the schema language puts anywhere (xsi:schemaLocation)."""
    return attribute == "Id" or attribute.startswith("{")
