"""What a message fills a request card with: properties by the configuration. Pure."""

from collections.abc import Callable, Mapping
from datetime import datetime

from config.i18n import _
from connector.appeal import Appeal, ItemKind
from connector.sed.directum import query
from connector.sed.directum.settings import DirectumSettings
from connector.sed.prose import category_path, full_name, remarks_on

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


def _title(appeal: Appeal, _settings: DirectumSettings) -> str:
    number = appeal.number or appeal.platform_id
    if appeal.kind is ItemKind.APPEAL:
        title = _("Appeal {number}: {category}")
    else:
        title = _("Message {number}: {category}")
    category = category_path(appeal.questions[0].category) if appeal.questions else ""
    return title.format(number=number, category=category or appeal.text[:100])


def _cut(value: str, limit: int) -> str:
    return value if len(value) <= limit else value[: limit - 1].rstrip() + "…"


def _midnight(moment: datetime, settings: DirectumSettings) -> str:
    return query.moment(settings.midnight(moment.astimezone(settings.zone).date()))


_SOURCES: Mapping[str, Callable[[Appeal, DirectumSettings], object]] = {
    "title": _title,
    "text": lambda appeal, _s: appeal.text,
    "note": lambda appeal, _s: "\n".join(remarks_on(appeal)),
    "number": lambda appeal, _s: appeal.number or appeal.platform_id,
    "applicant": lambda appeal, s: (
        full_name(appeal.applicant.person) or appeal.applicant.organisation or s.nameless
    ),
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
    "category": lambda appeal, _s: category_path(appeal.questions[0].category) if appeal.questions else "",
    "address": lambda appeal, _s: appeal.territory.address,
    "oktmo": lambda appeal, _s: appeal.territory.oktmo,
    "email": lambda appeal, _s: appeal.applicant.person.email,
    "phone": lambda appeal, _s: appeal.applicant.person.phone,
    "post_address": lambda appeal, _s: appeal.applicant.post_address,
    "organisation": lambda appeal, _s: appeal.applicant.organisation,
}
