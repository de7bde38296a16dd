"""What we are made of: pinned with hashes, installed as pinned, under licences we may ship; known holes.

    python -m tests.supply.dependencies                 what needs no network (`make check`)
    python -m tests.supply.dependencies --advisories P  ask the index for known holes with the pip-audit at P

An index that does not answer is no failure: it is said, loudly, that nobody looked.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

LOCK = Path(__file__).parents[2] / "requirements.lock"
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)(?:\s*;\s*([^\\]*))?", re.MULTILINE)
_PERMISSIVE = re.compile(
    r"\b(MIT|MIT-0|Apache|BSD|0BSD|ISC|ISCL|PSF|Python Software Foundation|Zlib|CC0-1\.0|Dual License)\b",
    re.IGNORECASE,
)
_COPYLEFT = re.compile(r"\b(A?GPL|LGPL|MPL|EUPL|CDDL|SSPL|proprietary|Mozilla|GNU)\b|GPL-", re.IGNORECASE)
# Looked at by a person: copyleft of a file or a library that is used as it is, and metadata that say nothing.
_LOOKED_AT = {
    "certifi": "MPL-2.0: a list of certificates, unchanged",
    "hypothesis": "MPL-2.0: only for tests",
    "pathspec": "MPL-2.0: only for checks (mypy)",
    "psycopg": "LGPL-3.0: the extra `postgres`, imported unchanged",
    "psycopg-binary": "LGPL-3.0: the extra `postgres`, imported unchanged",
    "pyftpdlib": "MIT by its LICENSE file",
    "resvg-py": "MIT by its repository",
}


def pins(text: str) -> dict[str, set[str]]:
    """Return the versions of a lock file by package, one for each kind of Python.

    Raises ValueError for one without hashes.
    """
    found = list(_PIN.finditer(text))
    for one, following in zip(found, [*found[1:], None], strict=True):
        block = text[one.start() : following.start() if following else None]
        if "--hash=sha256:" not in block:
            raise ValueError(f"{one[1]}=={one[2]} stands in the lock without a hash")
    versions: dict[str, set[str]] = {}
    for one in found:
        versions.setdefault(_normal(one[1]), set()).add(one[2])
    return versions


def problems(locked: dict[str, set[str]]) -> Iterator[str]:
    """Yield what is wrong with what is installed."""
    for name, versions in sorted(locked.items()):
        try:
            found = distribution(name)
        except PackageNotFoundError:
            continue  # for another system or Python: the lock is universal
        if found.version not in versions:
            yield f"{name} {found.version} is installed, the lock has {', '.join(versions)}: run make setup"
        if name not in _LOOKED_AT and (licence := unwanted(found)):
            yield f"{name}: {licence}; look at it, then choose another package or note why it may stay"


def unwanted(found: Distribution) -> str:
    """Return the licence of a package that nobody has agreed to, or nothing."""
    metadata = found.metadata
    classifiers = [one for one in metadata.get_all("Classifier") or [] if one.startswith("License ::")]
    told = " / ".join(
        [metadata.get("License-Expression") or (metadata.get("License") or "")[:200], *classifiers]
    )
    if _COPYLEFT.search(told):
        return f"its licence is {told[:100]}"
    return "" if _PERMISSIVE.search(told) else f"its licence is not told ({told[:100]})"


def advisories(tool: str) -> int:
    """Ask for known holes of every pinned package; return the exit code."""
    first = _PIN.search(LOCK.read_text(encoding="utf-8"))
    reached = first is not None and not _audit(tool, f"{first[1]}=={first[2]}\n").get("skipped", True)
    if not reached:
        _say("KNOWN HOLES WERE NOT LOOKED FOR: the index knows no advisories, or there is no network")
        return 0
    found = _audit(
        tool,
        "".join(f"{name}=={max(versions)}\n" for name, versions in pins(LOCK.read_text("utf-8")).items()),
    )
    for one in found["holes"]:
        _say(one)
    for name in found["skipped"]:
        _say(f"NOT LOOKED AT: {name}")
    return 1 if found["holes"] else 0


def _audit(tool: str, requirements: str) -> dict[str, list[str]]:
    arguments = [tool, "--disable-pip", "--no-deps", "--format=json", "--progress-spinner=off", "--timeout=5"]
    try:
        told = subprocess.run(
            [*arguments, "-r", "/dev/stdin"],
            input=requirements,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        rows = json.loads(told.stdout)["dependencies"]
    except (OSError, ValueError, KeyError, subprocess.TimeoutExpired) as error:
        return {"holes": [], "skipped": [str(error)]}
    holes = [
        f"{row['name']} {row['version']}: {hole['id']}, mended in {', '.join(hole['fix_versions']) or '—'}"
        for row in rows
        for hole in row.get("vulns", [])
    ]
    return {"holes": holes, "skipped": [row["name"] for row in rows if "skip_reason" in row]}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _say(line: str) -> None:
    sys.stdout.write(f"dependencies: {line}\n")


def main(arguments: list[str]) -> int:
    """Check; return the exit code."""
    if arguments[:1] == ["--advisories"]:
        return advisories(arguments[1])
    try:
        locked = pins(LOCK.read_text(encoding="utf-8"))
    except ValueError as error:
        _say(str(error))
        return 1
    found = list(problems(locked))
    for one in found:
        _say(one)
    _say(f"{len(locked)} packages pinned with hashes, {len(found)} problems")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
