"""What the stand needs of XML trees beyond names: safe parsing, namespaces by choice, places of mistakes."""

from collections.abc import Callable, Iterator, Mapping

from lxml import etree


class NotXmlError(Exception):
    """The octets are no XML that is taken; `line` says where (0: anywhere)."""

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(reason)
        self.line = line


def parse(octets: bytes) -> etree._Element:
    """Return the root; entities, DTD and network stay out. Raises NotXmlError."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(octets, parser)
    except etree.XMLSyntaxError as error:
        raise NotXmlError(f"not well-formed XML: {error.msg}", error.lineno or 0) from error
    if getattr(root.getroottree().docinfo, "doctype", ""):
        raise NotXmlError("a document type declaration is not allowed", 0)
    return root


def children(element: etree._Element) -> Iterator[etree._Element]:
    """Yield the elements inside, without comments and processing instructions."""
    return element.iterchildren(etree.Element)


def line_of(element: etree._Element) -> int:
    """Return the line at which an element stands, 0 when that is not known."""
    line = getattr(element, "sourceline", None)
    return line if isinstance(line, int) else 0


def add(parent: etree._Element, tag: str, spaces: Mapping[str | None, str]) -> etree._Element:
    """Add an element that declares namespaces; None is the default one, which the stubs do not know."""
    return etree.SubElement(parent, tag, nsmap=spaces)  # type: ignore[arg-type]


def root(tag: str, spaces: Mapping[str | None, str], **attributes: str) -> etree._Element:
    """Return a new root that declares namespaces; None is the default one."""
    return etree.Element(tag, attributes, nsmap=spaces)  # type: ignore[arg-type]


class _Resolver(etree.Resolver):
    """Finds imported schemas without a file or a network."""

    def __init__(self, find: Callable[[str], bytes]) -> None:
        self._find = find

    def resolve(self, url: str, _public: str, context: object) -> object:  # type: ignore[override]
        return self.resolve_string(self._find(url), context, base_url=url)


def schema(source: bytes, find: Callable[[str], bytes]) -> etree.XMLSchema:
    """Return a schema; `find` gives an imported one by its schemaLocation."""
    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(_Resolver(find))
    return etree.XMLSchema(etree.fromstring(source, parser, base_url="stand:schema"))
