"""Reads one message of the СЭВ folder that sedlink wrote: envelope, passport, files. Strict: see `checks`.

Element names are those of the format (namespace below; sed.md section 1).
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

NS = "http://www.eos.ru/2010/sev"
MAX_XML = 32 * 1024 * 1024  # bytes
PASSPORT = "DocInfo.xml"


class WrongMessageError(Exception):
    """A message that ДЕЛО does not take: a code and a sentence, as they stand in its notification."""

    def __init__(self, code: int, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Envelope:
    """`<uid>.env`: whose folder holds the message."""

    path: Path
    folder: Path
    address: str
    sender: str


@dataclass(frozen=True, slots=True)
class InFile:
    """A file of the document."""

    name: str  # in the folder
    description: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Incoming:
    """A document that came, as far as the clerks need it."""

    uid: str  # Document/@UID
    return_id: str
    number: str
    date: str  # YYYY-MM-DD
    text: str  # everything readable of the document
    hints: tuple[str, ...]  # what may name the platform's message
    files: tuple[InFile, ...]
    subscriptions: frozenset[str]
    sender: etree._Element  # Header/Sender: the reports' recipient


def tag(name: str) -> str:
    """Return an element's name in the namespace of the exchange."""
    return f"{{{NS}}}{name}"


def find_text(element: etree._Element, path: str) -> str:
    """Return the text at a path of plain element names, "" where there is none."""
    return (element.findtext("/".join(tag(name) for name in path.split("/"))) or "").strip()


def find(element: etree._Element, path: str) -> etree._Element | None:
    """Return the element at a path of plain element names."""
    return element.find("/".join(tag(name) for name in path.split("/")))


def find_all(element: etree._Element, path: str) -> list[etree._Element]:
    """Return the elements at a path of plain element names."""
    return element.findall("/".join(tag(name) for name in path.split("/")))


def parse(path: Path, what: str) -> etree._Element:
    """Return the root of an XML file without DTD and entities. Raises WrongMessageError."""
    try:
        if path.stat().st_size > MAX_XML:
            raise WrongMessageError(10, f"{what} is too long")
        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True
        )
        raw = path.read_bytes()
        if b"<!DOCTYPE" in raw:
            raise WrongMessageError(13, f"{what} has a DTD")
        return etree.fromstring(raw, parser)
    except OSError:
        raise WrongMessageError(11, f"{what} is not there") from None
    except etree.XMLSyntaxError as error:
        raise WrongMessageError(12, f"{what} is not XML: {error.msg}") from error


def read_envelope(path: Path) -> Envelope:
    """Read an envelope. Raises WrongMessageError when it or its folder is not as it should be."""
    root = parse(path, "the envelope")
    if root.tag != "Envelop":
        raise WrongMessageError(14, "the envelope's root is not Envelop")
    name = (root.findtext("MessageDir") or "").strip()
    if not name or Path(name).name != name or name in (".", ".."):
        raise WrongMessageError(15, "MessageDir must be the name of a folder beside the envelope")
    folder = path.parent / name
    if not folder.is_dir():
        raise WrongMessageError(16, "the envelope came before its folder")
    return Envelope(path, folder, root.findtext("Address") or "", root.findtext("Sender") or "")


def read_document(root: etree._Element, folder: Path) -> Incoming:
    """Read a passport that passed the checks."""
    header = _need(root, "Header")
    document = next(
        one for one in find_all(root, "DocumentList/Document") if one.get("MainDocument") == "true"
    )
    fields = [one for one in find_all(document, "AdditionalField") if "ПОС" in (one.get("Name") or "")]
    number = find_text(document, "RegistrationInfo/Number")
    hints = [(one.text or "").strip() for one in fields] + [number, header.get("ReturnID", "")]
    return Incoming(
        uid=document.get("UID", ""),
        return_id=header.get("ReturnID", ""),
        number=number,
        date=find_text(document, "RegistrationInfo/Date"),
        text=" ".join(str(text) for text in document.itertext()) + _plain_texts(folder),
        hints=tuple(hint for hint in hints if hint),
        files=tuple(_files(root, document, folder)),
        subscriptions=_subscriptions(root),
        sender=_need(header, "Sender"),
    )


def _files(root: etree._Element, document: etree._Element, folder: Path) -> list[InFile]:
    names = {
        one.get("UID"): one.get("UniqueName", "") for one in find_all(root, "Header/ResourceList/Resource")
    }
    found = []
    for one in find_all(document, "File"):
        path = folder / names[one.get("ResourceID")]
        with path.open("rb") as binary:
            digest = hashlib.file_digest(binary, "sha256").hexdigest()
        found.append(InFile(path.name, find_text(one, "Description"), path.stat().st_size, digest))
    return found


def _plain_texts(folder: Path) -> str:
    """A long text may come as a file of its own."""
    paths = [path for path in folder.iterdir() if path.suffix.lower() == ".txt" and path.is_file()]
    return " ".join(path.read_text(encoding="utf-8", errors="replace") for path in paths)


def _subscriptions(root: etree._Element) -> frozenset[str]:
    zone = find(root, "Subscriptions")
    if zone is None:
        return frozenset()
    return frozenset(etree.QName(one).localname for one in zone if one.get("Include") in ("true", "1"))


def _need(element: etree._Element, name: str) -> etree._Element:
    found = find(element, name)
    if found is None:
        raise WrongMessageError(17, f"{name} is missing")
    return found
