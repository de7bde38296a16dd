"""The workbook written for administrators: the tables to fill, and the sheets that help to fill them."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from config.i18n import _, speaking
from mappings.archive import column_letters
from mappings.coverage import Coverage
from mappings.editions import Change, Fate
from mappings.model import ANY_CODE, Content, Direction, Policy, Rule
from mappings.statuses import DEFAULT_STATUSES
from mappings.vocab import ALL_OTHERS, DO_NOT_EXPORT, SHEET_POLICY, SHEET_RULES, SHEET_STATUSES, label
from mappings.words import SEPARATOR, same_key
from mappings.workbook import columns as tables
from mappings.workbook.cells import CellContent, code_title
from mappings.workbook.resolve import References
from mappings.workbook.styles import DATE, INPUT, LOCKED, OPEN_COLOUR, STATUS_COLOURS

if TYPE_CHECKING:
    from openpyxl import Workbook

_KEYS = [column.key for column in tables.RULES]
_DATES = {"since", "until", "created", "reviewed"}
_LARGEST_GAP = 1_000  # farther rows move up
_STATUS = column_letters(_KEYS.index("status"))


class Book(NamedTuple):
    """Everything that a workbook shows."""

    content: Content
    references: References
    version: int = 0
    coverage: Coverage | None = None
    changes: tuple[Change, ...] = ()
    fates: tuple[Fate, ...] = ()
    mart_level: int = 3  # offer empty mart rows for entries of this level; 0: for none


def write_workbook(path: Path, book: Book, *, language: str = "ru") -> None:
    """Write the workbook whole or not at all. Raises OSError when the place cannot be written to."""
    with speaking(language):
        document = _document(book)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
        os.close(handle)
        try:
            document.save(name)
            Path(name).chmod(0o644)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def _document(book: Book) -> "Workbook":
    from openpyxl import Workbook

    from mappings.workbook import pages
    from mappings.workbook.styles import named_styles

    document = Workbook(write_only=True)
    for style in named_styles():
        document.add_named_style(style)
    _rules_page(document, book)
    _policy_page(document, book)
    _statuses_page(document, book)
    pages.categories_page(document, book.references)
    pages.classifier_page(document, book.references)
    pages.coverage_page(document, book.coverage)
    pages.changes_page(document, book.changes, book.fates)
    pages.help_page(document, book.version)
    pages.lists_page(document, book.references, book.content, book.version)
    return document


def _rules_page(document: "Workbook", book: Book) -> None:
    from mappings.workbook.page import Page

    columns = tables.RULES
    page = Page(document, _(SHEET_RULES), [c.width for c in columns], freeze="C2", editable=True)
    page.header([c.title for c in columns], [_(c.note) for c in columns])
    names = {entry.code: entry.name for entry in book.references.classifier}
    for rule in _layout(book):
        page.row(_cells(rule, names) if rule else (), _STYLES[rule.direction] if rule else ())
    page.filters(len(columns))
    page.choices(columns)
    for status, colour in STATUS_COLOURS.items():
        page.colour(0, len(columns) - 1, f'${_STATUS}2="{label(status)}"', colour)
    for direction, target in ((Direction.INCOMING, "code"), (Direction.MART, "category")):
        index = _KEYS.index(target)
        formula = f'AND($A2="{label(direction)}",${column_letters(index)}2="",${_STATUS}2="")'
        page.colour(index, index, formula, OPEN_COLOUR)


def _layout(book: Book) -> Iterator[Rule | None]:
    """Yield the rows from the second on: each rule in the row it came from, open rows in the gaps and below.

    So the addresses that `explain` names are right in the exported workbook too. None is an empty row.
    """
    waiting = open_rows(book)
    row = 2
    for rule in book.content.rules:
        for _gap in range(row, rule.row if rule.row - row <= _LARGEST_GAP else row):
            yield next(waiting, None)
            row += 1
        yield rule
        row += 1
    yield from waiting


def open_rows(book: Book) -> Iterator[Rule]:
    """Yield a row to fill for each source that has none: live categories, and entries of the mart's level."""
    rules = book.content.rules
    by_id = {(len(r.path), r.id) for r in rules if r.direction is Direction.INCOMING and r.id}
    by_path = {tuple(map(same_key, r.path)) for r in rules if r.direction is Direction.INCOMING and not r.id}
    for category in book.references.categories:
        known = (len(category.path), category.id) in by_id if category.id else False
        if not category.retired and not known and category.key not in by_path:
            yield Rule(Direction.INCOMING, category.path, category.id)
    codes = {rule.code for rule in rules if rule.direction is Direction.MART}
    if not book.mart_level:
        return
    if ANY_CODE not in codes:
        yield Rule(Direction.MART, code=ANY_CODE)
    for entry in book.references.classifier:
        if entry.level == book.mart_level and not entry.retired and entry.code not in codes:
            yield Rule(Direction.MART, code=entry.code)


def _cells(rule: Rule, names: dict[str, str]) -> list[CellContent]:
    """Return the cells of a row; what is empty or the usual stays empty in a row still open."""
    is_open = rule == Rule(rule.direction, rule.path, rule.id, rule.code, row=rule.row)
    is_open = is_open and not (rule.path and rule.code)
    code = code_title(rule.code, names[rule.code]) if rule.code in names else rule.code
    category = _(DO_NOT_EXPORT) if rule.excluded else SEPARATOR.join(rule.path)
    return [
        label(rule.direction),
        category,
        rule.id,
        code,
        None if is_open else label(rule.relation),
        None if is_open else label(rule.status),
        "; ".join(rule.cabinets),
        "; ".join(map(label, rule.kinds)),
        "; ".join(rule.regions),
        rule.since,
        rule.until,
        ", ".join(rule.words),
        rule.priority or None,
        rule.confidence,
        rule.reason,
        rule.author,
        rule.reviewer,
        rule.created,
        rule.reviewed,
        rule.comment,
    ]


_SOURCES = {Direction.INCOMING: {"direction", "category", "id"}, Direction.MART: {"direction", "code"}}
_STYLES = {
    direction: [LOCKED if key in source else DATE if key in _DATES else INPUT for key in _KEYS]
    for direction, source in _SOURCES.items()
}


def _policy_page(document: "Workbook", book: Book) -> None:
    from mappings.workbook.page import Page

    columns = tables.POLICY
    page = Page(document, _(SHEET_POLICY), [c.width for c in columns], editable=True)
    page.header([c.title for c in columns], [_(c.note) for c in columns])
    names = {entry.code: entry.name for entry in book.references.classifier}
    for policy in book.content.policies or (Policy(),):
        code = code_title(policy.code, names[policy.code]) if policy.code in names else policy.code
        page.row([policy.cabinet or _(ALL_OTHERS), label(policy.action), code], INPUT)
    page.choices(columns)


def _statuses_page(document: "Workbook", book: Book) -> None:
    from mappings.workbook.page import Page

    columns = tables.STATUSES
    page = Page(document, _(SHEET_STATUSES), [c.width for c in columns], editable=True)
    page.header([c.title for c in columns], [_(c.note) for c in columns])
    for pair in book.content.statuses or DEFAULT_STATUSES:
        page.row([pair.sstu, pair.pos, pair.comment], INPUT)
    page.choices(columns)
