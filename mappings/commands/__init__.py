"""`sedlink mapping …`: the commands of SED administrators, by family."""

import typer

from config.i18n import _
from mappings.commands import classifiers, exchange, versions, work, workbooks
from mappings.suggest.command import suggest

app = typer.Typer(help=_("classifiers and the crosswalk between them"), no_args_is_help=True)
for family in (classifiers, workbooks, versions, work, exchange):
    family.add_to(app)
app.command("suggest")(suggest)

__all__ = ["app"]
