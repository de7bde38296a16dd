"""What is looked at inside a zipped workbook before the compiled reader gets it: sizes, extents, formulas.

The reader allocates the whole rectangle up to the farthest cell, so one stray value in XFD1048576 would
abort the process; and it shows a formula's last value as if it had been typed.
"""

import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

from lxml import etree

from config.i18n import _
from mappings.errors import FileError

MAX_UNPACKED_BYTES = 2 * 1024**3
MAX_PARTS = 10_000
MAX_SHARED_BYTES = 512 * 1024**2  # of a part that the reader keeps whole: shared strings, styles
MAX_RATIO = 200  # unpacked to packed, of a large part: sheets of real tables stay far below
LARGE_PART = 32 * 1024**2
MAX_COLUMNS = 256  # up to row 99 999; a longer sheet may have the 26 columns of one letter
MAX_CELLS = 30_000_000  # the reader takes some 24 bytes for each, used or not

_SHEETS = ("xl/worksheets/", "content.xml")  # the latter of .ods; read in pieces
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_FAR_CELL = re.compile(rb' r="([A-Z]{3}\d+|[J-Z][A-Z]\d+|I[W-Z]\d+|[A-Z]{2}\d{6,})"')
_FORMULA_TAG = re.compile(rb"<f[ >/]")
_PIECE, _OVERLAP = 1 << 18, 64
_FORMULA = re.compile(rb'<c\b[^>]*?\br="([A-Z]{1,3}\d+)"[^>]*>\s*<f\b[^>]*?(?:/>|>([^<]*))')


class Extent(NamedTuple):
    """Rows and columns up to the last used cell, and formulas by cell address."""

    rows: int
    columns: int
    formulas: dict[str, str]


def open_check(path: Path) -> dict[str, dict[str, str]] | None:
    """Check a zipped workbook before it is opened.

    Returns None for .xlsx, whose sheets are looked at one by one (`scan_sheet`); for .ods, which the reader
    takes whole, the formulas of all sheets. Raises FileError for anything else and for absurd sizes.
    """
    with _archive(path) as archive:
        parts = archive.infolist()
        if len(parts) > MAX_PARTS or _unreasonable(parts):
            raise FileError(
                _("{file}: the workbook unpacks to an unreasonable size; it is not read").format(file=path)
            )
        names = {part.filename for part in parts}
        if "xl/workbook.xml" in names:
            return None
        if "content.xml" in names:
            with archive.open("content.xml") as stream:
                found = ods_extents(stream)
            return {sheet: _within_limits(path, sheet, extent) for sheet, extent in found.items()}
    raise FileError(
        _("{file}: not a workbook that can be read. Accepted: .xlsx, .xls, .ods, .csv").format(file=path)
    )


def _unreasonable(parts: list[zipfile.ZipInfo]) -> bool:
    """Whether the workbook would take all memory: by the sizes it tells. The reader stops at those."""
    if sum(part.file_size for part in parts) > MAX_UNPACKED_BYTES:
        return True
    return any(
        (part.file_size > LARGE_PART and part.file_size > MAX_RATIO * max(part.compress_size, 1))
        or (part.file_size > MAX_SHARED_BYTES and not part.filename.startswith(_SHEETS))
        for part in parts
    )


def scan_sheet(path: Path, sheet: str) -> dict[str, str]:
    """Return the formulas of an .xlsx sheet by cell address. Raises FileError for a cell too far out."""
    with _archive(path) as archive:
        far, formulas = _xlsx_scan(archive, _part_of(archive, sheet))
    if far:
        raise _too_far(path, sheet, far)
    return formulas


@contextmanager
def _archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open the archive; whatever is wrong with it or its parts becomes a FileError."""
    broken = (
        zipfile.BadZipFile,
        zlib.error,
        KeyError,
        EOFError,
        OSError,
        etree.XMLSyntaxError,
        NotImplementedError,  # a way of packing that Python does not know
        RuntimeError,  # an encrypted part
        StopIteration,
        ValueError,
    )
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except broken as problem:
        raise damaged(path, problem) from problem


def _within_limits(path: Path, sheet: str, extent: Extent) -> dict[str, str]:
    if extent.columns > MAX_COLUMNS or extent.rows * extent.columns > MAX_CELLS:
        raise _too_far(path, sheet, f"{column_letters(extent.columns - 1)}{extent.rows}")
    return extent.formulas


def _too_far(path: Path, sheet: str, cell: str) -> FileError:
    return FileError(
        _(
            "{file}, sheet «{sheet}»: the used area reaches the cell {cell}. "
            "Delete the stray cells far from the table and save the file again"
        ).format(file=path, sheet=sheet, cell=cell)
    )


def damaged(path: Path, problem: BaseException) -> FileError:
    """Make the error of a file that cannot be read through."""
    return FileError(
        _(
            "{file}: the workbook is damaged or of an unknown kind ({reason}). "
            "Open it in Excel or LibreOffice and save it again as .xlsx"
        ).format(file=path, reason=str(problem)[:200])
    )


def parse_part(raw: bytes) -> etree._Element:
    """Parse one part of a workbook; document types and entities have no place in it."""
    root = etree.fromstring(raw, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    if root.getroottree().docinfo.internalDTD is not None:
        raise ValueError("document type declaration in a workbook")
    return root


def _part_of(archive: zipfile.ZipFile, sheet: str) -> str:
    book = parse_part(archive.read("xl/workbook.xml"))
    relation = next(e.get(_RELATION) for e in book.iter("{*}sheet") if e.get("name") == sheet)
    links = parse_part(archive.read("xl/_rels/workbook.xml.rels"))
    target = next(str(e.get("Target")) for e in links.iter("{*}Relationship") if e.get("Id") == relation)
    return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"


def _xlsx_scan(archive: zipfile.ZipFile, part: str) -> tuple[str, dict[str, str]]:
    """Return the first cell that lies too far out ("" when none does) and the formulas by cell address.

    The sheet is not parsed: it flows through in pieces, since a large one unpacks to hundreds of megabytes.
    """
    has_formulas, tail = False, b""
    with archive.open(part) as stream:
        while piece := stream.read(_PIECE):
            text = tail + piece
            far = _FAR_CELL.search(text)
            if far:
                return far.group(1).decode(), {}
            has_formulas = has_formulas or (text.find(b"<f") >= 0 and _FORMULA_TAG.search(text) is not None)
            tail = text[-_OVERLAP:]
    found = _FORMULA.findall(archive.read(part)) if has_formulas else []
    return "", {cell.decode(): (text or b"").decode("utf-8", "replace") for cell, text in found}


def ods_extents(stream: IO[bytes]) -> dict[str, Extent]:
    """Walk the sheets of an .ods without keeping them; repeated cells count as often as they are repeated."""
    extents: dict[str, Extent] = {}
    name, row, used_rows, used_columns = "", 0, 0, 0
    formulas: dict[str, str] = {}
    events = etree.iterparse(
        stream,
        events=("start", "end"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
    )
    for event, element in events:
        if element.tag == f"{_TABLE}table":
            if event == "start":
                name, row, used_rows, used_columns = str(element.get(f"{_TABLE}name")), 0, 0, 0
                formulas = {}
            else:
                extents[name] = Extent(used_rows, used_columns, formulas)
                element.clear()
        elif event == "end" and element.tag == f"{_TABLE}table-row":
            used = _ods_row(element, row, formulas)
            row += int(element.get(f"{_TABLE}number-rows-repeated", "1"))
            used_rows, used_columns = (row, max(used_columns, used)) if used else (used_rows, used_columns)
            element.clear()
    return extents


def _ods_row(element: etree._Element, row: int, formulas: dict[str, str]) -> int:
    """Collect the formulas of a row; return the number of columns up to its last used cell."""
    column = used = 0
    for cell in element:
        formula = cell.get(f"{_TABLE}formula")
        if formula is not None:
            formulas[f"{column_letters(column)}{row + 1}"] = formula
        column += int(cell.get(f"{_TABLE}number-columns-repeated", "1"))
        if formula is not None or len(cell):
            used = column
    return used


def column_letters(column: int) -> str:
    """Return Excel's name of a column counted from 0: A, B, … Z, AA."""
    letters = ""
    column += 1
    while column:
        column, digit = divmod(column - 1, 26)
        letters = chr(65 + digit) + letters
    return letters
