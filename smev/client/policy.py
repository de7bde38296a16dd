"""How patient the client is: pauses between attempts, ends of life, and what an error leads to."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from smev.client.faults import GarbageError, NextStep, UnknownOutcomeError, next_step
from smev.errors import SmevError

AUTOMATIC = (NextStep.RETRY, NextStep.SETUP)
"""Steps that need nobody to change the message: it is sent again by itself, for ever, with pauses."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Times of the client. `lease`: so long after a process died another one may try."""

    first: timedelta = timedelta(seconds=30)
    longest: timedelta = timedelta(hours=1)
    lease: timedelta = timedelta(minutes=5)
    end_of_life: timedelta = timedelta(days=3)  # given to a request whose own has passed

    def pause(self, attempts: int, random: Callable[[], float]) -> timedelta:
        """Return the pause after so many attempts: doubled each time, half of it left to chance.

        `random` returns a number from 0 to 1.
        """
        grown = min(self.first * (1 << min(max(attempts - 1, 0), 30)), self.longest)
        return grown * (0.5 + random() / 2)


def in_doubt(error: SmevError) -> bool:
    """Tell whether the peer may have the message although the attempt failed."""
    return isinstance(error, UnknownOutcomeError | GarbageError)


def step_of(error: SmevError, *, doubt: bool, one_per_id: bool = True) -> NextStep:
    """Return what to do after an error.

    Args:
        error: what an attempt met.
        doubt: an earlier attempt under this id may have been delivered. A MessageID that went stale is then
            not replaced: the bus does not remember ids of that age, the message could be doubled.
        one_per_id: the peer takes one message for one id. Else nothing in doubt is repeated.
    """
    step = next_step(error)
    unsafe = (step is NextStep.NEW_ID and doubt) or (not one_per_id and in_doubt(error))
    return NextStep.LOOK if unsafe else step
