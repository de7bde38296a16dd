"""From what was asked for to the two files of the report."""

from pathlib import Path
from zoneinfo import ZoneInfo

from config.i18n import _, speaking
from exporter.heatmap.engine import MapError
from exporter.heatmap.job import Wanted, as_of, open_engine, settings_for
from exporter.heatmap.output import write
from exporter.heatmap.query import Scope
from exporter.heatmap.view import context
from exporter.summary.model import Summary
from exporter.summary.page import page
from exporter.summary.query import summarise
from exporter.summary.workbook import workbook


def write_report(wanted: Wanted, folder: Path) -> tuple[Summary, list[Path]]:
    """Count and write; return the figures and the files. Raises MapError."""
    if wanted.since and wanted.until and wanted.since > wanted.until:
        raise MapError(_("the period ends before it begins"))
    settings = settings_for(wanted.config, needed=not (wanted.facts or wanted.mart))
    with open_engine(settings, wanted.facts, wanted.mart) as (engine, source, fallback):
        scope = Scope(
            by="region", as_of=as_of(engine, wanted, settings, fallback), zone=ZoneInfo(settings.timezone),
            since=wanted.since, until=wanted.until, cabinets=wanted.cabinets,
        )  # fmt: skip
        summary = summarise(engine, scope)
    names: dict[int | None, str] = {one.opa_id: one.name for one in settings.cabinet}
    with speaking(wanted.language or settings.language):
        chosen = tuple(names.get(one, str(one)) for one in wanted.cabinets)
        lines = context(scope, chosen, source)
        files = {folder / "report.html": page(summary, lines, names).encode(),
                 folder / "report.xlsx": workbook(summary, lines, names)}  # fmt: skip
    for path, content in files.items():
        write(path, content)
    return summary, list(files)
