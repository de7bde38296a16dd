"""Writes the passport DocInfo of a citizen's message (sed.md section 1). Pure: words in, bytes out.

What is written is valid in both generations of the schemas: what only one of them knows is not used.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID, uuid5

from lxml import etree

from connector.appeal import Appeal, Applicant, conversation_key, key_uuid
from connector.sed.attachments import Part
from connector.sed.prose import Prose, category_path, coordinates, full_name, legal
from connector.sed.sev.settings import Named, Organisation, SevSettings

NAMESPACE = "http://www.eos.ru/2010/sev"
PASSPORT = "DocInfo.xml"
_MAIN_ID = "1"
_SUBSCRIBED = ("Reception", "Registration", "Forwarding", "Consideration", "Report", "Redirection", "Answer")


def doc_info(
    appeal: Appeal, parts: Iterable[Part], prose: Prose, settings: SevSettings, now: datetime
) -> bytes:
    """Return DocInfo.xml of a message of type MainDoc. `now` is aware."""
    parts = tuple(parts)
    root = etree.Element(f"{{{NAMESPACE}}}DocInfo", nsmap={None: NAMESPACE})  # type: ignore[dict-item]  # the stubs forget the default one
    _header(root, appeal, parts, settings, now)
    documents = _add(root, "DocumentList")
    _document(documents, appeal, parts, prose, settings)
    subscriptions = _add(root, "Subscriptions", StopDayCount=str(settings.report_days))
    for event in _SUBSCRIBED:
        _add(subscriptions, event, Include="true")
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _header(
    root: etree._Element, appeal: Appeal, parts: tuple[Part, ...], settings: SevSettings, now: datetime
) -> None:
    document_uid = key_uuid(appeal.key)
    header = _add(
        root, "Header",
        MessageID=message_id(document_uid).hex,
        Version="1.0",
        Time=now.astimezone(settings.zone).isoformat(timespec="microseconds"),
        MessageType="MainDoc",
        ReturnID=document_uid.hex,
        ResourceID="0",
    )  # fmt: skip
    sender = _add(header, "Sender")
    contact = _contact(sender, settings.sender)
    if settings.return_address:
        kind = "e" if "@" in settings.return_address else "s"
        _add(contact, "Econtact", settings.return_address, Type=kind)
    _add(sender, "EDMS", settings.edms_name, UID=settings.edms_uid, Version=settings.edms_version)
    _contact(_add(header, "Recipient"), settings.recipient)
    resources = _add(header, "ResourceList")
    for number, name in enumerate((PASSPORT, *(part.unique_name for part in parts))):
        _add(resources, "Resource", UID=str(number), UniqueName=name)


def _document(
    documents: etree._Element, appeal: Appeal, parts: tuple[Part, ...], prose: Prose, settings: SevSettings
) -> None:
    uid = key_uuid(appeal.key)
    document = _add(
        documents, "Document", UID=uid.hex, DocumentID=_MAIN_ID, Type="Incoming", MainDocument="true"
    )
    _registration(document, appeal, settings)
    control = _add(document, "Control", State="UnderControl")
    _add(control, "Deadline", appeal.due_at.astimezone(settings.zone).date().isoformat())
    _named(document, "Group", settings.group)
    _named(document, "Access", settings.access_confidential if appeal.confidential else settings.access)
    _add(document, "Annotation", prose.annotation)
    _add_filled(document, "Note", prose.note)
    if appeal.collective:
        _add(document, "Collective", "true")
    for question in appeal.questions:
        if question.code:
            _add(document, "Rubric", question.code, UID=question.code)
    for number, part in enumerate(parts, start=1):
        _file(document, uid, number, part, settings)
    for applicant in (appeal.applicant, *appeal.co_applicants):
        _author(document, applicant, settings)
    _contact(_add(document, "Addressee"), settings.recipient)
    for name, value in additional_fields(appeal, settings).items():
        kind = settings.field_type(settings.additional_fields[name])
        _add(document, "AdditionalField", value, Name=name, Type=kind)
    _link_to_last_round(document, appeal, settings)


def message_id(document_uid: UUID) -> UUID:
    """Return the id of the one message that carries a document: the same when it is written again."""
    return uuid5(document_uid, "message")


def additional_fields(appeal: Appeal, settings: SevSettings) -> Mapping[str, str]:
    """Return the card's additional fields by name, the empty ones left out."""
    yes, no = settings.flag_words
    values = {
        "number": appeal.number or appeal.platform_id,
        "status": settings.first_status,
        "mart": yes if settings.mart else no,
        "round": str(appeal.round),
        "kind": str(appeal.kind),
        "channel": appeal.channel,
        "category": "; ".join(filter(None, (category_path(one.category) for one in appeal.questions))),
        "fast_track": yes if appeal.fast_track else no,
        "address": appeal.territory.address,
        "oktmo": appeal.territory.oktmo,
        "coordinates": coordinates(appeal),
        "created_at": _local(appeal.created_at, settings),
        "due_at": _local(appeal.due_at, settings),
        "cabinet": str(appeal.opa_id),
    }
    named = {name: values[source].strip() for name, source in settings.additional_fields.items()}
    return {name: value for name, value in named.items() if value}


def _registration(document: etree._Element, appeal: Appeal, settings: SevSettings) -> None:
    info = _add(document, "RegistrationInfo")
    _add(info, "Number", appeal.number or appeal.platform_id)
    moment = appeal.numbered_at or appeal.created_at
    _add(info, "Date", moment.astimezone(settings.zone).date().isoformat())


def _file(document: etree._Element, uid: UUID, number: int, part: Part, settings: SevSettings) -> None:
    size = -(-part.size // 1024) if settings.size_in_kilobytes else part.size
    file = _add(
        document, "File",
        UID=uuid5(uid, f"{number}:{part.sha256}").hex, ResourceID=str(number), Size=str(size),
    )  # fmt: skip
    _add(file, "Description", part.description)
    _add(file, "Extension", part.extension)


def _author(document: etree._Element, applicant: Applicant, settings: SevSettings) -> None:
    author = _add(document, "Author")
    name = full_name(applicant.person)
    if applicant.organisation.strip():
        holder = _add(author, "Contact")
        _add(_add(holder, "Organization"), "ShortName", applicant.organisation.strip())
        if name:
            _add(_add(holder, "OfficialPerson"), "FIO", name)
    else:
        holder = _add(author, "PrivatePerson")
        _add(holder, "FIO", name or settings.nameless)
    if applicant.post_address.strip():
        _add(_add(holder, "Address"), "Text", applicant.post_address.strip())
    for kind, value in (("t", applicant.person.phone), ("e", applicant.person.email)):
        if value.strip():
            _add(holder, "Econtact", value.strip(), Type=kind)


def _link_to_last_round(document: etree._Element, appeal: Appeal, settings: SevSettings) -> None:
    if appeal.round > 1:
        last = key_uuid(conversation_key(appeal.opa_id, appeal.platform_id, appeal.round - 1))
        description = f"{appeal.number or appeal.platform_id} ({last.hex})"
        _named(_add(document, "Link", Description=description), "LinkType", settings.link_type)


def _contact(parent: etree._Element, organisation: Organisation) -> etree._Element:
    contact = _add(parent, "Contact")
    _add(_add(contact, "Organization", UID=organisation.uid), "ShortName", organisation.name)
    return contact


def _named(parent: etree._Element, tag: str, row: Named) -> None:
    if row.uid:
        _add(parent, tag, row.name, UID=row.uid)
    elif row.name:
        _add(parent, tag, row.name)


def _local(moment: datetime, settings: SevSettings) -> str:
    return moment.astimezone(settings.zone).strftime("%d.%m.%Y %H:%M")


def _add_filled(parent: etree._Element, tag: str, text: str) -> None:
    if text:
        _add(parent, tag, text)


def _add(parent: etree._Element, tag: str, text: str = "", **attributes: str) -> etree._Element:
    """Add a child; whatever the text holds, what is written is legal XML."""
    element = etree.SubElement(parent, f"{{{NAMESPACE}}}{tag}")
    for name, value in attributes.items():
        element.set(name, legal(value))
    if text:
        element.text = legal(text)
    return element
