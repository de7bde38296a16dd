"""The crosswalk as SSSOM TSV (Simple Standard for Sharing Ontological Mappings), out and in.

Subject is the source, object the target. The predicate is SKOS's; «nothing corresponds» and «не выгружать»
are the object sssom:NoTermFound. What SSSOM has no column for (direction, conditions, status …) stands
in its column `other` as key=value pairs divided by |, values percent-encoded. The identifiers of categories
and codes are this project's own: `pos:` + id or `pospath:` + percent-encoded path; `okn:` + code.
"""

import csv
import datetime as dt
import io
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, unquote

from config.i18n import _
from mappings.archive import damaged
from mappings.codes import read_code
from mappings.errors import FileError
from mappings.findings import Finding, Place, error
from mappings.grid import MAX_FILE_BYTES, decode_text
from mappings.model import ANY_CODE, Content, Direction, Kind, Relation, Rule, Status
from mappings.words import SEPARATOR
from mappings.workbook.resolve import Meanings, References

NO_TERM = "sssom:NoTermFound"
COLUMNS = (
    "subject_id",
    "subject_label",
    "predicate_id",
    "object_id",
    "object_label",
    "mapping_justification",
    "confidence",
    "author_label",
    "reviewer_label",
    "mapping_date",
    "comment",
    "other",
)
_PREDICATES = {
    Relation.EQUAL: "skos:exactMatch",
    Relation.CLOSE: "skos:closeMatch",
    Relation.BROADER: "skos:broadMatch",
    Relation.NARROWER: "skos:narrowMatch",
    Relation.RELATED: "skos:relatedMatch",
}
_RELATIONS = {predicate: relation for relation, predicate in _PREDICATES.items()}
_HEADER = """\
#curie_map:
#  okn: "urn:sedlink:okn:"
#  pos: "urn:sedlink:pos:"
#  pospath: "urn:sedlink:pospath:"
#license: "https://w3id.org/sssom/license/unspecified"
#mapping_set_id: "https://sedlink.invalid/mapping/{version}"
#mapping_set_version: "{version}"
#mapping_tool: "sedlink"
"""
_FORMULA_START = re.compile(r"^'*[=+\-@]")
_PRIORITY = re.compile(r"-?[0-9]{1,9}")
_LISTS = ("cabinets", "regions", "words")
_TEXTS = ("reason",)


class Exchanged(NamedTuple):
    """What an SSSOM file says: rules, and the rows that could not be understood."""

    rules: tuple[Rule, ...]
    findings: tuple[Finding, ...]


def write_sssom(content: Content, references: References, version: int) -> str:
    """Return the rules as SSSOM TSV."""
    names = {entry.code: entry.name for entry in references.classifier}
    out = io.StringIO(newline="")
    out.write(_HEADER.format(version=version))
    writer = csv.writer(out, delimiter="\t", lineterminator="\n")
    writer.writerow(COLUMNS)
    for rule in content.rules:
        row = _row(rule, names)
        writer.writerow([_safe(row.get(column, "")) for column in COLUMNS])
    return out.getvalue()


def _row(rule: Rule, names: Mapping[str, str]) -> dict[str, str]:
    code = (f"okn:{quote(rule.code)}", names.get(rule.code, rule.code)) if rule.code else (NO_TERM, "")
    item = f"pos:{quote(rule.id)}" if rule.id else f"pospath:{_joined(rule.path)}"
    category = (item, SEPARATOR.join(rule.path)) if rule.path else (NO_TERM, "")
    subject, target = (category, code) if rule.direction is Direction.INCOMING else (code, category)
    return {
        "subject_id": subject[0],
        "subject_label": subject[1],
        "predicate_id": _PREDICATES.get(rule.relation, "skos:exactMatch"),
        "object_id": target[0],
        "object_label": target[1],
        "mapping_justification": "semapv:ManualMappingCuration",
        "confidence": "" if rule.confidence is None else repr(rule.confidence),
        "author_label": rule.author,
        "reviewer_label": rule.reviewer,
        "mapping_date": _iso(rule.reviewed or rule.created),
        "comment": rule.comment,
        "other": _other(rule),
    }


def _other(rule: Rule) -> str:
    pairs = {
        "direction": str(rule.direction),
        "status": str(rule.status),
        "relation": str(rule.relation),
        "path": _joined(rule.path),
        "excluded": "1" if rule.excluded else "",
        "priority": str(rule.priority or ""),
        "kinds": ";".join(rule.kinds),
        "since": _iso(rule.since),
        "until": _iso(rule.until),
        "created": _iso(rule.created),
        "reviewed": _iso(rule.reviewed),
        **{field: ";".join(map(_segment, getattr(rule, field))) for field in _LISTS},
        **{field: _segment(getattr(rule, field)) for field in _TEXTS},
    }
    return "|".join(f"{key}={value}" for key, value in pairs.items() if value)


def read_sssom(path: Path, references: References) -> Exchanged:
    """Read SSSOM TSV: our own, or one that maps ids `pos:`, `pospath:` and `okn:` without our column `other`.

    Rows without a status are proposals: nothing from outside acts by itself. Raises FileError when the file
    cannot be read or lacks the columns that SSSOM requires.
    """
    lines = _lines(path)
    reader = csv.DictReader(lines, delimiter="\t")
    required = {"subject_id", "predicate_id", "object_id"}
    try:
        names = reader.fieldnames or ()
        missing = required - set(names)
        rows = [] if missing else list(reader)
    except csv.Error as problem:
        raise damaged(path, problem) from problem
    if missing:
        columns = ", ".join(sorted(missing))
        raise FileError(_("{file}: the columns {columns} are missing").format(file=path, columns=columns))
    if twice := sorted({name for name in names if name and names.count(name) > 1}):
        raise FileError(
            _("{file}: the columns {columns} stand twice").format(file=path, columns=", ".join(twice))
        )
    meanings = Meanings(references)
    rules, findings = [], []
    for number, row in enumerate(rows, 1):
        try:
            rules.append(_rule(number, row, meanings))
        except _UnclearError as unclear:
            findings.append(error("sssom-row", Place(path.name), row=number, reason=str(unclear)))
    return Exchanged(tuple(rules), tuple(findings))


class _UnclearError(ValueError):
    """A row that cannot be understood, and why."""


def _lines(path: Path) -> list[str]:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            limit = MAX_FILE_BYTES // 1024 // 1024
            raise FileError(
                _("{file}: the file is larger than {limit} MB; remove unused sheets").format(
                    file=path, limit=limit
                )
            )
        text = decode_text(path.read_bytes(), path)
    except OSError as problem:
        raise FileError(
            _("{file}: the file cannot be opened: {reason}").format(file=path, reason=problem.strerror)
        ) from problem
    lines = text.splitlines(keepends=True)
    start = next((i for i, line in enumerate(lines) if not line.startswith("#")), len(lines))
    return lines[start:]


def _rule(number: int, row: Mapping[str, str | None], meanings: Meanings) -> Rule:
    cells = {key: _plain(value or "") for key, value in row.items() if key and isinstance(value, str | None)}
    other = dict(pair.split("=", 1) for pair in cells.get("other", "").split("|") if "=" in pair)
    subject, target = cells["subject_id"], cells["object_id"]
    incoming = subject.startswith(("pos:", "pospath:"))
    category, code = (subject, target) if incoming else (target, subject)
    path, item_id = _category(category, other, cells, incoming=incoming, meanings=meanings)
    relation = _relation(cells["predicate_id"], target, other)
    excluded = not incoming and target == NO_TERM
    try:
        return Rule(
            Direction.INCOMING if incoming else Direction.MART,
            path,
            item_id,
            _code(code, meanings),
            excluded,
            relation,
            kinds=tuple(Kind(k) for k in _list(other, "kinds")),
            since=_day(other.get("since", "")),
            until=_day(other.get("until", "")),
            priority=_priority(other.get("priority", "0")),
            status=Status(other.get("status", Status.PROPOSED)),
            confidence=_confidence(cells.get("confidence", "")),
            reason=unquote(other.get("reason", "")),
            author=cells.get("author_label", ""),
            reviewer=cells.get("reviewer_label", ""),
            created=_day(other.get("created", "")),
            reviewed=_day(other.get("reviewed", "")),
            comment=cells.get("comment", ""),
            row=number + 1,
            **{field: tuple(map(unquote, _list(other, field))) for field in _LISTS},
        )
    except ValueError as problem:
        raise _UnclearError(str(problem)) from problem


def _category(
    curie: str, other: Mapping[str, str], cells: Mapping[str, str], *, incoming: bool, meanings: Meanings
) -> tuple[tuple[str, ...], str]:
    if curie == NO_TERM and not incoming:
        return (), ""
    prefix, _colon, value = curie.partition(":")
    if prefix not in {"pos", "pospath"} or not value:
        raise _UnclearError(_("«{id}» is neither pos: nor pospath:").format(id=curie))
    stored = other.get("path") or (value if prefix == "pospath" else "")
    item_id = unquote(value) if prefix == "pos" else ""
    if stored:
        return tuple(map(unquote, stored.split("/"))), item_id
    label = cells.get("subject_label" if incoming else "object_label", "")
    meant = meanings.category(label, item_id)
    if meant.problem or not meant.path:
        raise _UnclearError(_("the category «{id}» is unknown").format(id=curie))
    return meant.path, item_id


def _code(curie: str, meanings: Meanings) -> str:
    if curie == NO_TERM:
        return ""
    prefix, _colon, value = curie.partition(":")
    text = unquote(value)
    if prefix == "okn" and text == ANY_CODE:
        return ANY_CODE
    reading = read_code(text) if prefix == "okn" else None
    if reading is None:
        raise _UnclearError(_("«{id}» is not a code of the form okn:0003.0009").format(id=curie))
    code, problem = meanings.code(reading.code)
    return reading.code if problem else code


def _relation(predicate: str, target: str, other: Mapping[str, str]) -> Relation:
    if "relation" in other:
        try:
            return Relation(other["relation"])
        except ValueError as problem:
            raise _UnclearError(str(problem)) from problem
    if target == NO_TERM:
        return Relation.NONE
    if predicate not in _RELATIONS:
        raise _UnclearError(_("the predicate {predicate} is not used here").format(predicate=predicate))
    return _RELATIONS[predicate]


def _priority(text: str) -> int:
    if not _PRIORITY.fullmatch(text):
        raise ValueError(_("“{text}” is not a whole number").format(text=text[:40]))
    return int(text)


def _confidence(text: str) -> float | None:
    value = float(text) if text else None
    if value is not None and not 0 <= value <= 1:  # of SSSOM; nan is not, too
        raise ValueError(_("the confidence {text} is not between 0 and 1").format(text=text[:40]))
    return value


def _list(other: Mapping[str, str], key: str) -> list[str]:
    return [part for part in other.get(key, "").split(";") if part]


def _segment(text: str) -> str:
    return quote(text, safe="")


def _joined(path: Iterable[str]) -> str:
    return "/".join(map(_segment, path))


def _iso(day: dt.date | None) -> str:
    return day.isoformat() if day else ""


def _day(text: str) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None


def _safe(text: str) -> str:
    """Keep a text from becoming a formula in a spreadsheet that opens the table."""
    return f"'{text}" if _FORMULA_START.match(text) else text


def _plain(text: str) -> str:
    return text[1:] if text.startswith("'") and _FORMULA_START.match(text) else text
