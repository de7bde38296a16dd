"""The smaller sheets of the workbook: policies for unmapped items, statuses, and what version it is from."""

from collections.abc import Iterator, Sequence

from mappings.findings import Finding, Place, error, warning
from mappings.grid import Sheet, Workbook, as_text
from mappings.model import Policy, StatusPair, Unmapped
from mappings.statuses import POS_STATUSES
from mappings.vocab import (
    ALL_OTHERS,
    SHEET_LISTS,
    SHEET_POLICY,
    SHEET_STATUSES,
    every_language,
    find_sheet,
    labels,
    read_word,
)
from mappings.words import clean, same_key
from mappings.workbook.columns import POLICY, STATUSES, Column, find_header
from mappings.workbook.resolve import Meanings

BASE_MARK = "sedlink-mapping-version"


def read_policies(book: Workbook, meanings: Meanings) -> tuple[tuple[Policy, ...], list[Finding]]:
    """Read the sheet of policies; without it every cabinet holds its unmapped items."""
    findings: list[Finding] = []
    policies: dict[str, Policy] = {}
    for place, cells in _table(book, SHEET_POLICY, POLICY, frozenset({"cabinet", "action"}), findings):
        name, action = clean(as_text(cells["cabinet"])), as_text(cells["action"])
        if not name and not action:
            continue
        cabinet = "" if same_key(name) in every_language(ALL_OTHERS) else name
        chosen = read_word(Unmapped, action)
        code = ""
        if chosen is None:
            words = ", ".join(labels(Unmapped))
            findings.append(error("unknown-word", place["action"], value=action, words=words))
            continue
        if cells.get("code", "") != "":
            code, problem = meanings.code(cells["code"])
            if problem:
                findings.append(Finding(problem.kind, place["code"], problem.fields))
        elif chosen is Unmapped.DEFAULT:
            findings.append(error("policy-code-missing", place["action"]))
        if same_key(cabinet) in policies:
            findings.append(error("policy-twice", place["cabinet"], cabinet=name))
        policies.setdefault(same_key(cabinet), Policy(cabinet, chosen, code))
    return tuple(policies.values()), findings


def read_statuses(book: Workbook) -> tuple[tuple[StatusPair, ...], list[Finding]]:
    """Read the sheet of statuses; without it the default table is in force."""
    findings: list[Finding] = []
    pairs: dict[str, StatusPair] = {}
    known = set(map(same_key, POS_STATUSES))
    for place, cells in _table(book, SHEET_STATUSES, STATUSES, frozenset({"sstu", "pos"}), findings):
        sstu, pos = clean(as_text(cells["sstu"])), clean(as_text(cells["pos"]))
        if not sstu:
            if pos:
                findings.append(error("source-missing", place["sstu"]))
            continue
        if pos and same_key(pos) not in known:
            findings.append(warning("status-unknown", place["pos"], status=pos))
        pair = StatusPair(sstu, pos, as_text(cells.get("comment", "")))
        if same_key(pairs.setdefault(same_key(sstu), pair).pos) != same_key(pos):
            findings.append(error("status-twice", place["sstu"], status=sstu))
    return tuple(pairs.values()), findings


def read_base(book: Workbook) -> int | None:
    """Return the version that the workbook was made from, None when it does not say."""
    name = find_sheet(book.sheet_names, SHEET_LISTS)
    for row in book.sheet(name).rows[:1] if name else ():
        if len(row) > 1 and row[0] == BASE_MARK and isinstance(row[1], float | int):
            return int(row[1])
    return None


def _table(
    book: Workbook, sheet: str, columns: Sequence[Column], needed: frozenset[str], findings: list[Finding]
) -> Iterator[tuple[dict[str, Place], dict[str, object]]]:
    """Yield the rows of a small table as cells and their places by column key."""
    name = find_sheet(book.sheet_names, sheet)
    if name is None:
        return
    read: Sheet = book.sheet(name)
    found = find_header(read.rows, columns, needed)
    if found is None:
        headers = ", ".join(f"«{c.title}»" for c in columns if c.key in needed)
        findings.append(error("header-missing", read.place(0, 0), sheet=name, headers=headers))
        return
    first, indexes = found[0] + 1, found[1]
    findings += [
        error("formula", read.place(0, 0), formula=formula) for formula in list(read.formulas.values())[:1]
    ]
    for number, row in enumerate(read.rows[first:], first):
        cells: dict[str, object] = {key: row[i] if i < len(row) else "" for key, i in indexes.items()}
        yield {key: read.place(number, i) for key, i in indexes.items()}, cells
