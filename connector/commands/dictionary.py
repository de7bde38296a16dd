"""`sedlink dictionary fetch`: the platform's own categories into the tables of correspondence."""

import getpass
from typing import TYPE_CHECKING, Annotated

import typer

from config.console import show_error, show_json, show_table
from config.i18n import _
from connector.commands.common import ConfigOption, Exit, JsonOption, load_settings, runtime_of

if TYPE_CHECKING:
    from connector.dictionaries import Fetched

app = typer.Typer(help=_("the platform's dictionaries"), no_args_is_help=True)


@app.callback()
def dictionary() -> None:
    """Keep the group although it has one command."""


@app.command("fetch", help=_("read the platform's categories over REST into the mapping tables"))
def fetch(
    config: ConfigOption = None,
    cabinet: Annotated[list[int] | None, typer.Option(help=_("only this cabinet (repeatable)"))] = None,
    tolerance: Annotated[
        float, typer.Option(min=0, max=1, help=_("share of entries that may vanish without confirmation"))
    ] = 0.05,
    as_json: JsonOption = False,
) -> None:
    """Import each region's categories; a list that shrinks too much is a proposal to confirm."""
    from connector.dictionaries import fetch_categories

    runtime = runtime_of(load_settings(config))
    try:
        found = list(
            fetch_categories(runtime, tuple(cabinet or ()), by=getpass.getuser(), tolerance=tolerance)
        )
    finally:
        runtime.close()
    rows = [_row(one) for one in found]
    if as_json:
        show_json(rows)
    else:
        headers = (_("cabinet"), _("region"), _("edition"), _("state"), _("changes"))
        show_table(headers, [tuple(row.values())[:5] for row in rows])
    for one in found:
        if one.problem:
            show_error(one.problem)
    if any(one.problem for one in found):
        raise typer.Exit(Exit.ATTENTION)


def _row(one: "Fetched") -> dict[str, object]:
    row: dict[str, object] = {
        "opa_id": one.opa_id,
        "region": one.region,
        "edition": "",
        "state": "",
        "changes": 0,
    }
    for _region, imported in one.report.results if one.report else ():
        row |= {
            "edition": imported.edition_id or "",
            "state": imported.state,
            "changes": len(imported.changes),
        }
    return row | {"problem": one.problem}
