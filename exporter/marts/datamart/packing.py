"""From facts to files: what changed since the mart took it; one operation per file, no key twice."""

import os
import tempfile
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from exporter.marts.datamart.csvfile import RowError, delete_columns, header, record
from exporter.marts.datamart.ledger import File, Item, Ledger
from exporter.marts.datamart.profile import Column, Profile

Row = Mapping[str, Any]  # columns of the fact, its fingerprint beside them
_LOOK = 500  # keys asked of the ledger at once


@dataclass(slots=True)
class Packed:
    """What a pass over the facts found."""

    rows: int = 0
    unchanged: int = 0
    kept_back: int = 0  # refused before in this very state, or by our own checks
    upserts: int = 0
    deletes: int = 0


class Packer:
    """Writes the files of one target into its folder and the ledger."""

    def __init__(
        self,
        ledger: Ledger,
        profile: Profile,
        folder: Path,
        zone: ZoneInfo,
        prefix: str,
        now: Callable[[], str],
    ) -> None:
        self._ledger = ledger
        self._profile = profile
        self._folder = folder
        self._zone = zone
        self._prefix = prefix
        self._now = now
        self._waiting: dict[str, list[Item]] = {"upload": [], "delete": []}
        self._bytes = {"upload": 0, "delete": 0}

    def pack(self, rows: Iterable[Row], packed: Packed) -> Iterator[File]:
        """Yield every file as soon as it is full and written down."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for key, row, held, wrong in self._beside(rows):
            operation = self._take(key, row, held, wrong, packed)
            if operation and self._bytes[operation] >= self._profile.max_file_bytes:
                yield self._write(operation)
        for operation, items in self._waiting.items():
            if items:
                yield self._write(operation)

    def weigh(self, rows: Iterable[Row], packed: Packed) -> None:
        """Count what would be packed; nothing is written, neither a file nor a line of the ledger."""
        for key, row, held, wrong in self._beside(rows):
            self._take(key, row, held, wrong, packed, note=False)
            for items in self._waiting.values():
                items.clear()
        self._bytes = dict.fromkeys(self._bytes, 0)

    def _beside(self, rows: Iterable[Row]) -> Iterator[tuple[str, Row, str | None, str | None]]:
        """Yield each row with its key, and the fingerprints that the mart holds and that it refused."""
        for some in _batches(rows, _LOOK):
            keyed = {key_of(row, self._prefix): row for row in some}
            held = self._ledger.held(list(keyed))
            wrong = self._ledger.known_wrong(list(keyed))
            for key, row in keyed.items():
                yield key, row, held.get(key), wrong.get(key)

    def restore(self, file: File) -> None:
        """Write a file again that somebody removed from the folder: the ledger knows its rows."""
        file.path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file.path, self._text(file.operation, self._ledger.items(file)))

    def split(self, file: File) -> list[File]:
        """Return the file's rows as two files: a wrong row is found by halves."""
        items = self._ledger.items(file)
        half = len(items) // 2
        made = [self._store(file.operation, part, parent=file.id) for part in (items[:half], items[half:])]
        self._ledger.split(file)
        return made

    def _take(
        self, key: str, row: Row, held: str | None, wrong: str | None, packed: Packed, *, note: bool = True
    ) -> str:
        """Put a row into the file it belongs to; return the operation, or "" when it stays here."""
        packed.rows += 1
        fingerprint = row["fingerprint"]
        if row["deleted"]:
            if held is None:
                packed.unchanged += 1
                return ""
            packed.deletes += 1
            return self._add("delete", Item(key, "", self._record("delete", key, row)))
        if fingerprint in (held, wrong):
            packed.unchanged += held == fingerprint
            packed.kept_back += held != fingerprint
            return ""
        try:
            text = self._record("upload", key, row)
        except RowError as error:
            packed.kept_back += 1
            if note:
                self._ledger.note_refusal(key, fingerprint, str(error), self._now())
            return ""
        packed.upserts += 1
        return self._add("upload", Item(key, fingerprint, text))

    def _record(self, operation: str, key: str, row: Row) -> str:
        return record(self._columns(operation), {**row, "key": key}, self._zone)

    def _columns(self, operation: str) -> Sequence[Column]:
        return self._profile.column if operation == "upload" else delete_columns(self._profile)

    def _add(self, operation: str, item: Item) -> str:
        self._waiting[operation].append(item)
        self._bytes[operation] += len(item.record.encode()) + 1
        return operation

    def _write(self, operation: str) -> File:
        items, self._waiting[operation] = self._waiting[operation], []
        self._bytes[operation] = 0
        return self._store(operation, items)

    def _store(self, operation: str, items: Sequence[Item], parent: str = "") -> File:
        name = str(uuid.uuid4())
        path = self._folder / f"{self._profile.table}-{operation}-{name}.csv"
        write_whole(path, self._text(operation, items))
        file = File(name, operation, path, path.stat().st_size, len(items), "made", "", "")
        self._ledger.add(file, items, at=self._now(), parent=parent)
        return file

    def _text(self, operation: str, items: Sequence[Item]) -> bytes:
        return "\n".join((header(self._columns(operation)), *(item.record for item in items))).encode()


def key_of(row: Row, prefix: str) -> str:
    """Return the mart's key of a fact: prefixed per system, so that several may write into one table."""
    own = (str(row[name]).replace("/", "%2F") for name in ("source", "card", "question"))
    return "/".join((prefix, *own) if prefix else own)


def write_whole(path: Path, content: bytes) -> None:
    """Put a file in place whole and on the disk."""
    handle, name = tempfile.mkstemp(prefix=".part-", dir=path.parent)
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    Path(name).replace(path)


def _batches(rows: Iterable[Row], size: int) -> Iterator[tuple[Row, ...]]:
    source = iter(rows)
    while some := tuple(islice(source, size)):
        yield some
