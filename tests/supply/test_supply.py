"""The checks of `make check` that look at secrets and at what others gave us."""

from importlib.metadata import PathDistribution

import pytest

from tests.supply import dependencies, leaks

PLANTED = "AK" + "IAQ6FAKEFAKE7EXAMP"  # in pieces: the scan looks at this file too


def test_a_planted_secret_is_found_and_an_ordinary_line_is_not(tmp_path):
    (tmp_path / "settings.py").write_text(
        f'a = "{PLANTED}"\npassword = "{PLANTED[::-1]}x9"\n', encoding="utf-8"
    )
    (tmp_path / "ordinary.py").write_text('"""Sends what is due."""\nname = "оператор"\n', encoding="utf-8")
    found = leaks.look(tmp_path, ["settings.py", "ordinary.py"])
    assert list(found) == ["settings.py"]
    assert {mark.rpartition(" ")[0] for mark in found["settings.py"]} == {"AWS Access Key", "Secret Keyword"}


def test_a_package_without_a_hash_is_refused():
    good = "httpx==0.28.1 \\\n    --hash=sha256:00\n"
    good += "numpy==2.4 ; python_full_version < '3.12' \\\n    --hash=sha256:01\n"
    assert dependencies.pins(good) == {"httpx": {"0.28.1"}, "numpy": {"2.4"}}
    with pytest.raises(ValueError, match=r"typer==1\.0"):
        dependencies.pins(good + "typer==1.0\n")


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ("License-Expression: MIT", ""),
        ("License: BSD 3-Clause", ""),
        ("License-Expression: AGPL-3.0-only", "AGPL"),
        ("License: GNU General Public License v3", "GNU"),
        ("License: see the site", "not told"),
        ("Summary: nothing is said", "not told"),
    ],
)
def test_a_licence_nobody_agreed_to_is_named(tmp_path, told, said):
    folder = tmp_path / "x-1.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: x\nVersion: 1\n{told}\n", encoding="utf-8"
    )
    licence = dependencies.unwanted(PathDistribution(folder))
    assert said in licence
    assert bool(said) == bool(licence)


def test_another_version_than_the_locked_one_is_named():
    (problem,) = dependencies.problems({"httpx": {"0.0.1"}})
    assert "httpx" in problem
    assert "0.0.1" in problem


def test_an_index_that_does_not_answer_is_said_loudly_and_fails_nothing(tmp_path, capsys):
    assert dependencies.main(["--advisories", str(tmp_path / "no-such-tool")]) == 0
    assert "NOT LOOKED FOR" in capsys.readouterr().out


def test_a_known_hole_fails_the_check(tmp_path, capsys):
    tool = tmp_path / "pip-audit"
    hole = '{"id": "PYSEC-1", "fix_versions": ["2"]}'
    tool.write_text(
        f'#!/bin/sh\necho \'{{"dependencies": [{{"name": "x", "version": "1", "vulns": [{hole}]}}]}}\'\n'
    )
    tool.chmod(0o755)
    assert dependencies.main(["--advisories", str(tool)]) == 1
    assert "x 1: PYSEC-1, mended in 2" in capsys.readouterr().out
