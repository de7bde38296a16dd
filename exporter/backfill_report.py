"""The report of a backfill for administrators: a workbook with every question and what became of it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from openpyxl import Workbook

from config.i18n import _, speaking
from config.settings import Settings
from exporter.backfill import Fate, Filled
from exporter.factfile import FactFileError
from exporter.sheets import sheet_of, text_cell

Keep = Callable[[Filled], None]


@contextmanager
def reported(path: Path | None, settings: Settings, *, dry_run: bool) -> Iterator[Keep]:
    """Collect the lines and write the workbook at the end, an interrupted run's too. Raises FactFileError."""
    if path is None:
        yield lambda _line: None
        return
    book = Workbook(write_only=True)
    with speaking(settings.language):
        headers = (_("card file"), _("card"), _("question"), _("what"), _("written"), _("value"))
        sheet = sheet_of(book, _("Backfill"), headers, (24, 26, 10, 30, 70, 60))

    def keep(line: Filled) -> None:
        with speaking(settings.language):
            word = line.fate.word(dry_run=dry_run)
        written = "; ".join(f"{name} = {value}" for name, value in line.fields)
        row = (line.card_file, line.card, line.question, word, written, line.note)
        if line.fate is not Fate.FILLED:
            sheet.append([text_cell(sheet, cell) for cell in row])

    try:
        yield keep
    finally:
        try:
            book.save(path)
        except OSError as error:
            raise FactFileError(f"{path}: {error.strerror or error}") from error
