"""`sedlink db upgrade`: bring the database to the schema of this version."""

import typer

from config.console import show_error
from config.i18n import _
from connector.commands.common import ConfigOption, Exit, load_settings

app = typer.Typer(help=_("the database of the journal"), no_args_is_help=True)


@app.callback()
def database() -> None:
    """Keep the group although it has one command."""


@app.command("upgrade", help=_("create the tables or bring them to this version; harmless to repeat"))
def upgrade(config: ConfigOption = None) -> None:
    """Create the tables, or change them to the schema of this version. Harmless to repeat."""
    from connector.journal.opening import upgrade_database
    from connector.journal.problems import JournalError

    try:
        revision = upgrade_database(load_settings(config))
    except JournalError as error:
        show_error(str(error))
        raise typer.Exit(Exit.DATABASE) from error
    typer.echo(_("the database is at revision {revision}").format(revision=revision))
