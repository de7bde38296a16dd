"""The stand as a process of its own: started, asked over HTTP, waited for.

Imports nothing of sedlink: the contestants of `benchmarks/relay.py` are measured with what they import.
"""

import json
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


@contextmanager
def stand(folder: Path, *options: str) -> Iterator[dict[str, Any]]:
    """Run a stand with more options of `sedlink stand`; give what it says of itself."""
    command = [sys.executable, "-m", "cli", "stand", "--json", "--port", "0", "--dir", str(folder), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            assert process.stdout
            yield json.loads(process.stdout.readline())
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)


def ask(told: dict[str, Any], what: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {told['admin_token']}"}
    with urllib.request.urlopen(
        urllib.request.Request(f"{told['base_url']}/stand/{what}", headers=headers)
    ) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def post(told: dict[str, Any], what: str, body: dict[str, Any]) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {told['admin_token']}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{told['base_url']}/stand/{what}", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def until(
    condition: Callable[[], object],
    what: str,
    seconds: float = 180,
    *,
    by: subprocess.Popen[bytes] | None = None,
    pause: float = 0.05,
) -> float:
    """Wait for a condition of another process; return how long it took.

    Ends the run when it does not come in time, or when the process that must bring it about ends.
    """
    begun = time.monotonic()
    while not condition():
        if by and by.poll() is not None:
            raise SystemExit(f"{what}: the process ended with {by.returncode}")
        if time.monotonic() - begun > seconds:
            raise TimeoutError(f"{what}: not after {seconds:.0f} s")
        time.sleep(pause)
    return time.monotonic() - begun
