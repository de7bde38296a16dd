"""`sedlink export ratings`: how citizens rated the answers, from the platform into the journal."""

from dataclasses import asdict
from datetime import timedelta
from typing import Annotated

import typer

from config.console import show_error, show_json, show_table
from config.i18n import _
from connector.commands.common import ConfigOption, JsonOption, load_settings, runtime_of
from exporter.commands.options import leave

DaysOption = Annotated[
    int, typer.Option("--days", min=1, max=3650, help=_("ask about answers of so many last days"))
]


def ratings(days: DaysOption = 60, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Ask about every answer that is not rated yet; the next load takes the ratings to the mart."""
    from config.interrupt import stop_if_asked
    from config.progress import Progress
    from connector.ratings import ask_ratings

    runtime = runtime_of(load_settings(config))
    try:
        since = runtime.journal.clock() - timedelta(days=days)
        with Progress(_("messages asked about")) as bar:

            def asked(number: int) -> None:
                bar.add(number)
                stop_if_asked()

            found = list(ask_ratings(runtime.journal, runtime.links, since, asked))
    finally:
        runtime.close()
    if as_json:
        show_json([asdict(one) for one in found])
    else:
        show_table(
            [_("cabinet"), _("messages asked about"), _("new ratings"), _("failed")],
            [(one.opa_id, one.asked, one.rated, one.failed) for one in found],
        )
    for one in found:
        if one.problem:
            show_error(_("cabinet {cabinet}: {why}").format(cabinet=one.opa_id, why=one.problem))
    leave(attention=any(one.problem or one.failed for one in found))
