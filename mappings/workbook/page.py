"""One sheet in the making: widths, header with notes, rows of safe cells, lists, protection, print setup."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from openpyxl.cell.cell import Cell
from openpyxl.comments import Comment
from openpyxl.formatting.rule import Rule
from openpyxl.styles import Alignment, PatternFill, Protection
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.worksheet.datavalidation import DataValidation

from config.i18n import _
from mappings.archive import column_letters
from mappings.workbook.cells import CellContent, put
from mappings.workbook.columns import Column
from mappings.workbook.styles import HEADER, PLAIN

if TYPE_CHECKING:
    from openpyxl import Workbook

LAST_ROW = 1_048_576
SPARE_ROWS = 2_000  # below the last row lists and colours go on, for rows added by hand


class Page:
    """A sheet of a streamed workbook: made with its settings, then filled from the top, then closed."""

    def __init__(
        self,
        book: "Workbook",
        title: str,
        widths: Sequence[int],
        *,
        freeze: str | None = "A2",
        editable: bool = False,
    ) -> None:
        self.sheet = sheet = book.create_sheet(title)
        self._widths = widths
        self._cells: dict[tuple[int, str], Cell] = {}
        for index, width in enumerate(widths):
            dimension = sheet.column_dimensions[column_letters(index)]
            dimension.width = width
            if editable:
                dimension.protection = Protection(locked=False)
                dimension.alignment = Alignment(wrap_text=True, vertical="top")
        sheet.freeze_panes = freeze
        sheet.page_setup.orientation = "landscape"
        sheet.page_setup.fitToHeight = 0
        sheet.sheet_properties.pageSetUpPr.fitToPage = True
        self._protect()
        self.rows = 0

    def row(self, values: Iterable[CellContent], styles: Sequence[str] | str = PLAIN) -> None:
        """Append a row; None and "" leave a cell to the style of its column."""
        cells: list[Cell | None] = []
        for index, value in enumerate(values):
            if value is None or value == "":
                cells.append(None)
                continue
            cell = self._cell(index, styles if isinstance(styles, str) else styles[index])
            put(cell, value)
            cells.append(cell)
        self._height(cells)
        self.sheet.append(cells)
        self.rows += 1

    def _cell(self, index: int, style: str) -> Cell:
        """Return the one cell of a column in a style: rows are written at once, so it serves all of them."""
        cell = self._cells.get((index, style))
        if cell is None:
            cell = self._cells[index, style] = Cell(self.sheet, row=1, column=1)
            cell.style = style
        return cell

    def _height(self, cells: Sequence[Cell | None]) -> None:
        """Make room for wrapped lines: not every program does it on opening."""
        lines = max(
            (_lines(str(c.value), width) for c, width in zip(cells, self._widths, strict=False) if c),
            default=1,
        )
        if lines > 1:
            self.sheet.row_dimensions[self.rows + 1].height = min(lines, 12) * 15 + 1

    def header(self, titles: Sequence[str], notes: Sequence[str] = ()) -> None:
        """Append the header with a note on each cell."""
        cells = []
        for index, title in enumerate(titles):
            cell = Cell(self.sheet, row=1, column=1)
            cell.style = HEADER
            put(cell, title)
            if index < len(notes):
                cell.comment = Comment(notes[index], "sedlink", width=320, height=110)
            cells.append(cell)
        self.sheet.row_dimensions[self.rows + 1].height = 32
        self.sheet.append(cells)
        self.rows += 1

    def filters(self, columns: int) -> None:
        """Put filters on the table written so far."""
        self.sheet.auto_filter.ref = f"A1:{column_letters(columns - 1)}{max(self.rows, 2)}"

    def choices(self, columns: Sequence[Column]) -> None:
        """Offer the lists of the columns in every row, the spare ones included."""
        for index, column in enumerate(columns):
            if not column.choices:
                continue
            offer = DataValidation(type="list", formula1=f"sedlink_{column.choices}", allow_blank=True)
            offer.showErrorMessage = column.strict
            offer.errorTitle = column.title
            offer.error = _("Choose a value from the list.")
            offer.add(self._whole_column(index))
            self.sheet.data_validations.append(offer)

    def colour(self, first: int, last: int, formula: str, colour: str) -> None:
        """Colour the cells from one column to another in the rows for which a formula holds."""
        area = f"{column_letters(first)}2:{self._whole_column(last).split(':')[1]}"
        fill = PatternFill("solid", bgColor=colour, fgColor=colour)
        rule = Rule(type="expression", dxf=DifferentialStyle(fill=fill), formula=[formula])
        self.sheet.conditional_formatting.add(area, rule)

    def _whole_column(self, index: int) -> str:
        letters = column_letters(index)
        return f"{letters}2:{letters}{min(self.rows + SPARE_ROWS, LAST_ROW)}"

    def _protect(self) -> None:
        """Lock what is not free, without a password; filters, sorting, formats and rows stay possible."""
        guard = self.sheet.protection
        guard.sheet = True
        for action in (
            "autoFilter",
            "sort",
            "formatCells",
            "formatColumns",
            "formatRows",
            "insertRows",
            "deleteRows",
        ):
            setattr(guard, action, False)  # the file format asks what is forbidden


def _lines(text: str, width: int) -> int:
    return sum(-(-max(len(line), 1) // max(width - 1, 1)) for line in text.split("\n"))
