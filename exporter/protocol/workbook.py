"""The protocol as a workbook: reasons with numbers, every row by name."""

from collections.abc import Iterable
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Font

from config.i18n import _
from exporter.protocol.collect import Line, Protocol
from exporter.protocol.words import target_word
from exporter.reasons import REASONS, advice_of, text_of
from exporter.sheets import sheet_of, text_cell

_ROWS = 1_000_000  # of a sheet; what is beyond is counted


def write_protocol(
    path: Path, protocol: Protocol, rows: Iterable[list[Line]], *, card_link: str = ""
) -> None:
    """Write the rows as they come and then the counts, in the language of the moment. Raises OSError."""
    book = Workbook(write_only=True)
    counts = sheet_of(book, _("Reasons"), _count_headers(), (16, 12, 24, 60, 10, 60))
    cards = sheet_of(book, _("Not uploaded"), _row_headers(), (16, 16, 12, 24, 26, 10, 46, 30, 46, 60))
    written = 0
    for line in (line for lines in rows for line in lines):
        written += 1
        if written > _ROWS:
            continue
        cells = [text_cell(cards, value) for value in _values(line)]
        if card_link and line.target == "mart":
            link = card_link.replace("{card}", line.link or line.card)
            cells[4].hyperlink, cells[4].font = link, Font(color="0563C1", underline="single")
        cards.append(cells)
    for (target, cabinet, card_file, code), number in protocol.counts.most_common():
        reason, advice = (text_of(code), advice_of(code)) if code in REASONS else (code, "")
        row = (target_word(target), cabinet, card_file, reason, number, advice)
        counts.append([text_cell(counts, value) for value in row])
    for batch in protocol.held:
        sentence = _("too many rows were refused: nothing of this load was published")
        row = (target_word("mart"), None, batch.source, sentence, batch.refused, "")
        counts.append([text_cell(counts, value) for value in row])
    book.save(path)


def _values(line: Line) -> tuple[object, ...]:
    return (
        target_word(line.target), line.source, line.cabinet, line.card_file, line.card, line.question,
        line.reason, line.value, line.place, line.advice,
    )  # fmt: skip


def _count_headers() -> tuple[str, ...]:
    return _("mart"), _("cabinet"), _("card file"), _("reason"), _("rows"), _("what to do")


def _row_headers() -> tuple[str, ...]:
    return (
        _("mart"), _("source"), _("cabinet"), _("card file"), _("card"), _("question"),
        _("reason"), _("value"), _("place"), _("what to do"),
    )  # fmt: skip
