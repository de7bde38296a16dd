"""`sedlink export facts`: the facts as a file."""

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

OutOption = Annotated[
    Path, typer.Option("--out", "-o", help=_("file to write: .csv, .jsonl or .parquet"), dir_okay=False)
]


@asks_source
def facts(asked: "Asked", out: OutOption, as_json: JsonOption = False) -> None:
    """Write what may go; what may not is counted by reason."""
    from exporter.factfile import write_facts
    from exporter.run import counted, source_of, trouble
    from exporter.survey import Survey, passing

    with trouble(), source_of(asked) as job:
        survey = Survey()
        written = write_facts(passing(counted(job.source.rows()), survey, job.as_of), out)
    if as_json:
        show_json({"file": out, "written": written, **survey.as_dict()})
    else:
        told = [(_("written to {file}").format(file=out), written), *summary(survey)]
        show_table([_("what"), _("number")], told)
    leave(attention=survey.refused > 0)
