"""What the commands share: options, errors to exit codes, tables on a terminal and plain lines elsewhere."""

import datetime as dt
import functools
import getpass
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ParamSpec

import typer

from config.i18n import _
from mappings.errors import MappingError

if TYPE_CHECKING:
    import sqlalchemy as sa

    from mappings.findings import Finding

P = ParamSpec("P")

EPILOG = _("Exit codes: 0 done; 1 errors in the data, or refused; 2 wrong usage.")

Db = Annotated[str | None, typer.Option("--db", metavar="URL", help=_("database; else SEDLINK_DATABASE"))]
AsJson = Annotated[bool, typer.Option("--json", help=_("print JSON for programs"))]
By = Annotated[str | None, typer.Option("--by", metavar="NAME", help=_("who does it; else the user's name"))]
Lang = Annotated[str, typer.Option("--lang", help=_("language of the workbook: ru, en"))]
InFile = Annotated[Path, typer.Argument(exists=True, dir_okay=False, metavar="FILE", show_default=False)]
OutFile = Annotated[Path, typer.Argument(dir_okay=False, metavar="OUT", show_default=False)]
Messages = Annotated[
    Path | None,
    typer.Option(
        "--messages",
        exists=True,
        dir_okay=False,
        metavar="FILE",
        help=_("messages: JSON lines, CSV, or the platform's XLSX export"),
    ),
]
Last = Annotated[int | None, typer.Option("--last", min=1, metavar="N", help=_("the last N messages only"))]
Cabinets = Annotated[
    list[str] | None,
    typer.Option("--cabinet", metavar="NAME", help=_("a known cabinet (repeat): others are reported")),
]


def command(function: Callable[P, int | None]) -> Callable[P, None]:
    """Make a command of a function: its result is the exit code, its MappingError a sentence and 1."""

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            code = function(*args, **kwargs)
        except MappingError as problem:
            if kwargs.get("as_json"):
                show_json({"error": {"code": problem.code, "text": str(problem)}})
            else:
                typer.echo(str(problem), err=True)
            raise typer.Exit(1) from None
        except BrokenPipeError:  # `| head` had enough
            sys.stderr.close()
            raise typer.Exit(0) from None
        except OSError as problem:
            place = problem.filename or ""
            typer.echo(
                _("{file}: cannot be written: {reason}").format(file=place, reason=problem.strerror), err=True
            )
            raise typer.Exit(1) from None
        raise typer.Exit(code or 0)

    return run


def store(db: str | None) -> "sa.Engine":
    """Open the store."""
    from mappings.store import open_store

    return open_store(db)


def actor(given: str | None) -> str:
    """Return who acts: the name given, else the user of the system."""
    return given or getpass.getuser()


def now() -> dt.datetime:
    """Return the moment of the command."""
    return dt.datetime.now(dt.UTC)


def day(text: str | None) -> dt.date | None:
    """Return the date of an option. Raises typer.BadParameter for anything but yyyy-mm-dd."""
    if not text:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError as problem:
        raise typer.BadParameter(_("a date is written 2026-12-31")) from problem


def language(code: str) -> str:
    """Return the language of an option. Raises typer.BadParameter for an unknown one."""
    from config.i18n import LANGUAGES

    if code not in LANGUAGES:
        raise typer.BadParameter(", ".join(LANGUAGES))
    return code


def show_json(value: object) -> None:
    """Print one JSON value on one line."""
    typer.echo(json.dumps(value, ensure_ascii=False, default=str))


def show_table(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table: drawn on a terminal, divided by tabs elsewhere."""
    texts = [[str(cell) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        for row in texts:
            typer.echo("\t".join(" ".join(cell.split()) for cell in row))
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(*titles)
    for row in texts:
        table.add_row(*map(escape, row))
    Console().print(table)


def show_findings(findings: Sequence["Finding"], *, limit: int | None) -> None:
    """Print errors, then warnings, so many of them at most, and say how many more there are."""
    from mappings.findings import Severity

    ordered = sorted(findings, key=lambda finding: finding.severity is Severity.WARNING)
    shown = ordered if limit is None else ordered[:limit]
    titles = (_("Severity"), _("Cell"), _("What is wrong"), _("What to do"))
    words = {Severity.ERROR: _("error"), Severity.WARNING: _("warning")}
    show_table(titles, ((words[f.severity], f.place, f.text(), f.advice()) for f in shown))
    if len(shown) < len(ordered):
        typer.echo(_("… and {number} more: --all shows them").format(number=len(ordered) - len(shown)))
