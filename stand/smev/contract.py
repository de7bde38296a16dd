"""The stand's own schemas and WSDL of the exchange, per version: written into a folder, validated by, served.

They are this project's description of the wire, not the operator's documents; what they describe is the
same, so that a client made from the operator's WSDL talks to the stand.
"""

import threading
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import Any

from lxml import etree

from stand.smev import trees
from stand.smev.words import NAMES, ONLY_IN_1_1, SIGNED

_MARK = "{urn:sedlink-stand:schema}"
_guard = threading.Lock()  # a schema keeps the errors of its last validation
PARTS = ("basic", "types", "faults")
_WSDL = "http://schemas.xmlsoap.org/wsdl/"
_SOAP = "http://schemas.xmlsoap.org/wsdl/soap/"
_XS = "http://www.w3.org/2001/XMLSchema"


@dataclass(frozen=True, slots=True)
class Wrong:
    """One place where a document differs from the schema."""

    line: int
    reason: str


def schema_text(version: str, part: str, *, basic: str = "basic.xsd") -> bytes:
    """Return one schema of a version; `basic` is where the schema of basic types is found."""
    text = files("stand.smev").joinpath(f"schemas/{part}.xsd").read_text(encoding="utf-8")
    root = etree.fromstring(text.replace("{v}", version).replace("{basic}", basic).encode())
    for element in list(root.iter(etree.Element)):
        only, without = element.attrib.pop(f"{_MARK}only", ""), element.attrib.pop(f"{_MARK}not", "")
        parent = element.getparent()
        if parent is not None and ((only and version not in only.split()) or version in without.split()):
            parent.remove(element)
    written: bytes = etree.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


@cache
def _schema(version: str, part: str) -> etree.XMLSchema:
    def imported(url: str) -> bytes:
        return schema_text(version, url.rpartition("/")[2].removesuffix(".xsd"))

    return trees.schema(schema_text(version, part), imported)


def complaints(version: str, element: etree._Element, part: str = "types") -> list[Wrong]:
    """Return how an element of the exchange differs from the schema."""
    return validate(_schema(version, part), element)


def validate(schema: etree.XMLSchema, element: etree._Element) -> list[Wrong]:
    """Return how an element differs from a schema."""
    with _guard:
        if schema.validate(element):
            return []
        found: Any = schema.error_log  # iterable, which the stubs do not know
        return [Wrong(one.line, one.message) for one in islice(found, 20)]


def operations(version: str) -> list[str]:
    """Return the operations of a version."""
    return [name for name in SIGNED if version == "1.1" or name not in ONLY_IN_1_1]


def wsdl_text(version: str, address: str) -> bytes:
    """Return a minimal WSDL of the service at an address; its schemas are at `?xsd=`."""
    names = NAMES[version]
    spaces = {"wsdl": _WSDL, "soap": _SOAP, "xs": _XS, "tns": names.service}
    spaces |= {"t": names.types, "f": names.faults}
    root = etree.Element(f"{{{_WSDL}}}definitions", nsmap=spaces, targetNamespace=names.service)
    schema = etree.SubElement(_add(root, "types"), f"{{{_XS}}}schema")
    for space, part in ((names.types, "types"), (names.faults, "faults")):
        where = f"{address}?xsd={part}"
        etree.SubElement(schema, f"{{{_XS}}}import", namespace=space, schemaLocation=where)
    faults = _fault_names(version)
    for operation in operations(version):
        for suffix in ("Request", "Response"):
            _message(root, f"{operation}{suffix}", f"t:{operation}{suffix}")
    for fault in faults:
        _message(root, fault, f"f:{fault}")
    _port_type(root, version, faults)
    _binding(root, version, faults)
    service = _add(root, "service", name="SMEVMessageExchangeService")
    port = _add(service, "port", name="SMEVMessageExchangeEndpoint", binding="tns:SMEVMessageExchangeBinding")
    etree.SubElement(port, f"{{{_SOAP}}}address", location=address)
    written: bytes = etree.tostring(root, encoding="utf-8", xml_declaration=True, pretty_print=True)
    return written


def _fault_names(version: str) -> list[str]:
    root = etree.fromstring(schema_text(version, "faults"))
    return [str(element.attrib["name"]) for element in root.iterchildren(f"{{{_XS}}}element")]


def _add(parent: etree._Element, tag: str, /, **attributes: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{_WSDL}}}{tag}", attrib=attributes)


def _message(root: etree._Element, name: str, element: str) -> None:
    _add(_add(root, "message", name=name), "part", name="parameters", element=element)


def _port_type(root: etree._Element, version: str, faults: list[str]) -> None:
    port = _add(root, "portType", name="SMEVMessageExchangePortType")
    for name in operations(version):
        operation = _add(port, "operation", name=name)
        _add(operation, "input", message=f"tns:{name}Request")
        _add(operation, "output", message=f"tns:{name}Response")
        for fault in faults:
            _add(operation, "fault", name=fault, message=f"tns:{fault}")


def _binding(root: etree._Element, version: str, faults: list[str]) -> None:
    binding = _add(root, "binding", name="SMEVMessageExchangeBinding", type="tns:SMEVMessageExchangePortType")
    over = "http://schemas.xmlsoap.org/soap/http"
    etree.SubElement(binding, f"{{{_SOAP}}}binding", style="document", transport=over)
    for name in operations(version):
        operation = _add(binding, "operation", name=name)
        etree.SubElement(operation, f"{{{_SOAP}}}operation", soapAction=f"urn:{name}")
        for way in ("input", "output"):
            etree.SubElement(_add(operation, way), f"{{{_SOAP}}}body", use="literal")
        for fault in faults:
            where = _add(operation, "fault", name=fault)
            etree.SubElement(where, f"{{{_SOAP}}}fault", name=fault, use="literal")
