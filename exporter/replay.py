"""Refused rows looked at again: what was wrong with time or definitions may be right now."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, get_type_hints

from exporter.fact import Fact
from exporter.load import load
from exporter.marts import Batch, BatchKind, Mart, Refused
from exporter.row import Problem, Row

# What only the source can put right stays with the row; everything else is looked for anew.
_OF_THE_SOURCE = frozenset({"unreadable-card", "unreadable-row", "status-unknown", "bad-value"})
_TIMES = {name for name, hint in get_type_hints(Fact).items() if "datetime" in str(hint)}


@dataclass(frozen=True, slots=True)
class Quarantined:
    """The quarantine of one source, as a source."""

    name: str
    refused: tuple[Refused, ...]

    def rows(self) -> Iterator[Row]:
        """Yield the rows as they were read."""
        for one in self.refused:
            yield row_of(one)


def replay(mart: Mart, as_of: datetime, source: str = "") -> list[Batch]:
    """Load what may go now, a batch per source; nothing is held back, the rest stays in the quarantine."""
    waiting: dict[str, list[Refused]] = {}
    for one in mart.quarantined(source):
        waiting.setdefault(one.source, []).append(one)
    return [
        load(mart, Quarantined(name, tuple(rows)), as_of, max_refused=1.0, kind=BatchKind.REPLAY).batch
        for name, rows in waiting.items()
    ]


def row_of(refused: Refused) -> Row:
    """Return a quarantined row as its source yielded it."""
    said = dict(refused.fact)
    closed, withdrawn = bool(said.pop("closed", False)), bool(said.pop("withdrawn", False))
    problems = tuple(
        Problem(one["code"], one["value"], one["place"])
        for one in refused.reasons
        if one["code"] in _OF_THE_SOURCE
    )
    return Row(_fact(said), problems, refused.place, refused.link, closed=closed, withdrawn=withdrawn)


def _fact(said: dict[str, Any]) -> Fact:
    known = {field.name for field in fields(Fact)}
    values = {name: value for name, value in said.items() if name in known}
    for name in _TIMES & values.keys():
        values[name] = datetime.fromisoformat(values[name])
    return Fact(**{"card": "", **values})
