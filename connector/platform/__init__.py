"""Ways to reach the platform, one module each, behind one Protocol."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol, runtime_checkable

from connector.appeal import Appeal, Attachment, Reply, StoredFile
from connector.peer import Entry, Health


@dataclass(frozen=True, slots=True)
class Received:
    """One message of the list, read alone. `appeal` is None when it could not be understood.

    `platform_id` is then still the message's id or, where not even that can be read, `sha256:` and the
    digest of `raw`, so that a repeat is recognised; `problem` says what is wrong and what to do.
    `round_told` is the rework round that the wire named, None when it names none.
    """

    platform_id: str
    raw: str  # exactly the JSON (or XML) of this one message
    appeal: Appeal | None
    problem: str = ""
    round_told: int | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the cabinet's list."""

    messages: tuple[Received, ...]
    number: int
    last: bool


@dataclass(frozen=True, slots=True)
class Download:
    """A file of a message, open for reading; its name is the platform's: never a path."""

    name: str
    media_type: str
    size: int | None  # bytes, when announced
    body: Iterator[bytes] = field(repr=False)


@runtime_checkable
class TellsRatings(Protocol):
    """A way to the platform over which the citizens' ratings can be seen, beside `Platform`."""

    def rating(self, platform_id: str) -> int | None:
        """Return the rating of the last answer, 1 to 5; None while there is none."""
        ...


class Platform(Protocol):
    """The platform as one cabinet sees it. Safe to use from several threads.

    Every call may raise RetryableError, AuthError or PermanentError; those that change something on the
    platform also OutcomeUnknownError.
    """

    def close(self) -> None:
        """Let go of the connections."""
        ...

    def check(self) -> Health:
        """Try the credentials and the list, change nothing."""
        ...

    def pages(self) -> Iterator[Page]:
        """Yield every page of the messages that are not yet marked accepted."""
        ...

    def read(self, raw: str) -> Received:
        """Read a stored message again, as after a correction of the wire profile."""
        ...

    def download(self, attachment: Attachment) -> AbstractContextManager[Download]:
        """Open a file of a message as a stream."""
        ...

    def accept(self, platform_id: str) -> None:
        """Mark a message accepted. Harmless to repeat."""
        ...

    def upload(self, file: StoredFile, body: BinaryIO) -> str:
        """Upload a file and return the platform's id of it. A repeat makes a second file: journal the id."""
        ...

    def send(self, reply: Reply, file_ids: tuple[str, ...]) -> None:
        """Send a status or an answer. Not idempotent on the platform: see `count_sent`."""
        ...

    def count_sent(self, reply: Reply, confirmed: Sequence[Reply] = ()) -> int | None:
        """Return how many replies that look like this one the platform's history of the message holds.

        Without those that `confirmed` accounts for: earlier replies of the conversation that are known to
        have arrived. What is left tells whether a send of unknown outcome did. None when the platform
        offers no way to look.
        """
        ...

    def dictionary(self, kind: str) -> Iterator[Entry]:
        """Yield a dictionary: `regions`, `subjects`, `subsubjects`. The last two of the cabinet's region."""
        ...
