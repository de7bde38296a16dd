"""What the mappings cost: checking and reading a workbook beside other readers, lookups, memory.

    .venv/bin/python benchmarks/mappings.py [--rows 100000] [--json]

python-calamine (bare) and openpyxl (read-only) read the same file in the same run; the ratio is to bare
calamine. Every reader runs in a process of its own, so that its peak of memory is its own. Uses the reference
data in ../shared/data when it is there, else a classifier of the same size made up on the spot.
"""

import argparse
import datetime as dt
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mappings.model import Content
    from mappings.workbook.resolve import References

HERE = Path(__file__).resolve().parent
sys.path[:] = [folder for folder in sys.path if Path(folder).resolve() != HERE]  # or `mappings` is this file
sys.path.insert(0, str(HERE.parent))

DATA = Path(os.environ.get("SEDLINK_SHARED_DATA", HERE.parents[1] / "shared" / "data"))
CHECKED_ROWS = 20_000
REPEATS = 3


def references() -> "References":
    from mappings.categories import Categories, Category
    from mappings.classifier import build_classifier, read_classifier
    from mappings.workbook.resolve import References

    national = DATA / "classifier" / "national-2025-10-31.csv"
    if national.is_file():
        classifier = read_classifier(national)
    else:
        themes = [f"000{s}.{s:04}.{t:04}" for s in range(1, 6) for t in range(1, 42)]
        names = {theme: f"Тема {theme}" for theme in themes}
        names |= {f"{t}.{q:04}": f"Вопрос {q} темы {t}" for t in themes for q in range(1, 10)}
        classifier = build_classifier(names)
    tops = [Category((f"Категория {n}",), str(n)) for n in range(1, 33)]
    entries = [
        *tops,
        *(Category((*t.path, f"Подкатегория {n}"), f"{t.id}{n:02}") for t in tops for n in range(10)),
    ]
    return References(classifier, Categories(tuple(entries)))


def make_workbook(path: Path, rows: int) -> None:
    """Fill a workbook: every category again for one cabinet after another, so that nothing conflicts."""
    from mappings.workbook.write import Book, write_workbook

    known = references()
    write_workbook(path, Book(content(known, rows), known, mart_level=0))


def content(known: "References", rows: int) -> "Content":
    from mappings.model import Content, Direction, Rule, Status

    random.seed(1)
    questions = [entry.code for entry in known.classifier if entry.level == 4]
    categories = list(known.categories)
    rules = [
        Rule(
            Direction.INCOMING,
            categories[n % len(categories)].path,
            categories[n % len(categories)].id,
            random.choice(questions),
            cabinets=(f"ЛКО {n // len(categories)}",),
            status=Status.VERIFIED,
            confidence=0.85,
            author="Методист",
            created=dt.date(2026, 5, 1),
            reviewed=dt.date(2026, 5, 2),
            comment=f"строка {n}",
            row=n + 2,
        )
        for n in range(rows)
    ]
    return Content(tuple(rules))


# ---- readers, each in a process of its own ---------------------------------------------------------------


def read_calamine(path: Path, _known: object) -> int:
    from python_calamine import CalamineWorkbook

    return len(CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python())


def read_openpyxl(path: Path, _known: object) -> int:
    import openpyxl

    book = openpyxl.load_workbook(path, read_only=True)
    return sum(1 for _row in book.worksheets[0].iter_rows(values_only=True))


def read_sedlink(path: Path, known: "References") -> int:
    from mappings.workbook.read import read_workbook

    draft = read_workbook(path, known)
    assert not draft.findings, draft.findings[:3]
    return len(draft.content.rules)


def check_sedlink(path: Path, known: "References") -> int:
    from mappings.check import check_workbook

    checked = check_workbook(path, known)
    assert not checked.errors, checked.findings[:3]
    return len(checked.draft.content.rules)


READERS: dict[str, Callable[[Path, "References"], int]] = {
    "calamine": read_calamine,
    "openpyxl": read_openpyxl,
    "sedlink read": read_sedlink,
    "sedlink check": check_sedlink,
}


def child(name: str, path: str) -> None:
    """Measure one reader: best time, rows, and how far it raised the peak of memory."""
    known = references()
    before = peak_mib()
    best, rows = float("inf"), 0
    for _repeat in range(1 if name == "openpyxl" else REPEATS):
        start = time.process_time()  # one thread each: what neighbours on the machine do is not counted
        rows = READERS[name](Path(path), known)
        best = min(best, time.process_time() - start)
    print(json.dumps({"seconds": best, "rows": rows, "mib": peak_mib() - before}))


def peak_mib() -> float:
    """Return the peak of this process's memory. ru_maxrss would begin with the parent's peak."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024


def measure(name: str, path: Path) -> dict[str, float]:
    command = [sys.executable, __file__, "--child", name, str(path)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


# ---- lookups ---------------------------------------------------------------------------------------------


def per_second(work: Callable[[int], None], number: int) -> float:
    best = float("inf")
    for _repeat in range(REPEATS):
        start = time.perf_counter()
        work(number)
        best = min(best, time.perf_counter() - start)
    return number / best


def lookups(rows: int) -> dict[str, float]:
    from mappings.crosswalk import Crosswalk
    from mappings.model import Content, Direction, Message, Rule, Status

    known = references()
    categories = list(known.categories)
    verified = {"status": Status.VERIFIED}
    themes = [entry.code for entry in known.classifier if entry.level == 3]
    mart = [Rule(Direction.MART, categories[0].path, code=theme, **verified) for theme in themes]
    worded = [
        Rule(Direction.INCOMING, c.path, c.id, "0001.0001", words=("яма*, двор",), priority=9, **verified)
        for c in categories
    ]
    plain = Crosswalk(Content((*content(known, rows).rules, *mart)), 1, known.categories.ids())
    conditional = Crosswalk(Content((*content(known, 352).rules, *worded)), 1, known.categories.ids())
    text = "Во дворе дома большая яма, просим принять меры. " * 8
    messages = [Message(c.path, cabinet=f"ЛКО {n % 50}", text=text) for n, c in enumerate(categories)]
    codes = [entry.code for entry in known.classifier if entry.level == 4]

    def incoming(number: int) -> None:
        for n in range(number):
            plain.incoming(messages[n % len(messages)])

    def words(number: int) -> None:
        for n in range(number):
            conditional.incoming(messages[n % len(messages)])

    def upload(number: int) -> None:
        for n in range(number):
            plain.mart(codes[n % len(codes)])

    return {
        f"category → code, {rows} rules": per_second(incoming, 400_000),
        "category → code by words of a text of 400 letters": per_second(words, 20_000),
        "code → category, by the upper theme": per_second(upload, 400_000),
    }


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rows", type=int, default=100_000)
    arguments.add_argument("--json", action="store_true")
    arguments.add_argument("--child", nargs=2)
    chosen = arguments.parse_args()
    if chosen.child:
        child(*chosen.child)
        return
    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder, "small.xlsx"), Path(folder, "large.xlsx")
        make_workbook(small, CHECKED_ROWS)
        start = time.perf_counter()
        make_workbook(large, chosen.rows)
        written = time.perf_counter() - start
        results = {name: measure(name, large) for name in READERS}
        results["check of 20 000 rows"] = measure("sedlink check", small)
    bare = results["calamine"]["seconds"]
    found = lookups(chosen.rows)
    if chosen.json:
        print(json.dumps({"read": results, "written": written, "lookups": found}, ensure_ascii=False))
        return
    print(f"{'':28} {'rows':>8} {'CPU s':>8} {'× calamine':>11} {'MiB':>7}")
    for name, row in results.items():
        ratio = f"{row['seconds'] / bare:.2f}" if row["rows"] >= chosen.rows else ""
        print(f"{name:28} {row['rows']:8} {row['seconds']:8.2f} {ratio:>11} {row['mib']:7.0f}")
    print(f"{'sedlink write':28} {chosen.rows:8} {written:8.2f}")
    for name, speed in found.items():
        print(f"{name:50} {speed:12,.0f} a second")


if __name__ == "__main__":
    main()
