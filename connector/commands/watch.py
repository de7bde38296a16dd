"""`sedlink status` and `sedlink show`: what waits and why, and the whole trail of one conversation."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated

import typer

from config.console import show_error, show_json, show_table
from config.i18n import _
from connector.commands.common import ConfigOption, Exit, JsonOption, journal_of


def status(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Show per cabinet and channel what waits, is in work, is parked, and what is closed."""
    with journal_of(config) as journal:
        depths = journal.depths()
        channels = journal.channels()
        counts = journal.counts()
    if as_json:
        show_json(
            {
                "queues": [asdict(depth) for depth in depths],
                "channels": [asdict(channel) for channel in channels],
                "counts": counts,
            }
        )
    else:
        show_table(
            [_("cabinet"), _("channel"), _("waiting"), _("in work"), _("parked"), _("oldest")],
            [(d.opa_id, d.channel, d.waiting, d.in_work, d.parked, d.oldest) for d in depths],
            title=_("Queues"),
        )
        show_table(
            [_("channel"), _("state"), _("last success"), _("what to do")],
            [(c.name, _state(c.failures, c.needs_person), c.last_success, c.sentence) for c in channels],
            title=_("Channels"),
        )
        show_table([_("count"), _("messages")], sorted(counts.items()), title=_("Messages"))
    if any(depth.parked for depth in depths) or any(channel.failures for channel in channels):
        raise typer.Exit(Exit.ATTENTION)


def _state(failures: int, needs_person: bool) -> str:
    if needs_person:
        return _("closed until a person acts")
    return _("paused") if failures else _("open")


def show(
    identifier: Annotated[
        str, typer.Argument(metavar="ID", help=_("platform id, registration or card number, or key"))
    ],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the whole trail of one conversation."""
    with journal_of(config) as journal:
        found = journal.find_conversations(identifier)
        trails = [(opa_id, platform_id, journal.trail(opa_id, platform_id)) for opa_id, platform_id in found]
    if not trails:
        show_error(_("nothing is known under {identifier}").format(identifier=identifier))
        raise typer.Exit(Exit.ATTENTION)
    if as_json:
        show_json(
            [
                {"opa_id": opa_id, "platform_id": platform_id, "trail": [asdict(entry) for entry in trail]}
                for opa_id, platform_id, trail in trails
            ]
        )
        return
    for opa_id, platform_id, trail in trails:
        show_table(
            [_("when"), _("who"), _("round"), _("what"), _("detail")],
            [(entry.at, entry.actor, entry.round, entry.what, _detail(entry.detail)) for entry in trail],
            title=_("cabinet {opa_id}, message {platform_id}").format(opa_id=opa_id, platform_id=platform_id),
        )


def _detail(detail: Mapping[str, object]) -> str:
    return ", ".join(f"{name}={value}" for name, value in detail.items())
