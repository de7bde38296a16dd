"""`sedlink dead list|show|retry|confirm|drop`: what waits for a person, by id or by filter."""

import getpass
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from config.console import show_error, show_json, show_table
from config.i18n import _, ngettext
from connector.commands.common import ConfigOption, Exit, JsonOption, journal_of

if TYPE_CHECKING:
    from connector.journal.reports import DeadFilter

app = typer.Typer(help=_("what waits for a person: look, try again, give up"), no_args_is_help=True)

Ids = Annotated[list[int] | None, typer.Argument(metavar="[ID]...", help=_("numbers from `dead list`"))]
CabinetFilter = Annotated[int | None, typer.Option("--cabinet", help=_("only this cabinet"))]
CodeFilter = Annotated[str | None, typer.Option("--code", help=_("only this error code"))]
StageFilter = Annotated[str | None, typer.Option("--stage", help=_("only this stage"))]
All = Annotated[bool, typer.Option("--all", help=_("everything that is parked"))]


def chosen(ids: list[int] | None, cabinet: int | None, code: str | None, stage: str | None) -> "DeadFilter":
    """Return the filter of the options. A wrong stage is a usage error."""
    from connector.journal.records import Stage
    from connector.journal.reports import DeadFilter

    if stage and stage not in set(Stage):
        raise typer.BadParameter(_("stages: {stages}").format(stages=", ".join(Stage)))
    return DeadFilter(
        task_ids=tuple(ids or ()),
        opa_ids=(cabinet,) if cabinet else (),
        codes=(code,) if code else (),
        stages=(Stage(stage),) if stage else (),
    )


@app.command("list", help=_("what is parked and why"))
def list_(
    config: ConfigOption = None,
    cabinet: CabinetFilter = None,
    code: CodeFilter = None,
    stage: StageFilter = None,
    as_json: JsonOption = False,
) -> None:
    """List what is parked and why."""
    from connector.commands.wording import STAGES, word

    with journal_of(config) as journal:
        letters = list(journal.dead(chosen(None, cabinet, code, stage)))
    if as_json:
        show_json([asdict(letter) for letter in letters])
        return
    show_table(
        [
            "ID",
            _("cabinet"),
            _("message"),
            _("stage"),
            _("code"),
            _("attempts"),
            _("parked"),
            _("behind"),
            _("why"),
        ],
        [
            (
                letter.task_id,
                letter.opa_id,
                f"{letter.platform_id}/{letter.round}",
                word(STAGES, letter.stage),
                letter.error_code,
                letter.attempts,
                letter.parked_at,
                letter.waiting_behind,
                letter.sentence,
            )
            for letter in letters
        ],
    )


@app.command("show", help=_("one parked item with the trail of its conversation"))
def show(identifier: Annotated[int, typer.Argument(metavar="ID")], config: ConfigOption = None) -> None:
    """Show one parked item with the trail of its conversation."""
    with journal_of(config) as journal:
        letters = list(journal.dead(chosen([identifier], None, None, None)))
        trails = [journal.trail(letter.opa_id, letter.platform_id) for letter in letters]
    if not letters:
        show_error(_("nothing is parked under {identifier}").format(identifier=identifier))
        raise typer.Exit(Exit.ATTENTION)
    for letter, trail in zip(letters, trails, strict=True):
        show_json({**asdict(letter), "trail": [asdict(entry) for entry in trail]})


@app.command("retry", help=_("try again, with the attempts counted from the beginning"))
def retry(
    ids: Ids = None,
    config: ConfigOption = None,
    cabinet: CabinetFilter = None,
    code: CodeFilter = None,
    stage: StageFilter = None,
    everything: All = False,
) -> None:
    """Try again, with the attempts counted from the beginning."""
    _something_named(ids, cabinet, code, stage, everything)
    from connector.journal.journal import acting

    with journal_of(config) as journal, acting(getpass.getuser()):
        count = journal.retry(chosen(ids, cabinet, code, stage))
    typer.echo(ngettext("{n} item is tried again", "{n} items are tried again", count).format(n=count))


@app.command("drop", help=_("give an item up; what stands behind it in its conversation goes on"))
def drop(
    reason: Annotated[str, typer.Option("--reason", help=_("why; it stays in the trail"))],
    ids: Ids = None,
    config: ConfigOption = None,
    cabinet: CabinetFilter = None,
    code: CodeFilter = None,
    stage: StageFilter = None,
) -> None:
    """Give an item up; what stands behind it in its conversation goes on."""
    _something_named(ids, cabinet, code, stage, everything=False)
    with journal_of(config) as journal:
        count = journal.drop(chosen(ids, cabinet, code, stage), reason=reason, actor=getpass.getuser())
    typer.echo(ngettext("{n} item is given up", "{n} items are given up", count).format(n=count))


@app.command("confirm", help=_("count a reply as sent: you saw it on the platform"))
def confirm(
    reason: Annotated[str, typer.Option("--reason", help=_("who saw it and where; it stays in the trail"))],
    ids: Ids = None,
    config: ConfigOption = None,
) -> None:
    """Take parked replies for sent: what would be sent twice by `retry` and miscounted by `drop`."""
    _something_named(ids, None, None, None, everything=False)
    with journal_of(config) as journal:
        count = journal.confirm(chosen(ids, None, None, None), reason=reason, actor=getpass.getuser())
    typer.echo(
        ngettext("{n} reply is counted as sent", "{n} replies are counted as sent", count).format(n=count)
    )


def _something_named(
    ids: list[int] | None, cabinet: int | None, code: str | None, stage: str | None, everything: bool
) -> None:
    if not (ids or cabinet or code or stage or everything):
        raise typer.BadParameter(_("name items by number or by a filter"))
