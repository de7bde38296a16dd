"""Editions of the classifiers in the store: imported, proposed, current; entries retire, never vanish."""

import datetime as dt
from collections.abc import Iterable
from typing import NamedTuple

import sqlalchemy as sa

from config.i18n import _
from mappings.categories import Categories, Category
from mappings.classifier import Classifier, build_classifier
from mappings.editions import Change, Item, compare, national_items, platform_items, shrinkage
from mappings.errors import StoreError
from mappings.store import schema

NATIONAL, PLATFORM = "national", "platform"
CURRENT, PROPOSED, PAST = "current", "proposed", "past"
DEFAULT_TOLERANCE = 0.05
_BATCH = 5_000


class Edition(NamedTuple):
    """One stored edition."""

    id: int
    kind: str
    region: str
    state: str
    edition_date: dt.date | None
    imported_at: dt.datetime
    imported_by: str
    file_name: str
    sha256: str


class Origin(NamedTuple):
    """Where an edition comes from: who brings it, when, in which file."""

    by: str
    at: dt.datetime
    file_name: str = ""
    sha256: str = ""


class Imported(NamedTuple):
    """The result of an import. `edition_id` is None when nothing had changed; `state` may be proposed."""

    edition_id: int | None
    state: str
    changes: tuple[Change, ...]
    before: int


class _Row(NamedTuple):
    code: str
    names: tuple[str, ...]
    retired: bool = False


def import_classifier(
    connection: sa.Connection,
    classifier: Classifier,
    origin: Origin,
    *,
    tolerance: float = DEFAULT_TOLERANCE,
) -> Imported:
    """Store an edition of the national classifier and make it current, unless it shrinks too much."""
    old = current_classifier(connection)
    changes = compare(national_items(old), national_items(classifier))
    live = {entry.code for entry in classifier}
    rows = [_Row(entry.code, (entry.name,)) for entry in classifier]
    rows += [_Row(entry.code, (entry.name,), retired=True) for entry in old if entry.code not in live]
    draft = _Draft(NATIONAL, "", rows, origin, classifier.edition)
    return _store(connection, draft, changes, before=_live(old), tolerance=tolerance)


def import_categories(
    connection: sa.Connection,
    categories: Iterable[Category],
    origin: Origin,
    *,
    region: str = "",
    date: dt.date | None = None,
    tolerance: float = DEFAULT_TOLERANCE,
) -> Imported:
    """Store the categories of one region and make them current, unless the list shrinks too much."""
    old = [entry for entry in current_categories(connection) if entry.region == region]
    new = list(categories)
    changes = compare(platform_items(old), platform_items(new))
    rows = [_Row(entry.id, entry.path, entry.retired) for entry in new]
    listed = {(entry.id, () if entry.id else entry.key) for entry in new}
    rows += [
        _Row(entry.id, entry.path, retired=True)
        for entry in old
        if (entry.id, () if entry.id else entry.key) not in listed
    ]
    draft = _Draft(PLATFORM, region, rows, origin, date)
    return _store(connection, draft, changes, before=_live(old), tolerance=tolerance)


def confirm(connection: sa.Connection, edition_id: int) -> Edition:
    """Make a proposed edition the current one. Raises StoreError when there is no such proposal."""
    found = next((e for e in editions(connection) if e.id == edition_id), None)
    if found is None or found.state != PROPOSED:
        raise StoreError(_("there is no proposed edition {id}; see `mapping editions`").format(id=edition_id))
    _make_current(connection, found.id, found.kind, found.region)
    return found._replace(state=CURRENT)


def editions(connection: sa.Connection) -> list[Edition]:
    """Return the stored editions, the latest first."""
    rows = connection.execute(sa.select(schema.edition).order_by(schema.edition.c.id.desc()))
    return [Edition(**row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's public name


def current_classifier(connection: sa.Connection) -> Classifier:
    """Return the national classifier in force, empty when none was imported."""
    found = next((e for e in editions(connection) if (e.kind, e.state) == (NATIONAL, CURRENT)), None)
    return classifier_of(connection, found.id) if found else Classifier(())


def classifier_of(connection: sa.Connection, edition_id: int) -> Classifier:
    """Return one edition of the national classifier."""
    rows = _rows(connection, edition_id)
    date = connection.scalar(
        sa.select(schema.edition.c.edition_date).where(schema.edition.c.id == edition_id)
    )
    retired = frozenset(row.code for row in rows if row.retired)
    return build_classifier({row.code: row.names[0] for row in rows}, edition=date, retired=retired)


def current_categories(connection: sa.Connection) -> Categories:
    """Return the categories in force of all regions."""
    found = [e for e in reversed(editions(connection)) if (e.kind, e.state) == (PLATFORM, CURRENT)]
    return Categories(tuple(entry for edition in found for entry in categories_of(connection, edition)))


def categories_of(connection: sa.Connection, edition: Edition) -> list[Category]:
    """Return the categories of one edition."""
    return [
        Category(row.names, row.code, edition.region, row.retired) for row in _rows(connection, edition.id)
    ]


def items_of(connection: sa.Connection, edition: Edition) -> list[Item]:
    """Return the live entries of an edition in the form in which editions are compared."""
    if edition.kind == NATIONAL:
        return national_items(classifier_of(connection, edition.id))
    return platform_items(categories_of(connection, edition))


def _live(entries: Iterable[Category] | Classifier) -> int:
    return sum(not entry.retired for entry in entries)


def _rows(connection: sa.Connection, edition_id: int) -> list[_Row]:
    query = (
        sa.select(schema.entry.c.code, schema.entry.c.names, schema.entry.c.retired)
        .where(schema.entry.c.edition_id == edition_id)
        .order_by(schema.entry.c.ordinal)
    )
    return [_Row(code, tuple(names), retired) for code, names, retired in connection.execute(query)]


class _Draft(NamedTuple):
    """An edition before it is stored."""

    kind: str
    region: str
    rows: list[_Row]
    origin: Origin
    date: dt.date | None


def _store(
    connection: sa.Connection, draft: _Draft, changes: list[Change], *, before: int, tolerance: float
) -> Imported:
    key = (draft.kind, draft.region, CURRENT)
    found = next((e for e in editions(connection) if (e.kind, e.region, e.state) == key), None)
    same_date = found is not None and draft.date in {None, found.edition_date}
    if found and same_date and _rows(connection, found.id) == draft.rows:
        return Imported(None, CURRENT, (), before)
    edition_id = _insert(connection, draft)
    state = PROPOSED
    if shrinkage(changes, before) <= tolerance:
        _make_current(connection, edition_id, draft.kind, draft.region)
        state = CURRENT
    return Imported(edition_id, state, tuple(changes), before)


def _insert(connection: sa.Connection, draft: _Draft) -> int:
    result = connection.execute(
        sa.insert(schema.edition).values(
            kind=draft.kind,
            region=draft.region,
            state=PROPOSED,
            edition_date=draft.date,
            imported_at=draft.origin.at,
            imported_by=draft.origin.by,
            file_name=draft.origin.file_name,
            sha256=draft.origin.sha256,
        )
    )
    edition_id = int(result.inserted_primary_key[0]) if result.inserted_primary_key else 0
    values = [
        {"edition_id": edition_id, "ordinal": i, "code": r.code, "names": list(r.names), "retired": r.retired}
        for i, r in enumerate(draft.rows, 1)
    ]
    for start in range(0, len(values), _BATCH):
        connection.execute(sa.insert(schema.entry), values[start : start + _BATCH])
    return edition_id


def _make_current(connection: sa.Connection, edition_id: int, kind: str, region: str) -> None:
    table = schema.edition
    same = (table.c.kind == kind) & (table.c.region == region)
    connection.execute(sa.update(table).where(same, table.c.state == CURRENT).values(state=PAST))
    connection.execute(sa.update(table).where(table.c.id == edition_id).values(state=CURRENT))
