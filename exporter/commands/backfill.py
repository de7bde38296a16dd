"""`sedlink export backfill`: two fields of the cards of a SED, from a day on."""

from collections import Counter
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from config.console import show_json, show_table
from config.i18n import _
from connector.commands.common import ConfigOption, JsonOption, load_settings
from exporter.commands.options import CardFileOption, leave

if TYPE_CHECKING:
    from exporter.backfill import Fate, Filled

SedOption = Annotated[str, typer.Option("--sed", help=_("section of the SED: sed.NAME"))]
SinceOption = Annotated[
    datetime,
    typer.Option("--from", formats=["%Y-%m-%d"], help=_("cards whose rubric changed since this day")),
]
LookBackOption = Annotated[int, typer.Option("--look-back", min=0, help=_("so many days earlier as well"))]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help=_("say what would be written"))]
ReportOption = Annotated[
    Path | None,
    typer.Option("--report", dir_okay=False, help=_("write an .xlsx: every question and what became of it")),
]
_SHOWN = 1000  # questions named on the screen; the report has them all


def backfill(
    sed: SedOption,
    since: SinceOption,
    card_files: CardFileOption = None,
    look_back: LookBackOption = 0,
    dry_run: DryRunOption = False,
    report: ReportOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fill the empty fields and say what became of every question."""
    from config.progress import Progress
    from exporter.backfill import Wish, fill
    from exporter.backfill_report import reported
    from exporter.run import trouble

    settings = load_settings(config)
    wish = Wish(since.date() - timedelta(days=look_back), tuple(card_files or ()), dry_run)
    counts: Counter[Fate] = Counter()
    told: list[Filled] = []
    with trouble(), Progress(_("rows read")) as bar, reported(report, settings, dry_run=dry_run) as keep:
        for line in bar.count(fill(settings, sed, wish)):
            keep(line)
            counts[line.fate] += 1
            if line.fate.to_mend and len(told) < _SHOWN:
                told.append(line)
    _show(counts, told, dry_run=dry_run, as_json=as_json)
    leave(attention=bool(told))


def _show(counts: "Counter[Fate]", told: list["Filled"], *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        show_json({"dry_run": dry_run, "counts": counts, "to_mend": [asdict(line) for line in told]})
        return
    show_table(
        [_("card file"), _("card"), _("question"), _("what"), _("value")],
        [(one.card_file, one.card, one.question, one.fate.word(dry_run=dry_run), one.note) for one in told],
        title=_("To be mended"),
    )
    show_table(
        [_("what"), _("number")], [(fate.word(dry_run=dry_run), number) for fate, number in counts.items()]
    )
