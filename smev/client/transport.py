"""The one Protocol behind which every way to SMEV stands: the bus itself, its adapter, a regional gateway."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

from smev.client.words import Incoming, IncomingFile, Outgoing, Queue, Receipt
from smev.envelope.words import Received, Selector


class Transport(Protocol):
    """A way to SMEV. Thread-safe. Every method raises from the one tree of `smev.client.faults`.

    The rule of use: `receive`, `fetch` its files, store both and commit, then `acknowledge`. What was not
    acknowledged comes again; what comes again is known by `Incoming.message_id`.
    """

    @property
    def name(self) -> str:
        """A stable word for it: "soap", "adapter", "rsmev"."""

    def send(self, message: Outgoing) -> Receipt:
        """Give a message to the peer. Safe to repeat with the same MessageID: the peer holds one.

        A transport whose peer does not recognise repeated ids looks the message up before it repeats. One
        that cannot even do that has the attribute `one_per_id` False: its messages are repeated by nobody
        but a person once their outcome is unknown.
        Files are uploaded first and an upload that broke goes on where it stopped.

        Raises:
            faults.BusError: the peer refused; the class says what to do next.
            faults.NotSentError: nothing left this machine.
            faults.UnknownOutcomeError, faults.GarbageError: nobody knows; send the same again.
            UnsupportedError: this transport has no such message.
        """

    def receive(self, queue: Queue, selector: Selector | None = None) -> Incoming | None:
        """Take the next message of a queue, None when it is empty. It stays there until acknowledged.

        An answer that is not what the protocol promises raises faults.GarbageError, which keeps its octets.
        """

    def fetch(self, file: IncomingFile, target: Path) -> None:
        """Bring a file into `target`, which appears only whole and checked (digest, CMS).

        A transfer that broke goes on from `target` with the suffix ".part".

        Raises:
            faults.BrokenFileError: its bytes are not what the message promises, or it is not there.
            faults.NotSentError: the store cannot be reached; try again.
        """

    def acknowledge(self, handle: str, *, accepted: bool = True) -> None:
        """Take a message out of its queue for good. Raises faults.GoneError: too late, or done already."""

    def statistics(self) -> Mapping[str, int]:
        """Return how many messages wait, by queue. Raises UnsupportedError when the peer cannot tell."""

    def check(self) -> None:
        """Reach the peer and change nothing. Raises what a real call would."""

    def close(self) -> None:
        """Let go of the connections."""


@runtime_checkable
class Finder(Protocol):
    """A transport whose peer gives a message out once: what broke on its way is asked for by name."""

    def find(self, message_id: str) -> Sequence[Incoming]:
        """Return what the peer has about a message of ours, given out before or not. Changes nothing."""


@runtime_checkable
class Rereader(Protocol):
    """A transport that can read kept octets again."""

    def reread(self, raw: bytes) -> Received:
        """Return what a message that came says. Raises faults.GarbageError, or what speaks against it."""
