"""Secrets in the repository, found by detect-secrets; `make check` fails on one that the baseline lacks.

    python -m tests.supply.leaks            look
    python -m tests.supply.leaks --accept   write the baseline anew, after a person looked at every line

The baseline names test values and tables of algorithms by their hashes. Line numbers are not compared: a
line that moved is no new secret.
"""

import json
import subprocess
import sys
from pathlib import Path

from detect_secrets import SecretsCollection
from detect_secrets.settings import transient_settings

ROOT = Path(__file__).parents[2]
BASELINE = ROOT / "tests" / "supply" / "leaks.json"
# Not looked at: hashes of packages, translations of sentences, hex tables of the GOST algorithms.
_LEFT_OUT = (".lock", ".po", ".svg", ".png", ".xls", ".xlsx", ".ods", ".gz", ".json")
_PLUGINS = (
    "AWSKeyDetector", "Base64HighEntropyString", "BasicAuthDetector", "GitHubTokenDetector",
    "GitLabTokenDetector", "JwtTokenDetector", "KeywordDetector", "PrivateKeyDetector", "PypiTokenDetector",
)  # fmt: skip
# In tests and the stand every password is invented: only what has the form of a real key counts there.
_INVENTED = ("tests/", "stand/", "benchmarks/")
_BY_NAME = ("Secret Keyword", "Basic Auth Credentials", "Base64 High Entropy String")
_FILTERS = (
    "detect_secrets.filters.heuristic.is_likely_id_string",
    "detect_secrets.filters.heuristic.is_sequential_string",
    "detect_secrets.filters.heuristic.is_templated_secret",
    "detect_secrets.filters.heuristic.is_prefixed_with_dollar_sign",
)
Found = dict[str, dict[str, int]]  # file → "type hash" → line


def look(root: Path, names: list[str]) -> Found:
    """Return what looks like a secret in files of a folder."""
    settings = {
        "plugins_used": [{"name": name} | ({"limit": 4.8} if "Entropy" in name else {}) for name in _PLUGINS],
        "filters_used": [{"path": path} for path in _FILTERS],
    }
    found: Found = {}
    with transient_settings(settings):
        secrets = SecretsCollection(root=str(root))
        for name in names:
            secrets.scan_file(name)
        for name, secret in secrets:
            if name.startswith(_INVENTED) and secret.type in _BY_NAME:
                continue
            found.setdefault(name, {})[f"{secret.type} {secret.secret_hash}"] = secret.line_number
    return found


def tracked(root: Path) -> list[str]:
    """Return the files of the repository, new ones too, that are worth a look."""
    told = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root, capture_output=True, check=True, text=True,
    )  # fmt: skip
    names = [name for name in told.stdout.split("\0") if name and not name.endswith(_LEFT_OUT)]
    return sorted(name for name in names if (root / name).is_file() and not (root / name).is_symlink())


def main(accept: bool) -> int:
    """Look, compare, say; return the exit code."""
    found = look(ROOT, tracked(ROOT))
    if accept:
        known = {name: sorted(marks) for name, marks in sorted(found.items())}
        BASELINE.write_text(json.dumps(known, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        return 0
    known = json.loads(BASELINE.read_text(encoding="utf-8"))
    fresh = [
        f"{name}:{line}: {mark.rpartition(' ')[0]}"
        for name, marks in sorted(found.items())
        for mark, line in marks.items()
        if mark not in known.get(name, [])
    ]
    for one in fresh:
        sys.stderr.write(f"leaks: {one}: looks like a secret; take it out, or look and --accept it\n")
    sys.stdout.write(f"leaks: {len(found)} files bear known test values, {len(fresh)} new findings\n")
    return 1 if fresh else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] == ["--accept"]))
