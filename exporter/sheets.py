"""Sheets of the workbooks that administrators get: a header that stays, text that never becomes a formula."""

from collections.abc import Sequence

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

_HEAD = PatternFill("solid", fgColor="1F4E78")
_MAX_CELL = 32_000


def sheet_of(book: Workbook, title: str, headers: Sequence[str], widths: Sequence[int]) -> WriteOnlyWorksheet:
    """Add a sheet to a write-only workbook."""
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    for place, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = width
    cells = [text_cell(sheet, header) for header in headers]
    for cell in cells:
        cell.font, cell.fill = Font(bold=True, color="FFFFFF"), _HEAD
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    sheet.append(cells)
    return sheet  # type: ignore[no-any-return]  # the stubs do not know write_only


def text_cell(sheet: WriteOnlyWorksheet, value: object) -> Cell:
    """Make a cell; text stays text whatever it begins with."""
    if value is None or isinstance(value, int):
        return WriteOnlyCell(sheet, value)
    text = "".join(letter for letter in str(value)[:_MAX_CELL] if letter >= " ")
    cell = WriteOnlyCell(sheet, text)
    cell.data_type = "s"  # a value that begins with = would be taken for a formula
    return cell
