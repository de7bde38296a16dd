"""What of a citizen's message goes where on a card of 1С (sed.md section 3). Pure: words in, values out."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from config.i18n import _
from connector.appeal import Appeal, Applicant, Question
from connector.errors import PermanentError
from connector.sed.dms1c.settings import Dms1cSettings
from connector.sed.prose import category_path, coordinates, full_name, legal

Value = str | bool | int | datetime


@dataclass(frozen=True, slots=True)
class Filled:
    """An additional property of the new card: its name and what it is filled with."""

    name: str
    value: Value


def card_properties(appeal: Appeal, files: int, settings: Dms1cSettings) -> list[Filled]:
    """Return the additional properties of a new card, the empty ones left out.

    Raises PermanentError for more questions than the card has properties for.
    """
    if len(appeal.questions) > settings.max_questions:
        raise PermanentError(
            _(
                "the message has {count} questions, the card properties for {limit}: create those of the "
                "others in 1С and raise max_questions"
            ).format(count=len(appeal.questions), limit=settings.max_questions),
            code="too-many-questions",
            field="questions",
        )
    values = _card_values(appeal, files, settings)
    filled = [Filled(name, values[source]) for name, source in settings.card_properties.items()]
    for question in appeal.questions:
        filled += _question(question, settings)
    return [one for one in filled if one.value != ""]


def title(appeal: Appeal, settings: Dms1cSettings) -> str:
    """Return the card's title, which is also its name until 1С makes its own."""
    return legal(settings.title.replace("{number}", appeal.number or appeal.platform_id))


def _card_values(appeal: Appeal, files: int, settings: Dms1cSettings) -> dict[str, Value]:
    applicant, place = appeal.applicant, appeal.territory
    return {
        "number": appeal.number or appeal.platform_id,
        "round": appeal.round,
        "files": files,
        "kind": str(appeal.kind),
        "channel": legal(appeal.channel).strip(),
        "cabinet": str(appeal.opa_id),
        "created_at": _local(appeal.created_at, settings),
        "due_at": _local(appeal.due_at, settings),
        "fast_track": appeal.fast_track,
        "collective": appeal.collective,
        "confidential": appeal.confidential,
        "reply_by_post": applicant.reply_by_post,
        "applicant": full_name(applicant.person),
        "applicant_address": legal(applicant.post_address).strip(),
        "applicant_phone": legal(applicant.person.phone).strip(),
        "applicant_email": legal(applicant.person.email).strip(),
        "applicant_organisation": legal(applicant.organisation).strip(),
        "co_applicants": "; ".join(_in_words(appeal.co_applicants)),
        "address": legal(place.address).strip(),
        "oktmo": legal(place.oktmo).strip(),
        "region": legal(place.region).strip(),
        "municipality": legal(place.municipality).strip(),
        "coordinates": coordinates(appeal),
        "category": "; ".join(filter(None, (legal(category_path(one.category)) for one in appeal.questions))),
        "rework_comment": legal(appeal.rework_comment).strip(),
    }


def _question(question: Question, settings: Dms1cSettings) -> Iterator[Filled]:
    values: dict[str, Value] = {
        "code": question.code,
        "status": settings.first_status,
        "mart": settings.mart,
        "text": legal(question.text).strip(),
        "category": legal(category_path(question.category)),
    }
    for name, source in settings.question_properties.items():
        yield Filled(settings.question_property(name, question.ordinal), values[source])


def _in_words(applicants: tuple[Applicant, ...]) -> Iterator[str]:
    for one in applicants:
        parts = (
            full_name(one.person),
            one.organisation,
            one.post_address,
            one.person.phone,
            one.person.email,
        )
        yield ", ".join(legal(part).strip() for part in parts if part.strip())


def private_words(appeal: Appeal) -> tuple[str, ...]:
    """Return what of the card is personal and a complaint of 1С may echo; parts too short to tell stay."""
    words: list[str] = []
    for one in (appeal.applicant, *appeal.co_applicants):
        person = one.person
        words += (
            one.post_address,
            person.surname,
            person.name,
            person.patronymic,
            person.email,
            person.phone,
        )
    return tuple(sorted({word.strip() for word in words if len(word.strip()) > 2}, key=len, reverse=True))


def _local(moment: datetime, settings: Dms1cSettings) -> datetime:
    return moment.astimezone(settings.zone).replace(tzinfo=None, microsecond=0)
