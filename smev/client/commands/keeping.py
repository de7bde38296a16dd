"""`sedlink smev prune`: how long the store keeps what messages say."""

from dataclasses import asdict
from datetime import timedelta
from typing import Annotated

import typer

from config.i18n import _
from smev.client.commands.common import Config, Json, show_json, store_of


def prune(
    older_than: Annotated[str, typer.Option("--older-than", help=_("age of what goes, like 90d"))],
    config: Config = None,
    unhandled: Annotated[
        bool, typer.Option("--unhandled", help=_("also messages that no program has marked as handled"))
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=_("say what would go, change nothing"))] = False,
    json: Json = False,
) -> None:
    """Take out words and files of what ended long ago; keys, MessageIDs and times stay."""
    from smev.client.exchange import utc_now

    age = _age(older_than)
    with store_of(config) as store:
        now = utc_now()
        if dry_run:
            gone = store.pruning.due(now - age, unhandled=unhandled)
        else:
            gone = store.pruning.prune(now - age, now, unhandled=unhandled)
    if json:
        show_json({"dry_run": dry_run, **asdict(gone)})
        return
    sentence = (
        _("would go: sent {sent}, received {received}, envelopes as they passed {tape}, files {files}")
        if dry_run
        else _("gone: sent {sent}, received {received}, envelopes as they passed {tape}, files {files}")
    )
    typer.echo(sentence.format(**asdict(gone)))


def _age(told: str) -> timedelta:
    from pydantic import TypeAdapter, ValidationError

    from smev.client.settings import Duration

    try:
        age: timedelta = TypeAdapter(Duration).validate_python(told)
    except ValidationError:
        age = timedelta()
    if not age:
        raise typer.BadParameter(_("--older-than: write an age like 90d"))
    return age
