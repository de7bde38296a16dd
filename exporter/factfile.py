"""Facts as a file for other programs: CSV, JSON lines, or Parquet (written by DuckDB)."""

import csv
import json
import os
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import astuple
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from config.i18n import _
from exporter.fact import COLUMNS, Fact

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_BATCH = 10_000


class FactFileError(Exception):
    """The file cannot be written; the text says why and what to do."""


def write_facts(facts: Iterable[Fact], path: Path) -> int:
    """Write facts under a temporary name and put the file in place whole; return their number."""
    writer = _WRITERS.get(path.suffix.lower())
    if writer is None:
        raise FactFileError(
            _("{file}: give the file a name that ends with {suffixes}").format(
                file=path, suffixes=", ".join(_WRITERS)
            )
        )
    try:
        return _in_place(path, lambda part: writer(facts, part))
    except OSError as error:
        raise FactFileError(f"{path}: {error.strerror or error}") from error


def plain(fact: Fact) -> dict[str, Any]:
    """Return a fact as JSON values, its fingerprint beside it; what is not known is left out."""
    said = {name: _json(value) for name, value in zip(COLUMNS, astuple(fact), strict=True)}
    known = {name: value for name, value in said.items() if value not in (None, "")}
    return {**known, "fingerprint": fact.fingerprint}


def _in_place(path: Path, write: Callable[[Path], int]) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=path.suffix, dir=path.parent)
    os.close(handle)
    part = Path(name)
    try:
        count = write(part)
        part.chmod(0o644)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return count


def _write_csv(facts: Iterable[Fact], path: Path) -> int:
    with path.open("w", encoding="utf-8", newline="") as stream:
        return csv_rows(facts, stream, guard=True)


def csv_rows(facts: Iterable[Fact], stream: IO[str], *, guard: bool) -> int:
    """Write a header and a line per fact; `guard`: text never begins a formula for who opens it in Excel."""
    out = csv.writer(stream, lineterminator="\n")
    out.writerow([*COLUMNS, "fingerprint"])
    count = 0
    for count, fact in enumerate(facts, start=1):  # noqa: B007 - the number of the last one is the answer
        cells = [*map(_cell, astuple(fact)), fact.fingerprint]
        out.writerow([_guarded(cell) for cell in cells] if guard else cells)
    return count


def _write_jsonl(facts: Iterable[Fact], path: Path) -> int:
    count = 0
    with path.open("w", encoding="utf-8") as stream:
        for count, fact in enumerate(facts, start=1):  # noqa: B007 - as above
            stream.write(json.dumps(plain(fact), ensure_ascii=False) + "\n")
    return count


def _write_parquet(facts: Iterable[Fact], path: Path) -> int:
    try:
        import duckdb
    except ImportError as error:
        raise FactFileError(_("Parquet needs the extra `mart`: pip install sedlink[mart]")) from error
    from exporter.marts.duck import READ_TYPES

    lines = path.with_suffix(".csv")
    try:
        with lines.open("w", encoding="utf-8", newline="") as stream:
            count = csv_rows(facts, stream, guard=False)
        with duckdb.connect() as connection:
            table = connection.read_csv(str(lines), dtype=dict(READ_TYPES), header=True)
            table.write_parquet(str(path), compression="zstd")
    finally:
        lines.unlink(missing_ok=True)
    return count


_WRITERS: dict[str, Callable[[Iterable[Fact], Path], int]] = {
    ".csv": _write_csv,
    ".jsonl": _write_jsonl,
    ".parquet": _write_parquet,
}


def _json(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return value


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(_json(value))


def _guarded(cell: str) -> str:
    number = cell.lstrip("-").isdigit()
    return f"'{cell}" if cell.startswith(_FORMULA) and not number else cell
