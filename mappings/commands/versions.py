"""Commands around versions: history, rollback, diff, explain."""

from typing import TYPE_CHECKING, Annotated

import typer

from config.i18n import _
from mappings.commands.base import (
    EPILOG,
    AsJson,
    By,
    Db,
    actor,
    command,
    day,
    now,
    show_json,
    show_table,
    store,
)

if TYPE_CHECKING:
    from mappings.crosswalk import Decision
    from mappings.store.versions import Activation

Version = Annotated[
    int | None,
    typer.Option("--version", metavar="N", help=_("as this version answered; else the one in force")),
]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this family."""
    app.command("history", help=_("who put which version into force, and when"), epilog=EPILOG)(
        command(history)
    )
    app.command("rollback", help=_("put an earlier version into force again"), epilog=EPILOG)(
        command(rollback)
    )
    app.command("diff", help=_("compare two versions, or two editions of a classifier"), epilog=EPILOG)(
        command(diff)
    )
    app.command("explain", help=_("why a category or a code is answered so"), epilog=EPILOG)(command(explain))


def history(db: Db = None, as_json: AsJson = False) -> None:
    """List the activations, the latest first."""
    from mappings.store.versions import history as activations

    with store(db).connect() as connection:
        found = activations(connection)
    if as_json:
        show_json([activation._asdict() for activation in found])
        return
    words = {"apply": _("applied"), "rollback": _("rolled back to")}
    titles = (
        _("Version"),
        _("What"),
        _("When"),
        _("By"),
        _("File"),
        _("Rows"),
        _("Verified"),
        "SHA-256",
        _("Comment"),
    )
    show_table(titles, (_history_row(a, words) for a in found))


def _history_row(a: "Activation", words: dict[str, str]) -> tuple[object, ...]:
    when = f"{a.at.astimezone():%Y-%m-%d %H:%M}"
    return (
        a.version,
        words.get(a.action, a.action),
        when,
        a.by,
        a.file_name,
        a.rules,
        a.verified,
        a.sha256[:12],
        a.comment,
    )


def rollback(
    version: Annotated[
        int | None, typer.Argument(help=_("number of the version; else the one before the present"))
    ] = None,
    comment: Annotated[str, typer.Option("--comment", "-m", help=_("why, for the history"))] = "",
    by: By = None,
    db: Db = None,
    as_json: AsJson = False,
) -> None:
    """Put an earlier version into force again."""
    from mappings.store.versions import rollback as go_back

    with store(db).begin() as connection:
        number = go_back(connection, by=actor(by), at=now(), to=version, comment=comment)
    if as_json:
        show_json({"version": number})
    else:
        typer.echo(_("version {version} is in force").format(version=number))


def diff(
    old: int,
    new: int,
    editions: Annotated[
        bool, typer.Option("--editions", help=_("the numbers are editions of a classifier"))
    ] = False,
    db: Db = None,
    as_json: AsJson = False,
) -> None:
    """Compare two versions of the crosswalk, or two editions of a classifier."""
    if editions:
        _diff_editions(old, new, db, as_json=as_json)
    else:
        _diff_versions(old, new, db, as_json=as_json)


def _diff_versions(old: int, new: int, db: str | None, *, as_json: bool) -> None:
    from mappings.shown import RULE_CHANGES, source_title, target_title
    from mappings.store.versions import load
    from mappings.versions_diff import compare_rules
    from mappings.vocab import label

    with store(db).connect() as connection:
        differences = compare_rules(load(connection, old), load(connection, new))
    if as_json:
        show_json([d._asdict() | {"old": _rule(d.old), "new": _rule(d.new)} for d in differences])
        return
    titles = (_("What"), _("Direction"), _("For"), _("Was"), _("Is now"), _("Status"), _("Row"))
    rows = []
    for d in differences:
        rule = d.new or d.old
        if rule is not None:
            states = (label(side.status) for side in (d.old, d.new) if side)
            rows.append(
                (
                    _(RULE_CHANGES[d.change]),
                    label(rule.direction),
                    source_title(rule),
                    target_title(d.old) if d.old else "",
                    target_title(d.new) if d.new else "",
                    " → ".join(dict.fromkeys(states)),
                    rule.row,
                )
            )
    show_table(titles, rows)
    typer.echo(_("differences: {number}").format(number=len(differences)))


def _diff_editions(old: int, new: int, db: str | None, *, as_json: bool) -> None:
    from mappings.commands.classifiers import change_dict, show_changes, summary
    from mappings.service import compare_editions
    from mappings.shown import CHANGES, item_title, source_title

    with store(db).connect() as connection:
        changes, fates = compare_editions(connection, old, new)
    if as_json:
        rows = [{"row": fate.rule.row, **change_dict(fate.change)} for fate in fates]
        show_json({"changes": [change_dict(change) for change in changes], "rows": rows})
        return
    show_changes(changes)
    typer.echo(summary(changes))
    if fates:
        typer.echo(_("Rows of the table that this touches:"))
        titles = (_("Row"), _("For"), _("What"), _("Was"), _("Is now"))
        show_table(
            titles,
            (
                (
                    fate.rule.row,
                    source_title(fate.rule),
                    _(CHANGES[fate.change.kind]),
                    item_title(fate.change.old),
                    item_title(fate.change.new),
                )
                for fate in fates
            ),
        )


def explain(
    *,
    category: Annotated[
        str, typer.Option("--category", metavar="PATH", help=_("category / subcategory / fact of a message"))
    ] = "",
    category_id: Annotated[str, typer.Option("--id", help=_("id of the lowest of them"))] = "",
    code: Annotated[str, typer.Option("--code", help=_("code of a card's question: the mart's answer"))] = "",
    cabinet: Annotated[str, typer.Option("--cabinet", help=_("cabinet"))] = "",
    kind: Annotated[str, typer.Option("--kind", help=_("message or appeal"))] = "",
    region: Annotated[str, typer.Option("--region", help=_("region"))] = "",
    date: Annotated[str | None, typer.Option("--date", help=_("date of the message, 2026-12-31"))] = None,
    text: Annotated[str, typer.Option("--text", help=_("text of the message"))] = "",
    version: Version = None,
    db: Db = None,
    as_json: AsJson = False,
) -> int:
    """Say what a version answers and which row says so; exit code 1 where it answers nothing."""
    from mappings import service
    from mappings.codes import read_code
    from mappings.crosswalk import Outcome
    from mappings.model import Kind, Message
    from mappings.store.versions import history as activations
    from mappings.vocab import read_word
    from mappings.words import SEPARATOR

    if bool(category) == bool(code):
        raise typer.BadParameter(_("give either --category or --code"))
    names = tuple(part.strip() for part in category.split(SEPARATOR.strip()) if part.strip())
    ids = (*[""] * (len(names) - 1), category_id) if category_id else ()
    word = str(read_word(Kind, kind) or kind)
    message = Message(names, ids, cabinet, word, region, day(date), text)
    with store(db).connect() as connection:
        crosswalk = service.crosswalk(connection, version)
        applied = [a for a in activations(connection) if a.version == crosswalk.version]
    reading = read_code(code) if code else None
    decision = (
        crosswalk.mart(reading.code if reading else code, message) if code else crosswalk.incoming(message)
    )
    if as_json:
        show_json(_explained(decision, applied))
    else:
        _say(decision, applied)
    return int(decision.outcome in {Outcome.UNMAPPED, Outcome.CONFLICT})


def _say(decision: "Decision", applied: "list[Activation]") -> None:
    from mappings.shown import answer_title, target_title
    from mappings.vocab import SHEET_RULES, label

    typer.echo(_("answer: {answer}").format(answer=answer_title(decision)))
    if decision.inherited:
        typer.echo(_("by a row of the upper level"))
    for rule in decision.rules:
        typer.echo(
            _(
                "row {row} of the sheet «{sheet}»: {target}; {relation}; verified by {reviewer} on {date}; "
                "{reason}"
            ).format(
                row=rule.row,
                sheet=_(SHEET_RULES),
                target=target_title(rule) or "—",
                relation=label(rule.relation),
                reviewer=rule.reviewer or "—",
                date=rule.reviewed or "—",
                reason=rule.reason or rule.comment or "—",
            )
        )
    for activation in applied[-1:]:
        typer.echo(
            _("version {version}, applied {when} by {by} from {file}").format(
                version=activation.version,
                when=f"{activation.at.astimezone():%Y-%m-%d %H:%M}",
                by=activation.by,
                file=activation.file_name,
            )
        )


def _explained(decision: "Decision", applied: "list[Activation]") -> dict[str, object]:
    return {
        "outcome": str(decision.outcome),
        "code": decision.code,
        "path": decision.path,
        "id": decision.id,
        "inherited": decision.inherited,
        "version": decision.version,
        "rules": [_rule(rule) for rule in decision.rules],
        "applied": applied[-1]._asdict() if applied else None,
    }


def _rule(rule: object) -> dict[str, object] | None:
    from mappings.model import Rule

    return rule._asdict() if isinstance(rule, Rule) else None
