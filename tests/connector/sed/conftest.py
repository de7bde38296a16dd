"""A rule that an adapter's quality file calls done is tried: its test may not be skipped."""

import pytest

from connector.sed.quality import RULES, read_quality
from connector.sed.registry import KINDS

RULE_OF = {f"test_{test}": name for name, rule in RULES.items() for test in rule.tests}
DONE = {
    proof: {name for name, mark in quality.rules.items() if mark.state == "done"}
    for quality in map(read_quality, KINDS)
    for proof in quality.proof
}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    cls = getattr(item, "cls", None)
    done = DONE.get(f"{cls.__module__}:{cls.__name__}", ()) if cls else ()
    if report.skipped and RULE_OF.get(item.originalname) in done:
        report.outcome = "failed"
        report.longrepr = f"skipped, yet the quality file calls {RULE_OF[item.originalname]} done"
    return report
