"""Every case of the conformance suite can fail: for each there is an adapter with one mistake that it sees.

The mistakes (`outsider/mistakes.py`) are made in the outsider's example adapter; one pytest runs them all.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from lxml import etree

from connector.sed.quality import RULES

OUTSIDER = Path(__file__).parent / "outsider"
SUITE = {f"test_{test}" for rule in RULES.values() for test in rule.tests}


def outcomes(folder):
    """Run the suite over every mistake; return (class, case) → whether it failed."""
    for path in OUTSIDER.glob("*.py"):
        shutil.copy(path, folder / path.name)
    shutil.copy(OUTSIDER / "test_mistakes.py.txt", folder / "test_mistakes.py")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--tb=no"]
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTEST_ADDOPTS": ""}
    done = subprocess.run(
        [*command, "--junit-xml=report.xml"], cwd=folder, env=environment, capture_output=True, text=True,
        timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    return {
        (case.get("classname").rpartition(".")[2], case.get("name").partition("[")[0]): (
            case.find("failure") is not None
        )
        for case in etree.parse(folder / "report.xml").iter("testcase")
    }


def test_every_case_fails_at_an_adapter_with_its_mistake_and_passes_without(tmp_path):
    cases = outcomes(tmp_path)
    whole = [failed for (name, _case), failed in cases.items() if name in ("TestWhole", "TestPending")]
    assert len(whole) >= 2 * len(SUITE)
    assert not any(whole)
    missed = {name for (name, _case), failed in cases.items() if not failed}
    assert missed == {"TestWhole", "TestPending"}
    assert SUITE - {case for (_name, case), failed in cases.items() if failed} == set()
