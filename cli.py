"""The command `sedlink`: the rooms' commands under one roof.

Each room keeps its commands in `<room>/commands.py`, which imports nothing heavy until a command runs:
`sedlink status` from cron must start fast (tests/test_cli.py holds the list of what may not be loaded).
"""

from typing import Annotated

import typer

import connector.commands
import connector.commands.common
import connector.sed.commands
import exporter.commands
import exporter.heatmap.command
import exporter.marts.datamart.command
import exporter.sstu.command
import exporter.summary.command
import mappings.commands
import mappings.commands.real_messages
import smev.client.commands
import smev.commands
import stand.commands
import stand.demo_command
from config.i18n import _

app = typer.Typer(
    name="sedlink",
    help=_("The link between the citizens' platform and the document-management system."),
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,  # a traceback with locals would print personal data
)
connector.commands.register(app)
app.add_typer(exporter.commands.app, name="export")
exporter.commands.app.command("report", help=_("write the summary report: a page and a workbook"))(
    exporter.summary.command.report
)
exporter.commands.app.command("sstu", help=_("write the package for the РРО ССТУ: zip parts of JSON"))(
    exporter.sstu.command.sstu
)
exporter.commands.app.add_typer(exporter.marts.datamart.command.app, name="datamart")
app.command("heatmap", help=_("draw the heat map: a page, a picture, a table"))(
    exporter.heatmap.command.heatmap
)
mappings.commands.real_messages.Journal.read = connector.commands.common.messages_of_journal
app.add_typer(mappings.commands.app, name="mapping")
app.add_typer(connector.sed.commands.app, name="sed")
smev.client.commands.Configuration.section = connector.commands.common.smev_section
smev.client.commands.Configuration.secret = connector.commands.common.smev_secret
app.add_typer(smev.commands.app, name="smev")
app.command("demo", help=_("show the main job against a stand, and its reconciliation"))(
    stand.demo_command.demo
)
app.command("stand", help=_("run the test stand: a platform, a SED, a mailbox"))(stand.commands.stand)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"sedlink {version('sedlink')}")
        raise typer.Exit


@app.callback()
def sedlink(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help=_("show the version"))
    ] = False,
) -> None:
    """Hold what every command shares: today the version."""


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
