"""`sedlink export check`: what cannot go and why, before anything is sent."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from config.console import show_json, show_table
from config.i18n import _
from connector.commands.common import JsonOption
from exporter.commands.options import asks_source, leave
from exporter.commands.shown import summary

if TYPE_CHECKING:
    from exporter.run import Asked
    from exporter.survey import Survey

ReportOption = Annotated[
    Path | None, typer.Option("--report", dir_okay=False, help=_("write an .xlsx with the cards named"))
]


_EXAMPLES = 3  # rows that cannot go, named on the screen by reason; the report names them all


@asks_source
def check(asked: "Asked", report: ReportOption = None, as_json: JsonOption = False) -> None:
    """Count every reason by cabinet and card file."""
    examine(asked, report, as_json=as_json)


def examine(asked: "Asked", report: Path | None, *, as_json: bool) -> None:
    """Look at every row of the source and say what was found; exits with 1 when some cannot go."""
    from exporter.run import counted, source_of, trouble
    from exporter.survey import surveyed

    with trouble(), source_of(asked) as job:
        survey = surveyed(counted(job.source.rows()), job.as_of)
        if report is not None:
            _write(survey, report, asked, job.as_of, job.settings.card_link)
    if as_json:
        show_json({**survey.as_dict(), "details": list(survey.details())})
    else:
        from exporter.report import count_rows, example_rows

        headers = [_("cabinet"), _("card file"), _("the row"), _("reason"), _("rows"), _("what to do")]
        show_table(headers, count_rows(survey), title=_("What is wrong"))
        headers = [_("reason"), _("card"), _("question"), _("value"), _("place")]
        show_table(headers, example_rows(survey, _EXAMPLES), title=_("For example"))
        show_table([_("what"), _("number")], summary(survey))
    leave(attention=survey.refused > 0)


def _write(survey: "Survey", path: Path, asked: "Asked", as_of: datetime, card_link: str) -> None:
    from config.i18n import speaking
    from exporter.factfile import FactFileError
    from exporter.report import write_report
    from exporter.run import report_language

    try:
        with speaking(report_language(asked.config)):
            write_report(survey, path, as_of, card_link=card_link)
    except OSError as error:
        raise FactFileError(f"{path}: {error.strerror or error}") from error
