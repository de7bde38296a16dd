"""`sedlink export report`: the summary report as a page and a workbook.

Exit codes: 0 written · 1 nothing falls into the period · 2 wrong use · 3 the configuration, mart or a file
cannot be used.
"""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from config.console import show_error, show_json, show_table
from config.i18n import _
from connector.commands.common import ConfigOption, Exit, JsonOption
from exporter.heatmap.choices import LanguageName
from exporter.heatmap.command import DAY


def report(
    out: Annotated[Path, typer.Option("--out", "-o", help=_("folder for report.html and report.xlsx"))],
    since: Annotated[
        datetime | None, typer.Option("--from", formats=DAY, help=_("received on this day or later"))
    ] = None,
    until: Annotated[
        datetime | None, typer.Option("--to", formats=DAY, help=_("received on this day or before"))
    ] = None,
    cabinet: Annotated[
        list[int] | None, typer.Option("--cabinet", help=_("only this cabinet (opa_id); may be repeated"))
    ] = None,
    facts: Annotated[
        Path | None, typer.Option(help=_("a file of facts (.csv, .jsonl, .parquet) instead of the mart"))
    ] = None,
    mart: Annotated[str | None, typer.Option(help=_("URL of the mart instead of the configured one"))] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option("--as-of", formats=DAY, help=_("day before which a due date is matured")),
    ] = None,
    language: Annotated[LanguageName | None, typer.Option("--lang", help=_("language of the report"))] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the report."""
    from exporter.heatmap.engine import MapError
    from exporter.heatmap.job import Wanted
    from exporter.summary.job import write_report

    wanted = Wanted(
        metric="count", by="region", since=since and since.date(), until=until and until.date(),
        cabinets=tuple(cabinet or ()), facts=facts, mart=mart, geojson=None, layout=None, breaks=None,
        as_of=as_of, config=config, language=language.value if language else None,
    )  # fmt: skip
    try:
        summary, written = write_report(wanted, out)
    except MapError as error:
        show_error(str(error))
        raise typer.Exit(Exit.CONFIGURATION) from error
    whole = summary.whole
    if as_json:
        told = {"received": whole.n, "answered": whole.answered, "overdue": whole.overdue,
                "overdue_share": whole.share, "median_days": whole.days_median, "p90_days": whole.days_p90,
                "mean_days": whole.days_mean, "median_rating": whole.rating_median}  # fmt: skip
        show_json({"files": list(map(str, written)), **told})
    else:
        show_table(
            [_("what"), _("number")], [*((_("written"), path) for path in written), (_("questions"), whole.n)]
        )
    if not whole.n:
        show_error(_("nothing falls into this period and these cabinets"))
        raise typer.Exit(Exit.ATTENTION)
