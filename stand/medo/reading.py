"""Reads a message that sedlink wrote, strictly: what a real gateway would stumble over is refused.

Names of elements and closed lists are facts of the format (sed.md section 2); schemas from a folder too.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from lxml import etree

NS = "http://www.infpres.com/IEDMS"
MAX_XML = 32 * 1024 * 1024  # bytes
_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_NOTHING = frozenset({"none", "null", "nan"})
_MAY_BE_EMPTY = frozenset({"links", "clauses"})


class WrongMessageError(Exception):
    """A message that the SED does not take; `receipt_to` is its uid where it could be read."""

    def __init__(self, sentence: str, receipt_to: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.receipt_to = receipt_to


@dataclass(frozen=True, slots=True)
class Incoming:
    """A document that came."""

    message_uid: str
    uid: str
    local_id: str
    number: str
    date: str  # YYYY-MM-DD
    source_uid: str
    source: str
    author: str
    text: str  # everything readable of it
    hints: tuple[str, ...]
    file_hashes: tuple[str, ...]  # of the enclosures


@dataclass(frozen=True, slots=True)
class Receipt:
    """A «Квитанция» of sedlink for a message of ours."""

    message_uid: str
    accepted: bool


class Schemas:
    """The schemas of the exchange from a folder: every `IEDMS-*.xsd`."""

    def __init__(self, folder: Path) -> None:
        self._schemas = {
            path.stem: etree.XMLSchema(etree.parse(str(path))) for path in sorted(folder.glob("IEDMS-*.xsd"))
        }

    def complaint(self, root: etree._Element) -> str:
        """Return what any schema dislikes, "" when nothing."""
        for name, schema in self._schemas.items():
            if not schema.validate(root):
                return f"{name}: " + "; ".join(str(schema.error_log).splitlines()[:3])
        return ""


def read_message(folder: Path, files: tuple[str, ...], schemas: Schemas | None) -> Incoming | Receipt:
    """Read a message of a transport folder. Raises WrongMessageError."""
    for name in files:
        if Path(name).name != name or "\\" in name or not (folder / name).is_file():
            raise WrongMessageError(f"file {name} of the envelope is not in the folder")
    passports = [name for name in files if name in ("document.xml", "acknowledgment.xml")]
    if len(passports) != 1:
        raise WrongMessageError("the envelope must list one document.xml or acknowledgment.xml")
    root = _parse(folder / passports[0])
    _check_frame(root, schemas)
    header = _need(root, "header")
    if header.get(tag("type")) == "Квитанция":
        told = _need(root, "acknowledgment")
        return Receipt(told.get(tag("uid"), ""), _text(told, "accepted") == "true")
    if header.get(tag("type")) != "Документ":
        raise WrongMessageError("only documents and receipts are taken", header.get(tag("uid"), ""))
    wrong = next(_complaints(root, folder, files), "")
    if wrong:
        raise WrongMessageError(wrong, header.get(tag("uid"), ""))
    return _document(root, folder)


def _parse(path: Path) -> etree._Element:
    raw = path.read_bytes()
    if len(raw) > MAX_XML or b"<!DOCTYPE" in raw:
        raise WrongMessageError("the message is too long or has a DTD")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        return etree.fromstring(raw, parser)
    except etree.XMLSyntaxError as error:
        raise WrongMessageError(f"the message is not XML: {error.msg}") from error


def _check_frame(root: etree._Element, schemas: Schemas | None) -> None:
    if root.tag != tag("communication") or not root.get(tag("version")):
        raise WrongMessageError("the root must be communication with a version")
    header = _need(root, "header")
    if not _GUID.fullmatch(header.get(tag("uid"), "")):
        raise WrongMessageError("header/@uid must be a GUID")
    problem = schemas.complaint(root) if schemas else ""
    if problem:
        raise WrongMessageError(f"not valid: {problem}", header.get(tag("uid"), ""))


def _complaints(root: etree._Element, folder: Path, files: tuple[str, ...]) -> Iterator[str]:
    document = _need(root, "document")
    if not _GUID.fullmatch(document.get(tag("uid"), "")):
        yield "document/@uid must be a GUID"
    if _text(document, "kind") != "Обращение":
        yield "document/kind must be «Обращение»"
    if not 0 < len(_text(document, "num/number")) <= 31:
        yield "document/num/number must be 1 to 31 characters"
    try:
        date.fromisoformat(_text(document, "num/date"))
    except ValueError:
        yield "document/num/date must be a date"
    if not any(_text(one, "person") or _text(one, "organization") for one in _all(document, "signatories")):
        yield "Не указан корреспондент"
    listed = [one.get(tag("localName"), "") for one in _all(root, "files")]
    if sorted([*listed, "document.xml"]) != sorted(files):
        yield "files differ between the envelope and the message"
    groups = [_text(one, "group") for one in _all(root, "files")]
    if "Текст документа" not in groups or not all((folder / name).is_file() for name in listed):
        yield "Отсутствует текст"
    yield from _empty_or_senseless(root)


def _empty_or_senseless(root: etree._Element) -> Iterator[str]:
    for element in root.iter():
        name, text = etree.QName(element).localname, (element.text or "").strip()
        values = [str(value).strip().lower() for value in element.attrib.values()]
        if text.lower() in _NOTHING or any(value in _NOTHING for value in values):
            yield f"{name} holds a program's word for no value"
        if not len(element) and not text and not element.attrib and name not in _MAY_BE_EMPTY:
            yield f"{name} is empty: elements without a value are not allowed"


def _document(root: etree._Element, folder: Path) -> Incoming:
    header, document = _need(root, "header"), _need(root, "document")
    source = _need(header, "source")
    words, hashes = [" ".join(str(text) for text in document.itertext())], []
    for one in _all(root, "files"):
        path = folder / one.get(tag("localName"), "")
        if _text(one, "group") == "Текст документа":
            words.append(path.read_text(encoding="utf-8-sig", errors="replace"))
        else:
            with path.open("rb") as binary:
                hashes.append(hashlib.file_digest(binary, "sha256").hexdigest())
    number, local_id = _text(document, "num/number"), document.get(tag("id"), "")
    return Incoming(
        message_uid=header.get(tag("uid"), ""),
        uid=document.get(tag("uid"), ""),
        local_id=local_id,
        number=number,
        date=_text(document, "num/date"),
        source_uid=source.get(tag("uid"), ""),
        source=_text(source, "organization"),
        author=_text(_all(document, "signatories")[0], "person"),
        text=" ".join(words),
        hints=tuple(hint for hint in (local_id, number) if hint),
        file_hashes=tuple(hashes),
    )


def tag(name: str) -> str:
    """Return a name in the namespace of the exchange; attributes are qualified too."""
    return f"{{{NS}}}{name}"


def _need(element: etree._Element, name: str) -> etree._Element:
    found = element.find(tag(name))
    if found is None:
        raise WrongMessageError(f"{name} is missing")
    return found


def _all(element: etree._Element, name: str) -> list[etree._Element]:
    found = element.find(tag(name))
    return [] if found is None else list(found)


def _text(element: etree._Element, path: str) -> str:
    return (element.findtext("/".join(tag(name) for name in path.split("/"))) or "").strip()
