"""`sedlink export backfill` and `workdays`: what concerns the cards of a SED rather than the mart."""

from collections import Counter
from dataclasses import asdict
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from config.console import show_error, show_json, show_table
from config.i18n import _
from connector.commands.common import ConfigOption, Exit, JsonOption, load_settings

if TYPE_CHECKING:
    from exporter.backfill import Fate, Filled

SINCE = typer.Option("--from", formats=["%Y-%m-%d"], help=_("cards whose rubric changed since this day"))


def backfill(
    sed: Annotated[str, typer.Option("--sed", help=_("section of the SED: sed.NAME"))],
    since: Annotated[datetime, SINCE],
    card_files: Annotated[
        list[str] | None, typer.Option("--card-file", help=_("only this card file; may be repeated"))
    ] = None,
    look_back: Annotated[int, typer.Option("--look-back", min=0, help=_("so many days earlier as well"))] = 0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=_("say what would be written"))] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fill the empty fields and say what became of every question."""
    from config.progress import Progress
    from exporter.backfill import Fate, backfill
    from exporter.opening import card_source
    from exporter.run import trouble

    settings = load_settings(config)
    moment = datetime.now().astimezone()
    counts: Counter[Fate] = Counter()
    told: list[Filled] = []
    with (
        trouble(),
        card_source(settings, sed, tuple(card_files or ()), moment) as source,
        Progress(_("rows read")) as bar,
    ):
        _must_annotate(sed, source.sed.capabilities.annotate)
        lines = backfill(
            source.sed,
            source.crosswalk.status,
            since.date(),
            card_files=source.card_files,
            look_back=timedelta(days=look_back),
            dry_run=dry_run,
        )
        for line in bar.count(lines):
            counts[line.fate] += 1
            if line.fate in (Fate.UNMAPPED, Fate.FAILED):
                told.append(line)
    _show(counts, told, dry_run=dry_run, as_json=as_json)
    if told:
        raise typer.Exit(Exit.ATTENTION)


def _must_annotate(name: str, able: bool) -> None:
    if not able:
        from config.load import SettingsError

        raise SettingsError(f"sed.{name}", [_("this kind of SED takes no fields of a card from outside")])


def _show(counts: "Counter[Fate]", told: list["Filled"], *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        show_json({"dry_run": dry_run, "counts": counts, "to_mend": [asdict(line) for line in told]})
        return
    words = {
        "written": _("would be written") if dry_run else _("written"),
        "filled": _("filled already"),
        "not yet": _("not registered yet"),
        "unmapped": _("the status is not in the table"),
        "failed": _("the SED refused"),
    }
    show_table(
        [_("card file"), _("card"), _("question"), _("what"), _("value")],
        [(one.card_file, one.card, one.question, words[one.fate], one.note) for one in told],
        title=_("To be mended"),
    )
    show_table([_("what"), _("number")], [(words[fate], number) for fate, number in counts.items()])


def workdays(
    since: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help=_("the day to count from"))],
    days: Annotated[int, typer.Option("--days", min=1, help=_("working days to count"))],
    config: ConfigOption = None,
    calendar: Annotated[
        Path | None, typer.Option("--calendar", help=_("your own calendar (default: [export] calendar)"))
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Say the internal control date: so many working days after a day."""
    from exporter.run import export_settings, trouble
    from exporter.workdays import CalendarError, WorkCalendar

    with trouble():
        path = calendar or export_settings(config, needed=False).calendar
        try:
            found: date = WorkCalendar.read(path).after(since.date(), days)
        except CalendarError as error:
            show_error(str(error))
            raise typer.Exit(Exit.CONFIGURATION) from error
    if as_json:
        show_json({"from": since.date(), "days": days, "date": found})
    else:
        typer.echo(found.isoformat())
