"""The workbook as filled by an administrator, read into rules; what cannot be understood is a finding."""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from config.i18n import _
from mappings.findings import Finding, Place, Severity, error, warning
from mappings.grid import Sheet, Workbook
from mappings.model import ANY_CODE, Content, Direction, Policy, Relation, Rule, Status, StatusPair
from mappings.vocab import DO_NOT_EXPORT, SHEET_POLICY, SHEET_RULES, every_language, find_sheet, labels
from mappings.words import same_key
from mappings.workbook.columns import RULES, find_header
from mappings.workbook.convert import CONVERTERS, Bad
from mappings.workbook.read_parts import read_base, read_policies, read_statuses
from mappings.workbook.resolve import Meanings, Problem, References

_FIELDS = {name: i for i, name in enumerate(Rule._fields)}
_DEFAULTS = list(Rule(Direction.INCOMING))
_SOURCE_KEYS = {Direction.INCOMING: {"direction", "category", "id"}, Direction.MART: {"direction", "code"}}
_LENIENT = {Status.REJECTED, Status.OBSOLETE}
_WARNINGS = {"category-retired"}


class _Plan(NamedTuple):
    """A column to read: where it stands, its converter, and the answers for texts met before."""

    at: int
    key: str
    convert: Callable[[object], object]
    memory: dict[object, object]


class Draft(NamedTuple):
    """What a workbook says. `open_rows`: rows that name a category and nothing else, by its path key."""

    content: Content
    findings: tuple[Finding, ...]
    sheet: Sheet
    columns: dict[str, int]
    open_rows: dict[tuple[str, ...], int]
    base: int | None

    def cell(self, row: int, key: str) -> str:
        """Return the address of a rule's cell by the rule's row and the column's key."""
        return self.sheet.place(row - self.sheet.top - 1, self.columns.get(key, 0)).cell


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
    name = find_sheet(book.sheet_names, SHEET_RULES) or (book.sheet_names[0] if book.kind == "csv" else None)
    if name is None:
        missing = error("sheet-missing", Sheet(path.name, "", ()).place(0, 0), sheet=_(SHEET_RULES))
        return Draft(
            Content((), policies, statuses), (*findings, missing), Sheet(path.name, "", ()), {}, {}, None
        )
    reader = RuleReader(book.sheet(name), meanings)
    rules = tuple(reader.rules())
    content = Content(rules, policies, statuses)
    return Draft(
        content,
        (*reader.findings, *findings),
        reader.sheet,
        reader.columns,
        reader.open_rows,
        read_base(book),
    )


class RuleReader:
    """Reads the sheet of rules row by row."""

    def __init__(self, sheet: Sheet, meanings: Meanings) -> None:
        self.sheet = sheet
        self.findings: list[Finding] = []
        self.open_rows: dict[tuple[str, ...], int] = {}
        self.columns: dict[str, int] = {}
        self._meanings = meanings
        self._first = 0
        self._bad = False
        needed = {"direction", "category", "code", "status"}
        found = find_header(sheet.rows, RULES, needed)
        if found is None:
            headers = ", ".join(f"«{c.title}»" for c in RULES if c.key in needed)
            self.findings.append(
                error("header-missing", sheet.place(0, 0), sheet=sheet.name, headers=headers)
            )
        else:
            self._first, self.columns = found[0] + 1, found[1]
            self._formulas()

    def rules(self) -> Iterator[Rule]:
        """Yield the rule of each row that could be understood."""
        if not self.columns:
            return
        plan = [_Plan(index, key, CONVERTERS[key], {}) for key, index in self.columns.items()]
        width = max(self.columns.values()) + 1
        for number, row in enumerate(self.sheet.rows[self._first :], self._first):
            cells = row if len(row) >= width else [*row, *[""] * (width - len(row))]
            read = self._cells(number, cells, plan)
            if read and (rule := self._rule(number, read)) and not self._bad:
                yield rule

    def _cells(self, number: int, row: Sequence[object], plan: list[_Plan]) -> dict[str, object]:
        """Convert the filled cells of a row; texts are remembered, numbers are not (1 and True are equal)."""
        read: dict[str, object] = {}
        self._bad = False
        for index, key, convert, memory in plan:
            value = row[index]
            if value == "":
                continue
            if type(value) is str:
                result = memory.get(value)
                if result is None:
                    result = memory[value] = convert(value) if value.strip() else ""
            else:
                result = convert(value)
            if type(result) is Bad:
                self._report(number, key, result.problem())
            elif result != "":
                read[key] = result
        return read

    def _rule(self, number: int, read: dict[str, object]) -> Rule | None:
        direction = read.get("direction")
        if not isinstance(direction, Direction):
            if not self._bad:
                words = ", ".join(labels(Direction))
                self._report(number, "direction", Problem("direction-missing", {"words": words}))
            return None
        values: list[object] = [*_DEFAULTS]
        for key, value in read.items():
            if key in _FIELDS:
                values[_FIELDS[key]] = value
        values[_FIELDS["row"]] = self.sheet.top + number + 1
        rule = self._resolved(number, Rule._make(values), read)
        if read.keys() <= _SOURCE_KEYS[direction]:
            if direction is Direction.INCOMING and rule.path:
                self.open_rows.setdefault(tuple(map(same_key, rule.path)), rule.row)
            return None
        self._sense(number, rule, read)
        return rule

    def _resolved(self, number: int, rule: Rule, read: dict[str, object]) -> Rule:
        """Give the rule its code and its path, or report why it has none."""
        title = str(read.get("category", ""))
        excluded = bool(title) and same_key(title) in every_language(DO_NOT_EXPORT)
        code, code_problem = self._meanings.code(rule.code) if rule.code != "" else ("", None)
        path: tuple[str, ...] = ()
        path_problem = None
        if not excluded and (title or rule.id):
            path, path_problem = self._meanings.category(title, rule.id)
        if code_problem:
            self._report(number, "code", code_problem, rule)
        if path_problem:
            self._report(
                number, "id" if path_problem.kind.startswith("id-") else "category", path_problem, rule
            )
        return rule._replace(code=code, path=path, excluded=excluded)

    def _sense(self, number: int, rule: Rule, read: dict[str, object]) -> None:
        """Report what contradicts itself inside one row."""
        incoming = rule.direction is Direction.INCOMING
        target = bool(rule.code) if incoming else bool(rule.path or rule.excluded)
        if not self._bad and not (rule.path if incoming else rule.code):
            self._report(number, "category" if incoming else "code", Problem("source-missing", {}))
        if incoming and rule.excluded:
            self._report(number, "category", Problem("exclusion-misplaced", {}))
        if incoming and rule.code == ANY_CODE:
            self._report(number, "code", Problem("any-code-misplaced", {"sheet": _(SHEET_POLICY)}))
        if rule.relation is Relation.NONE and (target if incoming else rule.path):
            self._report(number, "relation", Problem("two-targets", {}))
        named_none = rule.relation is Relation.NONE and (incoming or rule.excluded)
        if rule.acts and not self._bad and not target and not named_none:
            self._report(number, "code" if incoming else "category", Problem("target-missing", {}))
        if "status" not in read and "status" in self.columns and not self._bad:
            self.findings.append(warning("status-missing", self._place(number, "status")))
        if rule.since and rule.until and rule.since > rule.until:
            fields: dict[str, object] = {"since": _day(rule.since), "until": _day(rule.until)}
            self._report(number, "until", Problem("impossible-dates", fields))

    def _report(self, number: int, key: str, problem: Problem, rule: Rule | None = None) -> None:
        """Add a finding; an error keeps the row out. Old rows may keep what no longer exists."""
        lenient = problem.kind in _WARNINGS or (rule is not None and rule.status in _LENIENT)
        if problem.kind == "code-retired" and rule is not None:
            source_side = rule.direction is Direction.MART
            if source_side or rule.status in _LENIENT:
                return
            lenient = not rule.acts
        severity = Severity.WARNING if lenient else Severity.ERROR
        self._bad = self._bad or not lenient
        self.findings.append(Finding(problem.kind, self._place(number, key), problem.fields, severity))

    def _place(self, number: int, key: str) -> Place:
        return self.sheet.place(number, self.columns.get(key, 0))

    def _formulas(self) -> None:
        """Report formulas in the columns that are read, below the header."""
        if not self.sheet.formulas:
            return
        known = {self.sheet.place(0, index).cell.rstrip("0123456789") for index in self.columns.values()}
        for cell, formula in self.sheet.formulas.items():
            letters = cell.rstrip("0123456789")
            if letters in known and int(cell[len(letters) :]) > self.sheet.top + self._first:
                place = Place(self.sheet.file, self.sheet.name, cell)
                self.findings.append(error("formula", place, formula=formula[:80]))


def _day(day: dt.date) -> str:
    return day.strftime("%d.%m.%Y")
