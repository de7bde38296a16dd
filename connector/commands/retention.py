"""`sedlink retention show|purge`: how long what concerns people is kept, and what is left of it then."""

import getpass
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from config.console import show_error, show_json, show_table
from config.i18n import _
from connector.commands.common import ConfigOption, Exit, JsonOption, load_settings, open_or_exit

if TYPE_CHECKING:
    from config.settings import Settings
    from connector.journal.journal import Journal
    from connector.journal.reports import Erased

app = typer.Typer(help=_("how long what concerns people is kept"), no_args_is_help=True)


@app.command("show", help=_("what is kept for how long, and how much of it is due to go"))
def show(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Show the periods and what `purge` would do now."""
    settings = load_settings(config)
    keep, trace = settings.retention.content, settings.retention.trace
    with open_or_exit(settings) as journal:
        due = journal.purgeable(journal.clock() - keep) if keep else None
        erasable = journal.erasable(journal.clock() - trace) if trace else None
    if as_json:
        show_json(
            {
                "content_days": keep.days if keep else None,
                "due": due.rounds if due else 0,
                "oldest": due and due.oldest,
                "trace_days": trace.days if trace else None,
                "erasable": asdict(erasable) if erasable else None,
            }
        )
        return
    gone = erasable.rounds if erasable else 0
    show_table(
        [_("what"), _("kept"), _("due to go now")],
        [
            (_("words, people, files of finished rounds"), _kept(keep), due.rounds if due else 0),
            (_("keys, dates, numbers, after the last line of the trail"), _kept(trace), gone),
            (
                _("lines of the audit trail (they name nobody)"),
                _kept(trace),
                erasable.lines if erasable else 0,
            ),
            (_("counts, seals of the trail"), _kept(None), 0),
        ],
    )


@app.command("purge", help=_("take out what is older than the periods; the audit trail says so"))
def purge(
    config: ConfigOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=_("say what would be taken out"))] = False,
    as_json: JsonOption = False,
) -> None:
    """Take out what is due now; the daemon does it every day when a period is set."""
    settings = load_settings(config)
    keep, trace = _period_or_exit(settings), settings.retention.trace
    from connector.journal.journal import acting

    with open_or_exit(settings) as journal, acting(getpass.getuser()):
        now = journal.clock()
        if dry_run:
            count, files = journal.purgeable(now - keep).rounds, 0
            erased = journal.erasable(now - trace) if trace else None
        else:
            count = journal.purge(now - keep)
            erased = _erase_or_exit(journal, now - trace) if trace else None
            files = journal.sweep_files(timedelta(days=1)).removed
    if as_json:
        gone = asdict(erased) if erased else None
        show_json({"dry_run": dry_run, "rounds": count, "files": files, "erased": gone})
        return
    sentence = (
        _("would be taken out: {count} rounds") if dry_run else _("taken out: {count} rounds, {files} files")
    )
    typer.echo(sentence.format(count=count, files=files))
    if erased:
        typer.echo(_erased(erased, dry_run=dry_run))


def _erase_or_exit(journal: "Journal", before: datetime) -> "Erased":
    from connector.journal.problems import JournalError

    try:
        return journal.erase(before)
    except JournalError as error:
        show_error(str(error))
        raise typer.Exit(Exit.DATABASE) from error


def _erased(erased: "Erased", *, dry_run: bool) -> str:
    sentence = (
        _(
            "would be erased: {conversations} messages ({rounds} rounds), {lines} lines of the trail, "
            "{others} others"
        )
        if dry_run
        else _(
            "erased: {conversations} messages ({rounds} rounds), {lines} lines of the trail, {others} others"
        )
    )
    others = erased.events + erased.requests
    return sentence.format(
        conversations=erased.conversations, rounds=erased.rounds, lines=erased.lines, others=others
    )


def _period_or_exit(settings: "Settings") -> timedelta:
    if settings.retention.content is None:
        show_error(_('no period is set: give retention.content in the configuration, like "1095d"'))
        raise typer.Exit(Exit.CONFIGURATION)
    return settings.retention.content


def _kept(period: timedelta | None) -> str:
    return _("always") if period is None else _("{days} days").format(days=period.days)
