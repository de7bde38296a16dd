"""`sedlink status` and `sedlink show`: what waits and why, and the whole trail of one conversation."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from config.console import show_error, show_json, show_table
from config.i18n import _
from connector.commands.common import ConfigOption, Exit, JsonOption, journal_of, load_settings, open_or_exit

if TYPE_CHECKING:
    from connector.journal.records import AuditEntry
    from connector.journal.reports import Counts

_BEGINNINGS = frozenset({"received", "unreadable"})


def status(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Show per cabinet and channel what waits, is in work, is parked, and what is closed."""
    from config.database import database_url
    from mappings.overview import overview

    settings = load_settings(config)
    with open_or_exit(settings) as journal:
        depths = journal.depths()
        channels = journal.channels()
        counts = journal.counts()
    mapping = overview(database_url(settings.journal))
    if as_json:
        show_json(
            {
                "queues": [asdict(depth) for depth in depths],
                "channels": [asdict(channel) for channel in channels],
                "counts": asdict(counts),
                "mapping": mapping._asdict(),
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
        show_table([_("what"), _("messages")], _count_rows(counts), title=_("Messages"))
        typer.echo(
            _(
                "mapping version {version}: without a code {unmapped} of {items} questions, "
                "{categories} categories"
            ).format(**mapping._asdict())
        )
    if any(depth.parked for depth in depths) or any(channel.failures for channel in channels):
        raise typer.Exit(Exit.ATTENTION)


def _count_rows(counts: "Counts") -> Iterator[tuple[str, int]]:
    from connector.commands.wording import KINDS, STAGES, STATES, word

    yield _("received"), counts.received
    if counts.erased:
        yield _("of them erased, the period is over"), counts.erased
    yield from ((word(STATES, state), number) for state, number in counts.by_state.items())
    sent, parked = _("sent: {kind}"), _("parked: {stage}")
    yield from ((sent.format(kind=word(KINDS, kind)), number) for kind, number in counts.sent.items())
    yield from ((parked.format(stage=word(STAGES, one)), number) for one, number in counts.parked.items())
    yield _("given up"), counts.dropped
    yield _("events without a message"), counts.orphans


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
    from connector.commands.wording import said, told

    with journal_of(config) as journal:
        found = journal.find_conversations(identifier)
        trails = [(one.opa_id, one.platform_id, journal.trail(one.opa_id, one.platform_id)) for one in found]
    if not trails:
        show_error(_("nothing is known under {identifier}").format(identifier=identifier))
        raise typer.Exit(Exit.ATTENTION)
    if as_json:
        show_json(
            [
                {"opa_id": opa_id, "platform_id": platform_id, "trail": [_as_json(entry) for entry in trail]}
                for opa_id, platform_id, trail in trails
            ]
        )
        return
    for opa_id, platform_id, trail in trails:
        show_table(
            [_("when"), _("who"), _("round"), _("what"), _("detail")],
            [(entry.at, entry.actor, entry.round, said(entry), told(entry)) for entry in trail],
            title=_("cabinet {opa_id}, message {platform_id}").format(opa_id=opa_id, platform_id=platform_id),
        )
        if not trail or trail[0].what not in _BEGINNINGS:
            typer.echo(_("the lines before are erased: the period of the trail is over"))


def _as_json(entry: "AuditEntry") -> dict[str, object]:
    """Return a line with its codes and, beside them, what `show` would print of it."""
    from connector.commands.wording import said, told

    return {**asdict(entry), "said": said(entry), "told": told(entry)}
