"""`sedlink sed …`: which SEDs can be named, and looking at what one sent.

Exit codes: 0 shown, 1 not a message or a broken one, 2 wrong use.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from config.console import show_error, show_json, show_table
from config.i18n import _

if TYPE_CHECKING:
    from connector.sed.kinds import Described

app = typer.Typer(
    name="sed",
    help=_("Kinds of document-management systems, and a look at what they send."),
    no_args_is_help=True,
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


@app.command("kinds", help=_("list the kinds of SEDs that are installed and what they can do"))
def kinds_command(
    as_json: Annotated[bool, typer.Option("--json", help=_("print JSON"))] = False,
) -> None:
    """List every kind, other packages' too; nothing is connected to."""
    from connector.sed.kinds import described

    found = described()
    if as_json:
        show_json([one.as_json() for one in found])
        return
    header = (_("kind"), _("SED"), _("package"), _("can"), _("remark"))
    show_table(header, [_row(one) for one in found], title=_("Kinds of SEDs"))


def _row(one: "Described") -> tuple[str, str, str, str, str]:
    from connector.sed.matrix import CLAIMS

    can = ", ".join(_(CLAIMS[name]) for name, value in one.claims.items() if value)
    if one.kind.reason:
        remark = _("disabled: {reason}").format(reason=one.kind.reason)
    elif one.experimental:
        remark = _("experimental: {what}").format(what=one.experimental)
    else:
        remark = ""
    if one.capabilities is None and not one.kind.reason:
        can = _("told once it is configured")
    return one.kind.name, one.title, one.kind.package or "sedlink", can, remark
