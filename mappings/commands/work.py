"""Commands for methodologists: coverage and the work list."""

from typing import TYPE_CHECKING, Annotated

import typer

from config.i18n import N_, _
from mappings.commands.base import EPILOG, AsJson, Db, Last, Messages, command, show_json, show_table, store
from mappings.commands.real_messages import messages_or_counts

if TYPE_CHECKING:
    from mappings.coverage import Coverage

WHY = {
    "unmapped": N_("unmapped"),
    "conflict": N_("conflict of rules"),
    "disputed": N_("disputed"),
    "proposed": N_("proposed"),
}


def add_to(app: typer.Typer) -> None:
    """Add the commands of this family."""
    app.command("coverage", help=_("how much the crosswalk answers"), epilog=EPILOG)(command(coverage))
    app.command("todo", help=_("what waits for a methodologist, the most frequent first"), epilog=EPILOG)(
        command(todo)
    )


def coverage(
    messages: Messages = None,
    last: Last = None,
    details: Annotated[bool, typer.Option("--details", help=_("print every category"))] = False,
    db: Db = None,
    as_json: AsJson = False,
) -> None:
    """Measure by categories and by real messages: those of a file, else those the relay has counted."""
    from mappings import service
    from mappings.coverage import coverage as measure

    given = messages_or_counts(messages, last)
    with store(db).connect() as connection:
        crosswalk = service.crosswalk(connection)
        categories = service.references(connection).categories
        weighed = service.frequent(connection, given)
    found = measure(crosswalk, categories, weighed)
    if as_json:
        show_json(
            {
                "version": crosswalk.version,
                "categories": found.by_category,
                "category_share": round(found.category_share, 4),
                "messages": found.by_message,
                "message_share": round(found.message_share, 4),
                "cabinets": [
                    {"cabinet": c.cabinet, "messages": c.total, "share": round(c.share, 4), **c.outcomes}
                    for c in found.cabinets
                ],
            }
        )
        return
    _show_coverage(found, details=details)


def _show_coverage(found: "Coverage", *, details: bool) -> None:
    from mappings.shown import OUTCOMES

    categories, answered = sum(found.by_category.values()), found.category_share
    typer.echo(_("categories: {number}, answered {share}").format(number=categories, share=f"{answered:.1%}"))
    total = sum(found.by_message.values())
    typer.echo(
        _("messages: {number}, answered {share}").format(
            number=total, share=f"{found.message_share:.1%}" if total else "—"
        )
    )
    outcomes = ", ".join(f"{_(OUTCOMES[o])} {n}" for o, n in found.by_category.items())
    typer.echo(_("categories by answer: {outcomes}").format(outcomes=outcomes or "—"))
    if found.cabinets:
        rows = ((c.cabinet or "—", c.total, f"{c.share:.1%}") for c in found.cabinets)
        show_table((_("Cabinet"), _("Messages"), _("Answered")), rows)
    if details:
        lines = sorted(found.categories, key=lambda r: (-r.times, r.title))
        show_table(
            (_("Messages"), _("Category"), _("State"), _("Code")),
            ((r.times, r.title, _(OUTCOMES[r.decision.outcome]), r.decision.code) for r in lines),
        )


def todo(
    messages: Messages = None,
    last: Last = None,
    top: Annotated[int | None, typer.Option("--top", min=1, metavar="N", help=_("the first N only"))] = None,
    db: Db = None,
    as_json: AsJson = False,
) -> int:
    """List what is unmapped, conflicting, disputed or proposed; exit code 1 when there is something."""
    from mappings import service
    from mappings.coverage import work_list

    given = messages_or_counts(messages, last)
    with store(db).connect() as connection:
        crosswalk = service.crosswalk(connection)
        categories = service.references(connection).categories
        weighed = service.frequent(connection, given)
    items = work_list(crosswalk, categories, weighed)
    shown = items[:top] if top else items
    if as_json:
        show_json([item._asdict() for item in shown])
    else:
        rows = ((i.times, _(WHY[i.why]), i.title, i.id, ", ".join(map(str, i.rows))) for i in shown)
        show_table((_("Messages"), _("Why"), _("Category"), _("Id"), _("Row")), rows)
        typer.echo(_("to do: {number}").format(number=len(items)))
    return int(bool(items))
