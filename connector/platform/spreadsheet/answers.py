"""The clerk's list: replies as rows of workbooks in the out-folder, their files beside them.

A row ends with a code that tells which reply it is and what it looks like, so the list itself answers
whether a reply is in it. A workbook is replaced whole or not at all.
"""

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from config.i18n import _, speaking
from connector.appeal import Person, Reply, StoredFile
from connector.errors import RetryableError
from connector.platform.rest.filename import safe_name
from connector.platform.spreadsheet.memory import Memory
from mappings.errors import FileError
from mappings.grid import Workbook, as_text
from mappings.workbook.cells import MAX_TEXT, put

if TYPE_CHECKING:
    from openpyxl import Workbook as Document
    from openpyxl.cell.cell import Cell

_CODE = re.compile(r"sedlink:([0-9a-f]{24}):([0-9a-f]{24})")
_ROWS = 500  # of a workbook: each new row writes it anew
_FILES = "files"
_WIDTHS = (18, 16, 30, 60, 30, 16, 12, 16, 12, 12, 30, 24, 24, 40, 18, 60)

Row = list[str | date | None]


class AnswerList:
    """The list of one cabinet. Every change raises RetryableError when the folder cannot be written to."""

    def __init__(
        self, folder: Path, memory: Memory, language: str, clock: Callable[[], datetime], opa_id: int
    ) -> None:
        self._folder, self._memory, self._language = folder, memory, language
        self._clock, self._opa_id = clock, opa_id
        self._known: dict[Path, tuple[tuple[int, int], list[tuple[str, str]]]] = {}

    def save(self, file: StoredFile, body: BinaryIO) -> str:
        """Put a file beside the list; returns its name there, the same for the same file and name."""
        name = f"{file.sha256[:12]} {safe_name(file.name, 'file')}"
        target = self._folder / _FILES / name
        try:
            if not (target.exists() and target.stat().st_size == file.size):
                target.parent.mkdir(parents=True, exist_ok=True)
                _replaced(target, lambda part: _copied(body, part))
        except OSError as error:
            raise _unwritable(target, error) from error
        return f"{_FILES}/{name}"

    def add(self, reply: Reply, file_ids: tuple[str, ...]) -> None:
        """Put a reply into the list, once: a repeat finds it there."""
        key, look = _key(reply), _look(reply)
        with self._memory.locked() as database:
            if database.execute("SELECT 1 FROM listed WHERE key = ?", (key,)).fetchone():
                return
            try:
                if key not in dict(self._codes()):
                    self._append(reply, file_ids, f"sedlink:{key}:{look}")
            except OSError as error:
                raise _unwritable(self._folder, error) from error
            database.execute("INSERT INTO listed VALUES (?, ?)", (key, look))

    def count(self, reply: Reply, confirmed: Sequence[Reply] = ()) -> int:
        """Return how many rows look like this reply, those of workbooks that the clerk took away too.

        Without the rows of `confirmed`, earlier replies that look the same.
        """
        look = _look(reply)
        with self._memory.locked() as database:
            found = database.execute("SELECT key FROM listed WHERE look = ?", (look,)).fetchall()
            try:
                there = {key for key, seen in self._codes() if seen == look}
            except OSError as error:
                raise _unwritable(self._folder, error) from error
        rows = len(there | {key for (key,) in found})
        return max(rows - sum(_look(earlier) == look for earlier in confirmed), 0)

    def try_folder(self) -> None:
        """Write and remove a file. Raises OSError."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=self._folder, prefix=".sedlink-"):
            pass

    def _books(self) -> list[Path]:
        self._folder.mkdir(parents=True, exist_ok=True)
        return sorted(self._folder.glob(f"replies-{self._opa_id}-*.xlsx"))

    def _codes(self) -> Iterator[tuple[str, str]]:
        """Yield key and look of every row; a workbook that did not change is not read again."""
        for path in self._books():
            state = path.stat()
            stamp = (state.st_size, state.st_mtime_ns)
            if path not in self._known or self._known[path][0] != stamp:
                cells = (cell for row in self._rows(path) for cell in row)
                found = [match for cell in cells if (match := _CODE.fullmatch(cell))]
                self._known[path] = (stamp, [(match[1], match[2]) for match in found])
            yield from self._known[path][1]

    @staticmethod
    def _rows(path: Path) -> list[list[str]]:
        """Return the lines of a workbook but its header. Raises RetryableError: a clerk may have it open."""
        try:
            [sheet] = list(Workbook(path).sheets())[:1]
        except (FileError, ValueError) as error:
            sentence = _("{file}: the list of replies cannot be read: {error}; put it right or move it away")
            raise RetryableError(sentence.format(file=path.name, error=error)) from error
        return [[as_text(cell) for cell in row] for row in sheet.rows[1:] if row]

    def _append(self, reply: Reply, file_ids: tuple[str, ...], code: str) -> None:
        """Write the workbook of the day with one more row; the clerk's own marks in the others stay."""
        from openpyxl import load_workbook

        path = self._book_of_today()
        with speaking(self._language):
            document = load_workbook(path) if path.exists() else _new_book()
            row = _row(reply, (*file_ids, *self._long_text(reply)), self._clock(), code)
        sheet = document.worksheets[0]
        place = sheet.max_row + 1
        for column, value in enumerate(row, start=1):
            put(cast("Cell", sheet.cell(place, column)), value)  # below all rows nothing is merged
        _replaced(path, document.save)

    def _book_of_today(self) -> Path:
        day = f"{self._clock():%Y-%m-%d}"
        number = 1
        while True:
            path = self._folder / f"replies-{self._opa_id}-{day}-{number}.xlsx"
            if not path.exists() or len(self._rows(path)) < _ROWS:
                return path
            number += 1

    def _long_text(self, reply: Reply) -> tuple[str, ...]:
        """A text that no cell holds lies whole beside the list."""
        if max(len(reply.text), len(reply.comment)) <= MAX_TEXT:
            return ()
        target = self._folder / _FILES / f"{_key(reply)[:12]} text.txt"
        target.parent.mkdir(exist_ok=True)
        whole = f"{reply.text}\n\n{reply.comment}".strip()
        _replaced(target, lambda part: part.write_text(whole, encoding="utf-8"))
        return (f"{_FILES}/{target.name}",)


def _new_book() -> "Document":
    from openpyxl import Workbook as Document
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    document = Document()
    sheet = document.worksheets[0]
    sheet.title = _("Replies")
    sheet.append(_headers())
    for place, width in enumerate(_WIDTHS, start=1):
        sheet.cell(1, place).font = Font(bold=True)
        sheet.column_dimensions[get_column_letter(place)].width = width
    sheet.freeze_panes = "B2"
    return document


def _headers() -> list[str]:
    return [
        _("Message number"), _("Status"), _("Status text"), _("Text of the reply"), _("Comment"),
        _("Card number"), _("Card date"), _("Outgoing number"), _("Outgoing date"), _("Postponed to"),
        _("Forwarded to"), _("Executor"), _("Head"), _("Files"), _("Listed at (UTC)"),
        _("Code (do not change)"),
    ]  # fmt: skip


def _row(reply: Reply, files: tuple[str, ...], at: datetime, code: str) -> Row:
    return [
        reply.platform_id, reply.status, reply.status_text, reply.text, reply.comment,
        reply.card_number, reply.card_date, reply.outgoing_number, reply.outgoing_date, reply.postponed_to,
        reply.forwarded_to, _name(reply.executor), _name(reply.manager), "\n".join(files),
        f"{at:%d.%m.%Y %H:%M}", code,
    ]  # fmt: skip


def _name(person: Person | None) -> str:
    parts = (person.surname, person.name, person.patronymic) if person else ()
    return " ".join(part for part in parts if part)


def _key(reply: Reply) -> str:
    return _digest(reply.opa_id, reply.platform_id, reply.round, reply.event_id)


def _look(reply: Reply) -> str:
    return _digest(reply.opa_id, reply.platform_id, reply.round, reply.status, reply.status_text, reply.text)


def _digest(*parts: object) -> str:
    told = json.dumps([str(part) for part in parts])
    return hashlib.sha256(told.encode()).hexdigest()[:24]


def _copied(body: BinaryIO, part: Path) -> None:
    with part.open("wb") as out:
        shutil.copyfileobj(body, out, 1 << 16)


def _replaced(target: Path, write: Callable[[Path], object]) -> None:
    """Write beside, make it durable, rename: whoever looks sees the old file or the new one."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".sedlink-")
    os.close(handle)
    part = Path(name)
    try:
        write(part)
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.chmod(0o640)
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _unwritable(path: Path, error: OSError) -> RetryableError:
    sentence = _("{path}: cannot be written to: {error}; close the file or free the folder")
    return RetryableError(sentence.format(path=path, error=error.strerror or error))
