"""Commands that exchange the crosswalk with other tools: SSSOM TSV out and in."""

from pathlib import Path
from typing import Annotated

import typer

from config.i18n import _
from mappings.commands.base import (
    EPILOG,
    AsJson,
    Db,
    InFile,
    Lang,
    OutFile,
    command,
    language,
    show_findings,
    show_json,
    store,
)


def add_to(app: typer.Typer) -> None:
    """Add the commands of this family."""
    app.command("sssom-export", help=_("write a version as SSSOM TSV"), epilog=EPILOG)(command(export))
    app.command("sssom-import", help=_("make a workbook of SSSOM TSV"), epilog=EPILOG)(command(import_))


def export(
    out: OutFile,
    version: Annotated[int | None, typer.Option("--version", help=_("number of the version"))] = None,
    db: Db = None,
    as_json: AsJson = False,
) -> None:
    """Write a version as SSSOM TSV."""
    from mappings import service
    from mappings.sssom import write_sssom

    with store(db).connect() as connection:
        crosswalk = service.crosswalk(connection, version)
        known = service.references(connection)
    out.write_text(write_sssom(crosswalk.content, known, crosswalk.version), encoding="utf-8", newline="")
    _say(out, len(crosswalk.content.rules), as_json=as_json)


def import_(file: InFile, out: OutFile, *, lang: Lang = "ru", db: Db = None, as_json: AsJson = False) -> int:
    """Make a workbook of an SSSOM file, to be looked through, checked and applied as any other."""
    from mappings import service
    from mappings.model import Content
    from mappings.sssom import read_sssom
    from mappings.workbook.write import Book, write_workbook

    if out.suffix.lower() != ".xlsx":
        raise typer.BadParameter(_("the name of a workbook ends with .xlsx"))
    with store(db).connect() as connection:
        known = service.references(connection)
        current = service.crosswalk(connection)
    read = read_sssom(file, known)
    content = Content(read.rules, current.content.policies, current.content.statuses)
    write_workbook(out, Book(content, known, current.version), language=language(lang))
    if not as_json:
        show_findings(read.findings, limit=None)
    _say(out, len(read.rules), as_json=as_json)
    return int(bool(read.findings))


def _say(out: Path, rules: int, *, as_json: bool) -> None:
    if as_json:
        show_json({"file": str(out), "rules": rules})
    else:
        typer.echo(_("{file}: {rules} rows").format(file=out, rules=rules))
