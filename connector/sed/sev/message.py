"""One message of the SED as read from its passport: header, files, documents, tasks. Not yet events."""

import mimetypes
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from hashlib import sha256

from lxml import etree

from config.i18n import _
from connector.appeal import RemoteFile
from connector.sed.names import is_plain_name, safe_file_name
from connector.sed.passport import (
    BrokenMessageError,
    attribute,
    child,
    children,
    local_name,
    parse,
    read_time,
    text,
)

PASSPORTS = ("DocInfo.xml", "Report.xml")
UNKNOWN_TIME = datetime.min.replace(tzinfo=UTC)
_HEADER_TAG = re.compile(r"<(?:[\w.-]+:)?Header\b[^<>]*")
_ATTRIBUTE = re.compile(r"""\s(Time|ReturnID)\s*=\s*["']([^"'<>]{1,64})["']""")
_HEAD = 8192  # bytes that surely hold the header's start tag


@dataclass(frozen=True, slots=True)
class Message:
    """A passport's parts. `resources` are file names by the number the passport gives them."""

    root: etree._Element
    place: str  # the message's folder, for notes
    digest: str  # of the passport's bytes: tells messages apart that came under one name
    kind: str  # MainDoc, AddToDoc, Reception, Failure, Report … as written
    return_id: str
    time: datetime | None
    arrived: datetime
    resources: Mapping[str, str]

    @property
    def is_report(self) -> bool:
        """Whether it reports on our document; otherwise it brings a document."""
        return local_name(self.root) == "Report"

    def documents(self) -> list[etree._Element]:
        """Return the documents of the passport in their order."""
        return list(children(child(self.root, "DocumentList"), "Document"))

    def document(self, document_id: str) -> etree._Element | None:
        """Return the document of that number."""
        return next((one for one in self.documents() if attribute(one, "DocumentID") == document_id), None)

    def task(self, task_id: str) -> etree._Element | None:
        """Return the task (поручение) of that number."""
        tasks = children(child(self.root, "TaskList"), "Task")
        return next((one for one in tasks if attribute(one, "TaskID") == task_id), None)

    def ref(self, name: str) -> str:
        """Return what opens a file of this message, now and after it was moved to done."""
        return f"{self.digest}/{self.place}/{name}"

    def files(self, holder: etree._Element, sizes: Mapping[str, int]) -> tuple[RemoteFile, ...]:
        """Return the files that a document or a report of an executor names.

        Raises BrokenMessageError for one that the list of resources does not have: an answer without
        its file must not go to a citizen.
        """
        return tuple(self._file(file, sizes) for file in children(holder, "File"))

    def _file(self, file: etree._Element, sizes: Mapping[str, int]) -> RemoteFile:
        unique = self.resources.get(attribute(file, "ResourceID"))
        if unique is None:
            sentence = _("{place}: a file refers to resource {number}, which is not in the list").format(
                place=self.place, number=attribute(file, "ResourceID") or "—"
            )
            raise BrokenMessageError(sentence, field="File@ResourceID")
        name = _shown_name(file, unique)
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        return RemoteFile(self.ref(unique), name, sizes.get(unique), kind)


def _shown_name(file: etree._Element, unique: str) -> str:
    """Return the name that a person gave the file, with its extension once."""
    description, suffix = text(file, "Description"), text(file, "Extension")
    if suffix and not suffix.startswith("."):
        suffix = f".{suffix}"
    if not description:
        return safe_file_name(unique)
    return safe_file_name(
        description if description.lower().endswith(suffix.lower()) else description + suffix
    )


def read_message(content: bytes, *, place: str, zone: tzinfo, arrived: datetime) -> Message:
    """Read a passport that arrived at a moment (UTC). Raises BrokenMessageError when it is not one."""
    root = parse(content, what=place)
    header = child(root, "Header")
    if header is None or local_name(root) not in {"DocInfo", "Report"}:
        sentence = _("{place}: neither DocInfo nor Report with a Header, but {root}").format(
            place=place, root=local_name(root)
        )
        raise BrokenMessageError(sentence, field="Header")
    return Message(
        root=root,
        place=place,
        digest=passport_digest(content),
        kind=attribute(header, "MessageType"),
        return_id=attribute(header, "ReturnID"),
        time=read_time(attribute(header, "Time"), zone),
        arrived=arrived,
        resources=_resources(header, place),
    )


def passport_digest(content: bytes) -> str:
    """Return the short fingerprint by which a file reference tells one message from another."""
    return sha256(content).hexdigest()[:16]


def _resources(header: etree._Element, place: str) -> dict[str, str]:
    resources = {}
    for resource in children(child(header, "ResourceList"), "Resource"):
        name = attribute(resource, "UniqueName")
        if not is_plain_name(name):
            raise BrokenMessageError(
                _("{place}: a resource's name is not a plain file name, refused").format(place=place),
                field="Resource@UniqueName",
            )
        resources[attribute(resource, "UID")] = name
    return resources


def listed_sizes(message: Message) -> dict[str, int]:
    """Return the sizes that the passport tells by file name; the unit (bytes or kilobytes) is the SED's."""
    sizes = {}
    for file in message.root.iter("{*}File"):
        name, size = message.resources.get(attribute(file, "ResourceID")), attribute(file, "Size")
        if name and size.isdecimal() and len(size) < 12:
            sizes[name] = int(size)
    return sizes


def peek(head: bytes, zone: tzinfo) -> tuple[datetime, str]:
    """Return time and ReturnID from a passport's first bytes; a time that cannot be told comes first."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        start = head[:_HEAD].decode("utf-16", errors="replace")
    else:
        start = head[:_HEAD].decode("latin-1")
    tag = _HEADER_TAG.search(start)
    values = {match[1]: match[2] for match in _ATTRIBUTE.finditer(tag[0])} if tag else {}
    return read_time(values.get("Time", ""), zone) or UNKNOWN_TIME, values.get("ReturnID", "").strip()
