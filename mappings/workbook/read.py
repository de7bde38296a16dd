"""The workbook as filled by an administrator, read whole; what cannot be understood is a finding."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from config.i18n import _
from mappings.findings import Finding, Place, error
from mappings.grid import Sheet, Workbook
from mappings.model import Content, Policy, StatusPair
from mappings.vocab import SHEET_RULES, find_sheet
from mappings.workbook.read_parts import read_base, read_policies, read_statuses
from mappings.workbook.resolve import Meanings, References
from mappings.workbook.rows import HEAD, RuleReader


class Draft(NamedTuple):
    """What a workbook says.

    `open_rows`: rows that name a category and nothing else, by its path key; `broken`: the categories of
    rows that hold an error.
    """

    content: Content
    findings: tuple[Finding, ...]
    sheet: Sheet
    columns: dict[str, int]
    open_rows: dict[tuple[str, ...], int]
    base: int | None
    broken: frozenset[tuple[str, ...]] = frozenset()

    def cell(self, row: int, key: str) -> str:
        """Return the address of a rule's cell by the rule's row and the column's key."""
        return self.sheet.place(row - 1, self.columns.get(key, 0)).cell


def read_workbook(path: Path, references: References) -> Draft:
    """Read a workbook. Raises FileError when it cannot be read at all."""
    book = Workbook(path)
    meanings = Meanings(references)
    findings: list[Finding] = []
    policies: tuple[Policy, ...] = ()
    statuses: tuple[StatusPair, ...] = ()
    if book.kind != "csv":
        policies, findings = read_policies(book, meanings)
        statuses, more = read_statuses(book)
        findings += more
    name = book.sheet_names[0] if book.kind == "csv" else find_sheet(book.sheet_names, SHEET_RULES)
    if name is None:
        missing = error("sheet-missing", Place(path.name), sheet=_(SHEET_RULES))
        return Draft(
            Content((), policies, statuses), (*findings, missing), Sheet(path.name, "", ()), {}, {}, None
        )
    reader = RuleReader(book.sheet(name, head=HEAD), meanings)
    with _collector_at_rest():
        content = Content(tuple(reader.rules()), policies, statuses)
    found = (*reader.findings, *findings)
    return Draft(
        content,
        found,
        reader.sheet,
        reader.columns,
        reader.open_rows,
        read_base(book),
        frozenset(reader.broken),
    )


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """Keep the cycle collector from walking over rows that hold no cycles, again and again as they grow."""
    working = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if working:
            gc.enable()
