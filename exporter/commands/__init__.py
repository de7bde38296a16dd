"""`sedlink export …`: facts for the mart and the heat map, what cannot go and why. A command a file.

Exit codes: 0 fine · 1 some rows cannot go or differ: a person must look · 2 wrong use of the command ·
3 the configuration, file or map cannot be used · 5 a database needs a person · 130 interrupted: the same
command goes on (the first Ctrl-C finishes what is in hand, the second one cuts).
"""

import typer

from config.i18n import _
from config.interrupt import stoppable
from exporter.commands import quarantine
from exporter.commands.backfill import backfill
from exporter.commands.batches import batches
from exporter.commands.check import check
from exporter.commands.facts import facts
from exporter.commands.load import load
from exporter.commands.protocol import protocol
from exporter.commands.prune import prune
from exporter.commands.ratings import ratings
from exporter.commands.reconcile import reconcile
from exporter.commands.workdays import workdays

app = typer.Typer(
    help=_("facts for the mart and the heat map: what goes, what cannot and why"), no_args_is_help=True
)


@app.callback()
def export(context: typer.Context) -> None:
    """Let every command here stop between two items."""
    context.with_resource(stoppable())


app.command("facts", help=_("write the facts of the journal or of a list file to a file"))(facts)
app.command("check", help=_("say what cannot go to the mart and why, before anything is sent"))(check)
app.command("load", help=_("load the facts into a mart: all or nothing, harmless to repeat"))(load)
app.command("reconcile", help=_("count source, journal and mart side by side; name every difference"))(
    reconcile
)
app.command("prune", help=_("what is gone from the SED leaves the mart; with a dry run and a limit"))(prune)
app.command("ratings", help=_("ask the platform how citizens rated the answers"))(ratings)
app.command("protocol", help=_("what was not uploaded and why: a table, a workbook, one mail"))(protocol)
app.command("batches", help=_("the ledger of loads"))(batches)
app.command("backfill", help=_("fill «Выгрузка в витрину ПОС» and «Статус ПОС» in a SED's cards"))(backfill)
app.command("workdays", help=_("the control date: so many working days after a day"))(workdays)
app.add_typer(quarantine.app, name="quarantine")
