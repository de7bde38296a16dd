"""`sedlink mapping …`: the commands of SED administrators."""

import typer

from config.i18n import _
from mappings.suggest.command import suggest

app = typer.Typer(help=_("classifiers and the crosswalk between them"), no_args_is_help=True)


@app.callback()
def mapping() -> None:
    """Group the mapping commands (a callback keeps them a group while there is only one)."""


app.command("suggest")(suggest)
