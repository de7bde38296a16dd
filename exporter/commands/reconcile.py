"""`sedlink export reconcile`: source, journal and mart side by side."""

from contextlib import ExitStack
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from config.console import show_error, show_json, show_table
from config.i18n import _
from connector.commands.common import JsonOption
from exporter.commands.options import MartOption, asks_source, leave
from exporter.commands.shown import summary

if TYPE_CHECKING:
    from exporter.crosscheck import Crosscheck
    from exporter.reconcile import Line, Reconciled
    from exporter.run import Asked, Job

LimitOption = Annotated[int, typer.Option("--limit", min=1, help=_("differences to name"))]
_SIDES = ("in_source", "exchanged", "in_journal", "in_mart")


@asks_source
def reconcile(
    asked: "Asked", mart: MartOption = "", limit: LimitOption = 1000, as_json: JsonOption = False
) -> None:
    """Compare by day, cabinet and category, and down to the card."""
    from exporter.reconcile import reconcile as compare
    from exporter.run import counted, mart_of, source_of, trouble

    with trouble(), source_of(asked) as job, mart_of(job.settings, mart) as opened:
        last = None if asked.as_of else opened.last(job.source.name)
        work = job.judged_at(last.as_of) if last else job  # time alone must make no difference
        with ExitStack() as stack:
            third = _third_side(stack, job)
            found = compare(opened, work.source, work.as_of, limit, watch=counted, third=third)
    _show(found, as_json=as_json)
    leave(attention=bool(found.differences) or any(not line.equal for line in found.lines))


def _third_side(stack: ExitStack, job: "Job") -> "Crosscheck | None":
    """A list file is compared with the mart even where there is no journal; a SED's cards need theirs."""
    from connector.journal.problems import JournalError
    from exporter.reconcile import third_side
    from exporter.sources.listfile import ListFile

    try:
        return stack.enter_context(third_side(job.whole, job.source))
    except JournalError as error:
        if not isinstance(job.source, ListFile):
            raise
        show_error(_("without the journal: {why}").format(why=error))
        return None


def _show(found: "Reconciled", *, as_json: bool) -> None:
    totals = {side: found.total(side) for side in _SIDES} | {"differences": len(found.differences)}
    unequal = [line for line in found.lines if not line.equal]
    if as_json:
        listed = {
            "unequal": [asdict(one) for one in unequal],
            "named": [asdict(d) for d in found.differences],
        }
        show_json({**totals, **found.survey.as_dict(), **listed})
        return
    sides = (_("in the source"), _("from the platform"), _("in the journal"), _("in the mart"))
    show_table(
        [_("day"), _("cabinet"), _("category"), *sides], map(_cells, unequal), title=_("Days that differ")
    )
    words = {
        "missing": _("not in the mart"),
        "extra": _("only in the mart"),
        "different": _("differs"),
        "not in journal": _("not in the journal"),
        "only in journal": _("only in the journal"),
    }
    show_table(
        [_("difference"), _("source"), _("card"), _("question")],
        [(words[one.kind], one.source, one.card, one.question) for one in found.differences],
        title=_("Cards that differ"),
    )
    told = [
        (name, "—" if number is None else number)
        for name, number in zip((*sides, _("differences")), totals.values(), strict=True)
    ]
    show_table([_("what"), _("number")], [*told, *summary(found.survey)])


def _cells(line: "Line") -> tuple[object, ...]:
    return line.day, line.cabinet, line.category, *(getattr(line, side) for side in _SIDES)
