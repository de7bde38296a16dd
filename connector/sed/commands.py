"""`sedlink sed …`: looking at what a document-management system sent.

Exit codes: 0 read, 1 not a message or a broken one, 2 wrong use.
"""

from pathlib import Path
from typing import Annotated

import typer

from config.console import show_error, show_json, show_table
from config.i18n import _

app = typer.Typer(
    name="sed", help=_("Look at messages of document-management systems."), no_args_is_help=True
)


@app.callback()
def group() -> None:
    """Hold the commands together."""


@app.command("read", help=_("show what a message, an envelope or a message folder of МЭДО says"))
def read_command(
    path: Annotated[Path, typer.Argument(help=_("file (.xml, .ltr, .ini, .zip) or folder"), exists=True)],
    as_json: Annotated[bool, typer.Option("--json", help=_("print JSON"))] = False,
) -> None:
    """Read one message of МЭДО and print what it says; nothing is changed."""
    from connector.sed.medo.look import lines, look
    from connector.sed.passport import BrokenMessageError

    try:
        told = look(path)
    except BrokenMessageError as error:
        show_error(error.sentence)
        raise typer.Exit(1) from error
    except OSError as error:
        show_error(_("{path} cannot be read: {error}").format(path=path, error=error.strerror or error))
        raise typer.Exit(1) from error
    if as_json:
        show_json(told)
    else:
        show_table((_("field"), _("value")), lines(told), title=str(path))
    if "troubles" in told:
        raise typer.Exit(1)
