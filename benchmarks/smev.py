"""What SMEV costs: transform, digests, signatures, envelopes, packages, beside other packages in one run.

    pip install --target /tmp/peers --no-deps smev-transform smev3Transform gostcrypto
    PYTHONPATH=/tmp/peers .venv/bin/python benchmarks/smev.py [--only transform] [--json]

The peers are measured in the same run when they can be imported and named as absent when not; they are never
dependencies. Absolute figures belong to a machine, ratios hold. Needs the reference data in ../shared/data.
"""

import argparse
import importlib
import importlib.util
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType

HERE = Path(__file__).resolve().parent
sys.path[:] = [
    folder for folder in sys.path if Path(folder).resolve() != HERE
]  # or `smev` would be this file

DATA = Path(os.environ.get("SEDLINK_SHARED_DATA", HERE.parents[1] / "shared" / "data")) / "smev"
BUDGET = 2.0
"""Seconds spent on one figure; the best run counts, one run is made in any case."""

Work = Callable[[bytes], bytes]


@dataclass(frozen=True)
class Row:
    """One line of a table: speed in MB/s on each input, ratio to the reference peer, vectors right."""

    name: str
    speed: dict[str, float]
    ratio: dict[str, float]
    right: str
    note: str = ""


def best_speed(work: Work, octets: bytes) -> float:
    """Return MB/s (10^6 bytes of input) of the fastest run within the budget."""
    best, deadline = float("inf"), time.perf_counter() + BUDGET
    while True:
        start = time.perf_counter()
        work(octets)
        end = time.perf_counter()
        best = min(best, end - start)
        if end > deadline:
            return len(octets) / best / 1e6


# ---- the transform -------------------------------------------------------------------------------------


def real_message() -> bytes:
    from smev.canonical import canonicalize, parse

    largest = max((DATA / "real").glob("*.xml"), key=lambda path: path.stat().st_size)
    return canonicalize(parse(largest.read_bytes()))


def dense_message(rows: int = 22_500) -> bytes:
    """About 3.7 MB of short elements, every other with a namespace of its own: an export of a register."""
    row = (
        '<d:Row xmlns:d="urn://x-artefacts/data/1.0" Id="r{0}"><d:Code>{0}</d:Code><d:Name>Имя {0}</d:Name>'
        '<s:Sum xmlns:s="urn://x-artefacts/sum/1.0">1.5</s:Sum></d:Row>'
    )
    body = "".join(row.format(number) for number in range(rows))
    return f'<r:Rows xmlns:r="urn://x-artefacts/rows/1.0">{body}</r:Rows>'.encode()


def vectors() -> Iterator[tuple[bytes, bytes | None]]:
    for path in sorted((DATA / "transform").glob("*.jsonl")):
        for line in filter(None, path.read_bytes().split(b"\n")):
            vector = json.loads(line)
            written = vector.get("output")
            yield (
                (vector.get("input_exc_c14n") or vector["input"]).encode(),
                None if written is None else written.encode(),
            )


def right(work: Work) -> str:
    results = []
    for read, written in vectors():
        try:
            result = work(read)
        except Exception:  # noqa: BLE001 - a peer refuses in its own way
            result = None
        results.append(result == written)
    return f"{sum(results)}/{len(results)}"


def ours() -> dict[str, Work]:
    from smev.canonical import canonicalize, parse
    from smev.transform import IMPLEMENTATIONS, transform

    works: dict[str, Work] = {
        f"sedlink, {name}": lambda octets, name=name: transform(octets, backend=name)
        for name in IMPLEMENTATIONS
    }
    works["sedlink, parse + c14n + transform"] = lambda octets: transform(canonicalize(parse(octets)))
    return works


def peer_smev_transform() -> Work:
    package = importlib.import_module("smev_transform")
    return lambda octets: package.Transform().process(octets.decode()).encode()


def peer_smev3transform() -> Work:
    package = importlib.import_module("smev3Transform.transform")
    return lambda octets: package.Smev3Transform(octets).run().encode()


PEERS = {"smev-transform": peer_smev_transform, "smev3Transform": peer_smev3transform}
REFERENCE = "smev-transform"


def transform_section() -> list[Row]:
    works, absent = ours(), []
    for name, load in PEERS.items():
        try:
            works[name] = load()
        except ImportError:
            absent.append(Row(name, {}, {}, "", "absent: skipped"))
    inputs = {"real": real_message(), "dense": dense_message()}
    speeds = {
        name: {kind: best_speed(work, octets) for kind, octets in inputs.items()}
        for name, work in works.items()
    }
    base = speeds.get(REFERENCE, {})
    return [
        Row(name, speed, {kind: speed[kind] / base[kind] for kind in base}, right(works[name]))
        for name, speed in speeds.items()
    ] + absent


# ---- all sections --------------------------------------------------------------------------------------

SECTIONS: dict[str, Callable[[], list[Row]]] = {"transform": transform_section}


def neighbour(name: str) -> ModuleType:
    """Load a neighbour by its path: with this folder on sys.path `smev` would be this file."""
    spec = importlib.util.spec_from_file_location(name, HERE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def print_table(title: str, rows: list[Row]) -> None:
    kinds = list(rows[0].speed)
    print(f"\n{title}: MB/s, (× {REFERENCE}), vectors right")
    for row in rows:
        cells = [
            f"{kind} {row.speed[kind]:9.2f}" + (f" (×{row.ratio[kind]:.1f})" if kind in row.ratio else "")
            for kind in kinds
            if kind in row.speed
        ]
        print(f"  {row.name:36}" + "".join(f"{cell:28}" for cell in cells) + f"{row.right}{row.note}")


def main() -> int:
    gost, exchange = neighbour("smev_gost"), neighbour("smev_exchange")
    names = [*SECTIONS, *gost.SECTIONS, *exchange.SECTIONS]
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--only", choices=names, action="append", help="a section; by default all")
    arguments.add_argument("--json", action="store_true")
    options = arguments.parse_args()
    if not DATA.is_dir():
        print(f"the reference data is absent: {DATA}", file=sys.stderr)
        return 1
    wanted = options.only or names
    results = {name: SECTIONS[name]() for name in wanted if name in SECTIONS}
    others = {name: gost.run(name, DATA / "real", BUDGET) for name in wanted if name in gost.SECTIONS}
    passed = {name: exchange.run(name, gost, BUDGET) for name in wanted if name in exchange.SECTIONS}
    if options.json:
        shown = {name: [asdict(row) for row in rows] for name, rows in results.items()}
        shown |= {name: {"unit": unit, "rows": rows} for name, (unit, rows) in {**others, **passed}.items()}
        print(json.dumps(shown, indent=2))
        return 0
    for name, rows in results.items():
        print_table(name, rows)
    for name, (unit, rows) in others.items():
        gost.show(name, unit, rows)
    for name, (unit, rows) in passed.items():
        exchange.show(name, unit, rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
