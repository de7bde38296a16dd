"""A message in words, for SEDs that keep it as a text. Pure."""

from config.i18n import _
from connector.appeal import Appeal, Category, Person


def letter(appeal: Appeal) -> str:
    """Return the whole message as a text, for the body of the card; no field cuts it."""
    parts = [appeal.text, *remarks(appeal)]
    return "\n\n".join(part for part in parts if part) + "\n"


def full_name(person: Person) -> str:
    """Return surname, name, patronymic as far as they are known."""
    return " ".join(part.strip() for part in (person.surname, person.name, person.patronymic) if part.strip())


def remarks(appeal: Appeal) -> list[str]:
    """Return what is to be said beside the citizen's text, a paragraph each."""
    lines = []
    if appeal.round > 1:
        lines.append(_("Returned for rework, round {round}.").format(round=appeal.round))
    if appeal.rework_comment.strip():
        lines.append(_("The applicant's comment: {comment}").format(comment=appeal.rework_comment.strip()))
    for question in appeal.questions:
        line = _("Question {ordinal} ({code}): {category}").format(
            ordinal=question.ordinal,
            code=question.code or _("no rubric"),
            category=category_path(question.category) or "—",
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


def category_path(category: Category) -> str:
    """Return «категория / подкатегория / факт» as far as the platform named them."""
    parts = (category.subject, category.subsubject, category.fact)
    return " / ".join(part.strip() for part in parts if part.strip())
