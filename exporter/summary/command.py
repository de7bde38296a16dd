"""`sedlink export report`: the summary report as a page and a workbook.

Exit codes: 0 written · 1 nothing falls into the period · 2 wrong use · 3 the configuration, mart or a file
cannot be used.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from config.console import show_error, show_json, show_table
from config.i18n import _
from connector.commands.common import Exit, JsonOption
from exporter.heatmap.choices import Chosen
from exporter.heatmap.options import asks_facts

if TYPE_CHECKING:
    from exporter.summary.model import Line


@asks_facts
def report(
    chosen: Chosen,
    out: Annotated[Path, typer.Option("--out", "-o", help=_("folder for report.html and report.xlsx"))],
    as_json: JsonOption = False,
) -> None:
    """Write the report."""
    from exporter.heatmap.engine import MapError
    from exporter.summary.job import write_report

    try:
        summary, written = write_report(chosen, out)
    except MapError as error:
        show_error(str(error))
        raise typer.Exit(Exit.CONFIGURATION) from error
    _tell(summary.whole, written, as_json=as_json)
    if not summary.whole.n:
        show_error(_("nothing falls into this period and these cabinets"))
        raise typer.Exit(Exit.ATTENTION)


def _tell(whole: "Line", written: list[Path], *, as_json: bool) -> None:
    if as_json:
        told = {"received": whole.n, "answered": whole.answered, "overdue": whole.overdue,
                "overdue_share": whole.share, "median_days": whole.days_median, "p90_days": whole.days_p90,
                "mean_days": whole.days_mean, "median_rating": whole.rating_median}  # fmt: skip
        show_json({"files": list(map(str, written)), **told})
    else:
        show_table(
            [_("what"), _("number")], [*((_("written"), path) for path in written), (_("questions"), whole.n)]
        )
