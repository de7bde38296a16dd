"""`sedlink audit seal|verify`: is the trail what was written?"""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from config.console import show_error, show_json
from config.i18n import _
from connector.commands.common import ConfigOption, Exit, JsonOption, journal_of

if TYPE_CHECKING:
    from datetime import datetime

    from connector.journal.cuts import Cut
    from connector.journal.seals import SealCheck

app = typer.Typer(help=_("the audit trail: seals and their check"), no_args_is_help=True)


@app.command("seal", help=_("vouch for what was written since the last seal; the daemon does it every hour"))
def seal(config: ConfigOption = None) -> None:
    """Add a link to the chain now."""
    with journal_of(config) as journal:
        made = journal.seal()
    if made is None:
        typer.echo(_("nothing new to seal"))
    else:
        typer.echo(
            _("seal {number}: {lines} lines, {digest}").format(
                number=made.number, lines=made.lines, digest=made.digest
            )
        )


@app.command("verify", help=_("compute the chain again; exit code 1 when a line was changed or is gone"))
def verify(
    config: ConfigOption = None,
    head: Annotated[str, typer.Option(help=_("a digest that you kept from an earlier check"))] = "",
    as_json: JsonOption = False,
) -> None:
    """Compare the trail with its seals."""
    with journal_of(config) as journal:
        found = journal.check_seals(head.strip().lower())
        hasty = found.cut is not None and _is_hasty(found.cut, journal.clock())
    if as_json:
        show_json({**asdict(found), "hasty": hasty, "ok": found.ok and not hasty})
    else:
        _tell(found)
        if hasty:
            show_error(
                _(
                    "no setting allows a cut of lines so young: somebody else cut the trail, "
                    "compare with a backup"
                )
            )
    if hasty or not found.ok:
        raise typer.Exit(Exit.ATTENTION)


def _is_hasty(cut: "Cut", now: "datetime") -> bool:
    """Whether a cut took lines that no setting lets go so soon: it fits, but it is not the program's."""
    from config.settings import SHORTEST_TRACE

    return cut.until is None or cut.at > now or cut.at - cut.until < SHORTEST_TRACE


def _tell(found: "SealCheck") -> None:
    _tell_trouble(found)
    if found.broken or found.forged:
        return
    if found.cut:
        _tell_cut(found, found.cut)
    if found.head_missing:
        return
    typer.echo(
        _("{seals} seals vouch for {lines} lines, {unsealed} newer ones wait for the next seal").format(
            seals=found.seals, lines=found.lines, unsealed=found.unsealed
        )
    )
    typer.echo(_("newest digest: {head}").format(head=found.head or "—"))


def _tell_cut(found: "SealCheck", cut: "Cut") -> None:
    """Say where the trail begins: what lay before is gone by the period, and cannot be computed again."""
    typer.echo(
        _(
            "the trail begins behind line {upto} of {until}: {lines} lines were erased, the last of them on "
            "{at} by {actor}; the chain begins with seal {seal}"
        ).format(
            upto=cut.upto,
            until=_second(cut.until),
            lines=found.erased,
            at=_second(cut.at),
            actor=cut.actor,
            seal=cut.seal,
        )
    )
    if found.leftover:
        typer.echo(
            _(
                "{count} lines before it are still there and nothing vouches for them: the next "
                "`sedlink retention purge` deletes them"
            ).format(count=found.leftover)
        )
    if found.head_before_cut:
        typer.echo(_("the digest you kept is of a seal before the cut: it cannot be computed again"))


def _second(moment: "datetime | None") -> str:
    return moment.isoformat(" ", "seconds") if moment else "—"


def _tell_trouble(found: "SealCheck") -> None:
    if found.forged:
        show_error(
            _(
                "the cut of the trail at line {upto}, made on {at} by {actor}, is not one: it does not fit "
                "its seal, the other cuts or the trail; lines may have been removed, compare with a backup"
            ).format(upto=found.forged.upto, at=_second(found.forged.at), actor=found.forged.actor)
        )
    if found.broken:
        show_error(
            _(
                "seal {number} of {at} does not fit: a line of the trail between numbers {after} and {upto} "
                "was changed, added or removed; compare with a backup"
            ).format(
                number=found.broken.number, at=found.broken.at, after=found.after, upto=found.broken.upto
            )
        )
    if found.head_missing:
        show_error(_("the digest you kept is not in the chain: the trail was cut or made anew"))
