"""`sedlink export workdays`: the internal control date."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from config.console import show_error, show_json
from config.i18n import _
from connector.commands.common import ConfigOption, Exit, JsonOption

SinceOption = Annotated[
    datetime, typer.Option("--from", formats=["%Y-%m-%d"], help=_("the day to count from"))
]
DaysOption = Annotated[int, typer.Option("--days", min=1, help=_("working days to count"))]
CalendarOption = Annotated[
    Path | None, typer.Option("--calendar", help=_("your own calendar (default: the one of the settings)"))
]


def workdays(
    since: SinceOption,
    days: DaysOption,
    config: ConfigOption = None,
    calendar: CalendarOption = None,
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
