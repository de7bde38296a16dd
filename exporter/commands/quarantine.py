"""`sedlink export quarantine`: the rows that wait for a correction."""

from dataclasses import asdict
from datetime import UTC, datetime

import typer

from config.console import show_json, show_table
from config.i18n import _
from connector.commands.common import ConfigOption, JsonOption
from exporter.commands.options import MartOption, SourceOption, leave

app = typer.Typer(help=_("rows that wait for a correction"), no_args_is_help=True)


@app.command("list", help=_("the refused rows with their reasons"))
def waiting(
    mart: MartOption = "", config: ConfigOption = None, source: SourceOption = "", as_json: JsonOption = False
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


@app.command("replay", help=_("look at the refused rows again and load those that may go now"))
def replay(
    mart: MartOption = "", config: ConfigOption = None, source: SourceOption = "", as_json: JsonOption = False
) -> None:
    """Replay the quarantine; what is still wrong stays in it."""
    from exporter.replay import replay as again
    from exporter.run import export_settings, mart_of, trouble

    with trouble(), mart_of(export_settings(config, needed=not mart), mart) as opened:
        batches = again(opened, datetime.now(UTC), source)
    if as_json:
        show_json([asdict(batch) for batch in batches])
    else:
        show_table(
            [_("source"), _("inserted"), _("updated"), _("cannot go")],
            [(one.source, one.inserted, one.updated, one.refused) for one in batches],
        )
    leave(attention=any(batch.refused for batch in batches))
