"""`sedlink export sstu`: the package for the РРО ССТУ, and what cannot go into it with the reasons.

Exit codes: 0 everything went · 1 some appeals cannot go: a person must look · 2 wrong use ·
3 settings or folder cannot be used · 4 the SED is away · 5 the database needs a person.
"""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from config.console import show_error, show_json, show_table
from config.i18n import _
from connector.commands.common import ConfigOption, Exit, JsonOption, load_settings
from exporter.commands.options import CardFileOption, SedOption

if TYPE_CHECKING:
    from config.settings import Settings
    from exporter.sstu.job import Made

AWAY = 4


def sstu(
    out: Annotated[Path, typer.Option("--out", "-o", help=_("folder for the parts of the package"))],
    config: ConfigOption = None,
    sed: SedOption = "",
    card_files: CardFileOption = None,
    since: Annotated[
        datetime | None, typer.Option("--since", formats=["%Y-%m-%d"], help=_("what changed since this day"))
    ] = None,
    answers: Annotated[
        Path | None,
        typer.Option(
            "--answers",
            exists=True,
            file_okay=False,
            help=_("folder of the answers, named by the card's number"),
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=_("check everything, write nothing"))] = False,
    as_json: JsonOption = False,
) -> None:
    """Write the package."""
    if (card_files or answers) and not sed:
        show_error(_("--card-file and --answers belong to --sed"))
        raise typer.Exit(Exit.USAGE)
    settings = load_settings(config)
    made = _made(settings, out, sed, tuple(card_files or ()), since, answers, dry_run=dry_run)
    _tell(made, as_json=as_json)
    if made.refused:
        raise typer.Exit(Exit.ATTENTION)


def _made(
    settings: "Settings",
    out: Path,
    sed: str,
    card_files: tuple[str, ...],
    since: datetime | None,
    answers: Path | None,
    *,
    dry_run: bool,
) -> "Made":
    from config.load import SettingsError
    from connector.errors import ChannelError
    from connector.journal.problems import JournalError
    from exporter.sstu.job import card_records, journal_records, make

    day = since.date() if since else None
    try:
        if sed:
            return make(card_records(settings, sed, card_files, day, answers), out, settings, dry_run=dry_run)
        with journal_records(settings, day) as source:
            return make(source, out, settings, dry_run=dry_run)
    except (SettingsError, OSError) as error:
        code: int = Exit.CONFIGURATION
        sentence = str(error)
    except ChannelError as error:
        code, sentence = AWAY, str(error)
    except JournalError as error:
        code, sentence = Exit.DATABASE, str(error)
    show_error(sentence)
    raise typer.Exit(code)


def _tell(made: "Made", *, as_json: bool) -> None:
    from exporter.sstu.wording import said

    if as_json:
        show_json(
            {
                "appeals": made.appeals,
                "parts": made.parts,
                "refused": made.refused,
                "reasons": dict(made.reasons),
                "not_sent": made.not_sent,
            }
        )
        return
    rows: list[tuple[object, ...]] = [
        (_("appeals in the package"), made.appeals),
        (_("appeals that cannot go"), made.refused),
        *((said(code), number) for code, number in made.reasons.most_common()),
    ]
    show_table([_("what"), _("number")], rows)
    for part in (*made.parts, *filter(None, [made.not_sent])):
        typer.echo(str(part))
