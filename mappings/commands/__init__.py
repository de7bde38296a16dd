"""`sedlink mapping …`: the commands of SED administrators, by family."""

import typer

from config.i18n import _
from mappings.commands import classifiers, exchange, suggestions, versions, work, workbooks

app = typer.Typer(help=_("classifiers and the crosswalk between them"), no_args_is_help=True)
for family in (classifiers, workbooks, versions, work, suggestions, exchange):
    family.add_to(app)

__all__ = ["app"]
