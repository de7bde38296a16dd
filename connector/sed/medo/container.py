"""МЭДО 2.7.1, experimental: `message.xml` and a zip container with `passport.xml`; reads 2.7 containers too.

No schema of 2.7.1 is public. What is known publicly: the namespaces `urn:IEDMS:MESSAGE` and
`urn:IEDMS:CONTAINER`, UTF-8, the names of the two files, the type «Транспортный контейнер», `container/body`
with the zip's name, and the names of the passport's elements. Nobody has shown this to a real gateway.
"""

import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from lxml import etree

from config.i18n import _
from connector.appeal import Appeal, key_uuid
from connector.sed.attachments import Part
from connector.sed.medo.document import Words, message_id, outgoing_date, outgoing_number
from connector.sed.medo.message import Document, File, Link, Party
from connector.sed.medo.reading import attribute, line, number, plain
from connector.sed.medo.settings import MedoSettings
from connector.sed.medo.words import CONTAINER_271, FileGroup, LinkType, MessageKind
from connector.sed.medo.writing import Writer, close_message, open_message
from connector.sed.passport import (
    BrokenMessageError,
    child,
    children,
    local_name,
    parse,
    read_uuid,
    text,
)
from connector.sed.prose import full_name

MESSAGE, BODY, PASSPORT = "message.xml", "document.edc.zip", "passport.xml"
_MOST_ENTRIES = 1000
_MOST_RATIO = 200  # unpacked to packed: more is a bomb
_SMALL = 1 << 20  # bytes below which no ratio is minded


# ---- writing


def write(
    draft: Path,
    appeal: Appeal,
    text_part: Part,
    parts: Iterable[Part],
    words: Words,
    settings: MedoSettings,
    now: datetime,
) -> list[str]:
    """Pack the files of a draft into the container, write the message; return the names that are left."""
    parts = list(parts)
    with zipfile.ZipFile(draft / BODY, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(PASSPORT, _passport(appeal, text_part, parts, words, settings))
        for part in (text_part, *parts):
            packed.write(draft / part.unique_name, part.unique_name)
            (draft / part.unique_name).unlink()
    uid = message_id(key_uuid(appeal.key))
    writer, root = open_message(MessageKind.CONTAINER, uid, settings, now)
    writer.add(writer.add(root, "container"), "body", BODY)
    (draft / MESSAGE).write_bytes(close_message(writer, root, settings, settings.recipient))
    return [MESSAGE, BODY]


def _passport(
    appeal: Appeal, text_part: Part, parts: Iterable[Part], words: Words, settings: MedoSettings
) -> bytes:
    writer = Writer(CONTAINER_271, "c")
    root = writer.root("container", uid=str(key_uuid(appeal.key)), version="1.0")
    requisites = writer.add(root, "requisites")
    writer.line(requisites, "documentKind", settings.kind)
    if appeal.confidential:
        writer.line(requisites, "classification", settings.classification_confidential)
    writer.add(requisites, "annotation", words.annotation.strip() or "—")
    authors = writer.add(root, "authors")
    for person in (appeal.applicant, *appeal.co_applicants):
        author = writer.add(authors, "author")
        name = person.organisation.strip() or full_name(person.person) or settings.nameless
        writer.line(writer.add(author, "organization"), "title", name)
        registration = writer.add(author, "registration")
        writer.add(registration, "number", outgoing_number(appeal))
        writer.add(registration, "date", outgoing_date(appeal, settings).isoformat())
    addressee = writer.add(writer.add(root, "addressees"), "addressee")
    writer.line(writer.add(addressee, "organization"), "title", settings.recipient.name)
    document = writer.add(root, "document", localName=text_part.unique_name)
    writer.add(document, "pagesQuantity", str(words.pages))
    _attachments(writer, root, parts)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _attachments(writer: Writer, root: etree._Element, parts: Iterable[Part]) -> None:
    holder: etree._Element | None = None
    for order, part in enumerate(parts):
        holder = writer.add(root, "attachments") if holder is None else holder
        attachment = writer.add(holder, "attachment", localName=part.unique_name)
        writer.add(attachment, "order", str(order))
        writer.line(attachment, "description", part.description)


# ---- reading


def read_passport(content: bytes, *, what: str) -> tuple[Document, tuple[File, ...]]:
    """Read a container's passport. Raises BrokenMessageError for what is none."""
    root = parse(content, what=what)
    if local_name(root) != "container":
        sentence = _("{what}: the root is {root}, not container").format(what=what, root=local_name(root))
        raise BrokenMessageError(sentence, field=what)
    requisites = child(root, "requisites")
    authors = tuple(map(_author, children(child(root, "authors"), "author")))
    document = Document(
        uid=read_uuid(attribute(root, "uid")),
        kind=line(requisites, "documentKind"),
        num=next((one.num for one in authors if one.num), Party().num),
        special_mark=line(requisites, "specialMark"),
        classification=line(requisites, "classification"),
        annotation=text(requisites, "annotation"),
        comment=text(requisites, "comment"),
        signatories=authors,
        links=tuple(_links(requisites)),
    )
    return document, tuple(_files(root, what))


def _author(element: etree._Element) -> Party:
    person = child(element, "sign", "person")
    return Party(
        organization=line(element, "organization", "title"),
        person=line(person, "name"),
        post=line(person, "post"),
        num=number(child(element, "registration")),
    )


def _links(requisites: etree._Element | None) -> Iterator[Link]:
    for one in children(child(requisites, "links"), "link"):
        target = child(one, "document")
        target = one if target is None else target
        uid = read_uuid(attribute(one, "uid")) or read_uuid(attribute(target, "uid"))
        yield Link(line(one, "linkType") or LinkType.RELATED, uid, attribute(one, "id"), number(target))


def _files(root: etree._Element, what: str) -> Iterator[File]:
    document = child(root, "document")
    if document is not None and attribute(document, "localName"):
        yield File(plain(attribute(document, "localName"), what), FileGroup.TEXT)
    for one in children(child(root, "attachments"), "attachment"):
        name = plain(attribute(one, "localName"), what)
        yield File(name, FileGroup.ENCLOSURE, text(one, "description"))


@contextmanager
def opened(path: Path, limit: int, *, what: str = "") -> Iterator[zipfile.ZipFile]:
    """Open a container whose files are at most `limit` bytes together. Raises BrokenMessageError."""
    what = what or path.name
    try:
        with zipfile.ZipFile(path) as packed:
            _refuse_bomb(packed, what, limit)
            yield packed
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        sentence = _("{what} cannot be unpacked: {error}").format(what=what, error=error)
        raise BrokenMessageError(sentence, field="container") from error


def _refuse_bomb(packed: zipfile.ZipFile, what: str, limit: int) -> None:
    entries = packed.infolist()
    whole = sum(entry.file_size for entry in entries)
    swollen = any(
        entry.file_size > _SMALL and entry.file_size > _MOST_RATIO * max(entry.compress_size, 1)
        for entry in entries
    )
    if len(entries) > _MOST_ENTRIES or whole > limit or swollen:
        sentence = _("{what}: too many files or too large when unpacked, refused").format(what=what)
        raise BrokenMessageError(sentence, field="container")


def passport_of(packed: zipfile.ZipFile, what: str, limit: int) -> bytes:
    """Return the passport's bytes. Raises BrokenMessageError when there is none or it is too long."""
    found = next((one for one in packed.infolist() if one.filename.casefold() == PASSPORT), None)
    if found is None or found.file_size > limit:
        sentence = _("{what} holds no readable {passport}").format(what=what, passport=PASSPORT)
        raise BrokenMessageError(sentence, field="container")
    with packed.open(found) as source:
        return source.read(limit)
