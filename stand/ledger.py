"""The stand's own record of a run: what it offered, handed out, was told. Append-only.

A run is reconciled from this record alone (`stand.reconciliation`), never from what sedlink says of
itself. No personal data: ids, digests, numbers and the stand's own words.

Entries (`what`): offered, planned, listed, downloaded, accepted, uploaded, replied, refused_reply, rated,
arrived, arrived_again, sed_rejected, registered, decided, reported, unsubscribed, fault; of the bus:
smev_sent, smev_delivered, smev_acknowledged, smev_rejected, smev_fault.
"""

import json
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any


def utc_now() -> datetime:
    """Return the time of the moment, UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the record."""

    n: int
    at: str
    what: str
    message: int = 0
    round: int = 0
    detail: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the entry as one flat JSON object."""
        return {
            "n": self.n, "at": self.at, "what": self.what,
            "message": self.message, "round": self.round, **self.detail,
        }  # fmt: skip


class Ledger:
    """Keeps entries in memory and, when a path is given, as JSON lines on disk. Thread-safe."""

    def __init__(self, path: Path | None = None, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._entries: list[Entry] = []
        self._lock = threading.Lock()
        self._clock = clock
        self._file: IO[str] | None = path.open("a", encoding="utf-8") if path else None

    def note(self, what: str, message: int = 0, round_: int = 0, **detail: object) -> Entry:
        """Append an entry and return it."""
        at = self._clock().isoformat()
        with self._lock:
            entry = Entry(len(self._entries) + 1, at, what, message, round_, detail)
            self._entries.append(entry)
            if self._file:
                self._file.write(json.dumps(entry.as_json(), ensure_ascii=False) + "\n")
                self._file.flush()
        return entry

    def entries(self, after: int = 0, limit: int | None = None) -> list[Entry]:
        """Return the entries whose number is greater than `after`, at most `limit` of them."""
        with self._lock:
            return self._entries[after : None if limit is None else after + limit]

    def close(self) -> None:
        """Close the file on disk; the record in memory stays readable."""
        with self._lock:
            if self._file:
                self._file.close()
                self._file = None


def read(path: Path) -> Iterable[Entry]:
    """Yield the entries of a record on disk. Raises ValueError that names a broken line."""
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                fields = json.loads(line)
                known = {name: fields.pop(name) for name in ("n", "at", "what", "message", "round")}
            except (ValueError, KeyError) as error:
                raise ValueError(f"{path}, line {number}: not a line of the stand's record") from error
            yield Entry(**known, detail=fields)
