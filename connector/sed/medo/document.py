"""Writes a citizen's message as a «Документ» of kind «Обращение» (sed.md section 2). Pure.

What is written is valid by both generations of the schema (2.2 and 2.6): what only one knows is not used.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from lxml import etree

from config.i18n import _
from connector.appeal import Appeal, Applicant, key_uuid
from connector.errors import PermanentError
from connector.sed.attachments import Part
from connector.sed.medo.settings import MedoSettings
from connector.sed.medo.words import FileGroup, LinkType, MessageKind
from connector.sed.medo.writing import (
    COMMENT_LIMIT,
    DESIGNATION_LIMIT,
    LINE_LIMIT,
    NUMBER_LIMIT,
    TEXT_LIMIT,
    Writer,
    close_message,
    one_line,
    open_message,
)
from connector.sed.prose import Prose, category_path, compose, full_name

PASSPORT = "document.xml"
_ID_LIMIT = 127  # characters
_MESSAGE = UUID("6d657373-6167-0065-0000-73656d65646f")  # leaves a UUID's version and variant as they are
_PAGE = 1800  # characters of a typewritten page: the format wants a number of pages


@dataclass(frozen=True, slots=True)
class Words:
    """The texts of a card: the annotation, the comment, and the file that holds everything."""

    annotation: str
    comment: str
    full: str

    @property
    def pages(self) -> int:
        """How many typewritten pages the full text fills."""
        return max(1, -(-len(self.full) // _PAGE))


def message_id(document_uid: UUID) -> UUID:
    """Return the id of the one message that carries a document: the same when it is written again.

    Its own inverse, so that a receipt, which names the message only, needs no record to find the document.
    """
    return UUID(int=document_uid.int ^ _MESSAGE.int)


def outgoing_number(appeal: Appeal) -> str:
    """Return the number under which a round goes: the platform's, with the round behind a slash from 2 on.

    Answers may name their document by its number alone, so that it must tell rounds apart. Raises
    PermanentError when nothing short enough for the format is there.
    """
    suffix = f"/{appeal.round}" if appeal.round > 1 else ""
    for number in (appeal.number, appeal.platform_id):
        value = one_line(number, NUMBER_LIMIT + 1) + suffix
        if number.strip() and len(value) <= NUMBER_LIMIT:
            return value
    sentence = _("the message's number is longer than the {limit} characters that the format holds").format(
        limit=NUMBER_LIMIT
    )
    raise PermanentError(sentence, field="number")


def outgoing_date(appeal: Appeal, settings: MedoSettings) -> date:
    """Return the date that goes with the number."""
    return (appeal.numbered_at or appeal.created_at).astimezone(settings.zone).date()


def words_of(appeal: Appeal, settings: MedoSettings) -> Words:
    """Return the texts in the language of the moment."""
    prose: Prose = compose(appeal, settings.annotation_limit)
    remarks = "\n".join(filter(None, (_facts(appeal, settings), prose.remarks)))
    pointer = _("… (the whole text is in the attached file)")
    cut = len(remarks) > COMMENT_LIMIT
    return Words(
        annotation=prose.annotation,
        comment=remarks[: COMMENT_LIMIT - len(pointer)].rstrip() + pointer if cut else remarks,
        full=f"{appeal.text}\n\n{remarks}\n{_people(appeal)}\n",
    )


def document_xml(
    appeal: Appeal, text: Part, parts: Iterable[Part], words: Words, settings: MedoSettings, now: datetime
) -> bytes:
    """Return the message; `text` is the file with the full text, `parts` the attachments. `now` is aware."""
    uid = key_uuid(appeal.key)
    writer, root = open_message(MessageKind.DOCUMENT, message_id(uid), settings, now)
    document = writer.add(root, "document", uid=str(uid), id=appeal.key[:_ID_LIMIT])
    _head(writer, document, appeal, words, settings)
    _links(writer, document, appeal, settings)
    _clauses(writer, document, appeal, settings)
    writer.text(document, "comment", words.comment, COMMENT_LIMIT)
    files = writer.add(root, "files")
    _file(writer, files, 0, text, FileGroup.TEXT)
    for number, part in enumerate(parts, start=1):
        _file(writer, files, number, part, FileGroup.ENCLOSURE)
    return close_message(writer, root, settings, settings.recipient)


def _head(
    writer: Writer, document: etree._Element, appeal: Appeal, words: Words, settings: MedoSettings
) -> None:
    people = (appeal.applicant, *appeal.co_applicants)
    writer.line(document, "kind", settings.kind)
    _num(writer, document, appeal, settings)
    if appeal.confidential:
        writer.line(document, "classification", settings.classification_confidential)
    signatories = writer.add(document, "signatories")
    for person in people:
        signatory = writer.add(signatories, "signatory")
        _person(writer, signatory, person, appeal, settings)
        signed = appeal.created_at.astimezone(settings.zone).date()
        writer.add(signatory, "signed", signed.isoformat())
    addressee = writer.add(writer.add(document, "addressees"), "addressee")
    writer.line(addressee, "organization", settings.recipient.name)
    writer.add(document, "pages", str(words.pages))
    writer.add(document, "annotation", words.annotation)
    correspondents = writer.add(document, "correspondents")
    for person in people:
        correspondent = writer.add(correspondents, "correspondent")
        _person(writer, correspondent, person, appeal, settings)
        _num(writer, correspondent, appeal, settings)


def _num(writer: Writer, parent: etree._Element, appeal: Appeal, settings: MedoSettings) -> None:
    num = writer.add(parent, "num")
    writer.add(num, "number", outgoing_number(appeal))
    writer.add(num, "date", outgoing_date(appeal, settings).isoformat())


def _person(
    writer: Writer, parent: etree._Element, applicant: Applicant, appeal: Appeal, settings: MedoSettings
) -> None:
    """A citizen is an author by name; a legal entity is one with its representative."""
    writer.line(parent, "region", appeal.territory.region)
    writer.line(parent, "organization", applicant.organisation)
    name = full_name(applicant.person) or ("" if applicant.organisation.strip() else settings.nameless)
    writer.line(parent, "person", name)
    writer.text(parent, "contactInfo", one_line(_contacts(applicant), LINE_LIMIT), LINE_LIMIT)


def _contacts(applicant: Applicant) -> str:
    person = applicant.person
    return ", ".join(
        one.strip() for one in (person.phone, person.email, applicant.post_address) if one.strip()
    )


def _links(writer: Writer, document: etree._Element, appeal: Appeal, settings: MedoSettings) -> None:
    if appeal.round == 1:
        return
    last = replace(appeal, round=appeal.round - 1)
    link = writer.add(
        writer.add(document, "links"), "link", uid=str(key_uuid(last.key)), id=last.key[:_ID_LIMIT]
    )
    writer.add(link, "linkType", str(LinkType.RELATED))
    _num(writer, writer.add(link, "reference"), last, settings)


def _clauses(writer: Writer, document: etree._Element, appeal: Appeal, settings: MedoSettings) -> None:
    """One clause per question: its code of the classifier, its text, the day by which it must be answered."""
    clauses = writer.add(document, "clauses")
    due = appeal.due_at.astimezone(settings.zone).date().isoformat()
    for question in appeal.questions:
        clause = writer.add(clauses, "clause", localId=str(question.ordinal))
        designation = question.code or _("Question {ordinal}").format(ordinal=question.ordinal)
        writer.line(clause, "designation", designation, DESIGNATION_LIMIT)
        writer.text(clause, "text", question.text or appeal.text, TEXT_LIMIT)
        writer.add(clause, "deadline", due)
        writer.text(clause, "comment", category_path(question.category), COMMENT_LIMIT)
    if not len(clauses):
        document.remove(clauses)


def _file(writer: Writer, files: etree._Element, number: int, part: Part, group: FileGroup) -> None:
    file = writer.add(files, "file", localName=part.unique_name, localId=str(number))
    writer.add(file, "group", str(group))
    writer.line(file, "description", part.description)


def _facts(appeal: Appeal, settings: MedoSettings) -> str:
    """What the card has no field for, a line each."""
    due = appeal.due_at.astimezone(settings.zone)
    lines = [
        _("Platform's message № {number}").format(number=appeal.number or appeal.platform_id),
        _("Answer by {date}").format(date=f"{due:%d.%m.%Y %H:%M}"),
        _("Sent by way of: {channel}").format(channel=appeal.channel) if appeal.channel.strip() else "",
        _("OKTMO: {code}").format(code=appeal.territory.oktmo) if appeal.territory.oktmo.strip() else "",
        _("A collective one.") if appeal.collective else "",
        _("The author asks not to disclose it.") if appeal.confidential else "",
    ]
    return "\n".join(line for line in lines if line)


def _people(appeal: Appeal) -> str:
    """The authors with their contacts, whole: a field of the card may have cut them."""
    lines = []
    for one in (appeal.applicant, *appeal.co_applicants):
        told = ", ".join(filter(None, (one.organisation.strip(), full_name(one.person), _contacts(one))))
        lines.append(_("Author: {who}").format(who=told or "—"))
    return "\n".join(lines)
