"""Sheets of .xlsx, .xls, .ods and .csv files as rows of values whose addresses stay right.

python-calamine reads every format; what it cannot guard against is refused here and in archive.py, with a
sentence that says what the file really is and what to do.
"""

import csv
import datetime as dt
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from config.i18n import _
from mappings.archive import column_letters, damaged, open_check, scan_sheet
from mappings.child_read import refuse_deadly
from mappings.errors import FileError
from mappings.findings import Place

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook

Value: TypeAlias = int | float | str | bool | dt.time | dt.date | dt.datetime | dt.timedelta
T = TypeVar("T")

MAX_FILE_BYTES = 200 * 1024 * 1024
MAX_CSV_ROWS = 1_048_576  # as many as a sheet has

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_HTML = re.compile(rb"(?is)^\s*(?:<!--.*?-->\s*)?<(?:!doctype html|html|head|body|table|meta|style)\b")
_MHTML = re.compile(rb"(?i)^\s*mime-version:")
_XML_SPREADSHEET = re.compile(rb"(?s)^\s*<\?xml.{0,400}(?:urn:schemas-microsoft-com:office|<Workbook)")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: all its rows, from the first used column (`left`, from 0) on.

    Of a sheet opened for streaming `rows` holds the first ones and `rest`, readable once, the others.
    """

    file: str
    name: str
    rows: Sequence[Sequence[Value]]
    left: int = 0
    formulas: dict[str, str] = field(default_factory=dict)
    rest: Iterable[Sequence[Value]] = ()

    @property
    def top(self) -> int:
        """The row (from 0) of rows[0]: the reader begins with the first row of the sheet, used or not."""
        return 0

    def place(self, row: int, column: int) -> Place:
        """Return the place of the value rows[row][column]."""
        return Place(self.file, self.name, f"{column_letters(self.left + column)}{row + 1}")


class Workbook:
    """An open file: the names of its sheets, and each sheet when asked for."""

    def __init__(self, path: Path) -> None:
        """Open and check the file. Raises FileError when it cannot be used, saying why."""
        self.path = path
        self.kind = _kind_of(path)
        self._book: CalamineWorkbook | None = None
        self._formulas = open_check(path) if self.kind == "zip" else {}
        if self.kind == "ole":
            refuse_deadly(path)
        if self.kind == "csv":
            self.sheet_names = [path.stem]
        else:
            self._book = _guarded(path, lambda: _open(path))
            self.sheet_names = list(self._book.sheet_names)

    def sheet(self, name: str, *, head: int | None = None) -> Sheet:
        """Read one sheet, or open it for streaming with so many rows read.

        Raises FileError when it is damaged or absurdly large.
        """
        book = self._book
        if book is None:
            return Sheet(self.path.name, "", _read_csv(self.path))
        formulas = scan_sheet(self.path, name) if self._formulas is None else self._formulas.get(name, {})
        return _guarded(self.path, lambda: _read_sheet(self.path, book, name, formulas, head))

    def sheets(self) -> Iterator[Sheet]:
        """Read the sheets one by one."""
        for name in self.sheet_names:
            yield self.sheet(name)


def as_text(value: object) -> str:
    """Return a cell's value as the text a person sees: 12.0 is 12, dates are dd.mm.yyyy."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.strftime("%d.%m.%Y") if isinstance(value, dt.date) else str(value)


def decode_text(raw: bytes, path: Path) -> str:
    """Decode a text file by its mark, as UTF-8, or as windows-1251, in this order."""
    for encoding in ["utf-16"] if raw[:2] in _UTF16 else ["utf-8-sig", "cp1251"]:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise FileError(_("{file}: unknown encoding; save the file as UTF-8").format(file=path))


def _kind_of(path: Path) -> str:
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            head = stream.read(4096)
    except OSError as problem:
        reason = problem.strerror or problem
        raise FileError(
            _("{file}: the file cannot be opened: {reason}").format(file=path, reason=reason)
        ) from problem
    if size == 0:
        raise FileError(_("{file}: the file is empty").format(file=path))
    if size > MAX_FILE_BYTES:
        limit = MAX_FILE_BYTES // 1024 // 1024
        raise FileError(
            _("{file}: the file is larger than {limit} MB; remove unused sheets").format(
                file=path, limit=limit
            )
        )
    _refuse_disguised(path, head)
    if head.startswith(_ZIP):
        return "zip"
    return "ole" if head.startswith(_OLE) else _csv_or_refuse(path, head)


def _refuse_disguised(path: Path, head: bytes) -> None:
    text = head.removeprefix(b"\xef\xbb\xbf")
    if head[:2] in _UTF16:
        text = head.decode("utf-16", errors="replace").encode()
    name = ""
    if _HTML.match(text):
        name = _("a web page (HTML)")
    elif _MHTML.match(text):
        name = _("a saved web page (MHTML)")
    elif _XML_SPREADSHEET.match(text):
        name = _("an XML table of Excel 2003")
    if name:
        raise FileError(
            _(
                "{file}: this is {what}, not a workbook, although its name ends with {suffix}. "
                "Open it in Excel or LibreOffice and save it as .xlsx"
            ).format(file=path, what=name, suffix=path.suffix or "…")
        )


def _csv_or_refuse(path: Path, head: bytes) -> str:
    textual = head[:2] in _UTF16 or b"\x00" not in head
    if path.suffix.lower() in {".csv", ".tsv", ".txt"} and textual:
        return "csv"
    raise FileError(
        _("{file}: not a workbook that can be read. Accepted: .xlsx, .xls, .ods, .csv").format(file=path)
    )


def _read_csv(path: Path) -> list[list[str]]:
    text = decode_text(path.read_bytes(), path)
    header = next((line for line in text[:8192].splitlines() if any(map(line.count, ";,\t"))), "")
    delimiter = max(";,\t", key=header.count)  # of the header: cells below may hold lists with «;»
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as problem:
        raise damaged(path, problem) from problem
    if len(rows) > MAX_CSV_ROWS:
        raise FileError(_("{file}: more than {limit} rows").format(file=path, limit=MAX_CSV_ROWS))
    return rows


def _open(path: Path) -> "CalamineWorkbook":
    from python_calamine import CalamineWorkbook

    return CalamineWorkbook.from_path(path)


def _read_sheet(
    path: Path, book: "CalamineWorkbook", name: str, formulas: dict[str, str], head: int | None
) -> Sheet:
    sheet = book.get_sheet_by_name(name)
    left = sheet.start[1] if sheet.start else 0
    rest = sheet.iter_rows()  # from the first row of the sheet, but from the first used column
    rows = list(islice(rest, head))
    return Sheet(path.name, name, rows, left, formulas, rest)


def _guarded(path: Path, action: Callable[[], T]) -> T:
    """Run a call into the reader; whatever it dies of becomes a FileError.

    The reader is compiled: on a damaged file it may panic, which reaches Python as a BaseException.
    """
    from python_calamine import CalamineError, PasswordError

    try:
        return action()
    except PasswordError as problem:
        raise FileError(
            _("{file}: protected by a password; save a copy without it").format(file=path)
        ) from problem
    except (CalamineError, OSError, ValueError, OverflowError, MemoryError) as problem:
        raise damaged(path, problem) from problem
    except BaseException as problem:
        if type(problem).__name__ != "PanicException":
            raise
        raise damaged(path, problem) from problem
