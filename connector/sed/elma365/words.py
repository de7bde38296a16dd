"""What a message says in ELMA365: the fields of a new row, and of its questions. Pure."""

from config.i18n import _
from connector.appeal import Appeal, Question
from connector.sed.elma365.query import moment
from connector.sed.elma365.settings import ElmaSettings
from connector.sed.prose import category_path, full_name, letter

_LONGEST_TITLE = 250  # characters


def context(appeal: Appeal, settings: ElmaSettings) -> dict[str, object]:
    """Return the fields of a new row, not yet ready, without those that the configuration leaves out."""
    number = appeal.number or appeal.platform_id
    told: dict[str, object] = {
        "key": appeal.key,
        "ready": False,
        "title": _("Message {number}").format(number=number)[:_LONGEST_TITLE],
        "text": letter(appeal),
        "number": number,
        "applicant": full_name(appeal.applicant.person) or appeal.applicant.organisation,
        "address": appeal.territory.address,
        "created": moment(appeal.created_at),
        "due": moment(appeal.due_at),
        "deadline": moment(appeal.due_at),
    }
    return {settings.fields[name]: value for name, value in told.items() if settings.fields[name]}


def question(one: Question, row: str, settings: ElmaSettings) -> dict[str, object]:
    """Return the fields of a question of the row of that id."""
    told: dict[str, object] = {
        "title": (category_path(one.category) or one.code)[:_LONGEST_TITLE],
        "appeal": row,
        "ordinal": one.ordinal,
        "code": one.code,
        "name": category_path(one.category),
    }
    codes = settings.question_fields
    return {codes[name]: value for name, value in told.items() if codes[name]}
