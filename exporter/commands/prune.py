"""`sedlink export prune`: what is gone from the SED leaves the mart, as tombstones and never by surprise."""

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from config.console import show_error, show_json, show_table
from config.i18n import _
from connector.commands.common import Exit, JsonOption
from exporter.commands.options import MartOption, asks_source, leave

if TYPE_CHECKING:
    from exporter.marts import Batch
    from exporter.prune import Gone
    from exporter.run import Asked

DryRunOption = Annotated[bool, typer.Option("--dry-run", help=_("name what would go, change nothing"))]
ShareOption = Annotated[
    float,
    typer.Option(
        "--max-share", min=0, max=1, help=_("never more than this part of the source's facts without a yes")
    ),
]
YesOption = Annotated[bool, typer.Option("--yes", help=_("more than --max-share is right: remove it"))]
_SHOWN = 1000  # facts named on the screen


@asks_source
def prune(
    asked: "Asked",
    mart: MartOption = "",
    dry_run: DryRunOption = False,
    max_share: ShareOption = 0.05,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Compare the whole source with the mart; bury what only the mart holds."""
    from exporter.prune import bury, gone
    from exporter.run import counted, mart_of, source_of, trouble

    _check(asked)
    with trouble(), source_of(asked) as job, mart_of(job.settings, mart) as opened:
        found = gone(opened, job.source, job.as_of, counted)
        refusal = "" if dry_run or not found.facts else _refusal(found, max_share, yes=yes, ask=not as_json)
        batch = bury(opened, found, job.as_of) if found.facts and not (dry_run or refusal) else None
    _show(found, batch, as_json=as_json)
    if refusal:
        show_error(refusal)
    leave(attention=bool(refusal) or (dry_run and bool(found.facts)))


def _check(asked: "Asked") -> None:
    """Only what is a whole list of cards can say that one is gone."""
    if not asked.sed and asked.list_file is None:
        show_error(
            _("give --sed or --list: the journal forgets old messages, which are not gone from the SED")
        )
        raise typer.Exit(Exit.USAGE)
    if asked.card_files:
        show_error(_("--card-file: facts of other card files would be taken for gone; leave it out"))
        raise typer.Exit(Exit.USAGE)


def _refusal(found: "Gone", max_share: float, *, yes: bool, ask: bool) -> str:
    """Say why nothing is removed; "" = remove."""
    if found.not_read:
        return _(
            "the source was not read whole ({rows} rows): nothing is removed; see `export check`"
        ).format(rows=found.not_read)
    if found.share <= max_share or yes:
        return ""
    told = _("{gone} of {whole} facts of {source} are gone from the source: {share:.1%}").format(
        gone=len(found.facts), whole=found.in_mart, source=found.source, share=found.share
    )
    if ask and sys.stdin.isatty() and typer.confirm(_("{told}. Remove them?").format(told=told)):
        return ""
    return _("{told}, more than --max-share: nothing is removed; look at --dry-run, then give --yes").format(
        told=told
    )


def _show(found: "Gone", batch: "Batch | None", *, as_json: bool) -> None:
    removed = batch.updated if batch else 0
    if as_json:
        told = {"gone": len(found.facts), "in_mart": found.in_mart, "share": found.share, "removed": removed}
        show_json({**told, "not_read": found.not_read, "named": [asdict(one) for one in found.facts]})
        return
    show_table(
        [_("source"), _("cabinet"), _("card"), _("question")],
        [(one.source, one.cabinet, one.card, one.question) for one in found.facts[:_SHOWN]],
        title=_("Gone from the source"),
    )
    rows = [
        (_("in the mart"), found.in_mart),
        (_("gone from the source"), len(found.facts)),
        (_("tombstones written"), removed),
    ]
    show_table([_("what"), _("number")], rows)
