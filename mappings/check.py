"""What is wrong with a workbook: everything read.py found, and what only the table as a whole can show."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from config.i18n import _
from mappings.codes import LEVELS as LEVEL_NAMES
from mappings.codes import level_of
from mappings.conflicts import conflicts, rank
from mappings.findings import Finding, Place, Severity, error, warning
from mappings.model import Direction, Rule
from mappings.shown import LEVELS
from mappings.words import SEPARATOR, same_key
from mappings.workbook.read import Draft, read_workbook
from mappings.workbook.resolve import References

_QUESTION = 4


class Checked(NamedTuple):
    """A workbook and all findings about it, in the order of its cells."""

    draft: Draft
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> int:
        """Count what keeps the workbook from being applied."""
        return sum(finding.severity is Severity.ERROR for finding in self.findings)

    @property
    def warnings(self) -> int:
        """Count what only asks for a look."""
        return len(self.findings) - self.errors


def check_workbook(path: Path, references: References) -> Checked:
    """Read and check a workbook. Raises FileError when it cannot be read at all."""
    draft = read_workbook(path, references)
    acting = [rule for rule in draft.content.rules if rule.acts]
    found = [
        *draft.findings,
        *_missing_references(draft, references),
        *_conditions(draft, references),
        *_too_general(draft),
        *_duplicates(draft, acting),
        *_conflicts(draft, acting),
        *_gaps(draft, references),
    ]
    return Checked(draft, tuple(sorted(found, key=_order)))


def _order(finding: Finding) -> tuple[bool, str, int, str]:
    letters = finding.place.cell.rstrip("0123456789")
    row = finding.place.cell[len(letters) :]
    return (finding.severity is Severity.WARNING, finding.place.sheet, int(row or 0), letters.rjust(3))


def _place(draft: Draft, row: int, key: str) -> Place:
    return Place(draft.sheet.file, draft.sheet.name, draft.cell(row, key))


def _missing_references(draft: Draft, references: References) -> Iterator[Finding]:
    if not references.classifier:
        yield warning("no-classifier", Place(draft.sheet.file))
    if not references.categories:
        yield warning("no-categories", Place(draft.sheet.file))


def _conditions(draft: Draft, references: References) -> Iterator[Finding]:
    """Report conditions that no message can meet."""
    regions = {same_key(entry.region) for entry in references.categories} - {""}
    cabinets = set(map(same_key, references.cabinets))
    owners = {
        (len(entry.path), entry.id): entry.region
        for entry in references.categories
        if entry.id and entry.region
    }
    for rule in draft.content.rules:
        if regions and rule.regions:
            yield from _regions(draft, rule, regions, owners)
        for cabinet in rule.cabinets if cabinets else ():
            if same_key(cabinet) not in cabinets:
                yield error("unknown-cabinet", _place(draft, rule.row, "cabinets"), cabinet=cabinet)


def _regions(
    draft: Draft, rule: Rule, regions: set[str], owners: dict[tuple[int, str], str]
) -> Iterator[Finding]:
    place = _place(draft, rule.row, "regions")
    for region in rule.regions:
        if same_key(region) not in regions:
            yield error("unknown-region", place, region=region)
            return
    owner = (
        owners.get((len(rule.path), rule.id)) if rule.id and rule.direction is Direction.INCOMING else None
    )
    if owner and same_key(owner) not in set(map(same_key, rule.regions)):
        yield error("impossible-region", place, id=rule.id, region=owner)


def _too_general(draft: Draft) -> Iterator[Finding]:
    for rule in draft.content.rules:
        general = rule.direction is Direction.INCOMING and rule.code and level_of(rule.code) < _QUESTION
        if general and rule.acts:
            level = _(LEVELS[LEVEL_NAMES[level_of(rule.code) - 1]])
            place = _place(draft, rule.row, "code")
            yield warning("code-too-general", place, code=rule.code, level=level)


def _source(rule: Rule) -> tuple[object, ...]:
    if rule.direction is Direction.MART:
        return (rule.direction, rule.code)
    return (rule.direction, tuple(map(same_key, rule.path)))


def _duplicates(draft: Draft, acting: Iterable[Rule]) -> Iterator[Finding]:
    """Report rows that say the same under the same condition."""
    first: dict[tuple[object, ...], Rule] = {}
    for rule in acting:
        words = frozenset(rule.words)
        sets = (rule.cabinets, rule.kinds, rule.regions)
        key = (
            rule.direction,
            rule.path,
            rule.id,
            rule.code,
            rule.excluded,
            *map(frozenset, sets),
            rule.since,
            rule.until,
            words,
            rule.priority,
        )
        other = first.setdefault(key, rule)
        if other is not rule:
            target = "code" if rule.direction is Direction.INCOMING else "category"
            yield warning(
                "duplicate", _place(draft, rule.row, target), other=str(_place(draft, other.row, target))
            )


def _conflicts(draft: Draft, acting: Iterable[Rule]) -> Iterator[Finding]:
    groups: dict[tuple[object, ...], list[Rule]] = {}
    for rule in acting:
        groups.setdefault(_source(rule), []).append(rule)
    for rules in groups.values():
        for one, other in conflicts(rank(rules)) if len(rules) > 1 else ():
            key = "code" if one.direction is Direction.INCOMING else "category"
            source = SEPARATOR.join(one.path) if one.direction is Direction.INCOMING else one.code
            place, elsewhere = _place(draft, other.row, key), _place(draft, one.row, key)
            yield error("conflict", place, source=source, other=str(elsewhere))


def _gaps(draft: Draft, references: References) -> Iterator[Finding]:
    """Report the lowest categories that no rule in force can answer, not even one of an upper category."""
    rows = _rows_by_path(draft)
    answered = {
        tuple(map(same_key, rule.path))
        for rule in draft.content.rules
        if rule.direction is Direction.INCOMING and rule.acts
    }
    for category in references.categories:
        key = category.key
        lowest = not category.retired and key not in references.categories.inner and key not in draft.broken
        if lowest and not any(key[:depth] in answered for depth in range(1, len(key) + 1)):
            row = rows.get(key)
            place = _place(draft, row, "code") if row else Place(draft.sheet.file, draft.sheet.name)
            yield warning("gap", place, path=category.title)


def _rows_by_path(draft: Draft) -> dict[tuple[str, ...], int]:
    rows = dict(draft.open_rows)
    for rule in draft.content.rules:
        if rule.direction is Direction.INCOMING:
            rows.setdefault(tuple(map(same_key, rule.path)), rule.row)
    return rows
