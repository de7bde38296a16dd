"""`sedlink export …`: facts for the mart and the heat map, what cannot go and why.

Exit codes: 0 fine · 1 some rows cannot go or differ: a person must look · 2 wrong use of the command ·
3 the configuration, file or map cannot be used · 5 a database needs a person · 130 interrupted: the same
command goes on.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from config.console import show_json, show_table
from config.i18n import _
from connector.commands.common import ConfigOption, Exit, JsonOption

if TYPE_CHECKING:
    from exporter.survey import Survey

app = typer.Typer(
    help=_("facts for the mart and the heat map: what goes, what cannot and why"), no_args_is_help=True
)


@app.command("facts", help=_("write the facts of the journal or of a list file to a file"))
def facts(
    out: Annotated[
        Path, typer.Option("--out", "-o", help=_("file to write: .csv, .jsonl or .parquet"), dir_okay=False)
    ],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write what may go; what may not is counted by reason."""
    from exporter.factfile import write_facts
    from exporter.run import source_of, trouble
    from exporter.survey import Survey, passing

    with trouble(), source_of(config) as job:
        survey = Survey()
        written = write_facts(passing(job.source.rows(), survey, job.as_of), out)
    if as_json:
        show_json({"file": out, "written": written, **survey.as_dict()})
    else:
        show_table([_("what"), _("number")], _summary(out, written, survey))
    if survey.refused:
        raise typer.Exit(Exit.ATTENTION)


def _summary(out: Path, written: int, survey: "Survey") -> list[tuple[str, int]]:
    return [
        (_("written to {file}").format(file=out), written),
        (_("rows read"), survey.rows),
        (_("cannot go"), survey.refused),
        (_("withheld on purpose"), survey.withheld),
        *((text, number) for text, number in survey.by_text()),
    ]
