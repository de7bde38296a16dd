"""What a message of the platform means: JSON by the profile's names → Appeal. Pure.

SMEV's elements are read by the same code with `profile.raised()`.
"""

import hashlib
import logging
import math
import re
from collections.abc import Iterable
from datetime import timedelta
from urllib.parse import urlsplit

from config.i18n import _
from connector.appeal import (
    Appeal,
    Applicant,
    Attachment,
    Cabinet,
    Category,
    ItemKind,
    Person,
    Question,
    Territory,
)
from connector.peer import Entry
from connector.platform import Received
from connector.platform.rest.fields import FieldProblemError, Fields, clean
from connector.platform.rest.jsontext import NotJsonError, parse
from connector.platform.rest.names import (
    AttachmentNames,
    CategoryNames,
    DictionaryNames,
    MessageNames,
    TerritoryNames,
)

log = logging.getLogger(__name__)

# What may stand in a path of a call. An id of another form is never sent back to the platform.
_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,63}", re.ASCII)


def read_text(raw: str, cabinet: Cabinet, names: MessageNames) -> Received:
    """Return what the stored JSON of one message means."""
    try:
        value = parse(raw)
    except NotJsonError as error:
        return _not_understood(raw, "", _("it is {what}, not JSON").format(what=error))
    return read_value(value, raw, cabinet, names)


def read_value(value: object, raw: str, cabinet: Cabinet, names: MessageNames) -> Received:
    """Return what one message means; whatever is wrong with it is a `problem`, never an exception."""
    known_id = ""
    told: int | None = None
    try:
        fields = Fields(value)
        known_id = _platform_id(fields, names)
        told = _round(fields, names)
        appeal = _appeal(fields, known_id, told or 1, cabinet, names)
    except FieldProblemError as error:
        return _not_understood(raw, known_id, str(error), told)
    return Received(known_id, raw, appeal, round_told=told)


def read_entry(row: Fields, names: DictionaryNames, parent: str) -> Entry:
    """Return a row of a dictionary. Raises FieldProblemError."""
    return Entry(
        id=row.required_text(names.id),
        name=row.required_text(names.name),
        parent_id=row.text(names.parent_id) or parent,
        deleted=row.flag(names.deleted),
    )


def _not_understood(raw: str, known_id: str, why: str, told: int | None = None) -> Received:
    platform_id = known_id or "sha256:" + hashlib.sha256(raw.encode("utf-8", "replace")).hexdigest()
    problem = _(
        "message {id} was not understood: {why}; correct the wire profile, or ask the platform's support, "
        "then retry the parked message"
    ).format(id=platform_id, why=why)
    return Received(platform_id, raw, None, problem, told)


def _platform_id(fields: Fields, names: MessageNames) -> str:
    text = fields.required_text(names.id)
    if isinstance(fields.value(names.id), float) or not _ID.fullmatch(text):
        raise FieldProblemError(names.id, _("must be a whole number or a word of letters and digits"))
    return text


def _round(fields: Fields, names: MessageNames) -> int | None:
    """The wire names the round itself, from 2 on; a 0 is as good as nothing told about a first round."""
    told = fields.integer(names.rework_number)
    if told is not None and not 0 <= told < 1000:
        raise FieldProblemError(names.rework_number, _("must be a whole number from 0 to 999"))
    return None if told is None else max(told, 1)


def _appeal(fields: Fields, platform_id: str, round_: int, cabinet: Cabinet, names: MessageNames) -> Appeal:
    _check_cabinet(fields, cabinet, names)
    kind = ItemKind.APPEAL if fields.flag(names.law_appeal) else ItemKind.MESSAGE
    text = fields.required_text(names.text)
    applicant = fields.inside(names.applicant)
    created_at = fields.required_time(names.created_at)
    fast_track = fields.flag(names.fast_track)
    days = names.fast_track_days if fast_track else names.due_days
    return Appeal(
        opa_id=cabinet.opa_id,
        platform_id=platform_id,
        round=round_,
        kind=kind,
        text=text,
        questions=_questions(fields, text, kind, names),
        applicant=_applicant(applicant, names),
        created_at=created_at,
        due_at=fields.time(names.due_at) or created_at + timedelta(days=days),
        number=fields.text(names.number),
        numbered_at=fields.time(names.numbered_at),
        fast_track=fast_track,
        collective=fields.flag(names.collective),
        confidential=fields.flag(names.confidential),
        channel=fields.text(names.channel),
        co_applicants=tuple(_applicant(one, names) for one in fields.objects(names.co_applicants)),
        attachments=_attachments(fields, names),
        territory=_territory(fields, names.territory, platform_id),
        rework_comment=fields.text(names.rework_comment),
    )


def _check_cabinet(fields: Fields, cabinet: Cabinet, names: MessageNames) -> None:
    told = fields.integer(names.opa_id)
    if told is not None and told != cabinet.opa_id:
        raise FieldProblemError(
            names.opa_id,
            _("is {told}, but the settings of cabinet {cabinet} say {ours}").format(
                told=told, cabinet=cabinet.name, ours=cabinet.opa_id
            ),
        )


def _questions(fields: Fields, text: str, kind: ItemKind, names: MessageNames) -> tuple[Question, ...]:
    several = [
        Question(ordinal, one.required_text(names.question.text), _category(one, names.category))
        for ordinal, one in enumerate(fields.objects(names.questions), start=1)
    ]
    if len(several) > 1 and kind is ItemKind.MESSAGE:
        raise FieldProblemError(
            names.questions,
            _("holds several questions, but {field} is not set").format(field=names.law_appeal),
        )
    return tuple(several) or (Question(1, text, _category(fields, names.category)),)


def _category(fields: Fields, names: CategoryNames) -> Category:
    return Category(
        subject_id=fields.integer(names.subject_id),
        subject=fields.text(names.subject),
        subsubject_id=fields.integer(names.subsubject_id),
        subsubject=fields.text(names.subsubject),
        fact_id=fields.integer(names.fact_id),
        fact=fields.text(names.fact),
    )


def _applicant(fields: Fields, names: MessageNames) -> Applicant:
    person, more = names.person, names.addressee
    parts = (fields.text(more.post_address), fields.text(more.post_address_flat))
    return Applicant(
        person=Person(
            surname=fields.text(person.surname),
            name=fields.text(person.name),
            patronymic=fields.text(person.patronymic),
            email=fields.text(person.email),
            phone=fields.text(person.phone),
        ),
        post_address=", ".join(part for part in parts if part),
        reply_by_post=fields.flag(more.reply_by_post),
        organisation=fields.text(more.organisation),
    )


def _attachments(fields: Fields, names: MessageNames) -> tuple[Attachment, ...]:
    return tuple(
        _attachment(place, item, names.attachment) for place, item in fields.items(names.attachments)
    )


def _attachment(place: str, item: object, names: AttachmentNames) -> Attachment:
    if isinstance(item, str):
        return Attachment(id=_last_segment(item, place), url=clean(item))
    found = Fields(item, place)
    url = found.text(names.url)
    return Attachment(id=found.text(names.id) or _last_segment(url, place), url=url)


def _last_segment(url: str, place: str) -> str:
    try:
        segment = urlsplit(url).path.rstrip("/").rpartition("/")[2]
    except ValueError:
        segment = ""
    if not _ID.fullmatch(segment):
        raise FieldProblemError(place, _("must be the address of a file with its id at the end"))
    return segment


def _territory(fields: Fields, names: TerritoryNames, platform_id: str) -> Territory:
    place = _point(fields.text(names.coordinates)) or _point(
        f"{fields.text(names.latitude)},{fields.text(names.longitude)}"
    )
    if place is None and fields.text(names.coordinates):
        log.warning("message %s: %s is not a place on earth, left out", platform_id, names.coordinates)
    return Territory(
        region_id=fields.text(names.region_id),
        region=fields.text(names.region),
        oktmo=fields.text(names.oktmo),
        fias_id=fields.text(names.fias_id),
        municipality=_first(fields.text(path) for path in names.municipality),
        address=fields.text(names.address),
        latitude=place[0] if place else None,
        longitude=place[1] if place else None,
    )


def _first(texts: Iterable[str]) -> str:
    return next((text for text in texts if text), "")


def _point(text: str) -> tuple[float, float] | None:
    """Return latitude and longitude from "lat,lon", None where the text is no point of the globe."""
    try:
        latitude, longitude = (float(part) for part in text.split(","))
    except ValueError:
        return None
    good = math.isfinite(latitude) and math.isfinite(longitude)
    return (latitude, longitude) if good and abs(latitude) <= 90 and abs(longitude) <= 180 else None
