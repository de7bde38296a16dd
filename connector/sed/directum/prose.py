"""What a message fills a request card with: properties by the configuration, and the text as a file. Pure."""

from collections.abc import Callable, Mapping
from datetime import datetime

from config.i18n import _
from connector.appeal import Appeal, Category, ItemKind, Person
from connector.sed.directum import query
from connector.sed.directum.settings import DirectumSettings

_FULL = frozenset({"title"})  # bounded by the limit of names


def properties(appeal: Appeal, settings: DirectumSettings) -> dict[str, object]:
    """Return the properties of a new card; what a message does not have is left out."""
    found: dict[str, object] = dict(settings.constants)
    for name, source in settings.properties.items():
        value = _SOURCES[source](appeal, settings)
        if isinstance(value, str):
            value = _cut(value, settings.name_limit if source in _FULL else settings.text_limit)
        if value not in ("", None):
            found[name] = value
    found[settings.key_field] = appeal.key
    found[settings.state_field] = settings.draft_state
    return found


def letter(appeal: Appeal) -> str:
    """Return the whole message as a text, for the body of the card; no field cuts it."""
    parts = [appeal.text, *_remarks(appeal)]
    return "\n\n".join(part for part in parts if part) + "\n"


def full_name(person: Person) -> str:
    """Return surname, name, patronymic as far as they are known."""
    return " ".join(part.strip() for part in (person.surname, person.name, person.patronymic) if part.strip())


def _remarks(appeal: Appeal) -> list[str]:
    lines = []
    if appeal.round > 1:
        lines.append(_("Returned for rework, round {round}.").format(round=appeal.round))
    if appeal.rework_comment.strip():
        lines.append(_("The applicant's comment: {comment}").format(comment=appeal.rework_comment.strip()))
    for question in appeal.questions:
        line = _("Question {ordinal} ({code}): {category}").format(
            ordinal=question.ordinal,
            code=question.code or _("no rubric"),
            category=_category(question.category) or "—",
        )
        told = question.text.strip() if question.text.strip() != appeal.text.strip() else ""
        lines.append(f"{line}\n{told}" if told else line)
    if appeal.territory.address.strip():
        lines.append(_("Place: {address}").format(address=appeal.territory.address.strip()))
    if appeal.territory.latitude is not None and appeal.territory.longitude is not None:
        place = f"{appeal.territory.latitude},{appeal.territory.longitude}"
        lines.append(_("Coordinates: {coordinates}").format(coordinates=place))
    return [*lines, *_people(appeal)]


def _people(appeal: Appeal) -> list[str]:
    lines = []
    for one in (appeal.applicant, *appeal.co_applicants):
        told = (full_name(one.person), one.organisation, one.post_address, one.person.email, one.person.phone)
        lines.append(
            _("Applicant: {who}").format(who=", ".join(part for part in told if part.strip()) or "—")
        )
    if appeal.applicant.reply_by_post:
        lines.append(_("The applicant asks for an answer by post."))
    return lines


def _category(category: Category) -> str:
    parts = (category.subject, category.subsubject, category.fact)
    return " / ".join(part.strip() for part in parts if part.strip())


def _title(appeal: Appeal, _settings: DirectumSettings) -> str:
    number = appeal.number or appeal.platform_id
    if appeal.kind is ItemKind.APPEAL:
        title = _("Appeal {number}: {category}")
    else:
        title = _("Message {number}: {category}")
    category = _category(appeal.questions[0].category) if appeal.questions else ""
    return title.format(number=number, category=category or appeal.text[:100])


def _cut(value: str, limit: int) -> str:
    return value if len(value) <= limit else value[: limit - 1].rstrip() + "…"


def _midnight(moment: datetime, settings: DirectumSettings) -> str:
    return query.moment(settings.midnight(moment.astimezone(settings.zone).date()))


_SOURCES: Mapping[str, Callable[[Appeal, DirectumSettings], object]] = {
    "title": _title,
    "text": lambda appeal, _s: appeal.text,
    "note": lambda appeal, _s: "\n".join(_remarks(appeal)),
    "number": lambda appeal, _s: appeal.number or appeal.platform_id,
    "applicant": lambda appeal, _s: full_name(appeal.applicant.person) or appeal.applicant.organisation,
    "created": lambda appeal, settings: _midnight(appeal.created_at, settings),
    "due": lambda appeal, settings: _midnight(appeal.due_at, settings),
    "created_at": lambda appeal, _s: query.moment(appeal.created_at),
    "due_at": lambda appeal, _s: query.moment(appeal.due_at),
    "repeated": lambda appeal, _s: appeal.round > 1,
    "collective": lambda appeal, _s: appeal.collective,
    "confidential": lambda appeal, _s: appeal.confidential,
    "round": lambda appeal, _s: appeal.round,
    "kind": lambda appeal, _s: str(appeal.kind),
    "channel": lambda appeal, _s: appeal.channel,
    "category": lambda appeal, _s: _category(appeal.questions[0].category) if appeal.questions else "",
    "address": lambda appeal, _s: appeal.territory.address,
    "oktmo": lambda appeal, _s: appeal.territory.oktmo,
    "email": lambda appeal, _s: appeal.applicant.person.email,
    "phone": lambda appeal, _s: appeal.applicant.person.phone,
    "post_address": lambda appeal, _s: appeal.applicant.post_address,
    "organisation": lambda appeal, _s: appeal.applicant.organisation,
}
