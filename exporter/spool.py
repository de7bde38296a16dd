"""A batch on its way: its facts and its refused rows as two CSV files in a temporary folder, and its hash.

The source is read once, with flat memory; the engines of marts take such a file faster than rows.
"""

import csv
import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from exporter.fact import COLUMNS, Fact, fingerprint_of, plain_values
from exporter.factfile import plain
from exporter.quality import Checked, check
from exporter.row import Row
from exporter.survey import Survey

SPOOLED = ("ordinal", *COLUMNS, "fingerprint")
QUARANTINED = ("source", "card", "question", "cabinet", "card_file", "reasons", "place", "link", "fact")


class _Hashed:
    """A text file whose bytes are digested on the way."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.digest = hashlib.sha256()

    def write(self, text: str) -> int:
        data = text.encode("utf-8", "replace")
        self.digest.update(data)
        return self._stream.write(data)


class Spool:
    """Both files of one batch; removed on exit."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="sedlink-batch-", dir=folder))
        self.facts, self.quarantine = self.folder / "facts.csv", self.folder / "quarantine.csv"
        self.survey = Survey()
        self.written = 0
        self.hash = ""

    def fill(self, rows: Iterable[Row], as_of: datetime) -> None:
        """Read the rows to their end."""
        with self.facts.open("wb") as facts_file, self.quarantine.open("wb") as refused_file:
            hashed = _Hashed(facts_file)
            facts, refused = _writer(hashed), _writer(_Hashed(refused_file))
            facts.writerow(SPOOLED)
            refused.writerow(QUARANTINED)
            for row in rows:
                checked = check(row, as_of)
                self.survey.take(checked)
                if checked.fact is not None:
                    self.written += 1
                    facts.writerow((self.written, *cells(checked.fact)))
                elif not checked.withheld:
                    refused.writerow(_refused(checked))
        self.hash = hashed.digest.hexdigest()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def cells(fact: Fact) -> Sequence[str]:
    """Return a fact as cells, its fingerprint last. No engine keeps a NUL."""
    plain = plain_values(fact)
    digest = fingerprint_of(plain)
    if "\0" in "".join(plain):
        plain = [cell.replace("\0", "") for cell in plain]
    return [*plain, digest]


def _refused(checked: Checked) -> Sequence[str | int]:
    fact, row = checked.row.fact, checked.row
    reasons = json.dumps([asdict(problem) for problem in checked.problems], ensure_ascii=False)
    said = json.dumps({**plain(fact), "closed": row.closed, "withdrawn": row.withdrawn}, ensure_ascii=False)
    key = (fact.source, fact.card or row.place, fact.question)
    cabinet = "" if fact.cabinet is None else fact.cabinet
    return [*key, cabinet, fact.card_file, reasons, row.place, row.link, said]


def _writer(stream: _Hashed) -> Any:  # noqa: ANN401 - the csv module's own type has no name
    return csv.writer(stream, lineterminator="\n")
