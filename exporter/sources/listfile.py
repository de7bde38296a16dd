"""Facts from a list of cards: CSV, XLSX or XLS with a column map. An odd cell is a problem of its row."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from exporter.definitions import Dates, Definitions
from exporter.fact import Fact
from exporter.regions import region_by_name, region_by_oktmo, region_name
from exporter.row import Problem, Row
from exporter.sources.cells import CellError, Reader, reader
from exporter.sources.columnmap import MARKS, ColumnMap
from exporter.sources.table import Cells, Table, Unreadable

_RATINGS = range(1, 6)
_TOLD = 60  # characters of an odd value that a report repeats


@dataclass(frozen=True, slots=True)
class ListFile:
    """A list file and its map; may be read more than once."""

    path: Path
    columns: ColumnMap
    definitions: Definitions
    as_of: datetime

    @property
    def name(self) -> str:
        """The map's name: a later export of the same list describes the same cards."""
        return self.columns.name

    def rows(self) -> Iterator[Row]:
        """Yield a row per line that is not empty. Raises FileError or MapError before the first one."""
        table = Table(self.path, self.columns)
        readers = {name: reader(name, column, self.columns) for name, column in self.columns.columns.items()}
        changed = round(self.path.stat().st_mtime * 1_000_000)
        for number, cells in table:
            if any(cell not in ("", None) for cell in cells):
                yield self._row(_Line(table, number, cells, readers, self.columns), changed)

    def _row(self, line: "_Line", changed: int) -> Row:
        place = line.table.place(line.number)
        if isinstance(line.cells[0], Unreadable):
            fact = Fact(source=self.name, card=f"#{line.number}", question="1")
            return Row(fact, (Problem("unreadable-row", place=place),), place)
        values = line.values()
        marks = {name: values.pop(name, None) for name in MARKS}
        closed = bool(marks["closed"]) if "closed" in self.columns.columns else "answered_at" in values
        dates = Dates(
            values.get("received_at"),
            values.get("due_at"),
            values.get("answered_at"),
            closed=closed,
            withdrawn=bool(marks["withdrawn"]),
        )
        if marks["changed_at"] is not None:
            changed = round(marks["changed_at"].timestamp() * 1_000_000)
        fact = Fact(source=self.name, version=changed, deleted=bool(marks["removed"]), **_whole(values))
        fact = self._judged(fact, dates)
        problems = [*line.problems, *(Problem(name) for name in ("confidential", "withheld") if marks[name])]
        message = marks["message"] or ""
        return Row(fact, tuple(problems), place, closed=closed, withdrawn=dates.withdrawn, message=message)

    def _judged(self, fact: Fact, dates: Dates) -> Fact:
        repeated = self.definitions.repeated(
            dates.received, marked=fact.repeated, round_=fact.round, before=False
        )
        return replace(
            fact,
            overdue=self.definitions.face(dates, self.as_of).overdue,
            repeated=repeated,
            new=self.definitions.new(dates.received, repeated=repeated, withdrawn=dates.withdrawn),
        )


class _Line:
    """One line being read: its values, and the problems found on the way."""

    def __init__(
        self, table: Table, number: int, cells: Cells, readers: dict[str, Reader], columns: ColumnMap
    ) -> None:
        self.table, self.number, self.cells = table, number, cells
        self.problems: list[Problem] = []
        self._readers, self._columns = readers, columns

    def values(self) -> dict[str, Any]:
        """Return the fields that say something."""
        told: dict[str, Any] = {}
        for name, read in self._readers.items():
            place = self.table.places.get(name)
            constant = self._columns.columns[name].constant
            if place is None and not constant:
                continue
            cell = constant if place is None else self.cells[place] if place < len(self.cells) else None
            try:
                value = read(cell)
                if name == "rating" and value is not None and value not in _RATINGS:
                    raise CellError(str(value))  # noqa: TRY301 - read, but no rating
            except CellError as odd:
                code = "status-unknown" if name == "status" else "bad-value"
                where = self.table.cell(self.number, place or 0)
                self.problems.append(Problem(code, str(odd)[:_TOLD], where))
                continue
            if value is not None:
                told[name] = value
        return told


def _whole(values: dict[str, Any]) -> dict[str, Any]:
    """Fill in what follows from the rest: question 1, the region from its name or OKTMO and back."""
    values.setdefault("card", "")
    values.setdefault("question", "1")
    region = values.get("region") or region_by_oktmo(values.get("oktmo", ""))
    region = region or region_by_name(values.get("region_name", ""))
    if region:
        values["region"] = region
        values.setdefault("region_name", region_name(region))
    return values
