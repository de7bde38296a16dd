"""`sedlink support bundle`: one file for the developers, without secrets and without anybody's data."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from config.console import show_error, show_json
from config.i18n import _
from connector.commands.common import ConfigOption, Exit, JsonOption

if TYPE_CHECKING:
    from config.settings import Settings

app = typer.Typer(help=_("what the developers need to know"), no_args_is_help=True)

OutOption = Annotated[Path, typer.Option("--out", help=_("the file to write, a new one: NAME.zip"))]
LogOption = Annotated[
    list[Path] | None,
    typer.Option("--log", help=_("a log file whose last lines go too; - = standard input (repeatable)")),
]
LinesOption = Annotated[int, typer.Option("--lines", min=1, max=100_000, help=_("how many lines of a log"))]


@app.callback()
def support() -> None:
    """Keep the group although it has one command."""


@app.command("bundle", help=_("write versions, settings, counts and log lines to one file, all masked"))
def bundle(
    out: OutOption,
    config: ConfigOption = None,
    log: LogOption = None,
    lines: LinesOption = 2000,
    as_json: JsonOption = False,
) -> None:
    """Collect what can be collected: what is broken is told in the file instead."""
    from connector import support

    now = datetime.now(UTC)
    parts = {"versions.json": support.about_us(now), **dict(_installation(config)), **dict(_logs(log, lines))}
    try:
        written = support.bundle(out, {"README.txt": support.read_me(parts), **parts}, now)
    except OSError as error:
        show_error(f"{out}: {error.strerror}")
        raise typer.Exit(Exit.USAGE) from error
    if as_json:
        show_json({"file": out, "parts": dict(written)})
        return
    for name, size in written:
        typer.echo(f"{name}\t{size}")
    typer.echo(_("written: {file}; look through it before you send it").format(file=out))


def _installation(config: Path | None) -> Iterator[tuple[str, str]]:
    from config.load import SettingsError, find, load
    from connector import support

    try:
        settings = load(find(config))
    except SettingsError as error:
        yield "settings.txt", f"{error}\n"
        return
    yield "settings.json", support.about_settings(settings)
    yield from _journal(settings)


def _journal(settings: "Settings") -> Iterator[tuple[str, str]]:
    from config.database import database_url
    from connector import support
    from connector.journal.journal import Journal
    from connector.journal.opening import open_journal
    from connector.journal.problems import JournalError

    try:
        revision = Journal.revision(database_url(settings.journal))
        with open_journal(settings) as journal:
            yield "journal.json", support.about_journal(journal, revision)
    except JournalError as error:
        yield "journal.txt", f"{error}\n"


def _logs(paths: list[Path] | None, lines: int) -> Iterator[tuple[str, str]]:
    from connector import support

    for number, path in enumerate(paths or [], start=1):
        try:
            if str(path) == "-":
                yield f"log-{number}.txt", support.last_lines(sys.stdin, lines)
            else:
                with path.open(encoding="utf-8", errors="replace") as stream:
                    yield f"log-{number}.txt", support.last_lines(stream, lines)
        except OSError as error:
            yield f"log-{number}.txt", f"{path}: {error.strerror}\n"
