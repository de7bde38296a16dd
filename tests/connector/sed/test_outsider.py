"""An outsider's adapter: found by its entry point, proved in five lines, disabled when broken."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli import app
from config.load import load
from connector.errors import RetryableError
from connector.journal.opening import upgrade_database
from connector.sed import CardQuery
from connector.sed.disabled import DisabledSed
from connector.sed.registry import KINDS, BrokenSedError, UnknownSedError, build, build_or_disable, kinds
from connector.sed.testing import Store, an_appeal
from stand.running import Stand
from tests.exchange.setup import write_configuration
from tests.exchange.test_exchange import relayed

OUTSIDER = Path(__file__).parent / "outsider"
FIVE_LINES = (OUTSIDER / "test_paper.py.txt").read_text(encoding="utf-8")


def distribution(folder, name, module, *, points):
    """Lay down what an installer would: a module and the metadata of its distribution."""
    (folder / f"{name}.py").write_text(module, encoding="utf-8")
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[sedlink.sed]\n" + "".join(f"{one}\n" for one in points))


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A folder of installed packages; returns what installs one more."""
    monkeypatch.syspath_prepend(str(tmp_path))
    names = []

    def install(name, module, *points):
        names.append(name)
        distribution(tmp_path, name, module, points=points)

    yield install
    for name in names:
        sys.modules.pop(name, None)


def run_pytest(folder, *more):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *more]
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTEST_ADDOPTS": ""}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def lay_down(folder):
    for name in ("paper_sed.py", "paper_peer.py"):
        shutil.copy(OUTSIDER / name, folder / name)
    (folder / "test_paper.py").write_text(FIVE_LINES, encoding="utf-8")


def test_five_lines_run_the_whole_suite(tmp_path):
    lay_down(tmp_path)
    assert len(FIVE_LINES.strip().splitlines()) == 5
    done = run_pytest(tmp_path, "-W", "error")
    assert done.returncode == 0, done.stdout + done.stderr
    passed = int(done.stdout.strip().splitlines()[-1].split(" passed")[0].split()[-1])
    assert passed >= 30


def test_the_suite_catches_an_outsider_who_doubles_and_says_what_differed(tmp_path):
    lay_down(tmp_path)
    source = (tmp_path / "paper_sed.py").read_text(encoding="utf-8")
    forgetful = source.replace("if card := self.find(appeal.key):", "if card := self.find(''):")
    forgetful = forgetful.replace("cards.setdefault(appeal.key, ", "cards.__setitem__(appeal.key, ")
    forgetful = forgetful.replace("return self._drawer.cards.__", "self._drawer.cards.__")
    assert forgetful != source
    (tmp_path / "paper_sed.py").write_text(forgetful, encoding="utf-8")
    done = run_pytest(tmp_path, "-k", "registers_once")
    assert done.returncode == 1
    assert "AssertionError: assert" in done.stdout or "assert isinstance(" in done.stdout  # told in full
    assert "where" in done.stdout or "isinstance(None" in done.stdout  # by the plugin's rewriting


def test_an_outsider_s_kind_is_built_by_its_entry_point(installed, tmp_path):
    installed("paper_sed", (OUTSIDER / "paper_sed.py").read_text(encoding="utf-8"), "paper = paper_sed:build")
    assert build("paper", {}, tmp_path).capabilities.find_by_key
    with pytest.raises(ValueError, match="unknown setting colour"):
        build_or_disable("paper", {"colour": "red"}, tmp_path)
    assert [(one.package, one.reason) for one in kinds() if one.name == "paper"] == [("paper_sed", "")]


BROKEN = {
    "import": ("import no_such_library_of_theirs", "ModuleNotFoundError"),
    "exit": ("raise SystemExit('licence expired')", "licence expired"),
    "syntax": ("def build(:", "SyntaxError"),
    "absent": ("", "AttributeError"),
    "not a factory": ("build = 5", "is not a factory"),
    "fails": ("def build(settings, folder): return 1 / 0", "ZeroDivisionError"),
    "lacks": ("def build(settings, folder): return object()", "lacks: capabilities, check, find"),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_outsider_is_disabled_with_a_reason(installed, tmp_path, how):
    module, reason = BROKEN[how]
    installed("their_sed", module, "theirs = their_sed:build")
    with pytest.raises(BrokenSedError, match=reason):
        build("theirs", {}, tmp_path)
    sed = build_or_disable("theirs", {}, tmp_path)
    assert isinstance(sed, DisabledSed)
    assert not sed.check().ok
    assert reason in sed.check().findings[0].sentence
    card = an_appeal()
    for call in (
        lambda: sed.register(card, (), Store().open), lambda: sed.find(card.key), lambda: sed.changes("", 1),
        lambda: sed.cards(CardQuery()), lambda: sed.acknowledge(["1"]), lambda: sed.open_file("1"),
        lambda: sed.dictionary("rubrics"), lambda: sed.annotate(None, None, {}),
    ):  # fmt: skip
        with pytest.raises(RetryableError, match=reason):  # closes the channel, spends no attempts
            call()


def test_the_exchange_goes_on_beside_a_broken_outsider(installed, tmp_path):
    installed("their_sed", "import no_such_library_of_theirs", "theirs = their_sed:build")
    with Stand(tmp_path / "stand", messages=3, seed=1) as stand:
        path = write_configuration(tmp_path, stand)
        path.write_text(
            path.read_text(encoding="utf-8") + '\n[sed.theirs]\nkind = "theirs"\n', encoding="utf-8"
        )
        settings = load(path)
        upgrade_database(settings)
        _counts, dead, _journal = relayed(stand, settings)
        assert not dead
        assert stand.reconcile().exact


def test_a_kind_that_nobody_has_is_the_configuration_s_mistake(tmp_path):
    with pytest.raises(UnknownSedError, match="nobody"):
        build_or_disable("nobody", {}, tmp_path)


def test_an_outsider_cannot_take_the_place_of_ours(installed, tmp_path):
    installed("their_sed", "raise RuntimeError('loaded')", "sev = their_sed:build")
    with pytest.raises(ValueError, match="folder_out"):  # our own adapter asks for its settings
        build("sev", {}, tmp_path)
    assert [one.package for one in kinds() if one.name == "sev" and one.reason] == ["their_sed"]


def shown(*more):
    done = CliRunner().invoke(app, ["sed", "kinds", *more])
    assert done.exit_code == 0, done.output
    return done.output


def test_the_kinds_are_listed_with_what_they_can_do_and_why_they_cannot(installed, tmp_path):
    module = (OUTSIDER / "paper_sed.py").read_text(encoding="utf-8")
    installed("paper_sed", f"{module}\nbuild.title = 'Paper'\n", "paper = paper_sed:build")
    installed(
        "their_sed", "import no_such_library_of_theirs", "theirs = their_sed:build", "sev = their_sed:b"
    )
    wants = "def build(settings, folder):\n    if 'url' not in settings: raise ValueError\n    return 1 / 0"
    installed("wants_sed", f"{wants}\n", "wants = wants_sed:build")
    installed("fails_sed", f"{wants}\nbuild.sample = {{'url': ''}}\n", "fails = fails_sed:build")
    told = {(one["kind"], one["package"]): one for one in json.loads(shown("--json"))}
    assert {kind for kind, package in told if package == "sedlink"} == set(KINDS)
    assert all(told[kind, "sedlink"]["capabilities"]["dictionaries"] is not None for kind in KINDS)
    assert told["elma365", "sedlink"]["experimental"]
    assert not told["sev", "sedlink"]["experimental"]
    paper = told["paper", "paper_sed"]
    assert (paper["title"], paper["disabled"], paper["capabilities"]["find_by_key"]) == ("Paper", "", True)
    assert "ModuleNotFoundError" in told["theirs", "their_sed"]["disabled"]
    assert told["sev", "their_sed"]["disabled"]
    assert (told["wants", "wants_sed"]["capabilities"], told["wants", "wants_sed"]["disabled"]) == (None, "")
    assert "ZeroDivisionError" in told["fails", "fails_sed"]["disabled"]
    lines = {line.split("\t")[0]: line for line in shown().splitlines()}
    assert "ModuleNotFoundError" in lines["theirs"]
    assert all(line.count("\t") == 4 for line in lines.values())
