"""Sends what ДЕЛО has to say through its folder, as carefully or carelessly as the fault plan wants."""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from uuid import uuid4

from stand.delo.folder import MessageFolder, Outgoing, envelope
from stand.delo.reading import Incoming
from stand.delo.reports import Identity, return_address
from stand.faults import Fault, FaultPlan
from stand.ledger import Ledger

Later = Callable[[float, Callable[[], None]], None]  # do this after so many seconds


class Post:
    """The sending side of the folder."""

    def __init__(
        self,
        folder: MessageFolder,
        identity: Identity,
        faults: FaultPlan,
        ledger: Ledger,
        *,
        clock: Callable[[], datetime],
        later: Later,
    ) -> None:
        self._folder = folder
        self._identity = identity
        self._faults = faults
        self._ledger = ledger
        self._clock = clock
        self._later = later
        self._last: Callable[[], None] | None = None

    def repeat(self) -> None:
        """Send the last message again, in a new envelope."""
        if self._last:
            self._last()

    def send(
        self,
        incoming: Incoming | None,
        passport: bytes,
        subject: str,
        files: Mapping[str, bytes] = MappingProxyType({}),
        seen: Callable[[], None] | None = None,
        *,
        whole: bool = False,
    ) -> None:
        """Write a message; `seen` is called just before all of it can be read; `whole` forbids halves."""
        self._last = lambda: self._folder.put(self._message(incoming, passport, subject, files))
        message = self._message(incoming, passport, subject, files)
        kinds = [Fault.STRAY_FILE] if whole else [Fault.HALF_WRITTEN, Fault.STRAY_FILE]
        fault = self._faults.pick(f"publish {incoming.uid if incoming else 'unknown'}", kinds)
        if fault:
            self._ledger.note("fault", kind=str(fault), call=subject)
        if fault is Fault.HALF_WRITTEN:
            self._folder.put_part(message)
            pause = self._faults.pains.half_written
            self._later(pause, lambda: _after(seen, lambda: self._folder.complete(message)))
            return
        if fault is Fault.STRAY_FILE:
            self._folder.put_stray(f"{message.uid}.tmp~")
        _after(seen, lambda: self._folder.put(message))

    def _message(
        self, incoming: Incoming | None, passport: bytes, subject: str, files: Mapping[str, bytes]
    ) -> Outgoing:
        uid = str(uuid4())
        sheet = envelope(
            uid,
            address=return_address(incoming) if incoming else "",
            sender=self._identity.address,
            subject=subject,
            at=self._clock(),
        )
        return Outgoing(uid, {"Report.xml": passport, **files}, sheet)


def _after(seen: Callable[[], None] | None, action: Callable[[], None]) -> None:
    if seen:
        seen()
    action()
