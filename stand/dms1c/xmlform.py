"""Requests and answers of DMService as XML: parsed safely, checked against the service's own schema."""

from collections.abc import Iterable
from copy import deepcopy
from functools import cache
from importlib.resources import files

from lxml import etree

NS = "http://www.1c.ru/dm"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
XS = "http://www.w3.org/2001/XMLSchema"
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
_PREFIXES = {"m": NS, "xs": XS, "xsi": XSI}


class FaultError(Exception):
    """The engine stops with a SOAP Fault: the request is no request of its schema, or it failed inside."""


class RefusedError(Exception):
    """The engine understands and refuses: a DMError in HTTP 200."""

    def __init__(self, subject: str, description: str) -> None:
        super().__init__(description)
        self.subject = subject
        self.description = description


@cache
def wsdl() -> bytes:
    """Return the service's WSDL with a place for its address."""
    return files(__package__).joinpath("dm.wsdl").read_bytes()


@cache
def _schema() -> etree.XMLSchema:
    found = etree.fromstring(wsdl()).find(f".//{{{XS}}}schema")
    if found is None:
        raise ValueError("the WSDL of the stand holds no schema")
    return etree.XMLSchema(deepcopy(found))


def read_request(body: bytes) -> etree._Element:
    """Return the element `request` of an envelope. Raises FaultError for what XDTO cannot read."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise FaultError(f"Ошибка разбора XML: {error.msg}") from error
    execute = root.find(f"{{{ENVELOPE}}}Body/{{{NS}}}execute")
    if execute is None:
        raise FaultError("Операция не найдена")
    if not _schema().validate(execute):
        raise FaultError(f"Ошибка преобразования данных XDTO: {_schema().error_log}")
    found = execute.find(f"{{{NS}}}request")
    if found is None:
        raise FaultError("Ошибка преобразования данных XDTO: request")
    return found


def answer(kind: str, parts: Iterable[etree._Element]) -> bytes:
    """Return an envelope with a `return` of a kind."""
    returned = el("return", *parts, kind=kind)
    return _enveloped(el("executeResponse", returned))


def refusal(error: RefusedError) -> bytes:
    """Return an envelope with a DMError."""
    parts = [el("subject", error.subject), el("description", error.description)]
    return answer("DMError", parts)


def fault(words: str) -> bytes:
    """Return an envelope with a Fault."""
    element = etree.Element(f"{{{ENVELOPE}}}Fault")
    for name, value in (("faultcode", "soap:Server"), ("faultstring", words)):
        etree.SubElement(element, name).text = value
    return _enveloped(element)


def el(name: str, *children: etree._Element | str, kind: str = "") -> etree._Element:
    """Return an element of the service with an xsi:type, a text or children."""
    element = etree.Element(f"{{{NS}}}{name}", nsmap=_PREFIXES)
    if kind:
        element.set(f"{{{XSI}}}type", kind if ":" in kind else f"m:{kind}")
    for child in children:
        if isinstance(child, str):
            element.text = child
        else:
            element.append(child)
    return element


def text(element: etree._Element | None, *path: str) -> str:
    """Return the text at a path of local names, "" where there is none."""
    for name in path:
        element = None if element is None else element.find(f"{{{NS}}}{name}")
    return "" if element is None else (element.text or "")


def child(element: etree._Element, name: str) -> etree._Element | None:
    """Return the first child of a name."""
    return element.find(f"{{{NS}}}{name}")


def children(element: etree._Element, name: str) -> list[etree._Element]:
    """Return the children of a name."""
    return element.findall(f"{{{NS}}}{name}")


def kind_of(element: etree._Element) -> str:
    """Return the local name of an element's xsi:type."""
    return element.get(f"{{{XSI}}}type", "").rpartition(":")[2]


def _enveloped(content: etree._Element) -> bytes:
    root = etree.Element(f"{{{ENVELOPE}}}Envelope", nsmap={"soap": ENVELOPE})
    etree.SubElement(root, f"{{{ENVELOPE}}}Body").append(content)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")
