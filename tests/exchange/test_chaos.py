"""The short plan of the chaos run: a few deaths, a crash of the database, all zeros."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def test_a_short_storm_loses_and_doubles_nothing():
    command = [sys.executable, "benchmarks/chaos.py", "--kills", "3", "--crashes", "1", "--rounds", "1"]
    result = subprocess.run(
        [*command, "--messages", "8", "--seed", "5", "--seconds", "40"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "found: lost 0, doubled 0, out_of_order 0, wrong 0" in result.stdout
