"""The mart's tables: columns and types by engine. Table `fact` is what reports and maps read.

Rows with `deleted` are tombstones and count nowhere. Instants are UTC.
"""

from typing import get_type_hints

from exporter.fact import CELLS, COLUMNS, Fact

KEY = ("source", "card", "question")
NAMED = (*KEY, "version", "cabinet")  # what a Difference says of a fact, in its order

# Kinds of columns by engine. SQLite keeps instants as ISO text, which sorts and compares as they do.
TYPES = {
    "postgresql": {"text": "text", "int": "bigint", "time": "timestamptz", "flag": "boolean"},
    "duckdb": {"text": "VARCHAR", "int": "BIGINT", "time": "TIMESTAMP", "flag": "BOOLEAN"},
    "sqlite": {"text": "TEXT", "int": "INTEGER", "time": "TEXT", "flag": "INTEGER"},
}


def _kind(annotation: object) -> str:
    said = str(annotation)
    if "datetime" in said:
        return "time"
    if "bool" in said:
        return "flag"
    return "int" if "int" in said else "text"


KINDS: dict[str, str] = {name: _kind(hint) for name, hint in get_type_hints(Fact).items() if name in COLUMNS}
SPOOL_KINDS = {  # in the order of the spool's file
    "ordinal": "int",
    "version": "int",
    **{name: KINDS[name] for name in CELLS},
    "fingerprint": "text",
}
QUARANTINE_KINDS = {
    "source": "text",
    "card": "text",
    "question": "text",
    "cabinet": "int",
    "card_file": "text",
    "reasons": "text",
    "place": "text",
    "link": "text",
    "fact": "text",
}
BATCH_KINDS = {
    "number": "int",
    "id": "text",
    "source": "text",
    "state": "text",
    "hash": "text",
    "as_of": "time",
    "kind": "text",
    "rows": "int",
    "inserted": "int",
    "updated": "int",
    "unchanged": "int",
    "stale": "int",
    "doubled": "int",
    "refused": "int",
}


def columns_ddl(kinds: dict[str, str], dialect: str) -> str:
    """Return the columns of a CREATE TABLE; a text is never NULL: what the source does not say is empty."""
    types = TYPES[dialect]
    return ", ".join(f"{name} {types[kind]}{_not_null(kind)}" for name, kind in kinds.items())


def _not_null(kind: str) -> str:
    return " NOT NULL DEFAULT ''" if kind == "text" else ""


def tables(dialect: str) -> list[str]:
    """Return the statements that create what is missing.

    DuckDB gets no key: its merge is a hash join, an index would only cost memory; one writer at a time is
    what keeps its keys unique there.
    """
    key = "" if dialect == "duckdb" else f", PRIMARY KEY ({', '.join(KEY)})"
    fact = {**KINDS, "fingerprint": "text", "as_of": "time", "batch": "int"}
    quarantine = {**QUARANTINE_KINDS, "batch": "int"}
    return [
        f"CREATE TABLE IF NOT EXISTS fact ({columns_ddl(fact, dialect)}{key})",
        f"CREATE TABLE IF NOT EXISTS quarantine ({columns_ddl(quarantine, dialect)}{key})",
        f"CREATE TABLE IF NOT EXISTS batch ({columns_ddl(BATCH_KINDS, dialect)}, UNIQUE (number))",
    ]
