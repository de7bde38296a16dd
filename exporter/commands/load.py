"""`sedlink export load`: facts into a mart, all or nothing."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from config.console import show_error, show_json, show_table
from config.i18n import _
from connector.commands.common import JsonOption
from exporter.commands.check import examine
from exporter.commands.options import MartOption, asks_source, leave
from exporter.commands.protocol import tell_of
from exporter.commands.shown import summary

if TYPE_CHECKING:
    from exporter.load import Loaded
    from exporter.run import Asked

AllOption = Annotated[
    bool, typer.Option("--all", help=_("everything, not only what has changed since the last load"))
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help=_("read and check, load nothing"))]


@asks_source
def load(
    asked: "Asked",
    mart: MartOption = "",
    everything: AllOption = False,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Load a batch and say what became of its rows."""
    if dry_run:
        examine(asked, None, as_json=as_json)
        return
    loaded = _loaded(asked, mart, everything=everything)
    _show(loaded, as_json=as_json)
    if loaded.held:
        share = loaded.survey.refused / max(1, loaded.survey.rows)
        show_error(
            _(
                "{share:.0%} of the rows were refused, more than max_refused allows: nothing was published; "
                "see `sedlink export quarantine list`"
            ).format(share=share)
        )
    leave(attention=loaded.held or loaded.batch.refused > 0)


def _loaded(asked: "Asked", mart: str, *, everything: bool) -> "Loaded":
    from config.progress import Progress
    from exporter import load as loading
    from exporter.run import Watched, keep_place, mart_of, recent, source_of, trouble

    with (
        trouble(),
        source_of(asked) as job,
        mart_of(job.settings, mart) as opened,
        Progress(_("rows read")) as progress,
    ):
        work = recent(job, opened, mart, everything=everything)
        loaded = loading.load(
            opened,
            Watched(work.source, progress),
            work.as_of,
            max_refused=work.settings.max_refused,
            step=progress.step,
        )
        if not loaded.held:
            keep_place(work, mart)
        if work.whole is not None and work.whole.mail.host:
            tell_of(work.whole, mart or work.settings.mart, opened)
    return loaded


def _show(loaded: "Loaded", *, as_json: bool) -> None:
    batch = loaded.batch
    if as_json:
        show_json({"batch": asdict(batch), **loaded.survey.as_dict()})
        return
    rows = [
        (_("batch"), batch.number),
        (_("inserted"), batch.inserted),
        (_("updated"), batch.updated),
        (_("unchanged"), batch.unchanged),
        (_("older than in the mart"), batch.stale),
        (_("doubled in the source"), batch.doubled),
    ]
    show_table([_("what"), _("number")], [*rows, *summary(loaded.survey)])
