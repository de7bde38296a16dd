"""The quality report for administrators: a workbook with counts, and the cards named with links."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Font

from config.i18n import _
from exporter.reasons import REASONS, Action, advice_of, text_of
from exporter.sheets import sheet_of, text_cell
from exporter.survey import Survey


def write_report(survey: Survey, path: Path, as_of: datetime, *, card_link: str = "") -> None:
    """Write the workbook in the language of the moment. Raises OSError."""
    book = Workbook(write_only=True)
    counts = sheet_of(book, _("Reasons"), _count_headers(), (12, 24, 14, 60, 10, 60))
    for row in count_rows(survey):
        counts.append([text_cell(counts, cell) for cell in row])
    cards = sheet_of(book, _("Cards"), _card_headers(), (12, 24, 26, 10, 46, 30, 46, 60))
    for row, link in _card_rows(survey, card_link):
        cells = [text_cell(cards, cell) for cell in row]
        if link:
            cells[2].hyperlink, cells[2].font = link, Font(color="0563C1", underline="single")
        cards.append(cells)
    about = sheet_of(book, _("About"), (_("what"), _("number")), (40, 24))
    for name, value in (
        (_("as of"), as_of.strftime("%Y-%m-%d %H:%M UTC")),
        (_("rows read"), survey.rows),
        (_("cannot go"), survey.refused),
        (_("withheld on purpose"), survey.withheld),
    ):
        about.append([text_cell(about, name), text_cell(about, value)])
    book.save(path)


def count_rows(survey: Survey) -> Iterator[Sequence[object]]:
    """Yield cabinet, card file, what becomes of the row, reason, number, advice: the most urgent first."""
    order = {code: place for place, code in enumerate(REASONS)}
    for (cabinet, card_file, code), number in sorted(
        survey.counts.items(), key=lambda item: (order[item[0][2]], item[0][0] or 0, item[0][1])
    ):
        yield cabinet, card_file, action_word(REASONS[code].action), text_of(code), number, advice_of(code)


def example_rows(survey: Survey, number: int) -> Iterator[Sequence[object]]:
    """Yield the first rows of each reason for which a row cannot go: reason, card, question, value, place."""
    for (_cabinet, _card_file, code), cards in survey.named.items():
        if REASONS[code].action is Action.REFUSE:
            for one in cards[:number]:
                yield text_of(code), one.card, one.question, one.value, one.place


def action_word(action: Action) -> str:
    """Say what becomes of a row."""
    return {
        Action.REFUSE: _("does not go"),
        Action.WITHHOLD: _("withheld"),
        Action.UNDEFINED: _("goes as «not defined»"),
        Action.NOTE: _("goes"),
    }[action]


def _card_rows(survey: Survey, card_link: str) -> Iterator[tuple[Sequence[object], str]]:
    for (cabinet, card_file, code), cards in survey.named.items():
        for one in cards:
            link = card_link.replace("{card}", one.link or one.card) if card_link else ""
            row = (
                cabinet,
                card_file,
                one.card,
                one.question,
                text_of(code),
                one.value,
                one.place,
                advice_of(code),
            )
            yield row, link


def _count_headers() -> Sequence[str]:
    return _("cabinet"), _("card file"), _("the row"), _("reason"), _("rows"), _("what to do")


def _card_headers() -> Sequence[str]:
    return (
        _("cabinet"),
        _("card file"),
        _("card"),
        _("question"),
        _("reason"),
        _("value"),
        _("place"),
        _("what to do"),
    )
