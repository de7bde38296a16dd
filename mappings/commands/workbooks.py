"""Commands around the workbook: template, check, try, apply, export."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from config.i18n import _
from mappings.commands.base import (
    EPILOG,
    AsJson,
    By,
    Cabinets,
    Db,
    InFile,
    Lang,
    Last,
    Messages,
    OutFile,
    actor,
    command,
    language,
    now,
    show_findings,
    show_json,
    show_table,
    store,
)
from mappings.commands.real_messages import messages_of

if TYPE_CHECKING:
    from mappings.check import Checked

MartLevel = Annotated[
    int,
    typer.Option(
        "--mart-level",
        min=0,
        max=5,
        help=_("offer empty mart rows for entries of this level: 3 themes, 4 questions, 0 none"),
    ),
]
All = Annotated[bool, typer.Option("--all", help=_("print every finding"))]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this family."""
    app.command("template", help=_("write a workbook to fill"), epilog=EPILOG)(command(template))
    app.command("check", help=_("find the mistakes of a workbook"), epilog=EPILOG)(command(check))
    app.command("try", help=_("show what a workbook would change for real messages"), epilog=EPILOG)(
        command(try_workbook)
    )
    app.command("apply", help=_("put a workbook into force"), epilog=EPILOG)(command(apply))
    app.command("export", help=_("write the workbook of a version"), epilog=EPILOG)(command(export))


def template(
    out: OutFile,
    *,
    mart_level: MartLevel = 3,
    cabinet: Cabinets = None,
    lang: Lang = "ru",
    force: Annotated[bool, typer.Option("--force", help=_("replace an existing file"))] = False,
    db: Db = None,
    as_json: AsJson = False,
) -> int:
    """Write the workbook of the version in force, or an empty one before any was applied."""
    return _write(out, None, mart_level, cabinet, lang, force=force, db=db, as_json=as_json)


def export(
    out: OutFile,
    *,
    version: Annotated[int | None, typer.Option("--version", help=_("number of the version"))] = None,
    mart_level: MartLevel = 3,
    lang: Lang = "ru",
    force: Annotated[bool, typer.Option("--force", help=_("replace an existing file"))] = False,
    db: Db = None,
    as_json: AsJson = False,
) -> int:
    """Write the workbook of any version, by default of the one in force."""
    return _write(out, version, mart_level, None, lang, force=force, db=db, as_json=as_json)


def check(
    file: InFile,
    *,
    copy: Annotated[
        Path | None, typer.Option("--copy", metavar="OUT", help=_("the copy with the sheet of errors"))
    ] = None,
    no_copy: Annotated[bool, typer.Option("--no-copy", help=_("write no copy"))] = False,
    strict: Annotated[bool, typer.Option("--strict", help=_("warnings give exit code 1 too"))] = False,
    show_all: All = False,
    cabinet: Cabinets = None,
    lang: Lang = "ru",
    db: Db = None,
    as_json: AsJson = False,
) -> int:
    """Check a workbook; the copy is written beside it as NAME-errors.xlsx when there is something to say."""
    from mappings.check import check_workbook
    from mappings.service import references

    with store(db).connect() as connection:
        checked = check_workbook(file, references(connection, cabinet or ()))
    written = None if no_copy else _write_copy(file, copy, checked, language(lang))
    if as_json:
        show_json({**_numbers(checked), "findings": [f.as_dict() for f in checked.findings], "copy": written})
    else:
        show_findings(checked.findings, limit=None if show_all else 40)
        _say_numbers(checked)
        if written:
            typer.echo(_("the copy with the sheet «Errors»: {file}").format(file=written))
    return int(bool(checked.errors or (strict and checked.warnings)))


def try_workbook(
    file: InFile,
    *,
    messages: Messages = None,
    last: Last = None,
    cabinet: Cabinets = None,
    db: Db = None,
    as_json: AsJson = False,
) -> int:
    """Compare the workbook with the version in force on real messages; nothing is changed."""
    from mappings import service
    from mappings.check import check_workbook
    from mappings.crosswalk import Crosswalk
    from mappings.shown import EFFECTS, answer_title
    from mappings.trial import try_out

    with store(db).connect() as connection:
        known = service.references(connection, cabinet or ())
        old = service.crosswalk(connection)
    checked = check_workbook(file, known)
    new = Crosswalk(checked.draft.content, ids=known.categories.ids())
    trial = try_out(old, new, messages_of(messages, last))
    rows = [
        (d.times, _(EFFECTS[d.effect]), d.title, answer_title(d.before), answer_title(d.after))
        for d in trial.differences
    ]
    if as_json:
        names = ("times", "effect", "category", "before", "after")
        differences = [dict(zip(names, row, strict=True)) for row in rows]
        show_json({**_numbers(checked), "effects": trial.effects, "differences": differences})
    else:
        show_table((_("Messages"), _("What"), _("Category"), _("Was"), _("Is now")), rows)
        totals = ", ".join(f"{_(EFFECTS[e])} {n}" for e, n in trial.effects.items())
        typer.echo(_("messages: {totals}").format(totals=totals or "0"))
        _say_numbers(checked)
    return int(bool(checked.errors))


def apply(
    file: InFile,
    *,
    comment: Annotated[str, typer.Option("--comment", "-m", help=_("why, for the history"))] = "",
    force: Annotated[
        bool, typer.Option("--force", help=_("although made from an older version or with far fewer rows"))
    ] = False,
    show_all: All = False,
    cabinet: Cabinets = None,
    by: By = None,
    db: Db = None,
    as_json: AsJson = False,
) -> int:
    """Check a workbook and put it into force; with errors nothing changes."""
    from mappings.service import apply_workbook

    applied = apply_workbook(
        store(db), file, by=actor(by), at=now(), comment=comment, force=force, cabinets=cabinet or ()
    )
    checked = applied.checked
    if as_json:
        findings = [f.as_dict() for f in checked.findings]
        show_json({"version": applied.version, **_numbers(checked), "findings": findings})
    elif applied.version is None:
        show_findings(checked.findings, limit=None if show_all else 40)
        _say_numbers(checked)
        typer.echo(_("nothing was applied: correct the errors first"), err=True)
    else:
        _say_numbers(checked)
        typer.echo(_("version {version} is in force").format(version=applied.version))
    return int(applied.version is None)


def _write(
    out: Path,
    version: int | None,
    mart_level: int,
    cabinets: list[str] | None,
    lang: str,
    *,
    force: bool,
    db: str | None,
    as_json: bool,
) -> int:
    from mappings.service import book
    from mappings.workbook.write import write_workbook

    if out.suffix.lower() != ".xlsx":
        raise typer.BadParameter(_("the name of a workbook ends with .xlsx"))
    if out.exists() and not force:
        raise typer.BadParameter(_("{file} exists; choose another name or add --force").format(file=out))
    with store(db).connect() as connection:
        shown = book(connection, version, cabinets or ())
    write_workbook(out, shown._replace(mart_level=mart_level), language=language(lang))
    rules = len(shown.content.rules)
    if as_json:
        show_json({"file": str(out), "version": shown.version, "rules": rules})
    else:
        typer.echo(
            _("{file}: version {version}, {rules} rows").format(file=out, version=shown.version, rules=rules)
        )
        if not shown.references.categories or not shown.references.classifier:
            typer.echo(
                _("import the classifier and the categories first: the lists of this workbook are empty"),
                err=True,
            )
    return 0


def _write_copy(file: Path, copy: Path | None, checked: "Checked", lang: str) -> str | None:
    from mappings.workbook.errors_sheet import write_errors

    if not checked.findings or (copy is None and file.suffix.lower() != ".xlsx"):
        return None
    target = copy or file.with_name(f"{file.stem}-errors.xlsx")
    write_errors(file, target, checked.findings, language=lang)
    return str(target)


def _numbers(checked: "Checked") -> dict[str, int]:
    rules = checked.draft.content.rules
    return {
        "rules": len(rules),
        "verified": sum(rule.acts for rule in rules),
        "errors": checked.errors,
        "warnings": checked.warnings,
    }


def _say_numbers(checked: "Checked") -> None:
    typer.echo(
        _("rows {rules}, verified {verified}; errors {errors}, warnings {warnings}").format(
            **_numbers(checked)
        )
    )
