"""`sedlink export batches`: the ledger of loads."""

from dataclasses import asdict

from config.console import show_json, show_table
from config.i18n import _
from connector.commands.common import ConfigOption, JsonOption
from exporter.commands.options import MartOption


def batches(mart: MartOption = "", config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Show the last loads."""
    from exporter.run import export_settings, mart_of, trouble

    with trouble(), mart_of(export_settings(config, needed=not mart), mart) as opened:
        ledger = opened.batches()
    if as_json:
        show_json([asdict(one) for one in ledger])
        return
    headers = [
        _("batch"), _("source"), _("state"), _("as of"),
        _("rows"), _("inserted"), _("updated"), _("cannot go"),
    ]  # fmt: skip
    words = {"open": _("begun"), "published": _("published"), "held": _("held back")}
    rows = [
        (b.number, b.source, words[b.state], b.as_of, b.rows, b.inserted, b.updated, b.refused)
        for b in ledger
    ]
    show_table(headers, rows)
