"""`sedlink mapping suggest`: candidates of the classifier for categories of the platform, never accepted by itself."""

import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from config.i18n import _, ngettext

if TYPE_CHECKING:
    from mappings.classifier import Classifier
    from mappings.suggest.engine import Suggester
    from mappings.suggest.meaning import Meanings
    from mappings.suggest.rows import Row
    from mappings.suggest.service import Answer

UNUSABLE = 2  # exit code: a file or an option cannot be used; nothing was answered


def suggest(
    classifier: Annotated[Path, typer.Option(help=_("the classifier: .xlsx, .xls, .ods or .csv"))],
    table: Annotated[
        Path | None,
        typer.Option("--input", help=_("a table with columns category, subcategory, optional fact and themes")),
    ] = None,
    category: Annotated[str, typer.Option(help=_("one category instead of a table"))] = "",
    subcategory: Annotated[str, typer.Option(help=_("its sub-category"))] = "",
    fact: Annotated[str, typer.Option(help=_("its fact"))] = "",
    themes: Annotated[str, typer.Option(help=_("codes or names of themes to stay within, parted by ;"))] = "",
    limits: Annotated[
        Path | None, typer.Option(help=_("a table with columns category, subcategory, themes: limits of categories"))
    ] = None,
    learned: Annotated[
        Path | None, typer.Option(help=_("rows already checked: columns category, subcategory, fact, code"))
    ] = None,
    top: Annotated[int, typer.Option(min=1, max=100, help=_("how many candidates"))] = 10,
    semantic: Annotated[
        bool | None,
        typer.Option(
            "--semantic/--no-semantic",
            help=_("compare by meaning too; by default when the extra «semantic» is installed"),
        ),
    ] = None,
    cache: Annotated[
        Path | None, typer.Option(help=_("folder of the cache of meanings; by default ~/.cache/sedlink"))
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help=_("one JSON object per row"))] = False,
) -> None:
    """Propose codes of the classifier for categories of the platform. Nothing is accepted by itself.

    Exit codes: 0 answered, 2 a file or an option cannot be used.
    """
    from mappings.errors import MappingError
    from mappings.suggest.asking import Asked
    from mappings.suggest.rows import Row

    if (table is None) == (not category.strip()):
        raise typer.BadParameter(_("give either --input FILE or --category NAME"))
    single = None if table else Row(Asked(category, subcategory, fact), themes, Place(_("command line")))
    try:
        ...
    except MappingError as problem:
        typer.echo(problem, err=True)
        raise typer.Exit(UNUSABLE) from problem
