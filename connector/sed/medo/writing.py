"""The frame of every message that we write: root, header, recipients, elements cut to the schema's sizes."""

from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

from lxml import etree

from connector.sed.medo.settings import MedoSettings, Participant
from connector.sed.medo.words import NAMESPACE, NAMESPACE_271, MessageKind
from connector.sed.prose import legal

LINE_LIMIT = 511  # characters: stringValue, contactInfo, description
COMMENT_LIMIT = 2047
NUMBER_LIMIT = 31
DESIGNATION_LIMIT = 255
TEXT_LIMIT = 4000


@dataclass(frozen=True, slots=True)
class Writer:
    """Adds elements of one namespace; attributes are qualified, as the schemas want."""

    namespace: str
    prefix: str

    def root(self, name: str, **attributes: str) -> etree._Element:
        """Return a root element."""
        root = etree.Element(f"{{{self.namespace}}}{name}", nsmap={self.prefix: self.namespace})
        return self._attributed(root, attributes)

    def add(self, parent: etree._Element, name: str, text: str = "", **attributes: str) -> etree._Element:
        """Add a child; whatever the text holds, what is written is legal XML."""
        element = etree.SubElement(parent, f"{{{self.namespace}}}{name}")
        if text:
            element.text = legal(text)
        return self._attributed(element, attributes)

    def line(self, parent: etree._Element, name: str, text: str, limit: int = LINE_LIMIT) -> None:
        """Add a child of one line, cut to a limit of characters; none for an empty text: invalid."""
        if value := one_line(text, limit):
            self.add(parent, name, value)

    def text(self, parent: etree._Element, name: str, text: str, limit: int) -> None:
        """Add a child of several lines, cut to a limit of characters; none for an empty text."""
        if value := legal(text).strip()[:limit]:
            self.add(parent, name, value)

    def _attributed(self, element: etree._Element, attributes: dict[str, str]) -> etree._Element:
        for name, value in attributes.items():
            element.set(f"{{{self.namespace}}}{name}", legal(value))
        return element


def message_writer(settings: MedoSettings) -> Writer:
    """Return the writer of messages of the version that is set."""
    return Writer(NAMESPACE_271, "c") if settings.in_container else Writer(NAMESPACE, "xdms")


def open_message(
    kind: MessageKind, uid: UUID, settings: MedoSettings, now: datetime
) -> tuple[Writer, etree._Element]:
    """Return a message with its header, to be filled and then closed by `close_message`. `now` is aware."""
    writer = message_writer(settings)
    root = writer.root("communication", version=settings.version)
    header = writer.add(
        root,
        "header",
        type=str(kind),
        uid=str(uid),
        created=moment(now, settings, with_zone=settings.in_container),
    )
    _partner(writer, header, "source", settings.sender)
    return writer, root


def close_message(writer: Writer, root: etree._Element, settings: MedoSettings, to: Participant) -> bytes:
    """Add for whom the message is, and return its bytes."""
    index = writer.add(root, "deliveryIndex")
    _partner(writer, writer.add(index, "destination"), "destination", to)
    encoding = "UTF-8" if settings.in_container else settings.encoding
    return cast("bytes", etree.tostring(root, encoding=encoding, xml_declaration=True))


def _partner(writer: Writer, parent: etree._Element, name: str, party: Participant) -> None:
    partner = writer.add(parent, name, uid=str(party.uid))
    writer.line(partner, "organization", party.name)


def moment(at: datetime, settings: MedoSettings, *, with_zone: bool) -> str:
    """Return a moment as real messages of 2.2 and 2.6 write it: local, without a zone (2.7.1: with one)."""
    local = at.astimezone(settings.zone).replace(microsecond=0)
    return local.isoformat() if with_zone else local.replace(tzinfo=None).isoformat()


def one_line(text: str, limit: int) -> str:
    """Return a text on one line, at most so many characters."""
    return " ".join(legal(text).split())[:limit].rstrip()
