"""`sedlink channel resume`: open a channel that waits for a person."""

import getpass
from typing import Annotated

import typer

from config.console import show_error
from config.i18n import _
from connector.commands.common import ConfigOption, Exit, journal_of

app = typer.Typer(help=_("the ways to the platform and the SEDs"), no_args_is_help=True)


@app.callback()
def channel() -> None:
    """Keep the group although it has one command."""


@app.command("resume", help=_("open a closed channel once its cause is gone"))
def resume(
    name: Annotated[str, typer.Argument(metavar="NAME", help=_("as in `status`, like platform:101"))],
    config: ConfigOption = None,
) -> None:
    """Open a channel by a person's word; its waiting items go on at once."""
    from connector.journal.journal import acting

    with journal_of(config) as journal, acting(getpass.getuser()):
        opened = journal.resume(name)
        known = [state.name for state in journal.channels()]
    if not opened:
        show_error(
            _("no closed channel {name}; known ones: {names}").format(name=name, names=", ".join(known))
        )
        raise typer.Exit(Exit.ATTENTION)
    typer.echo(_("channel {name} is open").format(name=name))
