"""`sedlink smev send | queue | status | show | stats | ack | replay | prune | check`: the exchange with SMEV.

Exit codes: 0 done, 1 something waits for a person, 2 the command was not called right, 3 the settings cannot
be used, 4 the peer is away: it will be repeated by itself.
"""

import typer

from config.i18n import _
from smev.client.commands.common import Configuration, signer
from smev.client.commands.keeping import prune
from smev.client.commands.looking import check, show, stats, status
from smev.client.commands.sending import send
from smev.client.commands.taking import ack, queue, replay

__all__ = ["Configuration", "register", "signer"]


def register(app: typer.Typer) -> None:
    """Put the commands beside those on files."""
    for name, function, text in (
        ("send", send, _("Send a request or an answer, or everything that is due.")),
        ("queue", queue, _("Take what waits: store it, bring its files, acknowledge it.")),
        ("status", status, _("Tell what became of a message of ours.")),
        ("show", show, _("Show the latest messages, or one with everything known of it.")),
        ("stats", stats, _("Count messages here and in SMEV's queues.")),
        ("ack", ack, _("Acknowledge a stored message; --force: although a file of it is broken.")),
        ("replay", replay, _("Read stored messages again and give them out once more.")),
        ("prune", prune, _("Take the content of old messages out of the store.")),
        ("check", check, _("Reach SMEV and its file store, change nothing.")),
    ):
        app.command(name, help=text)(function)
