"""`sedlink smev queue | ack | replay`: messages that wait, or waited."""

from typing import TYPE_CHECKING, Annotated

import typer

from config.i18n import _
from smev.client.commands.common import ATTENTION, Config, Id, Json, client_of, errors_of, show_json

if TYPE_CHECKING:
    from smev.client.taking import Taken


def queue(
    which: Annotated[str, typer.Argument(help=_("requests, responses, statuses or all"))] = "all",
    config: Config = None,
    namespace: Annotated[
        str | None, typer.Option("--namespace", help=_("only of this business type"))
    ] = None,
    root: Annotated[str | None, typer.Option("--root", help=_("its root element"))] = None,
    node: Annotated[str | None, typer.Option("--node", help=_("only for this NodeID"))] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help=_("at most so many messages"))] = 10_000,
    json: Json = False,
) -> None:
    """Take messages until the queues are empty; print each."""
    from smev.client import shown
    from smev.client.words import Queue
    from smev.envelope.words import Selector

    if which not in ("all", *Queue):
        raise typer.BadParameter(_("choose one of {known}").format(known=", ".join(("all", *Queue))))
    with client_of(config) as client:
        selector = Selector(namespace, root, node) if namespace or root or node else None
        taken: list[Taken] = []
        for one in client.take([Queue(which)] if which != "all" else list(Queue), selector, limit):
            taken.append(one)
            if not json:
                typer.echo(shown.taken_line(one))
        if json:
            show_json([shown.incoming(one.entry) | errors_of(one) for one in taken])
    if any(one.errors or one.entry.problem for one in taken):
        raise typer.Exit(ATTENTION)


def ack(
    identifier: Id,
    config: Config = None,
    force: Annotated[
        bool, typer.Option("--force", help=_("although its files are not all here: they never will be"))
    ] = False,
    refuse: Annotated[
        bool, typer.Option("--refuse", help=_("accepted=false: SMEV's signature is bad, let it come anew"))
    ] = False,
    json: Json = False,
) -> None:
    """Acknowledge one stored message now."""
    from smev.client import shown

    with client_of(config) as client:
        try:
            taken = client.taker.acknowledge(identifier, accepted=not refuse, force=force)
        except KeyError:
            raise typer.BadParameter(_("no message {id} has come").format(id=identifier)) from None
        except ValueError:
            typer.echo(
                _("{id}: its files are not all here; --force acknowledges it without them").format(
                    id=identifier
                ),
                err=True,
            )
            raise typer.Exit(ATTENTION) from None
    if json:
        show_json(shown.incoming(taken.entry) | errors_of(taken))
    else:
        typer.echo(shown.taken_line(taken))
    if taken.errors:
        raise typer.Exit(ATTENTION)


def replay(
    identifiers: Annotated[list[str], typer.Argument(help=_("MessageIDs of stored messages"), metavar="ID…")],
    config: Config = None,
    json: Json = False,
) -> None:
    """Read stored octets again, and let whoever handles messages get them once more."""
    from smev.client import shown

    with client_of(config) as client:
        unknown = [one for one in identifiers if client.store.inbox.find(one) is None]
        if unknown:
            raise typer.BadParameter(_("no message {id} has come").format(id=", ".join(unknown)))
        entries = [client.replay(one) for one in identifiers]
    if json:
        show_json([shown.incoming(one) for one in entries])
    else:
        for one in entries:
            typer.echo(_("{id}: read again, waits to be handled").format(id=one.message_id))
