"""Commands that bring in the classifiers: classifier, categories, editions, confirm."""

from typing import TYPE_CHECKING, Annotated

import typer

from config.i18n import _
from mappings.commands.base import (
    EPILOG,
    AsJson,
    By,
    Db,
    InFile,
    actor,
    command,
    day,
    now,
    show_findings,
    show_json,
    show_table,
    store,
)

if TYPE_CHECKING:
    from mappings.editions import Change
    from mappings.service import ImportReport

Edition = Annotated[
    str | None, typer.Option("--edition", metavar="DATE", help=_("date of the edition, 2026-12-31"))
]
Tolerance = Annotated[
    float,
    typer.Option(
        "--tolerance", min=0, max=1, help=_("share of entries that may vanish without confirmation")
    ),
]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this family."""
    app.command("classifier", help=_("import the national classifier"), epilog=EPILOG)(command(classifier))
    app.command("categories", help=_("import the platform's categories"), epilog=EPILOG)(command(categories))
    app.command("editions", help=_("list the imported editions"), epilog=EPILOG)(command(editions))
    app.command("confirm", help=_("make a proposed edition the current one"), epilog=EPILOG)(command(confirm))


def classifier(
    file: InFile,
    *,
    edition: Edition = None,
    tolerance: Tolerance = 0.05,
    by: By = None,
    db: Db = None,
    as_json: AsJson = False,
) -> int:
    """Import the national classifier."""
    from mappings.service import import_classifier

    report = import_classifier(
        store(db), file, by=actor(by), at=now(), date=day(edition), tolerance=tolerance
    )
    return _show(report, as_json=as_json)


def categories(
    file: InFile,
    *,
    region: Annotated[str, typer.Option("--region", help=_("region of the list"))] = "",
    edition: Edition = None,
    tolerance: Tolerance = 0.05,
    by: By = None,
    db: Db = None,
    as_json: AsJson = False,
) -> int:
    """Import the platform's categories from a spreadsheet, or from its dictionary saved as JSON."""
    from mappings.rest_file import read_source
    from mappings.service import import_categories

    report = import_categories(
        store(db),
        read_source(file, region=region),
        by=actor(by),
        at=now(),
        region=region,
        date=day(edition),
        tolerance=tolerance,
    )
    return _show(report, as_json=as_json)


def editions(db: Db = None, as_json: AsJson = False) -> None:
    """List the editions."""
    from mappings.store.editions import editions as stored

    with store(db).connect() as connection:
        found = stored(connection)
    if as_json:
        show_json([edition._asdict() for edition in found])
        return
    titles = ("№", _("Classifier"), _("Region"), _("State"), _("Date"), _("Imported"), _("By"), _("File"))
    show_table(
        titles,
        (
            (
                e.id,
                e.kind,
                e.region,
                e.state,
                e.edition_date or "",
                f"{e.imported_at:%Y-%m-%d %H:%M}",
                e.imported_by,
                e.file_name,
            )
            for e in found
        ),
    )


def confirm(edition: int, db: Db = None, as_json: AsJson = False) -> None:
    """Make a proposed edition the current one."""
    from mappings.store.editions import confirm as make_current

    with store(db).begin() as connection:
        found = make_current(connection, edition)
    if as_json:
        show_json(found._asdict())
    else:
        typer.echo(_("edition {id} is in force").format(id=found.id))


def _show(report: "ImportReport", *, as_json: bool) -> int:
    """Print what an import did; a proposal that waits for confirmation is exit code 1."""
    from mappings.findings import Severity

    proposed = [result.edition_id for _region, result in report.results if result.state == "proposed"]
    failed = any(finding.severity is Severity.ERROR for finding in report.findings)
    if as_json:
        show_json(
            {
                "editions": [
                    {
                        "region": region,
                        "edition": result.edition_id,
                        "state": result.state,
                        "changes": [change_dict(change) for change in result.changes],
                    }
                    for region, result in report.results
                ],
                "findings": [finding.as_dict() for finding in report.findings],
                "rows": [fate.rule.row for fate in report.fates],
            }
        )
        return int(bool(proposed) or failed)
    for region, result in report.results:
        _show_result(region, result.edition_id, result.changes, first=not result.before)
    if report.fates:
        rows = ", ".join(str(fate.rule.row) for fate in report.fates[:50])
        typer.echo(_("rows of the table touched: {rows}").format(rows=rows))
    show_findings(report.findings, limit=20)
    for number in proposed:
        typer.echo(
            _(
                "the list shrinks by more than the tolerance: nothing was changed. Look at the changes "
                "and run `sedlink mapping confirm {id}` if they are right"
            ).format(id=number)
        )
    return int(bool(proposed) or failed)


def _show_result(region: str, number: int | None, changes: "tuple[Change, ...]", *, first: bool) -> None:
    name = f" «{region}»" if region else ""
    if number is None:
        typer.echo(_("the list{region} has not changed").format(region=name))
        return
    typer.echo(_("edition {id}{region}: {changes}").format(id=number, region=name, changes=summary(changes)))
    if not first:
        show_changes(changes)


def summary(changes: "tuple[Change, ...] | list[Change]") -> str:
    """Return the numbers of changes by kind in one line."""
    from collections import Counter

    from mappings.shown import CHANGES

    counted = Counter(change.kind for change in changes)
    return ", ".join(f"{_(CHANGES[kind])} {number}" for kind, number in counted.items()) or _("no changes")


def show_changes(changes: "tuple[Change, ...] | list[Change]") -> None:
    """Print changes of an edition."""
    from mappings.shown import CHANGES, item_title

    titles = (_("What"), _("Was"), _("Is now"))
    show_table(titles, ((_(CHANGES[c.kind]), item_title(c.old), item_title(c.new)) for c in changes))


def change_dict(change: "Change") -> dict[str, object]:
    """Return a change for JSON."""
    return {
        "kind": str(change.kind),
        "old": change.old and {"key": change.old.key, "path": change.old.path},
        "new": change.new and {"key": change.new.key, "path": change.new.path},
    }
