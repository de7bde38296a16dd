"""How the workbook looks: the few styles of its cells and the colours of the states of a row."""

from typing import TYPE_CHECKING

from mappings.model import Status

if TYPE_CHECKING:
    from openpyxl.styles import NamedStyle

HEADER, LOCKED, INPUT, DATE, LINK, PLAIN, TITLE = (
    "sedlink_header",
    "sedlink_locked",
    "sedlink_input",
    "sedlink_date",
    "sedlink_link",
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
OPEN_COLOUR = "FFFDF0"


def named_styles() -> "list[NamedStyle]":
    """Make the styles that a workbook needs once."""
    from openpyxl.styles import Alignment, Font, NamedStyle, PatternFill, Protection

    wrap = Alignment(wrap_text=True, vertical="top")
    free = Protection(locked=False)
    fixed = Protection(locked=True)
    return [
        NamedStyle(
            HEADER,
            font=Font(bold=True, color="FFFFFF"),
            fill=PatternFill("solid", fgColor="1F4E79"),
            alignment=Alignment(wrap_text=True, vertical="center"),
            protection=fixed,
        ),
        NamedStyle(LOCKED, fill=PatternFill("solid", fgColor="F2F2F2"), alignment=wrap, protection=fixed),
        NamedStyle(INPUT, alignment=wrap, protection=free),
        NamedStyle(DATE, alignment=wrap, protection=free, number_format="DD.MM.YYYY"),
        NamedStyle(LINK, font=Font(color="0563C1", underline="single"), alignment=wrap, protection=fixed),
        NamedStyle(PLAIN, alignment=wrap, protection=fixed),
        NamedStyle(TITLE, font=Font(bold=True, size=14), protection=fixed),
    ]
