"""`sedlink retention show|purge`: how long what concerns people is kept."""

import getpass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from config.console import show_error, show_json, show_table
from config.i18n import _
from connector.commands.common import ConfigOption, Exit, JsonOption, load_settings, open_or_exit

if TYPE_CHECKING:
    from config.settings import Settings

app = typer.Typer(help=_("how long what concerns people is kept"), no_args_is_help=True)


@app.command("show", help=_("what is kept for how long, and how much of it is due to go"))
def show(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Show the periods and what `purge` would do now."""
    settings = load_settings(config)
    keep = settings.retention.content
    with open_or_exit(settings) as journal:
        due = journal.purgeable(journal.clock() - keep) if keep else None
    if as_json:
        days = keep.days if keep else None
        show_json({"content_days": days, "due": due.rounds if due else 0, "oldest": due and due.oldest})
        return
    show_table(
        [_("what"), _("kept"), _("due to go now")],
        [
            (_("words, people, files of finished rounds"), _kept(keep), due.rounds if due else 0),
            (_("keys, dates, numbers, counts"), _kept(None), 0),
            (_("the audit trail (it names nobody)"), _kept(None), 0),
        ],
    )


@app.command("purge", help=_("take out what is older than the period; each round leaves a line in the trail"))
def purge(
    config: ConfigOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=_("say what would be taken out"))] = False,
    as_json: JsonOption = False,
) -> None:
    """Take out what is due now; the daemon does it every day when a period is set."""
    settings = load_settings(config)
    keep = _period_or_exit(settings)
    from connector.journal.journal import acting

    with open_or_exit(settings) as journal, acting(getpass.getuser()):
        before: datetime = journal.clock() - keep
        count = journal.purgeable(before).rounds if dry_run else journal.purge(before)
        swept = None if dry_run else journal.sweep_files(timedelta(days=1))
    if as_json:
        show_json({"dry_run": dry_run, "rounds": count, "files": swept.removed if swept else 0})
        return
    sentence = (
        _("would be taken out: {count} rounds") if dry_run else _("taken out: {count} rounds, {files} files")
    )
    typer.echo(sentence.format(count=count, files=swept.removed if swept else 0))


def _period_or_exit(settings: "Settings") -> timedelta:
    if settings.retention.content is None:
        show_error(_('no period is set: give retention.content in the configuration, like "1095d"'))
        raise typer.Exit(Exit.CONFIGURATION)
    return settings.retention.content


def _kept(period: timedelta | None) -> str:
    return _("always") if period is None else _("{days} days").format(days=period.days)
