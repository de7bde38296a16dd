"""`sedlink export …`: facts for the mart and the heat map, what cannot go and why.

Exit codes: 0 fine · 1 some rows cannot go or differ: a person must look · 2 wrong use of the command ·
3 the configuration, file or map cannot be used · 5 a database needs a person · 130 interrupted: the same
command goes on.
"""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from config.console import show_error, show_json, show_table
from config.i18n import _
from connector.commands.common import ConfigOption, Exit, JsonOption
from exporter.commands_cards import backfill, workdays

if TYPE_CHECKING:
    from exporter.load import Loaded, Reconciled
    from exporter.run import Asked
    from exporter.survey import Survey

app = typer.Typer(
    help=_("facts for the mart and the heat map: what goes, what cannot and why"), no_args_is_help=True
)
quarantine = typer.Typer(help=_("rows that wait for a correction"), no_args_is_help=True)
app.add_typer(quarantine, name="quarantine")
app.command("backfill", help=_("fill «Выгрузка в витрину ПОС» and «Статус ПОС» in a SED's cards"))(backfill)
app.command("workdays", help=_("the control date: so many working days after a day"))(workdays)

ListOption = Annotated[
    Path | None,
    typer.Option(
        "--list", exists=True, dir_okay=False, help=_("a list file instead of the journal: .csv, .xlsx, .xls")
    ),
]
MapOption = Annotated[
    str, typer.Option("--map", help=_("column map of the list file: a file, or a shipped one's name"))
]
SedOption = Annotated[str, typer.Option("--sed", help=_("the cards of this SED instead of the journal"))]
CardFileOption = Annotated[
    list[str] | None, typer.Option("--card-file", help=_("only this card file of the SED; may be repeated"))
]
MartOption = Annotated[
    str, typer.Option("--mart", help=_("duckdb:///…, sqlite:///… or postgresql://… (default: [export] mart)"))
]
AsOfOption = Annotated[
    datetime | None,
    typer.Option("--as-of", formats=["%Y-%m-%d"], help=_("judge overdue as of the end of this day (UTC)")),
]


def _asked(
    config: Path | None,
    list_file: Path | None,
    map_name: str,
    as_of: datetime | None,
    sed: str,
    card_files: list[str] | None,
) -> "Asked":
    from exporter.run import Asked

    if list_file is not None and sed:
        show_error(_("give either --list or --sed"))
        raise typer.Exit(Exit.USAGE)
    if list_file is not None and not map_name:
        show_error(_("--list needs --map: nyc311, pos-export or a file of your own (docs/mart.md)"))
        raise typer.Exit(Exit.USAGE)
    moment = as_of.replace(hour=23, minute=59, second=59, tzinfo=UTC) if as_of else None
    return Asked(config, list_file, map_name, moment, sed, tuple(card_files or ()))


@app.command("facts", help=_("write the facts of the journal or of a list file to a file"))
def facts(
    out: Annotated[
        Path, typer.Option("--out", "-o", help=_("file to write: .csv, .jsonl or .parquet"), dir_okay=False)
    ],
    config: ConfigOption = None,
    list_file: ListOption = None,
    map_name: MapOption = "",
    sed: SedOption = "",
    card_files: CardFileOption = None,
    as_of: AsOfOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write what may go; what may not is counted by reason."""
    asked = _asked(config, list_file, map_name, as_of, sed, card_files)
    from exporter.factfile import write_facts
    from exporter.run import counted, source_of, trouble
    from exporter.survey import Survey, passing

    with trouble(), source_of(asked) as job:
        survey = Survey()
        written = write_facts(passing(counted(job.source.rows()), survey, job.as_of), out)
    if as_json:
        show_json({"file": out, "written": written, **survey.as_dict()})
    else:
        show_table(
            [_("what"), _("number")], [(_("written to {file}").format(file=out), written), *_summary(survey)]
        )
    _leave(attention=survey.refused > 0)


@app.command("check", help=_("say what cannot go to the mart and why, before anything is sent"))
def check(
    config: ConfigOption = None,
    list_file: ListOption = None,
    map_name: MapOption = "",
    sed: SedOption = "",
    card_files: CardFileOption = None,
    as_of: AsOfOption = None,
    report: Annotated[
        Path | None, typer.Option("--report", dir_okay=False, help=_("write an .xlsx with the cards named"))
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Count every reason by cabinet and card file."""
    asked = _asked(config, list_file, map_name, as_of, sed, card_files)
    from exporter.run import counted, source_of, trouble
    from exporter.survey import Survey, surveyed

    with trouble(), source_of(asked) as job:
        survey: Survey = surveyed(counted(job.source.rows()), job.as_of)
        if report is not None:
            _write_report(survey, report, asked, job.as_of, job.settings.card_link)
    if as_json:
        show_json({**survey.as_dict(), "details": list(survey.details())})
    else:
        from exporter.report import count_rows

        headers = [_("cabinet"), _("card file"), _("the row"), _("reason"), _("rows"), _("what to do")]
        show_table(headers, count_rows(survey), title=_("What is wrong"))
        show_table([_("what"), _("number")], _summary(survey))
    _leave(attention=survey.refused > 0)


@app.command("load", help=_("load the facts into a mart: all or nothing, harmless to repeat"))
def load(
    mart: MartOption = "",
    config: ConfigOption = None,
    list_file: ListOption = None,
    map_name: MapOption = "",
    sed: SedOption = "",
    card_files: CardFileOption = None,
    as_of: AsOfOption = None,
    everything: Annotated[
        bool, typer.Option("--all", help=_("everything, not only what has changed since the last load"))
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=_("read and check, load nothing"))] = False,
    as_json: JsonOption = False,
) -> None:
    """Load a batch and say what became of its rows."""
    asked = _asked(config, list_file, map_name, as_of, sed, card_files)
    if dry_run:
        check(config, list_file, map_name, sed, card_files, as_of, None, as_json)
        return
    from config.progress import Progress
    from exporter import load as loading
    from exporter.run import Watched, mart_of, recent, source_of, trouble

    with (
        trouble(),
        source_of(asked) as job,
        mart_of(job.settings, mart) as opened,
        Progress(_("rows read")) as progress,
    ):
        work = recent(job, opened, everything=everything)
        loaded = loading.load(
            opened,
            Watched(work.source, progress),
            work.as_of,
            max_refused=work.settings.max_refused,
            step=progress.step,
        )
    _show_loaded(loaded, as_json)
    if loaded.held:
        share = loaded.survey.refused / max(1, loaded.survey.rows)
        show_error(
            _(
                "{share:.0%} of the rows were refused, more than max_refused allows: nothing was published; "
                "see `sedlink export quarantine list`"
            ).format(share=share)
        )
    _leave(attention=loaded.held or loaded.batch.refused > 0)


@app.command("reconcile", help=_("count source and mart side by side; name every difference"))
def reconcile(
    mart: MartOption = "",
    config: ConfigOption = None,
    list_file: ListOption = None,
    map_name: MapOption = "",
    sed: SedOption = "",
    card_files: CardFileOption = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help=_("differences to name"))] = 1000,
    as_json: JsonOption = False,
) -> None:
    """Compare by day, cabinet and category, and down to the card."""
    asked = _asked(config, list_file, map_name, None, sed, card_files)
    from exporter.load import reconcile as compare
    from exporter.run import counted, mart_of, source_of, trouble

    with trouble(), source_of(asked) as job, mart_of(job.settings, mart) as opened:
        last = opened.last(job.source.name)
        work = job.judged_at(last.as_of) if last else job  # time alone must make no difference
        found = compare(opened, work.source, work.as_of, limit, watch=counted)
    _show_reconciled(found, as_json)
    _leave(attention=bool(found.differences))


@quarantine.command("list", help=_("the refused rows with their reasons"))
def quarantine_list(
    mart: MartOption = "",
    config: ConfigOption = None,
    source: Annotated[str, typer.Option("--source", help=_("only rows of this source"))] = "",
    as_json: JsonOption = False,
) -> None:
    """Show what waits and why."""
    from exporter.reasons import text_of
    from exporter.run import export_settings, mart_of, trouble

    with trouble(), mart_of(export_settings(config, needed=not mart), mart) as opened:
        rows = list(opened.quarantined(source))
    if as_json:
        show_json([asdict(row) for row in rows])
        return
    show_table(
        [_("cabinet"), _("card file"), _("card"), _("question"), _("place"), _("reason")],
        [
            (
                row.cabinet,
                row.card_file,
                row.card,
                row.question,
                row.place,
                "; ".join(f"{text_of(one['code'])} {one['value']}".strip() for one in row.reasons),
            )
            for row in rows
        ],
        title=_("Quarantine"),
    )


@quarantine.command("replay", help=_("look at the refused rows again and load those that may go now"))
def quarantine_replay(
    mart: MartOption = "",
    config: ConfigOption = None,
    source: Annotated[str, typer.Option("--source", help=_("only rows of this source"))] = "",
    as_json: JsonOption = False,
) -> None:
    """Replay the quarantine; what is still wrong stays in it."""
    from exporter.replay import replay
    from exporter.run import export_settings, mart_of, trouble

    with trouble(), mart_of(export_settings(config, needed=not mart), mart) as opened:
        batches = replay(opened, datetime.now(UTC), source)
    if as_json:
        show_json([asdict(batch) for batch in batches])
    else:
        show_table(
            [_("source"), _("inserted"), _("updated"), _("cannot go")],
            [(one.source, one.inserted, one.updated, one.refused) for one in batches],
        )
    _leave(attention=any(batch.refused for batch in batches))


@app.command("batches", help=_("the ledger of loads"))
def batches(mart: MartOption = "", config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Show the last loads."""
    from exporter.run import export_settings, mart_of, trouble

    with trouble(), mart_of(export_settings(config, needed=not mart), mart) as opened:
        ledger = opened.batches()
    if as_json:
        show_json([asdict(one) for one in ledger])
        return
    show_table(
        [
            _("batch"),
            _("source"),
            _("state"),
            _("as of"),
            _("rows"),
            _("inserted"),
            _("updated"),
            _("cannot go"),
        ],
        [(b.number, b.source, b.state, b.as_of, b.rows, b.inserted, b.updated, b.refused) for b in ledger],
    )


def _summary(survey: "Survey") -> list[tuple[str, int]]:
    return [
        (_("rows read"), survey.rows),
        (_("cannot go"), survey.refused),
        (_("withheld on purpose"), survey.withheld),
        *((text, number) for text, number in survey.by_text()),
    ]


def _write_report(survey: "Survey", path: Path, asked: "Asked", as_of: datetime, card_link: str) -> None:
    from config.i18n import speaking
    from exporter.factfile import FactFileError
    from exporter.report import write_report
    from exporter.run import report_language

    try:
        with speaking(report_language(asked.config)):
            write_report(survey, path, as_of, card_link=card_link)
    except OSError as error:
        raise FactFileError(f"{path}: {error.strerror or error}") from error


def _show_loaded(loaded: "Loaded", as_json: bool) -> None:
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
    show_table([_("what"), _("number")], [*rows, *_summary(loaded.survey)])


def _show_reconciled(found: "Reconciled", as_json: bool) -> None:
    unequal = [one for one in found.tallies if one.in_source != one.in_mart]
    totals = {
        "in_source": sum(one.in_source for one in found.tallies),
        "in_mart": sum(one.in_mart for one in found.tallies),
        "differences": len(found.differences),
    }
    if as_json:
        listed = {
            "unequal": [asdict(one) for one in unequal],
            "named": [asdict(d) for d in found.differences],
        }
        show_json({**totals, **found.survey.as_dict(), **listed})
        return
    show_table(
        [_("day"), _("cabinet"), _("category"), _("in the source"), _("in the mart")],
        [(one.day, one.cabinet, one.category, one.in_source, one.in_mart) for one in unequal],
        title=_("Days that differ"),
    )
    words = {"missing": _("not in the mart"), "extra": _("only in the mart"), "different": _("differs")}
    show_table(
        [_("difference"), _("source"), _("card"), _("question")],
        [(words[one.kind], one.source, one.card, one.question) for one in found.differences],
        title=_("Cards that differ"),
    )
    names = (_("in the source"), _("in the mart"), _("differences"))
    show_table([_("what"), _("number")], [*zip(names, totals.values(), strict=True), *_summary(found.survey)])


def _leave(*, attention: bool) -> None:
    if attention:
        raise typer.Exit(Exit.ATTENTION)
