"""Reads a message of МЭДО 2.2 or 2.6 (and what is public of 2.7 and 2.7.1) into `message`; see `read`.

Names are looked up whatever their namespace: versions differ in it and in nothing else that is read here.
Real traps: `version` is "", "1.0" or "2.2"; the declared encoding is wrong; `created` is missing; elements
are there but empty; one vendor text misspells an element.
"""

from dataclasses import replace
from datetime import UTC, tzinfo

from lxml import etree

from config.i18n import _
from connector.sed.medo.message import (
    Acknowledgment,
    Clause,
    Document,
    File,
    Link,
    Message,
    Notice,
    Number,
    Party,
)
from connector.sed.medo.words import NOTICE_ELEMENTS, MessageKind, NoticeKind
from connector.sed.names import is_plain_name
from connector.sed.passport import (
    BrokenMessageError,
    child,
    children,
    is_true,
    local_name,
    own_text,
    parse,
    parts,
    read_date,
    read_time,
    read_uuid,
    text,
)

_KINDS = {kind.casefold(): kind for kind in MessageKind}
_NOTICES = {kind.casefold(): kind for kind in NoticeKind}
_BODIES = {
    "document": MessageKind.DOCUMENT,
    "notification": MessageKind.NOTIFICATION,
    "acknowledgment": MessageKind.ACKNOWLEDGMENT,
    "container": MessageKind.CONTAINER,
}
_OTHER_ENCODINGS = ("utf-8", "windows-1251", "cp866", "koi8-r")


def read(content: bytes, *, what: str = "message", zone: tzinfo = UTC) -> Message:
    """Read a message's passport (document.xml, notification.xml, …). `zone` is that of times without one.

    Raises BrokenMessageError for what is no message: not well-formed XML, a DTD, another root, no known body.
    """
    root = parse(content, what=what)
    if local_name(root) != "communication":
        sentence = _("{what}: the root is {root}, not communication").format(what=what, root=local_name(root))
        raise BrokenMessageError(sentence, field=what)
    if _kind_word(root) not in _KINDS:
        other = _in_another_encoding(content, what)
        root = root if other is None else other
    header, body = child(root, "header"), _body(root, what)
    kind = _BODIES[local_name(body)]
    message = Message(
        kind=kind,
        version=attribute(root, "version"),
        uid=read_uuid(attribute(header, "uid")),
        created=read_time(attribute(header, "created"), zone),
        source_uid=read_uuid(attribute(child(header, "source"), "uid")),
        source=line(header, "source", "organization"),
    )
    return _with_body(message, body, root, what, zone)


def _with_body(
    message: Message, body: etree._Element, root: etree._Element, what: str, zone: tzinfo
) -> Message:
    if message.kind is MessageKind.DOCUMENT:
        return replace(message, document=_document(body), files=_files(root, what))
    if message.kind is MessageKind.NOTIFICATION:
        return replace(message, notice=_notice(body, zone))
    if message.kind is MessageKind.ACKNOWLEDGMENT:
        return replace(message, acknowledgment=_acknowledgment(body, zone))
    return replace(message, container=plain(line(body, "body"), what))


def _kind_word(root: etree._Element) -> str:
    return attribute(child(root, "header"), "type").casefold()


def _in_another_encoding(content: bytes, what: str) -> etree._Element | None:
    """Return the root as read in another encoding that makes its type a known word (sed.md section 6)."""
    for encoding in _OTHER_ENCODINGS:
        try:
            root = parse(content, what=what, encoding=encoding)
        except BrokenMessageError:
            continue
        if _kind_word(root) in _KINDS:
            return root
    return None


def _body(root: etree._Element, what: str) -> etree._Element:
    """Return what the message holds: by the element that is there; the type only names it."""
    found = next((one for one in parts(root) if local_name(one) in _BODIES), None)
    if found is None:
        sentence = _("{what}: neither a document nor a notification nor an acknowledgment").format(what=what)
        raise BrokenMessageError(sentence, field="communication")
    return found


# ---- documents


def _document(body: etree._Element) -> Document:
    return Document(
        uid=read_uuid(attribute(body, "uid")),
        id=attribute(body, "id"),
        kind=line(body, "kind") or line(body, "type"),
        num=number(child(body, "num")),
        special_mark=line(body, "specialMark"),
        classification=line(body, "classification"),
        annotation=text(body, "annotation"),
        comment=text(body, "comment"),
        pages=_count(text(body, "pages")),
        signatories=_parties(body, "signatories", "signatory"),
        addressees=_parties(body, "addressees", "addressee"),
        correspondents=_parties(body, "correspondents", "correspondent"),
        links=tuple(_link(one) for one in children(child(body, "links"), "link")),
        clauses=tuple(_clause(one) for one in children(child(body, "clauses"), "clause")),
        executor=_party(child(body, "executor")),
    )


def _link(element: etree._Element) -> Link:
    target = child(element, "reference")
    target = child(element, "document") if target is None else target
    return Link(
        type=line(element, "linkType"),
        uid=read_uuid(attribute(element, "uid")),
        id=attribute(element, "id"),
        num=number(child(target, "num")),
        organization=line(target, "organization"),
    )


def _files(root: etree._Element, what: str) -> tuple[File, ...]:
    return tuple(
        File(
            name=plain(attribute(one, "localName"), what),
            group=line(one, "group"),
            description=text(one, "description"),
            pages=_count(text(one, "pages")),
        )
        for one in children(child(root, "files"), "file")
    )


def plain(name: str, what: str) -> str:
    """Return a file's name if it is a plain one. Raises BrokenMessageError."""
    if not is_plain_name(name):
        sentence = _("{place}: a file's name is not a plain file name, refused").format(place=what)
        raise BrokenMessageError(sentence, field="file@localName")
    return name


# ---- notifications and acknowledgments


def _notice(body: etree._Element, zone: tzinfo) -> Notice:
    word = attribute(body, "type")
    found = next((one for one in parts(body) if local_name(one) in NOTICE_ELEMENTS), None)
    kind = NOTICE_ELEMENTS[local_name(found)] if found is not None else _NOTICES.get(word.casefold())
    clause = child(found, "clause")
    return Notice(
        kind=kind,
        type=word,
        uid=read_uuid(attribute(body, "uid")),
        id=attribute(body, "id"),
        time=read_time(text(found, "time"), zone),
        foundation=_party(child(found, "foundation")) or Party(),
        clause=_clause(clause) if clause is not None else None,
        num=number(child(found, "num")),
        reason=line(found, "reason"),
        secretary=_party(child(found, "secretary")),
        manager=_party(child(found, "manager")),
        executor=_party(child(found, "executor")),
        signatory=_party(child(found, "signatory")),
        report=_party(child(found, "report")),
        text=text(found, "courseText"),
        reference=_party(child(found, "reference")),
        place=line(found, "publicationPoint"),
        comment=text(body, "comment"),
    )


def _acknowledgment(body: etree._Element, zone: tzinfo) -> Acknowledgment:
    return Acknowledgment(
        uid=read_uuid(attribute(body, "uid")),
        time=read_time(text(body, "time"), zone),
        accepted=is_true(text(body, "accepted") or "true"),
        comment=text(body, "comment"),
    )


# ---- pieces


def _parties(body: etree._Element, group: str, name: str) -> tuple[Party, ...]:
    found = (_party(one) for one in children(child(body, group), name))
    return tuple(one for one in found if one is not None)


def _party(element: etree._Element | None) -> Party | None:
    if element is None:
        return None
    return Party(
        region=line(element, "region"),
        organization=line(element, "organization"),
        person=line(element, "person"),
        department=line(element, "department"),
        post=line(element, "post"),
        contact=line(element, "contactInfo"),
        num=number(child(element, "num")),
        signed=read_date(text(element, "signed")),
        comment=text(element, "comment"),
    )


def _clause(element: etree._Element) -> Clause:
    return Clause(line(element, "designation"), text(element, "text"), read_date(text(element, "deadline")))


def number(element: etree._Element | None) -> Number:
    """Return a number and date, empty for none."""
    return Number(line(element, "number"), read_date(text(element, "date")))


def line(element: etree._Element | None, *path: str) -> str:
    """Return the text at a path as one line."""
    found = child(element, *path)
    return "" if found is None else " ".join(own_text(found).split())


def _count(value: str) -> int | None:
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 9 else None


def attribute(element: etree._Element | None, name: str) -> str:
    """Return an attribute whatever its namespace: the schema qualifies them, not every sender does."""
    if element is None:
        return ""
    values = {local_name_of(key): value for key, value in element.attrib.items()}
    return str(values.get(name, "")).strip()


def local_name_of(name: str | bytes) -> str:
    """Return a name without its `{namespace}`."""
    return str(name).rpartition("}")[2]
