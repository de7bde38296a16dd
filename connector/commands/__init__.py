"""`sedlink run|sync|status|show|dead|channel|config|dictionary|db|audit|retention|support`: for the operator.

Exit codes (docs/commands.md): 0 fine · 1 something failed or waits for a person · 2 wrong use of the
command · 3 the configuration cannot be used · 4 another pass is running · 5 the database needs a person.
"""

import typer

from config.i18n import _
from connector.commands import audit, channel, configuration, database, dead, dictionary, retention, support
from connector.commands.exchange import run, sync
from connector.commands.watch import show, status


def register(app: typer.Typer) -> None:
    """Put the operator's commands under the roof of `sedlink`."""
    app.command("run", help=_("run the daemon until SIGTERM; SIGHUP reads the configuration again"))(run)
    app.command("sync", help=_("do one pass over every cabinet and SED, for cron"))(sync)
    app.command("status", help=_("what waits, is in work, is parked; which channels are closed"))(status)
    app.command("show", help=_("the whole trail of one conversation"))(show)
    app.add_typer(dead.app, name="dead")
    app.add_typer(channel.app, name="channel")
    app.add_typer(configuration.app, name="config")
    app.add_typer(dictionary.app, name="dictionary")
    app.add_typer(database.app, name="db")
    app.add_typer(audit.app, name="audit")
    app.add_typer(retention.app, name="retention")
    app.add_typer(support.app, name="support")
