"""The options that several `sedlink export` commands share, each said once."""

import inspect
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from config.console import show_error
from config.i18n import _
from connector.commands.common import ConfigOption, Exit

if TYPE_CHECKING:
    from exporter.run import Asked

CardFileOption = Annotated[
    list[str] | None,
    typer.Option("--card-file", "--cardfile", help=_("only this card file of the SED; may be repeated")),
]
MartOption = Annotated[
    str,
    typer.Option(
        "--mart",
        help=_(
            "duckdb:///…, sqlite:///…, postgresql://… or clickhouse://… (default: the one of the settings)"
        ),
    ),
]
SedOption = Annotated[str, typer.Option("--sed", help=_("the cards of this SED instead of the journal"))]
SourceOption = Annotated[str, typer.Option("--source", help=_("only rows of this source"))]
Command = Callable[..., None]


def asking(ask: Callable[..., Any]) -> Callable[[Command], Command]:
    """Return what gives a command the options of `ask` too, and what it made of them: the first argument."""
    shared = dict(inspect.signature(ask).parameters)

    def asks(command: Command) -> Command:
        @wraps(command)
        def told(**given: Any) -> None:  # noqa: ANN401 - whatever the options are
            own = {name: given.pop(name) for name in list(given) if name not in shared}
            command(ask(**given), **own)

        _first, *others = inspect.signature(command).parameters.values()
        parameters = [*others[:-1], *shared.values(), *others[-1:]]  # --json stays the last
        told.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # typer reads it
        told.__annotations__ = {one.name: one.annotation for one in parameters}
        return told

    return asks


def _asked(
    config: ConfigOption = None,
    list_file: Annotated[
        Path | None,
        typer.Option(
            "--list",
            exists=True,
            dir_okay=False,
            help=_("a list file instead of the journal: .csv, .xlsx, .xls"),
        ),
    ] = None,
    map_name: Annotated[
        str, typer.Option("--map", help=_("column map of the list file: a file, or a shipped one's name"))
    ] = "",
    sed: SedOption = "",
    card_files: CardFileOption = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(
            "--as-of", formats=["%Y-%m-%d"], help=_("judge overdue as of the end of this day (UTC)")
        ),
    ] = None,
) -> "Asked":
    from exporter.run import Asked

    if list_file is not None and sed:
        _refuse(_("give either --list or --sed"))
    if list_file is not None and not map_name:
        _refuse(_("--list needs --map: nyc311, pos-export or a file of your own (docs/mart.md)"))
    moment = as_of.replace(hour=23, minute=59, second=59, tzinfo=UTC) if as_of else None
    return Asked(config, list_file, map_name, moment, sed, tuple(card_files or ()))


def _refuse(sentence: str) -> None:
    show_error(sentence)
    raise typer.Exit(Exit.USAGE)


asks_source = asking(_asked)  # the command's first argument is an `Asked`


def leave(*, attention: bool) -> None:
    """Exit with 1 when a person must look."""
    if attention:
        raise typer.Exit(Exit.ATTENTION)
