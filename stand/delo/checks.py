"""What ДЕЛО of the stand wants of a passport: its own checks, and the schemas where a folder holds them.

Code 39 (no author) was seen in a real notification; the other codes are the stand's own.
"""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from lxml import etree

from stand.delo.reading import PASSPORT, WrongMessageError, find, find_all, find_text, tag

_GUID = re.compile(r"[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")
_NOTHING = frozenset({"none", "null", "nan"})


class Schemas:
    """The schemas of the exchange from a folder (DocumentInfo.xsd, ReportInfo.xsd, Envelop.xsd)."""

    def __init__(self, folder: Path) -> None:
        self._schemas = {
            name: etree.XMLSchema(etree.parse(str(folder / f"{name}.xsd")))
            for name in ("DocumentInfo", "ReportInfo", "Envelop")
            if (folder / f"{name}.xsd").is_file()
        }

    def complaint(self, name: str, root: etree._Element) -> str:
        """Return what a schema dislikes, "" when nothing (or when there is no such schema)."""
        schema = self._schemas.get(name)
        if schema is None or schema.validate(root):
            return ""
        return "; ".join(str(schema.error_log).splitlines()[:3])


def check(root: etree._Element, folder: Path, index: str) -> None:
    """Raise WrongMessageError when the passport is not one that can be registered."""
    if root.tag != tag("DocInfo"):
        raise WrongMessageError(20, "the passport's root is not DocInfo of the exchange's namespace")
    for code, sentence in (*_header(root, index), *_resources(root, folder), *_document(root)):
        raise WrongMessageError(code, sentence)
    for code, sentence in (*_files(root, folder), *_values(root)):
        raise WrongMessageError(code, sentence)


def _header(root: etree._Element, index: str) -> Iterator[tuple[int, str]]:
    header = find(root, "Header")
    if header is None:
        yield 21, "no Header"
        return
    if header.get("MessageType") not in ("MainDoc", "AddToDoc"):
        yield 22, "MessageType must be MainDoc"
    if header.get("Version") != "1.0":
        yield 23, "Version must be 1.0"
    if not _GUID.fullmatch(header.get("MessageID", "")):
        yield 24, "MessageID must be a GUID"
    if not header.get("ReturnID"):
        yield 25, "ReturnID is empty: reports could not be addressed"
    if not find_text(header, "Sender/Contact/Organization/ShortName") or find(header, "Sender/EDMS") is None:
        yield 26, "Sender has no organisation or no EDMS"
    recipients = [one.get("UID") for one in find_all(header, "Recipient/Contact/Organization")]
    if index and index not in recipients:
        yield 27, f"the message is for another organisation: Recipient/Organization/@UID is not {index}"


def _resources(root: etree._Element, folder: Path) -> Iterator[tuple[int, str]]:
    header = find(root, "Header")
    listed = find_all(root, "Header/ResourceList/Resource")
    uids = [one.get("UID", "") for one in listed]
    names = [one.get("UniqueName", "") for one in listed]
    if len(set(uids)) != len(uids) or not all(uid.isdigit() for uid in uids):
        yield 30, "Resource/@UID must be different whole numbers"
    if len({name.casefold() for name in names}) != len(names):
        yield 31, "Resource/@UniqueName must be unique"
    passport = dict(zip(uids, names, strict=True)).get(
        header.get("ResourceID", "") if header is not None else ""
    )
    if passport != PASSPORT:
        yield 32, "Header/@ResourceID must point to the passport"
    for name in names:
        if not name or Path(name).name != name or "\\" in name or ":" in name:
            yield 33, "Resource/@UniqueName must be a plain file name"
        elif not (folder / name).is_file():
            yield 34, f"file {name} of the ResourceList is not in the folder"


def _document(root: etree._Element) -> Iterator[tuple[int, str]]:
    main = [one for one in find_all(root, "DocumentList/Document") if one.get("MainDocument") == "true"]
    if len(main) != 1:
        yield 35, "exactly one Document must have MainDocument=true"
        return
    document = main[0]
    if not document.get("UID") or not document.get("DocumentID"):
        yield 36, "the main Document has no UID or no DocumentID"
    if not find_text(document, "RegistrationInfo/Number"):
        yield 37, "the document has no number"
    if not _is_date(find_text(document, "RegistrationInfo/Date")):
        yield 38, "the document has no date"
    people = [find_text(one, "PrivatePerson/FIO") for one in find_all(document, "Author")]
    firms = [find_text(one, "Contact/Organization/ShortName") for one in find_all(document, "Author")]
    if not any(people) and not any(firms):
        yield 39, "the document has no author"


def _files(root: etree._Element, folder: Path) -> Iterator[tuple[int, str]]:
    names = {
        one.get("UID"): one.get("UniqueName", "") for one in find_all(root, "Header/ResourceList/Resource")
    }
    uids: set[str] = set()
    for one in find_all(root, "DocumentList/Document/File"):
        name = names.get(one.get("ResourceID"), "")
        if not name:
            yield 40, "File/@ResourceID points to no Resource"
            continue
        if (folder / name).stat().st_size != int(one.get("Size", "-1")):
            yield 41, f"file {name}: @Size differs from the file"
        if not one.get("UID") or one.get("UID", "") in uids:
            yield 42, f"file {name}: @UID is missing or not unique"
        if not find_text(one, "Description"):
            yield 43, f"file {name}: no Description"
        uids.add(one.get("UID", ""))


def _values(root: etree._Element) -> Iterator[tuple[int, str]]:
    for one in find_all(root, "DocumentList/Document/Rubric"):
        if not one.get("UID"):
            yield 44, "Rubric has no @UID: it would be matched by name"
    for element in root.iter():
        text = (element.text or "").strip().lower()
        if text in _NOTHING or any(value.strip().lower() in _NOTHING for value in element.attrib.values()):
            yield 45, f"{etree.QName(element).localname} holds a program's word for no value"
    zone = find(root, "Subscriptions")
    if zone is None or not 1 <= int(zone.get("StopDayCount", "0")) <= 999:
        yield 46, "no Subscriptions with StopDayCount 1 to 999: nothing would be reported back"


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
