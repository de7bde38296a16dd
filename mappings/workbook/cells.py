"""Cells that are safe to write: no text becomes a formula or carries characters a workbook forbids."""

import datetime as dt
import re
from typing import TYPE_CHECKING

from mappings.words import clean

if TYPE_CHECKING:
    from openpyxl.cell.cell import Cell

MAX_TEXT = 32_767  # Excel's limit of one cell
SHOWN_NAME = 180  # names longer than this are cut where they only help the eye

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_FORMULA_START = ("=", "+", "-", "@", "\t")

CellContent = str | float | int | dt.date | None


def safe_text(text: str) -> str:
    """Return the text as a cell can hold it: line breaks as LF, forbidden characters out, not too long."""
    text = _FORBIDDEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"


def put(cell: "Cell", value: CellContent) -> None:
    """Put a value into a cell; a text is a text whatever it begins with, also after it is edited by hand."""
    cell.value = safe_text(value) if isinstance(value, str) else value
    quoted = isinstance(value, str) and value.startswith(_FORMULA_START)
    if isinstance(value, str):
        cell.data_type = "s"
    if cell.quotePrefix != quoted:
        cell.quotePrefix = quoted


def code_title(code: str, name: str) -> str:
    """Return «code name» as the list of codes shows it, a long name cut."""
    name = clean(name)
    return f"{code} {name if len(name) <= SHOWN_NAME else name[: SHOWN_NAME - 1] + '…'}"
