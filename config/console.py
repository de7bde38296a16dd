"""One way to show a result: a table on a terminal, tab-separated lines in cron, JSON with `--json`."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

import typer

from config.i18n import _


def show_json(value: object) -> None:
    """Print one JSON document on one line."""
    typer.echo(json.dumps(value, ensure_ascii=False, default=_plain))


def show_table(headers: Sequence[str], rows: Iterable[Sequence[object]], *, title: str = "") -> None:
    """Print rows: as a table on a terminal, else a line each, separated by tabs."""
    texts = [[_text(cell) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        for row in texts:
            typer.echo("\t".join(row))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title or None)
    for header in headers:
        table.add_column(header)
    for row in texts:
        table.add_row(*(Text(cell) for cell in row))
    Console().print(table)


def show_error(sentence: str) -> None:
    """Print a sentence for the person who must act to standard error."""
    typer.echo(_("error: {sentence}").format(sentence=sentence), err=True)


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    return str(cell).replace("\t", " ").replace("\n", " ")


def _plain(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
