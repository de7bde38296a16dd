"""Why a row cannot go, or goes with something to mend: a closed list with words and what becomes of it."""

from dataclasses import dataclass
from enum import StrEnum

from config.i18n import N_, _


class Action(StrEnum):
    """What becomes of the row."""

    REFUSE = "refuse"  # it goes nowhere: quarantine until it is mended
    WITHHOLD = "withhold"  # it goes nowhere on purpose: nobody has to act
    UNDEFINED = "undefined"  # it goes, counted under «не определено»
    NOTE = "note"  # it goes; a person should look


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason: its words for the report."""

    action: Action
    text: str
    advice: str


REASONS: dict[str, Reason] = {
    "unreadable-card": Reason(
        Action.REFUSE, N_("the card could not be read"), N_("see `sedlink dead list` and correct its cause")
    ),
    "unreadable-row": Reason(
        Action.REFUSE, N_("the row of the file could not be read"), N_("correct the row in the file")
    ),
    "card-file-refused": Reason(
        Action.REFUSE,
        N_("the SED does not give the card file"),
        N_("check the card file's name and the user's rights"),
    ),
    "no-question": Reason(
        Action.REFUSE,
        N_("the card has no rubric"),
        N_("give the card at least one question of the classifier"),
    ),
    "no-key": Reason(
        Action.REFUSE, N_("the card's number is missing"), N_("fill in the number, or correct the column map")
    ),
    "bad-value": Reason(
        Action.NOTE, N_("a value cannot be read"), N_("correct the cell; the row goes without the value")
    ),
    "no-received": Reason(
        Action.REFUSE, N_("the date of receipt is missing or cannot be read"), N_("fill in the date")
    ),
    "received-in-future": Reason(
        Action.REFUSE, N_("received after today"), N_("correct the date of receipt")
    ),
    "answered-in-future": Reason(Action.REFUSE, N_("answered after today"), N_("correct the date of answer")),
    "answered-before-received": Reason(
        Action.REFUSE, N_("closed before received"), N_("correct the date of receipt or of answer")
    ),
    "due-before-received": Reason(
        Action.REFUSE, N_("due before received"), N_("correct the date of receipt or the due date")
    ),
    "status-unknown": Reason(
        Action.REFUSE,
        N_("the status is not known to the table of statuses"),
        N_("add the status to the column map or to the mapping's sheet of statuses"),
    ),
    "confidential": Reason(
        Action.WITHHOLD,
        N_("confidential: is not uploaded"),
        N_("nothing, unless the mark was set by mistake"),
    ),
    "withheld": Reason(
        Action.WITHHOLD,
        N_("marked «do not export»"),
        N_("nothing, unless the mark was set by mistake"),
    ),
    "territory-missing": Reason(
        Action.UNDEFINED, N_("the territory is missing"), N_("fill in the territory in the card")
    ),
    "category-missing": Reason(
        Action.UNDEFINED,
        N_("the category is missing"),
        N_("give the question a rubric, or the rubric's code a category (`sedlink mapping`)"),
    ),
    "code-missing": Reason(
        Action.NOTE, N_("the category has no code of the classifier"), N_("complete the mapping")
    ),
    "code-malformed": Reason(
        Action.NOTE, N_("not a code of the classifier"), N_("correct the code of the rubric")
    ),
    "status-missing": Reason(
        Action.NOTE,
        N_("there is no «Статус ПОС»"),
        N_("register the card; the platform's own mart takes no row without it"),
    ),
    "closed-without-date": Reason(
        Action.NOTE, N_("closed without a date of answer"), N_("fill in the date of answer")
    ),
    "open-with-date": Reason(
        Action.NOTE, N_("has a date of answer but is not closed"), N_("correct the status or the date")
    ),
    "due-missing": Reason(Action.NOTE, N_("the due date is missing"), N_("fill in the due date")),
    "open-past-due": Reason(Action.NOTE, N_("open past due"), N_("answer the citizen")),
}


def text_of(code: str) -> str:
    """Say a reason in the language of the moment."""
    return _(REASONS[code].text)


def advice_of(code: str) -> str:
    """Say what to do about it in the language of the moment."""
    return _(REASONS[code].advice)


_REFUSING = frozenset(code for code, reason in REASONS.items() if reason.action is Action.REFUSE)
_WITHHOLDING = frozenset(code for code, reason in REASONS.items() if reason.action is Action.WITHHOLD)


def refuses(code: str) -> bool:
    """Whether a row with this problem waits in the quarantine until somebody mends it."""
    return code in _REFUSING


def withholds(code: str) -> bool:
    """Whether a row with this problem stays here on purpose."""
    return code in _WITHHOLDING
