"""One tree of what can go wrong on the way to SMEV, sorted by what to do next.

What the peer said is a `BusError` (smev.envelope.faults); what the line did is a `WireError`. `next_step`
tells the one from the other for a program that only wants to know how to go on.
"""

from enum import StrEnum

from smev.envelope.faults import (
    AccessError,
    AlreadySentError,
    BusError,
    FixMessageError,
    GoneError,
    RenewDeadlineError,
    RenewIdError,
    RetryError,
    UnknownError,
)
from smev.errors import InputError, SetupError, SigningError, SmevError, UnsupportedError

__all__ = [
    "AccessError",
    "AlreadySentError",
    "BrokenFileError",
    "BusError",
    "FixMessageError",
    "GarbageError",
    "GoneError",
    "NextStep",
    "NotSentError",
    "RenewDeadlineError",
    "RenewIdError",
    "RetryError",
    "UnknownError",
    "UnknownOutcomeError",
    "WireError",
    "next_step",
]


class WireError(SmevError):
    """The line failed, or the peer did not speak the protocol. Repeating later may help."""


class NotSentError(WireError):
    """The peer could not be reached: nothing was sent. Try again later."""

    def __init__(self, reason: str) -> None:
        super().__init__("peer-unreachable", "the peer cannot be reached: {reason}", reason=reason)


class UnknownOutcomeError(WireError):
    """The message left and no answer came: the peer may have it. Send the same again, same MessageID."""

    def __init__(self, reason: str) -> None:
        super().__init__("outcome-unknown", "no answer to what was sent: {reason}", reason=reason)


class GarbageError(WireError):
    """An answer came that is not the protocol's: the outcome is unknown, too. `answer` keeps its octets."""

    def __init__(self, reason: str, answer: bytes = b"") -> None:
        super().__init__("answer-garbage", "the peer's answer is not SMEV's: {reason}", reason=reason)
        self.answer = answer


class BrokenFileError(SmevError):
    """A file's bytes are not what the message promises, or the store does not have it.

    The message comes again until its sender mends the file or it is acknowledged by force.
    """

    def __init__(self, name: str, reason: str) -> None:
        super().__init__("file-broken", "the file {name} is broken: {reason}", name=name, reason=reason)


class NextStep(StrEnum):
    """What to do about a message after an error."""

    RETRY = "retry"  # the same again, same MessageID, for ever, with pauses
    DELIVERED = "delivered"  # nothing: the peer has it
    NEW_ID = "new-id"  # the same content under a new MessageID
    LATER_DEADLINE = "later-deadline"  # with a later end of life
    FIX = "fix"  # a person or the mapping corrects the message
    ACCESS = "access"  # the operator of the bus or the other side has to act
    GONE = "gone"  # nothing is there any more to act upon
    SETUP = "setup"  # this machine's settings, key or token
    LOOK = "look"  # nobody knows here: a person looks at it


_STEPS: tuple[tuple[type[SmevError], NextStep], ...] = (
    (RetryError, NextStep.RETRY),
    (WireError, NextStep.RETRY),
    (AlreadySentError, NextStep.DELIVERED),
    (RenewIdError, NextStep.NEW_ID),
    (RenewDeadlineError, NextStep.LATER_DEADLINE),
    (FixMessageError, NextStep.FIX),
    (BrokenFileError, NextStep.FIX),
    (InputError, NextStep.FIX),
    (AccessError, NextStep.ACCESS),
    (GoneError, NextStep.GONE),
    (SetupError, NextStep.SETUP),
    (SigningError, NextStep.SETUP),
    (UnsupportedError, NextStep.SETUP),
)


def next_step(error: SmevError) -> NextStep:
    """Return what to do about the message that met the error."""
    return next((step for kind, step in _STEPS if isinstance(error, kind)), NextStep.LOOK)
