"""The command line as a whole: it starts fast, speaks the user's language, explains itself."""

import os
import subprocess
import sys

import pytest

SLOW = (
    "sqlalchemy",
    "pydantic",
    "lxml",
    "httpx",
    "rich",
    "zeep",
    "openpyxl",
    "alembic",
    "werkzeug",
    "duckdb",
)


def sedlink(*arguments, language="C", cwd=None):
    environment = {**os.environ, "LC_ALL": language, "SEDLINK_CONFIG": ""}
    return subprocess.run(
        [sys.executable, "-m", "cli", *arguments],
        capture_output=True,
        text=True,
        env=environment,
        cwd=cwd,
        timeout=180,
        check=False,
    )


def test_nothing_slow_is_loaded_before_a_command_needs_it():
    script = f"import sys, cli; print([name for name in {SLOW!r} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_help_in_two_languages():
    english, russian = sedlink("--help"), sedlink("--help", language="ru_RU.UTF-8")
    assert "one pass over every cabinet" in english.stdout
    assert "один проход" in russian.stdout


def test_version():
    assert sedlink("--version").stdout.startswith("sedlink 0.")


def test_the_example_can_be_checked(tmp_path):
    example = sedlink("config", "example")
    (tmp_path / "sedlink.toml").write_text(example.stdout, encoding="utf-8")
    missing = sedlink("config", "check", "--offline", cwd=tmp_path)
    assert missing.returncode == 3
    assert "environment variable CABINET_101_SECRET is not set" in missing.stderr
    os.environ.update(CABINET_101_SECRET="тайна-101", POS_OAUTH_SECRET="тайна")
    try:
        assert sedlink("config", "check", "--offline", cwd=tmp_path).returncode == 0
        shown = sedlink("config", "show", cwd=tmp_path)
    finally:
        del os.environ["CABINET_101_SECRET"], os.environ["POS_OAUTH_SECRET"]
    assert "****" in shown.stdout
    assert "тайна" not in shown.stdout + shown.stderr


@pytest.mark.parametrize("command", [("status",), ("run",), ("sync",), ("dead", "list"), ("db", "upgrade")])
def test_without_a_file_every_command_says_what_to_do(tmp_path, command):
    result = sedlink(*command, cwd=tmp_path)
    assert result.returncode == 3
    assert "sedlink config example" in result.stderr
