"""Why an appeal stays out of the package, in words for who must act."""

from config.i18n import N_, _

_WORDS = {
    "no-department": N_("the body's id in ССТУ is not set: give `department` or `departments` in [sstu]"),
    "no-number": N_("the number is missing"),
    "no-name": N_("the applicant's name is missing"),
    "no-created": N_("the date of the covering letter is missing"),
    "direct-by-medo": N_("an appeal by МЭДО cannot have come straight from the applicant"),
    "no-questions": N_("there is no question"),
    "no-code": N_("the question has no code of the classifier"),
    "wrong-code": N_("not a code of the classifier"),
    "unknown-status": N_("«Статус ССТУ» is empty or not known"),
    "no-date": N_("the date is missing"),
    "dates-out-of-order": N_("the dates are out of order"),
    "answer-files": N_("exactly one file of the answer is needed"),
    "answer-too-large": N_("the file of the answer is too large"),
    "answer-empty": N_("the file of the answer is empty"),
    "answer-away": N_("the SED does not give the file of the answer"),
    "actions-unknown": N_("supported, but it is not said whether measures were taken"),
    "transfer-incomplete": N_("to whom, when and under which number it went is not known whole"),
    "unreadable": N_("the card could not be read: see `sedlink dead list`"),
    "too-large": N_("the appeal alone is larger than a part may be"),
}


def said(code: str) -> str:
    """Say a reason in the language of the moment."""
    return _(_WORDS[code])
