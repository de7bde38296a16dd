"""`sedlink export datamart …`: upload to a state data mart, files for hand upload, refused rows.

Exit codes: 0 everything the facts say is held by the mart · 1 rows were refused, files failed or are still
being processed: a person must look, or the next run goes on · 2 wrong use · 3 settings, profile or mart
cannot be used · 4 the mart is away or does not admit us: the same command goes on.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from config.console import show_error, show_json, show_table
from config.i18n import _
from connector.commands.common import ConfigOption, Exit, JsonOption, load_settings

if TYPE_CHECKING:
    from config.settings import Settings
    from exporter.marts.datamart.uploader import Outcome

app = typer.Typer(help=_("upload to a state data mart through its REST uploader"), no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help=_("the mart: the NAME of [datamart.NAME]"))]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help=_("say what would be sent, send nothing"))]
AWAY = 4


@app.command("upload", help=_("send what changed; finish what an earlier run left"))
def upload(
    name: Name, dry_run: DryRunOption = False, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Send what changed."""
    from connector.errors import ChannelError
    from exporter.heatmap.engine import MapError
    from exporter.marts import MartError

    settings = load_settings(config)
    try:
        outcome = _sent(settings, name, dry_run=dry_run)
    except (MartError, MapError, ValueError) as error:
        show_error(str(error))
        raise typer.Exit(Exit.CONFIGURATION) from error
    except ChannelError as error:
        show_error(str(error))
        raise typer.Exit(AWAY) from error
    _tell(outcome, as_json=as_json)


def _sent(settings: "Settings", name: str, *, dry_run: bool) -> "Outcome":
    from config.progress import Progress
    from exporter.heatmap.engine import mart_engine
    from exporter.marts.datamart.opening import target_of, uploader_of, weighed
    from exporter.marts.datamart.source import facts_of

    cabinets = target_of(settings, name).cabinets
    with (
        mart_engine(settings.export.mart, settings.export.password) as engine,
        Progress(_("rows read")) as bar,
    ):
        rows = bar.count(facts_of(engine, cabinets))
        if dry_run:
            return weighed(settings, name, rows)
        with uploader_of(settings, name) as uploader:
            return uploader.run(rows)


@app.command("files", help=_("write every row as files for upload by hand"))
def files(
    name: Name,
    out: Annotated[Path, typer.Option("--out", "-o", help=_("folder for the files"))],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write files; nothing is sent and nothing counts as held."""
    from exporter.heatmap.engine import MapError, mart_engine
    from exporter.marts import MartError
    from exporter.marts.datamart.byhand import write_files
    from exporter.marts.datamart.opening import target_of
    from exporter.marts.datamart.source import facts_of

    settings = load_settings(config)
    try:
        cabinets = target_of(settings, name).cabinets
        with mart_engine(settings.export.mart, settings.export.password) as engine:
            written = write_files(settings, name, out, facts_of(engine, cabinets))
    except (MartError, MapError) as error:
        show_error(str(error))
        raise typer.Exit(Exit.CONFIGURATION) from error
    if as_json:
        show_json([{"file": str(one.path), "operation": one.operation, "rows": one.rows} for one in written])
    else:
        show_table(
            [_("file"), _("operation"), _("rows")], [(one.path, one.operation, one.rows) for one in written]
        )


@app.command("refused", help=_("the rows that the mart did not take and why"))
def refused(
    name: Name,
    again: Annotated[
        bool, typer.Option("--again", help=_("let them be tried again by the next upload"))
    ] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show or release the refused rows."""
    from exporter.marts import MartError
    from exporter.marts.datamart.opening import ledger_of

    settings = load_settings(config)
    try:
        with ledger_of(settings, name) as ledger:
            found = ledger.refusals()
            if again:
                ledger.forget_refusals()
    except MartError as error:
        show_error(str(error))
        raise typer.Exit(Exit.CONFIGURATION) from error
    if as_json:
        show_json([{"key": one.key, "reason": one.reason, "at": one.at} for one in found])
    else:
        show_table([_("row"), _("reason"), _("since")], [(one.key, one.reason, one.at) for one in found])
    if found and not again:
        raise typer.Exit(Exit.ATTENTION)


def _tell(outcome: "Outcome", *, as_json: bool) -> None:
    packed = outcome.packed
    told = {
        "rows": packed.rows, "unchanged": packed.unchanged, "upserts": packed.upserts,
        "deletes": packed.deletes, "kept_back": packed.kept_back, "files_done": outcome.done,
        "rows_done": outcome.rows_done, "refused": outcome.refused,
        "failed": [list(one) for one in outcome.failed], "waiting": outcome.waiting,
    }  # fmt: skip
    if as_json:
        show_json(told)
    else:
        rows = [
            (_("rows read"), packed.rows), (_("unchanged"), packed.unchanged),
            (_("to write"), packed.upserts), (_("to delete"), packed.deletes),
            (_("kept back as wrong"), packed.kept_back), (_("rows the mart took"), outcome.rows_done),
            (_("rows the mart refused"), outcome.refused), (_("files that failed"), len(outcome.failed)),
            (_("files still processed"), outcome.waiting),
        ]  # fmt: skip
        show_table([_("what"), _("number")], rows)
    for file, reason in outcome.failed:
        show_error(_("file {file}: {reason}").format(file=file, reason=reason))
    if outcome.failed or outcome.refused or packed.kept_back or outcome.waiting:
        raise typer.Exit(Exit.ATTENTION)
