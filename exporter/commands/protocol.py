"""`sedlink export protocol`: what was not uploaded and why; as a table, a workbook, one mail."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from config.console import show_error, show_json, show_table
from config.i18n import _
from connector.commands.common import ConfigOption, JsonOption
from exporter.commands.options import MartOption, SourceOption, leave

if TYPE_CHECKING:
    from config.settings import Settings
    from exporter.marts import Mart
    from exporter.protocol.collect import Protocol
    from exporter.protocol.tell import Told

ReportOption = Annotated[
    Path | None, typer.Option("--report", dir_okay=False, help=_("write an .xlsx with every row by name"))
]
MailOption = Annotated[
    bool,
    typer.Option("--mail", help=_("send the mail that is due: once when it begins, once when it is over")),
]


def protocol(
    mart: MartOption = "",
    config: ConfigOption = None,
    source: SourceOption = "",
    report: ReportOption = None,
    mail: MailOption = False,
    as_json: JsonOption = False,
) -> None:
    """Say what was not uploaded and why, by reason."""
    from config.settings import ExportSettings
    from exporter.run import mart_of, settings_of, trouble

    with trouble():
        settings = settings_of(config, needed=mail or not mart)
        export = settings.export if settings else ExportSettings()
        with mart_of(export, mart) as opened:
            found = _collected(opened, settings, source, report)
        told = mailed(settings, mart or export.mart, found) if mail and settings else None
    _show(found, told, as_json=as_json)
    leave(attention=not found.clean)


def _collected(mart: "Mart", settings: "Settings | None", source: str, report: Path | None) -> "Protocol":
    from config.i18n import speaking
    from exporter.factfile import FactFileError
    from exporter.protocol.collect import collect
    from exporter.protocol.workbook import write_protocol

    found, rows = collect(mart, settings, source)
    if report is not None:
        link = settings.export.card_link if settings else ""
        try:
            with speaking(settings.language if settings else "ru"):
                write_protocol(report, found, rows, card_link=link)
        except OSError as error:
            raise FactFileError(f"{report}: {error.strerror or error}") from error
    for _lines in rows:
        pass
    return found


def tell_of(settings: "Settings", mart: str, opened: "Mart") -> None:
    """Send the mail that is due after a load. A journal that cannot be used costs the mail, not the load."""
    from connector.journal.problems import JournalError

    try:
        mailed(settings, mart, _collected(opened, settings, "", None))
    except JournalError as error:
        show_error(_("no mail: {why}").format(why=error))


def mailed(settings: "Settings", mart: str, found: "Protocol") -> "Told":
    """Send the mail that is due and say so when it could not be sent."""
    from exporter.protocol.tell import Told, tell

    told = tell(settings, mart, found, datetime.now(UTC))
    if told is Told.NOT_SENT:
        show_error(_("the mail could not be sent (see the log); the next run tries again"))
    return told


def _show(found: "Protocol", told: "Told | None", *, as_json: bool) -> None:
    from exporter.protocol.words import rows_of, word_of

    if as_json:
        keys = ("target", "cabinet", "card_file", "code")
        reasons = [
            {**dict(zip(keys, where, strict=True)), "rows": number, "cards": found.named[where]}
            for where, number in found.counts.most_common()
        ]
        held = [batch.source for batch in found.held]
        show_json({"rows": found.rows, "held": held, "reasons": reasons, "mail": told})
        return
    headers = [
        _("mart"),
        _("cabinet"),
        _("card file"),
        _("reason"),
        _("rows"),
        _("what to do"),
        _("for example"),
    ]
    show_table(headers, rows_of(found), title=_("Not uploaded"))
    totals: list[tuple[str, object]] = [
        (_("rows not uploaded"), found.rows),
        (_("loads held back"), len(found.held)),
    ]
    if told is not None:
        totals.append((_("mail"), word_of(told)))
    show_table([_("what"), _("number")], totals)
