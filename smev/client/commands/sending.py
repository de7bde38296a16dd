"""`sedlink smev send`: one message, or everything that is due."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from config.i18n import _
from smev.client.commands.common import AGAIN, ATTENTION, OK, Config, Json, client_of, ours, show_json

if TYPE_CHECKING:
    from smev.client.exchange import Client
    from smev.client.sending import Sent
    from smev.client.store import OutboxEntry


def send(
    content: Annotated[
        str | None, typer.Argument(help=_("XML of the business content; - is standard input"), metavar="FILE")
    ] = None,
    config: Config = None,
    file: Annotated[
        list[Path] | None, typer.Option("--file", "-f", help=_("a file to go with it; may be repeated"))
    ] = None,
    key: Annotated[str, typer.Option("--key", help=_("your word for the message: it is sent once"))] = "",
    answer: Annotated[
        str, typer.Option("--answer", help=_("MessageID of the stored request that this answers"))
    ] = "",
    reject: Annotated[
        str, typer.Option("--reject", help=_("with --answer: reject it, CODE=TEXT instead of content"))
    ] = "",
    reference: Annotated[
        str | None, typer.Option("--reference", help=_("MessageID of the first request of a chain"))
    ] = None,
    test: Annotated[bool, typer.Option("--test", help=_("a test message: nothing changes by it"))] = False,
    as_is: Annotated[
        bool, typer.Option("--as-is", help=_("FILE is a signed envelope: send it octet by octet"))
    ] = False,
    again: Annotated[str, typer.Option("--again", help=_("send a stopped message of ours again"))] = "",
    new_id: Annotated[bool, typer.Option("--new-id", help=_("with --again: under a new MessageID"))] = False,
    cancel: Annotated[str, typer.Option("--cancel", help=_("give a message of ours up"))] = "",
    json: Json = False,
) -> None:
    """Send one message, or without any everything that is due; print what came of each."""
    wanted = [bool(content or reject), bool(again), bool(cancel)]
    if sum(wanted) > 1 or (reject and not answer) or (as_is and (answer or file)):
        raise typer.BadParameter(_("one message at a time: FILE, --again or --cancel"))
    with client_of(config) as client:
        if cancel:
            _cancel(client, cancel)
            return
        if again:
            results = [_again(client, again, new_id=new_id)]
        elif content or reject:
            entry = _submitted(
                client, content, file or [], key, answer, reject, reference, test=test, as_is=as_is
            )
            results = [client.sender.send(entry.key)]
        else:
            results = list(client.send_due())
        _report_sent(results, json=json)


def _submitted(
    client: "Client", content: str | None, files: list[Path], key: str, answer: str, reject: str,
    reference: str | None, *, test: bool, as_is: bool,
) -> "OutboxEntry":  # fmt: skip
    import mimetypes

    from smev import streams

    octets = streams.read(content) if content else b""
    if as_is:
        return client.sender.submit_as_is(octets, key)
    named = [
        (one, one.name, mimetypes.guess_type(one.name)[0] or "application/octet-stream") for one in files
    ]
    if answer:
        return client.respond(answer, _rejections(reject) or octets, named, key=key)
    return client.request(octets, named, key=key, reference=reference, test=test)


def _rejections(text: str) -> "tuple[Any, ...]":
    from smev.envelope.words import Rejection

    code, _equals, description = text.partition("=")
    return (Rejection(code.strip(), description.strip()),) if text else ()


def _again(client: "Client", identifier: str, *, new_id: bool) -> "Sent":
    entry = ours(client, identifier)
    client.again(entry.key, new_id=new_id)
    return client.sender.send(entry.key)


def _cancel(client: "Client", identifier: str) -> None:
    client.cancel(ours(client, identifier).key)


def _report_sent(results: "list[Sent]", *, json: bool) -> None:
    from smev.client import shown
    from smev.client.store import State

    if json:
        show_json([shown.outgoing(one.entry) for one in results])
    else:
        for one in results:
            typer.echo(shown.sent_line(one))
    states = {one.entry.state for one in results}
    if states & {State.STOPPED, State.REJECTED}:
        raise typer.Exit(ATTENTION)
    raise typer.Exit(AGAIN if State.QUEUED in states else OK)
