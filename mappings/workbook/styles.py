"""How the workbook looks: the few styles of its cells and the colours of the states of a row."""

from typing import TYPE_CHECKING

from mappings.model import Status

if TYPE_CHECKING:
    from openpyxl.styles import NamedStyle

HEADER, LOCKED, INPUT, DATE, PLAIN, TITLE = (
    "sedlink_header",
    "sedlink_locked",
    "sedlink_input",
    "sedlink_date",
    "sedlink_plain",
    "sedlink_title",
)

STATUS_COLOURS = {
    Status.VERIFIED: "E2F0D9",
    Status.PROPOSED: "FFF2CC",
    Status.DISPUTED: "F8CBAD",
    Status.REJECTED: "E7E6E6",
    Status.OBSOLETE: "D9D9D9",
}
OPEN_COLOUR = "FFFFCC"
FONT = "Calibri"


def named_styles() -> "list[NamedStyle]":
    """Make the styles that a workbook needs once."""
    from openpyxl.styles import Alignment, Font, NamedStyle, PatternFill, Protection

    wrap = Alignment(wrap_text=True, vertical="top")
    free, fixed = Protection(locked=False), Protection(locked=True)
    text = Font(name=FONT, size=11)
    grey = PatternFill("solid", fgColor="F2F2F2")
    dark = PatternFill("solid", fgColor="1F4E79")
    white = Font(name=FONT, size=11, bold=True, color="FFFFFF")
    middle = Alignment(wrap_text=True, vertical="center")
    big = Font(name=FONT, size=14, bold=True)
    return [
        NamedStyle(HEADER, font=white, fill=dark, alignment=middle, protection=fixed),
        NamedStyle(LOCKED, font=text, fill=grey, alignment=wrap, protection=fixed),
        NamedStyle(INPUT, font=text, alignment=wrap, protection=free),
        NamedStyle(DATE, font=text, alignment=wrap, protection=free, number_format="DD.MM.YYYY"),
        NamedStyle(PLAIN, font=text, alignment=wrap, protection=fixed),
        NamedStyle(TITLE, font=big, protection=fixed),
    ]
