"""The report as a workbook: figures stay numbers, text from outside is never a formula."""

from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

from config.i18n import _
from exporter.summary.columns import COLUMNS, Kind
from exporter.summary.model import PLATFORM_DAYS, Line, Summary
from exporter.summary.page import cabinet_name

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

_FORMATS: dict[Kind, str] = {"number": "#,##0", "real": "0.0", "share": "0.0%"}
_ILLEGAL = {code: None for code in range(32) if code not in (9, 10, 13)}
_MAX_TEXT = 32_767  # characters in a cell

Cells = Sequence[tuple[Any, str]]  # value and number format


def workbook(summary: Summary, lines: Sequence[str], names: dict[int | None, str]) -> bytes:
    """Return the file, in the language of the moment."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    whole = [(_("all"), summary.whole)]
    cabinets = sorted(summary.cabinets.items(), key=lambda one: (-one[1].n, one[0] or 0))
    named = [(names.get(one) or cabinet_name(one), line) for one, line in cabinets]
    _sheet(book, _("Summary"), _("what"), whole, notes=[*lines, _platform()])
    _sheet(book, _("By cabinet"), _("cabinet"), named)
    _sheet(book, _("By month"), _("month"), [(f"{first:%m.%Y}", line) for first, line in summary.months])
    _problems(book, summary)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _platform() -> str:
    return _("the platform's mean in 2023, days: {days}").format(days=f"{PLATFORM_DAYS:g}")


def _sheet(
    book: "Workbook", title: str, first: str, rows: Iterable[tuple[str, Line]], notes: Sequence[str] = ()
) -> None:  # fmt: skip
    sheet = _new(book, title, [first, *(_(column.title) for column in COLUMNS)])
    for name, line in rows:
        numbers = [(column.of(line), _FORMATS[column.kind]) for column in COLUMNS]
        _append(sheet, [(name, "@"), *numbers])
    for note in ("", *notes) if notes else ():
        _append(sheet, [(note, "@")])


def _problems(book: "Workbook", summary: Summary) -> None:
    months = [f"{first:%m.%Y}" for first, _line in summary.months]
    heads = [_("category"), _("Change"), *(_(column.title) for column in COLUMNS), *months]
    sheet = _new(book, _("Problems"), heads)
    for problem in summary.problems:
        numbers = [(column.of(problem.line), _FORMATS[column.kind]) for column in COLUMNS]
        series = [(value, _FORMATS["number"]) for value in problem.series]
        name = problem.name or _("not determined")
        _append(sheet, [(name, "@"), (problem.change, "+0.0%;-0.0%;0.0%"), *numbers, *series])


def _new(book: "Workbook", title: str, heads: Sequence[str]) -> "WriteOnlyWorksheet":
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Alignment, Font

    sheet = book.create_sheet(title[:31])
    sheet.freeze_panes = "B2"
    sheet.column_dimensions["A"].width = 44
    cells = []
    for head in heads:
        cell = WriteOnlyCell(sheet, value=head)
        cell.font, cell.alignment = Font(bold=True), Alignment(wrap_text=True, vertical="top")
        cells.append(cell)
    sheet.append(cells)
    return sheet  # type: ignore[no-any-return]  # openpyxl has no types for write-only sheets


def _append(sheet: "WriteOnlyWorksheet", values: Cells) -> None:
    from openpyxl.cell import WriteOnlyCell

    cells = []
    for value, number_format in values:
        text = value.translate(_ILLEGAL)[:_MAX_TEXT] if isinstance(value, str) else value
        cell = WriteOnlyCell(sheet, value=text)
        cell.number_format = number_format
        if isinstance(text, str):
            cell.data_type = "s"  # whatever it begins with: it is text
        cells.append(cell)
    sheet.append(cells)
