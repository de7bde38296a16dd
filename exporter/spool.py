"""A batch on its way: its facts and its refused rows as two CSV files in a temporary folder, and its hash.

Cells are parted by U+001F, which no text holds, so that few lines need quotes.

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
from typing import IO, Self

from exporter.fact import CELLS, SEPARATOR, Fact, plain_text, plain_values
from exporter.factfile import plain
from exporter.marts import Take
from exporter.quality import Checked, judged, latest, problems_of
from exporter.row import Row
from exporter.survey import Survey

SPOOLED = ("ordinal", "version", *CELLS, "fingerprint")
QUARANTINED = ("source", "card", "question", "cabinet", "card_file", "reasons", "place", "link", "fact")
_CHUNK = 4000  # rows written at once
_SEPARATORS = len(CELLS) - 1


class Spool:
    """Both files of one batch; removed on exit."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="sedlink-batch-", dir=folder))
        self.facts, self.quarantine = self.folder / "facts.csv", self.folder / "quarantine.csv"
        self.survey = Survey()
        self.written = 0
        self.hash = ""

    def fill(self, rows: Iterable[Row], as_of: datetime, ahead: Take | None = None) -> None:
        """Read the rows to their end; `ahead` is given the lines of facts while more are read."""
        digest, limit = hashlib.sha256(), latest(as_of)
        with (
            self.facts.open("wb") as facts,
            self.quarantine.open("w", encoding="utf-8", errors="replace", newline="") as no,
        ):
            no.write(SEPARATOR.join(QUARANTINED) + "\n")
            lines = [SEPARATOR.join(SPOOLED).encode() + b"\n"]
            facts.write(lines.pop())

            def flush() -> None:
                if not lines:
                    return
                chunk = b"".join(lines)
                lines.clear()
                digest.update(chunk)
                facts.write(chunk)
                if ahead is not None:
                    ahead(chunk)

            for row in rows:
                fact = self._passed(row, limit, no)
                if fact is None:
                    continue
                self.written += 1
                lines.append(line(self.written, fact))
                if len(lines) == _CHUNK:
                    flush()
            flush()
        self.hash = digest.hexdigest()

    def _passed(self, row: Row, limit: datetime, refused: IO[str]) -> Fact | None:
        problems = problems_of(row, limit)
        if not problems:
            self.survey.rows += 1
            return row.fact
        checked = judged(row, problems)
        self.survey.take(checked)
        if checked.fact is None and not checked.withheld:
            refused.write(_quoted(_refused(checked)) + "\n")
        return checked.fact

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def line(ordinal: int, fact: Fact) -> bytes:
    """Return a fact as a line of the file, its fingerprint last. No engine keeps a NUL."""
    said = plain_text(fact)
    data = said.encode("utf-8", "replace")
    digest = hashlib.blake2b(data, digest_size=16).hexdigest()
    if '"' in said or "\n" in said or "\r" in said or "\0" in said or said.count(SEPARATOR) != _SEPARATORS:
        data = _quoted(plain_values(fact)).encode("utf-8", "replace")
    return b"%d\x1f%d\x1f%b\x1f%b\n" % (ordinal, fact.version, data, digest.encode())


class _Echo:
    """Gives the csv module's text back."""

    @staticmethod
    def write(text: str) -> str:
        return text


def _quoted(values: Iterable[str]) -> str:
    """Return cells as a line without its end. `\\r\\n`, for the module quotes only what ends its lines."""
    cells = [value.replace("\0", "") for value in values]
    quoted: str = csv.writer(_Echo, delimiter=SEPARATOR, lineterminator="\r\n").writerow(cells)
    return quoted.removesuffix("\r\n")


def _refused(checked: Checked) -> Sequence[str]:
    fact, row = checked.row.fact, checked.row
    reasons = json.dumps([asdict(problem) for problem in checked.problems], ensure_ascii=False)
    said = json.dumps({**plain(fact), "closed": row.closed, "withdrawn": row.withdrawn}, ensure_ascii=False)
    key = (fact.source, fact.card or row.place, fact.question)
    cabinet = "" if fact.cabinet is None else str(fact.cabinet)
    return [*key, cabinet, fact.card_file, reasons, row.place, row.link, said]
