"""One call for each thing an administrator does: the store, the workbook and the checks joined together."""

import datetime as dt
import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa

from config.i18n import _
from mappings.categories import Categories, Category
from mappings.categories_file import read_categories
from mappings.check import Checked, check_workbook
from mappings.classifier import read_classifier
from mappings.coverage import coverage
from mappings.crosswalk import Crosswalk
from mappings.editions import Change, Fate, compare, fates
from mappings.errors import FileError, RefusedError, StoreError
from mappings.findings import Finding
from mappings.model import Content, Message
from mappings.store import editions, versions
from mappings.store.seen import seen
from mappings.workbook.resolve import References
from mappings.workbook.write import Book

MAX_LOSS = 0.5  # share of verified rows that a new version may lose unasked


class ImportReport(NamedTuple):
    """What an import did: one result for each region (one for the national classifier)."""

    results: tuple[tuple[str, editions.Imported], ...]
    findings: tuple[Finding, ...]
    fates: tuple[Fate, ...]


class Applied(NamedTuple):
    """What applying did; `version` is None when errors kept the workbook from being applied."""

    version: int | None
    checked: Checked


def references(connection: sa.Connection, cabinets: Iterable[str] = ()) -> References:
    """Return the classifiers in force."""
    return References(
        editions.current_classifier(connection), editions.current_categories(connection), tuple(cabinets)
    )


def crosswalk(connection: sa.Connection, version: int | None = None) -> Crosswalk:
    """Return a version ready for lookups: the given one, else the one in force (empty when there is none)."""
    number = versions.active_version(connection)[1] if version is None else version
    content = versions.load(connection, number) if number else Content()
    return Crosswalk(content, number, editions.current_categories(connection).ids())


def import_classifier(
    engine: sa.Engine, path: Path, *, by: str, at: dt.datetime, date: dt.date | None, tolerance: float
) -> ImportReport:
    """Read a file of the national classifier into the store."""
    classifier = read_classifier(path, edition=date)
    origin = editions.Origin(by, at, path.name, file_hash(path))
    with engine.begin() as connection:
        result = editions.import_classifier(connection, classifier, origin, tolerance=tolerance)
        touched = _fates(connection, result.changes)
    return ImportReport((("", result),), classifier.findings, touched)


def import_categories(
    engine: sa.Engine,
    source: Categories | Path,
    *,
    by: str,
    at: dt.datetime,
    region: str = "",
    date: dt.date | None = None,
    tolerance: float = editions.DEFAULT_TOLERANCE,
) -> ImportReport:
    """Read a list of categories (a file, or what the platform's dictionary gave) into the store by region."""
    origin = editions.Origin(by, at, "REST")
    if isinstance(source, Path):
        origin = editions.Origin(by, at, source.name, file_hash(source))
    found = read_categories(source, region=region) if isinstance(source, Path) else source
    by_region: dict[str, list[Category]] = {}
    for category in found:
        by_region.setdefault(category.region, []).append(category)
    results = []
    touched: list[Fate] = []
    with engine.begin() as connection:
        for name, entries in by_region.items():
            result = editions.import_categories(
                connection, entries, origin, region=name, date=date, tolerance=tolerance
            )
            results.append((name, result))
            touched += _fates(connection, result.changes)
    return ImportReport(tuple(results), found.findings, tuple(touched))


def apply_workbook(
    engine: sa.Engine,
    path: Path,
    *,
    by: str,
    at: dt.datetime,
    comment: str = "",
    force: bool = False,
    cabinets: Iterable[str] = (),
) -> Applied:
    """Check a workbook and put it into force in one transaction; with errors nothing changes.

    Raises RefusedError when the workbook is made from an older version or loses most of the verified rows
    (`force` overrides both), FileError when the file changes while it is read.
    """
    before = file_hash(path)
    with engine.begin() as connection:
        checked = check_workbook(path, references(connection, cabinets))
        if checked.errors:
            return Applied(None, checked)
        if file_hash(path) != before:
            raise FileError(_("{file}: the file was changed while it was read; run again").format(file=path))
        content = checked.draft.content
        if not force:
            _refuse_loss(connection, content)
        version = versions.apply(
            connection,
            content,
            by=by,
            at=at,
            file_name=path.name,
            sha256=before,
            comment=comment,
            base=None if force else checked.draft.base,
        )
    return Applied(version, checked)


def _refuse_loss(connection: sa.Connection, content: Content) -> None:
    current = versions.history(connection)
    had = current[0].verified if current else 0
    has = sum(rule.acts for rule in content.rules)
    if not has:
        raise RefusedError(
            _(
                "the workbook has no verified row: nothing would be answered. If that is meant, apply "
                "with --force"
            )
        )
    if had and has < had * (1 - MAX_LOSS):
        raise RefusedError(
            _(
                "the workbook has {has} verified rows, the version in force has {had}: more than half would "
                "be lost. If that is meant, apply with --force"
            ).format(has=has, had=had)
        )


def book(connection: sa.Connection, version: int | None = None, cabinets: Iterable[str] = ()) -> Book:
    """Return what the workbook of a version shows (the one in force by default; an empty one before any)."""
    ready = crosswalk(connection, version)
    known = references(connection, cabinets)
    messages = seen(connection)
    changes = last_changes(connection)
    return Book(
        ready.content,
        known,
        ready.version,
        coverage(ready, known.categories, messages),
        tuple(changes),
        tuple(fates(ready.content.rules, changes)),
    )


def last_changes(connection: sa.Connection) -> list[Change]:
    """Return what each classifier's edition in force changed against the one before it."""
    stored = editions.editions(connection)
    changes: list[Change] = []
    for now in stored:
        if now.state != editions.CURRENT:
            continue
        older = (
            e
            for e in stored
            if (e.kind, e.region, e.state) == (now.kind, now.region, editions.PAST) and e.id < now.id
        )
        previous = next(older, None)
        if previous:
            changes += compare(editions.items_of(connection, previous), editions.items_of(connection, now))
    return changes


def compare_editions(connection: sa.Connection, old: int, new: int) -> tuple[list[Change], list[Fate]]:
    """Compare two editions, and tell what that means for the rows in force. Raises StoreError."""
    stored = {edition.id: edition for edition in editions.editions(connection)}
    for number in (old, new):
        if number not in stored:
            raise StoreError(_("there is no edition {id}; see `mapping editions`").format(id=number))
    if stored[old].kind != stored[new].kind:
        raise StoreError(_("editions {old} and {new} are of different classifiers").format(old=old, new=new))
    changes = compare(editions.items_of(connection, stored[old]), editions.items_of(connection, stored[new]))
    return changes, list(_fates(connection, changes))


def frequent(connection: sa.Connection, messages: Iterable[Message] | None) -> list[Message]:
    """Return the messages to weigh with: those given, else the counts that the relay keeps."""
    return list(messages) if messages is not None else seen(connection)


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file in hex. Raises FileError when it cannot be read."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as problem:
        raise FileError(
            _("{file}: the file cannot be opened: {reason}").format(file=path, reason=problem.strerror)
        ) from problem


def _fates(connection: sa.Connection, changes: Iterable[Change]) -> tuple[Fate, ...]:
    number = versions.active_version(connection)[1]
    content = versions.load(connection, number) if number else Content()
    return tuple(fates(content.rules, changes))
