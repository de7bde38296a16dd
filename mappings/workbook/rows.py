"""Rows of the sheet «Соответствие» into rules, fast: a hundred thousand of them are read while one waits."""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import Any, NamedTuple

from config.i18n import _
from mappings.findings import Finding, Place, Severity, error, warning
from mappings.grid import Sheet
from mappings.model import ANY_CODE, Direction, Relation, Rule, Status
from mappings.vocab import SHEET_POLICY, labels
from mappings.words import same_key
from mappings.workbook.columns import RULES, find_header
from mappings.workbook.convert import CONVERTERS, Bad
from mappings.workbook.resolve import Meanings, Problem

HEAD = 50  # rows among which the header is looked for

_NEEDED = frozenset({"direction", "category", "code", "status"})
_KEYS = [column.key for column in RULES]
_SLOT = {key: i for i, key in enumerate(Rule._fields)} | {"category": len(Rule._fields)}
_PATH, _ID, _CODE, _EXCLUDED, _ROW = (_SLOT[key] for key in ("path", "id", "code", "excluded", "row"))
_DEFAULTS: list[Any] = [*Rule(Direction.INCOMING), ""]  # the text of the category comes last
_BIT = {key: 1 << i for i, key in enumerate(_KEYS)}
_EMPTY = ""
_STATUS_BIT, _CODE_BIT = _BIT["status"], _BIT["code"]
_SOURCE_BITS = {
    Direction.INCOMING: _BIT["direction"] | _BIT["category"] | _BIT["id"],
    Direction.MART: _BIT["direction"] | _BIT["code"],
}
_KEPT_AS_IS = {Status.REJECTED, Status.OBSOLETE}


class _Plan(NamedTuple):
    """A column to read: where it stands, where its value goes, its converter, answers for known texts."""

    at: int
    key: str
    slot: int
    bit: int
    convert: Callable[[object], object]
    memory: dict[str, object]


class RuleReader:
    """Reads the sheet of rules row by row; `findings` and `open_rows` fill on the way."""

    def __init__(self, sheet: Sheet, meanings: Meanings) -> None:
        self.sheet = sheet
        self.findings: list[Finding] = []
        self.open_rows: dict[tuple[str, ...], int] = {}
        self.broken: set[tuple[str, ...]] = set()  # categories with a row that holds an error
        self.columns: dict[str, int] = {}
        self._meanings = meanings
        self._first = 0
        self._bad = False  # the row at hand holds an error and makes no rule
        self._formula_rows: set[int] = set()
        found = find_header(sheet.rows, RULES, _NEEDED)
        if found is None:
            headers = ", ".join(f"«{c.title}»" for c in RULES if c.key in _NEEDED)
            self.findings.append(
                error("header-missing", sheet.place(0, 0), sheet=sheet.name, headers=headers)
            )
        else:
            self._first, self.columns = found[0] + 1, found[1]
            self._report_formulas()

    def rules(self) -> Iterator[Rule]:
        """Yield the rule of each row that could be understood."""
        if not self.columns:
            return
        plan = [
            _Plan(at, key, _SLOT[key], _BIT[key], CONVERTERS[key], {}) for key, at in self.columns.items()
        ]
        width = max(self.columns.values()) + 1
        rows = chain(self.sheet.rows[self._first :], self.sheet.rest)
        for number, row in enumerate(rows, self._first):
            cells = row if len(row) >= width else [*row, *[""] * (width - len(row))]
            self._bad = number in self._formula_rows
            values = _DEFAULTS.copy()
            filled = self._convert(number, cells, plan, values)
            rule = self._rule(number, values, filled) if filled else None
            if rule and not self._bad:
                yield rule
            elif rule:
                self.broken.add(tuple(map(same_key, rule.path)))

    def _convert(self, number: int, row: Sequence[object], plan: list[_Plan], values: list[Any]) -> int:
        """Put the converted cells of a row into their slots; return which were filled, as bits.

        Answers for texts are remembered; those for numbers are not, because 1, 1.0 and True are equal keys.
        """
        filled = 0
        for at, key, slot, bit, convert, memory in plan:
            value = row[at]
            if value is _EMPTY:  # the reader gives the one empty string of Python; others are stripped below
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
                values[slot] = result
                filled |= bit
        return filled

    def _rule(self, number: int, values: list[Any], filled: int) -> Rule | None:
        """Make the rule of a row; None for a row still open and for one without a direction."""
        if not filled & _BIT["direction"]:
            if not self._bad:
                self._report(number, "direction", Problem("direction-missing", {"words": _directions()}))
            return None
        values[_ROW] = number + 1
        path, excluded, path_problem = self._meanings.category(values.pop(), values[_ID])
        code, code_problem = self._meanings.code(values[_CODE]) if filled & _CODE_BIT else ("", None)
        values[_PATH], values[_EXCLUDED], values[_CODE] = path, excluded, code
        rule = Rule._make(values)
        if code_problem:
            self._report(number, "code", code_problem, rule)
        if path_problem:
            key = "id" if path_problem.kind.startswith("id-") else "category"
            self._report(number, key, path_problem, rule)
        if not filled & ~_SOURCE_BITS[rule.direction] and not self._bad:
            if rule.direction is Direction.INCOMING and rule.path:
                self.open_rows.setdefault(tuple(map(same_key, rule.path)), rule.row)
            return None
        if not filled & _STATUS_BIT and not self._bad:
            self.findings.append(warning("status-missing", self._place(number, "status")))
        if not self._bad:
            self._sense(number, rule)
        return rule

    def _sense(self, number: int, rule: Rule) -> None:
        """Report what contradicts itself inside one row."""
        incoming = rule.direction is Direction.INCOMING
        source, target = ("category", "code") if incoming else ("code", "category")
        if not (rule.path or rule.excluded if incoming else rule.code):
            self._report(number, source, Problem("source-missing", {}))
        if incoming and rule.excluded:
            self._report(number, source, Problem("exclusion-misplaced", {}))
        if rule.code == ANY_CODE and incoming:
            self._report(number, target, Problem("any-code-misplaced", {"sheet": _(SHEET_POLICY)}))
        if rule.relation is Relation.NONE and (rule.code if incoming else rule.path):
            self._report(number, "relation", Problem("two-targets", {}))
        if rule.acts and not rule.answered:
            self._report(number, target, Problem("target-missing", {}))
        if rule.since and rule.until and rule.since > rule.until:
            fields: dict[str, object] = {"since": _day(rule.since), "until": _day(rule.until)}
            self._report(number, "until", Problem("impossible-dates", fields))

    def _report(self, number: int, key: str, problem: Problem, rule: Rule | None = None) -> None:
        """Add a finding; an error keeps the row out. Rows kept for memory may name what no longer exists."""
        as_is = rule is not None and rule.status in _KEPT_AS_IS
        if problem.kind == "code-retired" and rule is not None:
            if as_is or rule.direction is Direction.MART:  # old cards keep their codes
                return
            as_is = not rule.acts
        mild = as_is or problem.kind == "category-retired"
        self._bad = self._bad or not mild
        severity = Severity.WARNING if mild else Severity.ERROR
        self.findings.append(Finding(problem.kind, self._place(number, key), problem.fields, severity))

    def _place(self, number: int, key: str) -> Place:
        return self.sheet.place(number, self.columns.get(key, 0))

    def _report_formulas(self) -> None:
        """Report formulas in the columns that are read, below the header."""
        known = {self.sheet.place(0, at).cell.rstrip("0123456789") for at in self.columns.values()}
        for cell, formula in self.sheet.formulas.items():
            letters = cell.rstrip("0123456789")
            if letters in known and int(cell[len(letters) :]) > self._first:
                place = Place(self.sheet.file, self.sheet.name, cell)
                self.findings.append(error("formula", place, formula=formula[:80]))
                self._formula_rows.add(int(cell[len(letters) :]) - 1)


def _directions() -> str:
    return ", ".join(labels(Direction))


def _day(day: dt.date) -> str:
    return day.strftime("%d.%m.%Y")
