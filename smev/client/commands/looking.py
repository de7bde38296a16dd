"""`sedlink smev status | show | stats | check`: what is known here, and whether SMEV answers."""

from typing import TYPE_CHECKING, Annotated

import typer

from config.i18n import _
from smev.client.commands.common import ATTENTION, Config, Id, Json, client_of, ours, show_json

if TYPE_CHECKING:
    from smev.client.exchange import Client
    from smev.client.store import InboxEntry, OutboxEntry
    from smev.client.words import Outgoing


def status(identifier: Id, config: Config = None, json: Json = False) -> None:
    """Print what became of a message of ours, its late rejection and its answers included."""
    from smev.client import shown
    from smev.client.taking import Taken

    with client_of(config) as client:
        entry = ours(client, identifier)
        answers = client.answers(entry.key)
        ids = client.store.outbox.ids(entry.key)
    if json:
        show_json(
            shown.outgoing(entry)
            | {"ids": [one[0] for one in ids], "answers": [shown.incoming(one) for one in answers]}
        )
    else:
        typer.echo("\n".join(shown.status_lines(entry, ids)))
        for one in answers:
            typer.echo("  " + shown.taken_line(Taken(one, repeated=False)))


def show(
    identifier: Annotated[str | None, typer.Argument(help=_("a MessageID or a key"), metavar="ID")] = None,
    config: Config = None,
    raw: Annotated[
        bool, typer.Option("--raw", help=_("the octets as they came or went, nothing else"))
    ] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, help=_("how many of the latest"))] = 20,
    json: Json = False,
) -> None:
    """Show the latest messages both ways, or one of them."""
    with client_of(config) as client:
        if identifier is None:
            _show_latest(client, limit, json=json)
            return
        entry = client.store.inbox.find(identifier)
        if entry is not None:
            _show_incoming(entry, raw=raw, json=json)
        else:
            _show_outgoing(client, ours(client, identifier), raw=raw, json=json)


def _show_latest(client: "Client", limit: int, *, json: bool) -> None:
    from smev.client import shown
    from smev.client.sending import Sent
    from smev.client.taking import Taken

    out, came = client.store.outbox.listed(limit=limit), client.store.inbox.latest(limit)
    if json:
        show_json({"outgoing": list(map(shown.outgoing, out)), "incoming": list(map(shown.incoming, came))})
        return
    for sent in out:
        typer.echo(f"→ {shown.moment(sent.updated)}  {shown.sent_line(Sent(sent))}")
    for theirs in came:
        typer.echo(f"← {shown.moment(theirs.received)}  {shown.taken_line(Taken(theirs, repeated=False))}")


def _show_incoming(entry: "InboxEntry", *, raw: bool, json: bool) -> None:
    from smev import streams
    from smev.client import shown
    from smev.client.taking import Taken
    from smev.wording import explain

    if raw:
        streams.write(entry.raw, None)
    elif json:
        show_json(shown.incoming(entry))
    else:
        typer.echo(shown.taken_line(Taken(entry, repeated=entry.times > 1)))
        for line in shown.answer_lines(entry.message):
            typer.echo(line)
        for file in entry.files:
            typer.echo(
                f"  {file.name}: {file.path or (explain(file.error) if file.error else _('not here yet'))}"
            )


def _show_outgoing(client: "Client", entry: "OutboxEntry", *, raw: bool, json: bool) -> None:
    from smev import streams
    from smev.client import shown

    passed = [
        one for identifier in client.store.outbox.ids(entry.key) for one in client.store.tape(identifier[0])
    ]
    if raw:
        streams.write(passed[-1][3] if passed else _body(client.store.outbox.message(entry.key)), None)
    elif json:
        show_json(
            shown.outgoing(entry)
            | {
                "passed": [
                    {"at": at, "operation": name, "way": way, "bytes": len(octets)}
                    for at, name, way, octets in passed
                ]
            }
        )
    else:
        typer.echo("\n".join(shown.status_lines(entry, client.store.outbox.ids(entry.key))))
        for at, operation, way, octets in passed:
            typer.echo(f"  {at}  {operation} {way} {len(octets)}")


def _body(message: "Outgoing | bytes") -> bytes:
    content = (
        message
        if isinstance(message, bytes)
        else getattr(message, "content", None) or getattr(message, "body", b"")
    )
    return content if isinstance(content, bytes) else repr(content).encode()


def stats(
    config: Config = None,
    bus: Annotated[bool, typer.Option("--bus", help=_("ask SMEV, too (version 1.1 only)"))] = False,
    json: Json = False,
) -> None:
    """Print how many messages are in which state; the exit code is 1 when some wait for a person."""
    with client_of(config) as client:
        found = {
            "outgoing": dict(client.store.outbox.counts()),
            "incoming": dict(client.store.inbox.counts()),
            **({"bus": dict(client.transport.statistics())} if bus else {}),
        }
    if json:
        show_json(found)
    else:
        for part, counts in found.items():
            for name, number in counts.items():
                typer.echo(f"{part}\t{name}\t{number}")
    if found["outgoing"].get("stopped") or found["incoming"]["distrusted"] or found["incoming"]["incomplete"]:
        raise typer.Exit(ATTENTION)


def check(config: Config = None, json: Json = False) -> None:
    """Reach the peer; for the bus also print what its description says."""
    with client_of(config) as client:
        client.transport.check()
        describe = getattr(client.transport, "description", None)
        found = describe() if describe else None
    if json:
        show_json({"ok": True, "version": found and found.version, "operations": found and found.operations})
        return
    typer.echo(_("SMEV answers"))
    if found is not None:
        typer.echo(
            _("version {version}: {names}").format(version=found.version, names=", ".join(found.operations))
        )
        for fault in found.unknown_faults:
            typer.echo(_("there is no rule for the fault {fault}").format(fault=fault))
