"""Sections digest, sign, verify and envelope of benchmarks/smev.py: our backends, gostcrypto, openssl.

Every row is measured in the same run; a row whose result is not the right one says so. The command line of
OpenSSL starts a process per call: that is what a script around it costs.
"""

import importlib
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from smev.gost import PublicKey

PEER, COMMAND = "gostcrypto", "openssl command line"


@dataclass(frozen=True)
class Work:
    """Something to measure: how much of the unit one call does, and whether its result is right."""

    call: Callable[[], object]
    amount: float = 1.0
    right: bool = True


@dataclass
class Section:
    """A table: rows of works by column."""

    unit: str
    rows: dict[str, dict[str, Work]] = field(default_factory=dict)

    def add(self, row: str, column: str, work: Work) -> None:
        """Put a work into the table."""
        self.rows.setdefault(row, {})[column] = work


def measure(section: Section, budget: float) -> list[dict[str, Any]]:
    """Return a row per implementation: figures, ratios to the peer, exactness."""
    figures = {
        name: {column: rate(work, budget) for column, work in works.items()}
        for name, works in section.rows.items()
    }
    base = figures.get(PEER, {})
    return [
        {
            "name": name,
            "speed": speeds,
            "ratio": {column: speed / base[column] for column, speed in speeds.items() if column in base},
            "right": all(work.right for work in section.rows[name].values()),
        }
        for name, speeds in figures.items()
    ]


def rate(work: Work, budget: float) -> float:
    """Return units per second: the best batch within the budget of seconds."""
    best, count, deadline = 0.0, 1, time.perf_counter() + budget
    while True:
        start = time.perf_counter()
        for _ in range(count):
            work.call()
        end = time.perf_counter()
        best = max(best, count / (end - start))
        if end > deadline:
            return best * work.amount
        count = max(1, int(best * budget / 10))


def backends() -> Iterator[tuple[str, Any]]:
    from smev.errors import SetupError
    from smev.gost import provider

    for name in ("openssl", "python"):
        try:
            yield f"sedlink, {name}", provider(name)
        except SetupError:
            continue


def peer(module: str) -> ModuleType | None:
    try:
        return importlib.import_module(f"gostcrypto.{module}")
    except ImportError:
        return None


def openssl(*arguments: object) -> bytes:
    command = ["openssl", str(arguments[0]), "-engine", "gost", *map(str, arguments[1:])]
    return subprocess.run(command, check=True, capture_output=True).stdout


def has_engine() -> bool:
    return any(name.endswith("openssl") for name, _backend in backends())


def digests(folder: Path) -> Section:
    from smev.gost import Digest, digest
    from smev.gost.streebog import Streebog, python_blocks

    section, data, small = Section("MB/s"), bytes(range(250)) * 40_000, bytes(range(250)) * 80
    algorithms = {"streebog-256": Digest.STREEBOG_256, "gost94": Digest.GOST94}
    for name, backend in backends():
        for column, algorithm in algorithms.items():
            section.add(name, column, Work(partial(digest, backend, algorithm, data), len(data) / 1e6))
    expected = digest(next(backends())[1], Digest.STREEBOG_256, small)

    def plain() -> bytes:
        hasher = Streebog(32, python_blocks)
        hasher.update(small)
        return hasher.digest()

    section.add("sedlink, not compiled", "streebog-256", Work(plain, len(small) / 1e6, plain() == expected))
    if hashes := peer("gosthash"):
        work = lambda: bytes(hashes.new("streebog256", data=bytearray(small)).digest())  # noqa: E731
        section.add(PEER, "streebog-256", Work(work, len(small) / 1e6, work() == expected))
    if has_engine():
        path = folder / "data"
        path.write_bytes(data * 5)
        for column, name in (("streebog-256", "md_gost12_256"), ("gost94", "md_gost94")):
            section.add(
                COMMAND, column, Work(partial(openssl, "dgst", f"-{name}", path), len(data) * 5 / 1e6)
            )
    return section


CURVES = {"256": "1.2.643.2.2.35.1", "512": "1.2.643.7.1.2.1.2.1"}  # CryptoPro-A and TC26 512-A
NAMES = {"256": "id-tc26-gost-3410-2012-256-paramSetB", "512": "id-tc26-gost-3410-12-512-paramSetA"}


def keys() -> Iterator[tuple[str, Any, bytes]]:
    from smev.gost import PrivateKey, Scheme

    for column, scheme in (("256", Scheme.GOST2012_256), ("512", Scheme.GOST2012_512)):
        yield column, PrivateKey(scheme, CURVES[column], 0x1234567 << 200), bytes(range(1, scheme.size + 1))


def peer_signer(column: str) -> Any:  # noqa: ANN401 - an object of the peer
    signatures = peer("gostsignature")
    if signatures is None:
        return None
    mode = signatures.MODE_256 if column == "256" else signatures.MODE_512
    return signatures.new(mode, signatures.CURVES_R_1323565_1_024_2019[NAMES[column]])


def signing(folder: Path) -> Section:
    from smev.gost import keyfile, pem

    section = Section("signatures per second")
    for column, key, value in keys():
        for name, backend in backends():
            right = backend.verify(key.public(), value, backend.sign(key, value))
            section.add(name, column, Work(partial(backend.sign, key, value), right=right))
        if signer := peer_signer(column):
            number = bytearray(key.d.to_bytes(key.scheme.size, "big"))
            section.add(PEER, column, Work(partial(signer.sign, number, bytearray(value[::-1]))))
        if has_engine():
            path, data = folder / f"key{column}.pem", folder / "value"
            path.write_bytes(pem.dump("PRIVATE KEY", keyfile.private_to_der(key)))
            data.write_bytes(value)
            section.add(
                COMMAND, column, Work(partial(openssl, "pkeyutl", "-sign", "-inkey", path, "-in", data))
            )
    return section


def verify_cold(public: "PublicKey", value: bytes, signature: bytes) -> bool:
    """Verify with a provider that meets the key for the first time."""
    from smev.gost.pure import PureProvider

    return PureProvider().verify(public, value, signature)


def verifying(folder: Path) -> Section:
    from smev.gost import keyfile, pem
    from smev.gost.pure import PureProvider

    section = Section("verifications per second")
    for column, key, value in keys():
        public = key.public()
        signature = PureProvider().sign(key, value)
        for name, backend in backends():
            right = backend.verify(public, value, signature) and not backend.verify(
                public, value[::-1], signature
            )
            hot = partial(backend.verify, public, value, signature)
            for _warm in range(30):
                hot()
            section.add(name, f"{column}, one key again and again", Work(hot, right=right))
        cold = partial(verify_cold, public, value, signature)
        section.add("sedlink, python", column, Work(cold, right=cold()))
        if signer := peer_signer(column):
            size = key.scheme.size
            point = bytearray(public.x.to_bytes(size, "big") + public.y.to_bytes(size, "big"))
            swapped = bytearray(signature[size:] + signature[:size])
            work = partial(signer.verify, point, bytearray(value[::-1]), swapped)
            section.add(PEER, column, Work(work, right=bool(work())))
        if has_engine():
            path, data, told = (folder / f"{kind}{column}" for kind in ("public", "value", "signature"))
            path.write_bytes(pem.dump("PUBLIC KEY", keyfile.public_to_der(public)))
            data.write_bytes(value)
            told.write_bytes(signature)
            files = ("-pubin", "-inkey", path, "-sigfile", told, "-in", data)
            checked = partial(openssl, "pkeyutl", "-verify", *files)
            section.add(COMMAND, column, Work(checked, right=b"Successfully" in checked()))
    return section


def envelopes(_folder: Path, real: Path) -> Section:
    """A real message of 14 KB with two signatures, and a request signed from scratch."""
    from smev.gost import issue
    from smev.gost.signer import KeySigner
    from smev.signature import sign, verify

    section = Section("envelopes per second")
    answer = max(real.glob("*GetResponseResponse-1.2.xml")).read_bytes()
    request = max(real.glob("*SendRequestRequest-1.2.xml")).read_bytes()
    for name, backend in backends():
        key, subject = issue.new_key(), issue.name(CN="Benchmark")
        dates = (datetime(2025, 1, 1, tzinfo=UTC), datetime(2035, 1, 1, tzinfo=UTC))
        held = issue.certify(key.public(), subject, key, subject, backend, dates=dates)
        signer = KeySigner(key, held, backend)
        right = all(report.ok for report in verify(answer, provider=backend))
        again = all(report.ok for report in verify(sign(request, signer, provider=backend), provider=backend))
        section.add(name, "verify 14 KB", Work(partial(verify, answer, provider=backend), right=right))
        section.add(name, "sign 6 KB", Work(partial(sign, request, signer, provider=backend), right=again))
    return section


SECTIONS = ("digest", "sign", "verify", "envelope")


def run(name: str, real: Path, budget: float) -> tuple[str, list[dict[str, Any]]]:
    """Return (unit, rows) of a section."""
    with tempfile.TemporaryDirectory() as folder:
        makers = {"digest": digests, "sign": signing, "verify": verifying}
        maker = makers.get(name, partial(envelopes, real=real))
        section = maker(Path(folder))
        return section.unit, measure(section, budget)


def show(name: str, unit: str, rows: list[dict[str, Any]]) -> None:
    """Print a section."""
    print(f"\n{name}: {unit}, (× {PEER}), exact")
    for row in rows:
        cells = [
            f"{column}: {speed:.1f}" + (f" (×{row['ratio'][column]:.0f})" if column in row["ratio"] else "")
            for column, speed in row["speed"].items()
        ]
        print(
            f"  {row['name']:24}"
            + "".join(f"{cell:44}" for cell in cells)
            + ("yes" if row["right"] else "NO")
        )
