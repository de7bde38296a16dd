"""What a card says in words: annotation, note, and the full text as a file where a field would cut it.

Pure. Characters that XML cannot hold are replaced visibly, counted, and kept in the file.
"""

import re
from dataclasses import dataclass

from config.i18n import _
from connector.appeal import Appeal, Applicant, Category, ItemKind, Person, Question

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_REPLACEMENT = "�"


@dataclass(frozen=True, slots=True)
class Prose:
    """The words of a card. `full_text` is empty where annotation and note already hold everything.

    `remarks` is the note before it was cut.
    """

    annotation: str
    note: str
    full_text: str
    remarks: str


def legal(value: str) -> str:
    """Return the text with every character that XML 1.0 cannot hold replaced by U+FFFD."""
    return _ILLEGAL.sub(_REPLACEMENT, value)


def full_name(person: Person) -> str:
    """Return surname, name, patronymic as far as they are known."""
    return " ".join(
        legal(part).strip() for part in (person.surname, person.name, person.patronymic) if part.strip()
    )


def category_path(category: Category) -> str:
    """Return «категория / подкатегория / факт» as far as the platform named them."""
    parts = (category.subject, category.subsubject, category.fact)
    return " / ".join(part.strip() for part in parts if part.strip())


def compose(appeal: Appeal, limit: int) -> Prose:
    """Return the words of the card in the language of the moment, no field longer than `limit` characters."""
    remarks = remarks_on(appeal)
    replaced = len(_ILLEGAL.findall(appeal.text))
    if replaced:
        remarks.append(
            _("Characters that the exchange cannot carry were replaced in the text: {count}.").format(
                count=replaced
            )
        )
    note = "\n".join(remarks)
    whole = bool(replaced) or len(appeal.text) > limit or len(note) > limit
    pointer = _("… (the whole text is in the attached file)")
    return Prose(
        annotation=_cut(legal(appeal.text), limit, pointer),
        note=_cut(legal(note), limit, pointer),
        full_text=f"{appeal.text}\n\n{note}\n" if whole else "",
        remarks=note,
    )


def letter(appeal: Appeal) -> str:
    """Return the whole message as one text, for SEDs that keep it as such; nothing is cut."""
    parts = [
        appeal.text,
        *remarks_on(appeal),
        *(_who(one) for one in (appeal.applicant, *appeal.co_applicants)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _who(applicant: Applicant) -> str:
    person = applicant.person
    told = (full_name(person), applicant.organisation, applicant.post_address, person.email, person.phone)
    return _("Applicant: {who}").format(who=", ".join(part for part in told if part.strip()) or "—")


def remarks_on(appeal: Appeal) -> list[str]:
    """Return what is to be said beside the citizen's text, a paragraph each."""
    lines = []
    if appeal.round > 1:
        lines.append(_("Returned for rework, round {round}.").format(round=appeal.round))
    if appeal.rework_comment.strip():
        lines.append(_("The applicant's comment: {comment}").format(comment=appeal.rework_comment.strip()))
    if appeal.kind is ItemKind.APPEAL:
        lines.append(_("An appeal under Federal Law 59."))
    if appeal.fast_track:
        lines.append(_("Fast track."))
    lines.extend(_question(question, appeal) for question in appeal.questions)
    lines.extend(_place(appeal))
    if appeal.applicant.reply_by_post:
        lines.append(_("The applicant asks for an answer by post."))
    return [line for line in lines if line]


def _question(question: Question, appeal: Appeal) -> str:
    category = category_path(question.category)
    text = question.text.strip() if question.text.strip() != appeal.text.strip() else ""
    if not (category or text):
        return ""
    code = question.code or _("no rubric")
    line = _("Question {ordinal} ({code}): {category}").format(
        ordinal=question.ordinal, code=code, category=category or "—"
    )
    return f"{line}\n{text}" if text else line


def _place(appeal: Appeal) -> list[str]:
    territory = appeal.territory
    lines = []
    if territory.address.strip():
        lines.append(_("Place: {address}").format(address=territory.address.strip()))
    if coordinates(appeal):
        lines.append(_("Coordinates: {coordinates}").format(coordinates=coordinates(appeal)))
    return lines


def coordinates(appeal: Appeal) -> str:
    """Return `lat,lon` in degrees, or nothing."""
    latitude, longitude = appeal.territory.latitude, appeal.territory.longitude
    return "" if latitude is None or longitude is None else f"{latitude},{longitude}"


def _cut(value: str, limit: int, pointer: str) -> str:
    return value if len(value) <= limit else value[: limit - len(pointer)].rstrip() + pointer
