"""What went wrong on the bus → the error tree, with a sentence for the person who must act.

A request keeps its MessageID and the bus holds one of each: whatever broke, the same is sent again. So a
broken line is never an unknown outcome here, only a wait.
"""

from dataclasses import dataclass

from config.i18n import _
from connector.errors import (
    AuthError,
    ConnectorError,
    ItemError,
    OutcomeUnknownError,
    PermanentError,
    RetryableError,
    UnsupportedError,
)
from connector.masking import mask
from smev.client.faults import NextStep, next_step
from smev.envelope.faults import BusError
from smev.errors import SmevError
from smev.wording import explain

_LONGEST_ECHO = 400  # characters of somebody else's words in a sentence


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a request is for, and what a failure of it means."""

    what: str  # for a sentence: "cabinet X, the list of messages"
    changing: bool = False  # doing it twice would do it twice
    item: bool = True  # it is about one item: a refusal parks that item alone
    private: tuple[str, ...] = ()  # words of the request that a complaint may echo


def from_bus(error: SmevError, purpose: Purpose) -> ConnectorError:
    """Return the error for a call that the bus refused or that did not reach it."""
    sentence = f"{purpose.what}: {bounded(explain(error), purpose)}"
    step = next_step(error)
    if step is NextStep.RETRY:
        return RetryableError(sentence)
    if step in (NextStep.ACCESS, NextStep.SETUP) and not _item_only(error):
        return AuthError(
            _("{sentence}; check [smev] and the rights of the information system").format(sentence=sentence)
        )
    if step is NextStep.SETUP:
        return UnsupportedError(sentence)
    return refusal(sentence, purpose)


def _item_only(error: SmevError) -> bool:
    """A transport that has no such message is no closed way: the others go."""
    return not isinstance(error, BusError) and error.code == "transport-lacks"


def refusal(sentence: str, purpose: Purpose, *, field: str = "") -> ConnectorError:
    """Return the error for a request that is refused for good."""
    return PermanentError(sentence, field=field) if purpose.item else RetryableError(sentence)


def lost(purpose: Purpose, why: str) -> ConnectorError:
    """Return the error for a request whose answer will not come any more."""
    sentence = f"{purpose.what}: {why}"
    if purpose.changing:
        return OutcomeUnknownError(
            _("{sentence}; whether the platform took it is not known").format(sentence=sentence)
        )
    return ItemError(sentence) if purpose.item else RetryableError(sentence)


def bounded(words: str, purpose: Purpose) -> str:
    """Return somebody else's words: on one line, bounded, without what may be personal."""
    text = " ".join(words.split())
    for word in purpose.private:
        text = text.replace(word, "****")
    text = mask("".join(char for char in text if char.isprintable()))
    return text if len(text) <= _LONGEST_ECHO else text[: _LONGEST_ECHO - 1] + "…"
