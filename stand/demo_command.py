"""`sedlink demo`: shows the main job and its reconciliation.

Exit codes: 0 nothing lost, doubled, disordered or wrong; 1 something was, or the demo could not run.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from config.console import show_error, show_json, show_table
from config.i18n import _
from stand.kinds import KINDS

if TYPE_CHECKING:
    from stand.demo import Outcome, Plan


def demo(
    messages: Annotated[int, typer.Option(min=1, max=100_000, help=_("how many messages"))] = 60,
    cabinets: Annotated[int, typer.Option(min=1, max=100, help=_("how many cabinets"))] = 3,
    sed: Annotated[
        str, typer.Option(help=_("which SED the stand plays: {kinds}").format(kinds=", ".join(KINDS)))
    ] = "sev",
    directory: Annotated[
        Path | None, typer.Option("--dir", help=_("an empty folder for everything the demo writes"))
    ] = None,
    feed: Annotated[
        Path | None, typer.Option(help=_("CSV of real requests instead of the generator"))
    ] = None,
    feed_map: Annotated[
        str, typer.Option("--map", help=_("column map of the feed: a shipped one or a TOML file"))
    ] = "nyc311",
    faults: Annotated[
        str, typer.Option(help=_("all, none or kinds of faults separated by commas (docs/stand.md)"))
    ] = "none",
    seed: Annotated[int, typer.Option(help=_("the same seed gives the same run"))] = 1,
    database: Annotated[
        str, typer.Option(help=_("database of the journal; another than SQLite must be empty"))
    ] = "sqlite:///sedlink.db",
    workers: Annotated[int, typer.Option(min=1, max=64, help=_("worker threads of the daemon"))] = 4,
    seconds: Annotated[float, typer.Option(min=1, help=_("give up after so many seconds"))] = 600,
    as_json: Annotated[bool, typer.Option("--json", help=_("print one JSON object"))] = False,
) -> None:
    """Start a stand and a daemon, relay messages through their whole life, reconcile with the record."""
    from stand.demo import DemoError, Plan, folder_of

    try:
        with folder_of(directory) as folder:
            plan = Plan(
                folder.resolve(), messages, cabinets, faults, seed, feed, feed_map, database, workers, sed,
                seconds,
            )  # fmt: skip
            outcome = _run(plan, quiet=as_json)
    except DemoError as error:
        show_error(str(error))
        raise typer.Exit(1) from error
    if as_json:
        show_json(outcome.as_json())
    else:
        _show(outcome)
    if not outcome.exact:
        raise typer.Exit(1)


def _run(plan: "Plan", *, quiet: bool) -> "Outcome":
    from stand.demo import run_demo

    if quiet or not sys.stderr.isatty():
        return run_demo(plan)
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(_("messages"), total=None)
        return run_demo(plan, progress=lambda done, of: bar.update(task, completed=done, total=of))


def _show(outcome: "Outcome") -> None:
    found = outcome.as_json()
    names = {
        "received": _("received"),
        "registered": _("registered in the SED"),
        "interim": _("interim statuses"),
        "answered": _("answered"),
        "refused": _("refused"),
        "redirected": _("redirected"),
        "postponed": _("postponed"),
        "parked": _("waits for a person"),
        "lost": _("lost"),
        "doubled": _("doubled"),
        "out_of_order": _("out of order"),
        "wrong": _("wrong"),
    }
    show_table(
        (_("what"), _("how many")),
        [(title, found[name]) for name, title in names.items()],
        title=_("What the stand's own record says, after {seconds} s").format(seconds=found["seconds"]),
    )
    if outcome.trail:
        show_table(
            (_("when"), _("round"), _("what"), _("detail")),
            [(one["at"][:19], one["round"], one["said"], one["told"]) for one in outcome.trail],
            title=_("The trail of one message"),
        )
    typer.echo(_("Facts for the heat map: {path}").format(path=outcome.facts))
    if outcome.exact:
        typer.echo(_("The reconciliation is exact: nothing lost, nothing doubled."))
    else:
        show_error(_("the reconciliation is NOT exact: {found}").format(found=outcome.reconciliation))
