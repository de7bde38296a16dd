"""`sedlink demo`: shows the main job and its reconciliation.

Exit codes: 0 nothing lost, doubled, disordered or wrong; 1 something was, or the demo could not run.
"""

import sys
from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from config.console import show_error, show_json, show_table
from config.i18n import _
from stand.options import Faults, FeedFile, FeedMap, SedKind, Seed

if TYPE_CHECKING:
    from stand.demo import Outcome, Plan

_NOTHING = ("lost", "doubled", "out_of_order", "wrong")


class Way(StrEnum):
    """How the platform is reached."""

    REST = "rest"
    SMEV = "smev"


class Transport(StrEnum):
    """A way to SMEV."""

    SOAP = "soap"
    ADAPTER = "adapter"
    RSMEV = "rsmev"


Database = Annotated[
    str, typer.Option("--database", help=_("database of the journal; another than SQLite must be empty"))
]
PlatformWay = Annotated[
    Way,
    typer.Option("--platform", help=_("how the platform is reached: over REST, or through the SMEV bus")),
]
OneTransport = Annotated[
    Transport | None, typer.Option("--transport", help=_("one way to SMEV; without it all three in turn"))
]


def demo(
    messages: Annotated[int, typer.Option(min=1, max=100_000, help=_("how many messages"))] = 60,
    cabinets: Annotated[int, typer.Option(min=1, max=100, help=_("how many cabinets"))] = 3,
    sed: SedKind = "sev",
    directory: Annotated[
        Path | None, typer.Option("--dir", help=_("an empty folder for everything the demo writes"))
    ] = None,
    feed: FeedFile = None,
    feed_map: FeedMap = "nyc311",
    faults: Faults = "none",
    seed: Seed = 1,
    database: Database = "sqlite:///sedlink.db",
    workers: Annotated[int, typer.Option(min=1, max=64, help=_("worker threads of the daemon"))] = 4,
    seconds: Annotated[float, typer.Option(min=1, help=_("give up after so many seconds"))] = 600,
    platform: PlatformWay = Way.REST,
    transport: OneTransport = None,
    as_json: Annotated[bool, typer.Option("--json", help=_("print one JSON object"))] = False,
) -> None:
    """Start a stand and a daemon, relay messages through their whole life, reconcile with the record."""
    from stand.demo import DemoError, Plan, folder_of

    transports = ([transport] if transport else list(Transport)) if platform is Way.SMEV else []
    if transport and platform is Way.REST:
        show_error(_("--transport goes with --platform smev"))
        raise typer.Exit(2)
    try:
        with folder_of(directory) as folder:
            plan = Plan(
                folder.resolve(), messages, cabinets, faults, seed, feed, feed_map, database, workers, sed,
                seconds,
            )  # fmt: skip
            outcomes = [_run(one, quiet=as_json) for one in _plans(plan, transports)]
    except DemoError as error:
        show_error(str(error))
        raise typer.Exit(1) from error
    if as_json:
        show_json(_told(outcomes))
    else:
        for outcome in outcomes:
            _show(outcome)
    if not all(outcome.exact for outcome in outcomes):
        raise typer.Exit(1)


def _plans(plan: "Plan", transports: Sequence[Transport]) -> list["Plan"]:
    if not transports:
        return [plan]
    several = len(transports) > 1
    return [
        replace(plan, transport=str(one), folder=plan.folder / str(one) if several else plan.folder)
        for one in transports
    ]


def _told(outcomes: "Sequence[Outcome]") -> dict[str, object]:
    """One run is one object; several are `runs` with the sums of what must be nothing."""
    if len(outcomes) == 1:
        return outcomes[0].as_json()
    runs = [outcome.as_json() for outcome in outcomes]
    sums = {name: sum(cast("int", run[name]) for run in runs) for name in _NOTHING}
    return {**sums, "exact": all(outcome.exact for outcome in outcomes), "runs": runs}


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
        title=_("What the stand's own record says, after {seconds} s").format(seconds=found["seconds"])
        + (f" ({outcome.transport})" if outcome.transport else ""),
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
