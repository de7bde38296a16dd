"""From what was asked for to the two files of the report."""

from pathlib import Path

from config.i18n import speaking
from exporter.heatmap.choices import Chosen
from exporter.heatmap.job import counting, names_of
from exporter.heatmap.output import write
from exporter.heatmap.view import context
from exporter.summary.model import Summary
from exporter.summary.page import page
from exporter.summary.query import summarise
from exporter.summary.workbook import workbook


def write_report(wanted: Chosen, folder: Path) -> tuple[Summary, list[Path]]:
    """Count and write; return the figures and the files. Raises MapError."""
    with counting(wanted, "region") as (engine, scope, source, settings):
        summary = summarise(engine, scope)
    names: dict[int | None, str] = {one.opa_id: one.name for one in settings.cabinet}
    with speaking(wanted.language or settings.language):
        lines = context(scope, names_of(wanted.cabinets, settings), source)
        files = {folder / "report.html": page(summary, lines, names).encode(),
                 folder / "report.xlsx": workbook(summary, lines, names)}  # fmt: skip
    for path, content in files.items():
        write(path, content)
    return summary, list(files)
