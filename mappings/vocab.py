"""The words of the workbook: names of sheets and values of lists, written in one language, read in any."""

from collections.abc import Iterable
from enum import StrEnum
from functools import cache
from typing import TypeVar

from config.i18n import LANGUAGES, N_, _, speaking
from mappings.model import Direction, Kind, Relation, Status, Unmapped
from mappings.words import same_key

E = TypeVar("E", bound=StrEnum)

WORDS: dict[StrEnum, str] = {
    Direction.INCOMING: N_("incoming"),
    Direction.MART: N_("mart"),
    Relation.EQUAL: "=",
    Relation.CLOSE: "≈",
    Relation.BROADER: N_("broader"),
    Relation.NARROWER: N_("narrower"),
    Relation.RELATED: N_("related"),
    Relation.NONE: N_("no match"),
    Status.PROPOSED: N_("proposed"),
    Status.VERIFIED: N_("verified"),
    Status.DISPUTED: N_("disputed"),
    Status.REJECTED: N_("rejected"),
    Status.OBSOLETE: N_("obsolete"),
    Kind.MESSAGE: N_("message"),
    Kind.APPEAL: N_("appeal"),
    Unmapped.HOLD: N_("hold"),
    Unmapped.DEFAULT: N_("default code"),
    Unmapped.MANUAL: N_("manual queue"),
}

DO_NOT_EXPORT = N_("do not export")
ALL_OTHERS = N_("(all others)")

SHEET_RULES = N_("Mapping")
SHEET_POLICY = N_("Unmapped")
SHEET_STATUSES = N_("Statuses")
SHEET_CATEGORIES = N_("Platform categories")
SHEET_CLASSIFIER = N_("Classifier")
SHEET_COVERAGE = N_("Coverage")
SHEET_CHANGES = N_("Changes")
SHEET_HELP = N_("Help")
SHEET_ERRORS = N_("Errors")
SHEET_LISTS = N_("Lists")


def label(value: StrEnum) -> str:
    """Return the word for a value in the language of the moment."""
    return _(WORDS[value])


def labels(kind: type[E]) -> list[str]:
    """Return the words of a list in their order."""
    return [label(value) for value in kind]


@cache
def every_language(message: str) -> frozenset[str]:
    """Return a marked word in all languages, in key form."""
    spellings = {message}
    for code in LANGUAGES:
        with speaking(code):
            spellings.add(_(message))
    return frozenset(map(same_key, spellings))


@cache
def readings(kind: type[E]) -> dict[str, E]:
    """Return the values of a list by their words in any language, in key form."""
    return {spelling: value for value in kind for spelling in (*every_language(WORDS[value]), str(value))}


def read_word(kind: type[E], text: str) -> E | None:
    """Return the value that a word means, None for an unknown word."""
    return readings(kind).get(same_key(text))


def find_sheet(names: Iterable[str], sheet: str) -> str | None:
    """Return the name under which a sheet stands in a workbook of any language."""
    return next((name for name in names if same_key(name) in every_language(sheet)), None)
