"""`sedlink smev …`: SMEV 3 messages on files and standard input."""

import typer

from config.i18n import _

app = typer.Typer(help=_("SMEV 3 messages: verify, sign, transform, digest"), no_args_is_help=True)


@app.callback()
def smev() -> None:
    """Group the SMEV commands."""
