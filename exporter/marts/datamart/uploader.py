"""Brings files to their end: sends, bounds the bytes in flight, polls, splits what breaks the control."""

import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from config.i18n import _
from connector.errors import PermanentError
from exporter.marts.datamart.ledger import File, Ledger
from exporter.marts.datamart.packing import Packed, Packer, Row
from exporter.marts.datamart.statuses import Code, Status

log = logging.getLogger("sedlink.export.datamart")


_SPLITS = 8  # without any half that goes through, before the search for wrong rows is given up


class Wire(Protocol):
    """What of the client is needed here."""

    def upload(self, table: str, operation: str, path: Path) -> str:
        """Send a file; return the id of the request."""
        ...

    def status(self, request_id: str) -> Status:
        """Ask where it stands."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Seconds between two looks, and until a run stops waiting; how many wrong rows are sought."""

    poll: float = 5.0
    wait: float = 3600.0
    wrong_rows: int = 100


@dataclass(slots=True)
class Outcome:
    """What a run did."""

    packed: Packed = field(default_factory=Packed)
    done: int = 0
    rows_done: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)  # file, reason
    refused: int = 0
    waiting: int = 0  # files that the mart has not finished; the next run goes on


class Uploader:
    """One run against one mart."""

    def __init__(
        self, wire: Wire, ledger: Ledger, packer: Packer, table: str, most_in_flight: int, patience: Patience,
        *, now: Callable[[], str], sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._wire = wire
        self._ledger = ledger
        self._packer = packer
        self._table = table
        self._most = most_in_flight
        self._patience = patience
        self._now = now
        self._sleep = sleep
        self._monotonic = monotonic
        self._flying: deque[File] = deque()
        self._todo: deque[File] = deque()
        self._until = 0.0
        self._splits = 0

    def run(self, rows: Iterable[Row]) -> Outcome:
        """Finish what an earlier run left, then send what changed. Raises ChannelError: the way is closed."""
        outcome = Outcome()
        self._until = self._monotonic() + self._patience.wait
        left = self._ledger.open_files()
        self._flying.extend(file for file in left if file.state == "sent")
        self._finish([file for file in left if file.state == "made"], outcome)
        if not self._flying:  # a key that is still on its way is not sent in another state beside it
            self._finish(self._packer.pack(rows, outcome.packed), outcome)
        outcome.waiting = len(self._ledger.open_files())
        return outcome

    def _finish(self, files: Iterable[File], outcome: Outcome) -> None:
        for file in self._sources(files):
            while self._flying and sum(one.bytes for one in self._flying) + file.bytes > self._most:
                if not self._look(outcome):
                    return
            self._send(file, outcome)
        while self._flying or self._todo:
            if self._todo:
                self._send(self._todo.popleft(), outcome)
            elif not self._look(outcome):
                return

    def _sources(self, files: Iterable[File]) -> Iterator[File]:
        for file in files:
            while self._todo:
                yield self._todo.popleft()
            yield file

    def _send(self, file: File, outcome: Outcome) -> None:
        if not file.path.is_file():
            self._packer.restore(file)
        try:
            request = self._wire.upload(self._table, file.operation, file.path)
        except PermanentError as error:
            self._wrong(file, str(error), outcome)
            return
        self._ledger.sent(file, request)
        self._flying.append(
            File(file.id, file.operation, file.path, file.bytes, file.rows, "sent", request, "")
        )

    def _look(self, outcome: Outcome) -> bool:
        """Ask after every file in flight; False when patience is at its end."""
        before = len(self._flying)
        for _each in range(before):
            file = self._flying.popleft()
            try:
                status = self._wire.status(file.request_id)
            except BaseException:
                self._flying.append(file)
                raise
            if status.code.final:
                self._ended(file, status, outcome)
            else:
                self._flying.append(file)
        if len(self._flying) == before:
            if self._monotonic() >= self._until:
                return False
            self._sleep(self._patience.poll)
        return True

    def _ended(self, file: File, status: Status, outcome: Outcome) -> None:
        if status.code is Code.PROCESSED:
            self._ledger.done(file)
            file.path.unlink(missing_ok=True)
            outcome.done += 1
            outcome.rows_done += file.rows
        elif status.code is Code.NOT_FOUND:
            log.warning("the mart does not know request %s any more: its file goes again", file.request_id)
            self._ledger.unsent(file)
            self._todo.append(file)
        elif status.code is Code.CONTROL_FAILED:
            self._wrong(file, status.description, outcome)
        else:
            reason = status.description or _("the mart could not process the file")
            self._ledger.failed(file, reason)
            outcome.failed.append((file.path.name, reason))

    def _wrong(self, file: File, reason: str, outcome: Outcome) -> None:
        """Something in the file breaks the control: find the rows by halves, let the others through."""
        if file.rows == 1:
            self._ledger.refuse(file, reason, self._now())
            file.path.unlink(missing_ok=True)
            outcome.refused += 1
        elif outcome.refused >= self._patience.wrong_rows or self._hopeless(outcome):
            self._ledger.failed(file, reason)
            outcome.failed.append((file.path.name, reason))
        else:
            self._splits += 1
            self._todo.extend(self._packer.split(file))
            file.path.unlink(missing_ok=True)

    def _hopeless(self, outcome: Outcome) -> bool:
        """Whether halves fail and fail: not a wrong row, but something that is wrong with all of them."""
        return self._splits >= _SPLITS + 2 * outcome.done
