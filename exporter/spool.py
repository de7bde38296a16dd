"""A batch on its way: its facts and its refused rows as two CSV files in a temporary folder, and its hash.

Cells are parted by U+001F, which no text holds, so that few lines need quotes.

The source is read once, with flat memory; the engines of marts take such a file faster than rows.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from config.workfolder import WorkFolder
from exporter.fact import CELLS, SEPARATOR, Fact
from exporter.factfile import plain
from exporter.lines import line, quoted
from exporter.marts import Take
from exporter.quality import Checked, judged, latest, problems_of
from exporter.row import Row
from exporter.survey import Survey

SPOOLED = ("ordinal", "version", *CELLS, "fingerprint")
QUARANTINED = ("source", "card", "question", "cabinet", "card_file", "reasons", "place", "link", "fact")
_CHUNK = 4000  # rows written at once


class Spool:
    """Both files of one batch; removed on exit, and by the next batch when the process was killed."""

    def __init__(self, parent: Path | None = None) -> None:
        self._own = WorkFolder("sedlink-batch-", parent)
        self.facts, self.quarantine = self._own.path / "facts.csv", self._own.path / "quarantine.csv"
        self.survey = Survey()
        self.written = 0
        self.hash = ""

    def fill(self, rows: Iterable[Row], as_of: datetime, ahead: Take | None = None) -> None:
        """Read the rows to their end; `ahead` is given the lines of facts while more are read."""
        digest = hashlib.sha256()
        with (
            self.facts.open("wb") as facts,
            self.quarantine.open("w", encoding="utf-8", errors="replace", newline="") as refused,
        ):
            refused.write(SEPARATOR.join(QUARANTINED) + "\n")
            facts.write(SEPARATOR.join(SPOOLED).encode() + b"\n")
            for chunk in self._chunks(self._passing(rows, latest(as_of), refused)):
                digest.update(chunk)
                facts.write(chunk)
                if ahead is not None:
                    ahead(chunk)
        self.hash = digest.hexdigest()

    def _chunks(self, facts: Iterator[Fact]) -> Iterator[bytes]:
        while lines := [
            line(number, fact) for number, fact in enumerate(islice(facts, _CHUNK), self.written + 1)
        ]:
            self.written += len(lines)
            yield b"".join(lines)

    def _passing(self, rows: Iterable[Row], limit: datetime, refused: IO[str]) -> Iterator[Fact]:
        """Yield the facts that may go."""
        survey = self.survey
        for row in rows:
            problems = problems_of(row, limit)
            if not problems:  # as with most rows: the shortest way
                survey.rows += 1
                yield row.fact
                continue
            checked = judged(row, problems)
            survey.take(checked)
            if checked.fact is not None:
                yield checked.fact
            elif not checked.withheld:
                refused.write(quoted(_refused(checked)) + "\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._own.close()


def _refused(checked: Checked) -> Sequence[str]:
    fact, row = checked.row.fact, checked.row
    reasons = json.dumps([asdict(problem) for problem in checked.problems], ensure_ascii=False)
    said = json.dumps({**plain(fact), "closed": row.closed, "withdrawn": row.withdrawn}, ensure_ascii=False)
    key = (fact.source, fact.card or row.place, fact.question)
    cabinet = "" if fact.cabinet is None else str(fact.cabinet)
    return [*key, cabinet, fact.card_file, reasons, row.place, row.link, said]
