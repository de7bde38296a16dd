"""The facts of a mart in the order of their keys, a page at a time: memory stays flat."""

from collections.abc import Iterator
from typing import Any

from exporter.fact import COLUMNS
from exporter.heatmap.engine import Engine

_PAGE = 20_000


def facts_of(engine: Engine, cabinets: tuple[int, ...] = ()) -> Iterator[dict[str, Any]]:
    """Yield every fact, tombstones too, with its fingerprint. Raises MapError."""
    names = (*COLUMNS, "fingerprint")
    columns = ", ".join(f'"{name}"' for name in names)
    own = f"cabinet IN ({', '.join('?' * len(cabinets))}) AND " if cabinets else ""
    statement = (
        f"SELECT {columns} FROM fact WHERE {own}(source, card, question) > (?, ?, ?) "  # noqa: S608 - our own names
        "ORDER BY source, card, question LIMIT ?"
    )
    after: tuple[str, ...] = ("", "", "")
    while rows := engine.rows(statement, (*cabinets, *after, _PAGE)):
        for row in rows:
            yield _row(dict(zip(names, row, strict=True)))
        after = tuple(rows[-1][:3])


def _row(said: dict[str, Any]) -> dict[str, Any]:
    """Give instants their zone back: DuckDB and SQLite keep UTC without one."""
    from datetime import UTC, datetime

    for name in ("received_at", "due_at", "answered_at"):
        value = said[name]
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        said[name] = moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment
    return said
