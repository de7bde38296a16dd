"""The codes of a request's status and what each means for the file (platform.md 4.1)."""

from dataclasses import dataclass
from enum import IntEnum


class Code(IntEnum):
    """What the mart says of a file; 6 is on the way, not a failure."""

    BUFFERING = -1
    BUFFERED = 0
    WAITS_FOR_DELTA = 1
    PROCESSING = 2
    PROCESSED = 3
    FAILED = 4
    NOT_FOUND = 5
    CONTROL_RUNS = 6
    CONTROL_FAILED = 7

    @property
    def final(self) -> bool:
        """Whether the mart will say nothing else any more."""
        return self in (Code.PROCESSED, Code.FAILED, Code.NOT_FOUND, Code.CONTROL_FAILED)


@dataclass(frozen=True, slots=True)
class Status:
    """A status as it came."""

    code: Code
    description: str
