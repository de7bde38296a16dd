"""Tries a database of cards, changing nothing: names, types, card files, the right to write."""

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

from sqlalchemy import String, TextClause

from config.i18n import _
from connector.errors import ConnectorError
from connector.peer import Finding, Health
from connector.sed.sqlview.client import Database
from connector.sed.sqlview.settings import ANNOTATE_PARAMETERS, SqlViewSettings
from connector.sed.sqlview.statement import typed
from connector.sed.sqlview.translate import Layout, looked_at

_TRIED = 20  # rows


def examine(
    settings: SqlViewSettings,
    reader: Database,
    writer: Database | None,
    cards: TextClause,
    given: Mapping[str, Any],
) -> Health:
    """Return what was found; it never raises."""
    found = [*_caught("cards", lambda: _cards(settings, reader, cards, given))]
    for name in ("card_files", "rubrics"):
        told = getattr(settings, name)
        if isinstance(told, str) and told:
            found += _caught(name, lambda name=name, told=told: _dictionary(reader, name, told))  # type: ignore[misc]
    if writer is not None and settings.annotate is not None:
        sql = settings.annotate.sql
        found += _caught("annotate", lambda: _writing(writer, sql))
    return Health(tuple(found))


def _caught(name: str, look: Callable[[], Iterator[Finding]]) -> list[Finding]:
    try:
        return list(look())
    except ConnectorError as error:
        return [Finding(name, ok=False, sentence=error.sentence)]


def _cards(
    settings: SqlViewSettings, reader: Database, cards: TextClause, given: Mapping[str, Any]
) -> Iterator[Finding]:
    values = dict(given)
    told = settings.card_files
    if "cardfile" in values and told:
        names = [str(row[0]) for row in reader.all("card_files", told)] if isinstance(told, str) else told
        values["cardfile"] = names[0] if names else ""
    with reader.rows("cards", cards, values) as (columns, rows):
        layout = Layout.of(columns, settings.zone)
        missing = layout.missing()
        for sentence in missing:
            yield Finding("cards", ok=False, sentence=sentence)
        if not missing:
            yield from looked_at(layout, islice(rows, _TRIED))


def _dictionary(reader: Database, name: str, sql: str) -> Iterator[Finding]:
    rows = reader.all(name, sql)
    yield Finding(name, ok=bool(rows), sentence=_("rows: {count}").format(count=len(rows)))


def _writing(writer: Database, sql: tuple[str, ...]) -> Iterator[Finding]:
    statements = [typed(one, dict.fromkeys(ANNOTATE_PARAMETERS, String())) for one in sql]
    writer.try_out("annotate.sql", statements, dict.fromkeys(ANNOTATE_PARAMETERS))
    yield Finding("annotate", ok=True, sentence=_("the account may write; nothing was written"))
