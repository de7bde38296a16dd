"""Secrets and people never show: every command, log, mail, metric and report is searched for them."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import zipfile
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stand.generator import make_cabinets, make_cases
from stand.running import Stand
from tests.exchange.setup import write_configuration

COMMANDS = [
    ["status"], ["status", "--json"], ["show", "{id}"], ["show", "{id}", "--json"], ["dead", "list"],
    ["dead", "list", "--json"], ["config", "show"], ["config", "check"], ["config", "check", "--json"],
    ["sync"], ["sync", "--json"], ["audit", "verify"], ["retention", "show"], ["mapping", "todo"],
    ["export", "facts", "--out", "facts.csv"], ["export", "check"], ["export", "load"],
    ["export", "protocol", "--mail"], ["export", "ratings"], ["channel", "resume", "platform:1"],
    ["dictionary", "fetch"], ["show", "no-such-thing"],
    ["support", "bundle", "--out", "bundle.zip", "--log", "sedlink.log"],
]  # fmt: skip
PEOPLE = ("surname", "email", "phone", "postAddress")
WRONG = "канарейка-не-тот-пароль"
PATIENCE = 120  # seconds that nothing takes on any machine


def everything_said(path, *commands):
    """Return what the commands print, all of them run in one process; their exit codes too."""
    result = subprocess.run(
        [sys.executable, "-m", "tests.exchange.one_process"],
        input=json.dumps(commands),
        capture_output=True,
        text=True,
        env={**environment(path), "PYTHONPATH": str(Path(__file__).parents[2])},
        cwd=path.parent,
        timeout=2 * PATIENCE,
        check=True,
    )
    assert result.stdout.count("\n-- [") + result.stdout.startswith("-- [") == len(commands)
    assert ": died" not in result.stdout
    return result.stdout + result.stderr


def environment(path):
    return {**os.environ, "LC_ALL": "C", "SEDLINK_CONFIG": str(path)}


def canaries(stand, cases):
    """Return what must never show: by what it is."""
    found = {f"secret of {one.opa_id}": one.secret for one in stand.cabinets}
    found["secret of the platform"] = stand.oauth.secret
    found["a wrong password"] = WRONG
    for case in cases:
        applicant = json.loads(case.message.wire)["applicant"]
        for name in PEOPLE:
            if applicant.get(name):
                found[f"{name} of {case.message.id}"] = str(applicant[name])
    return found


def renamed(case):
    """Return the case with a surname that no town of the generator bears."""
    wire = json.loads(case.message.wire)
    wire["applicant"]["surname"] = f"Канареечный{case.message.id}"
    return replace(case, message=replace(case.message, wire=json.dumps(wire, ensure_ascii=False)))


@pytest.fixture
def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture
def stand(tmp_path):
    cabinets = make_cabinets(2, 9)
    cases = [renamed(case) for case in make_cases(10, cabinets, seed=9, now=datetime.now(UTC))]
    with Stand(tmp_path / "stand", cabinets=cabinets, cases=cases, faults="all", seed=9) as running:
        running.cases = cases
        yield running


@pytest.fixture
def path(tmp_path, stand, free_port):
    path = write_configuration(tmp_path, stand)
    mail = f'[mail]\nhost = "127.0.0.1"\nport = {stand.mail_port}\nsecurity = "none"\n'
    mail += 'sender = "sedlink@example.org"\nrecipients = ["admin@example.org"]\n'
    more = f'\n[health]\nport = {free_port}\n\n[log]\nlevel = "debug"\n'
    text = path.read_text(encoding="utf-8").replace("[daemon]", '[daemon]\nalert_after = "1s"')
    path.write_text(text + mail + more, encoding="utf-8")
    return path


def test_no_command_log_mail_or_metric_shows_a_secret_or_a_person(tmp_path, path, stand, free_port):
    said = [everything_said(path, ["status"], ["db", "upgrade"])]
    secret = tmp_path / f"{stand.cabinets[0].opa_id}.secret"
    right = secret.read_text(encoding="utf-8")
    secret.write_text(WRONG, encoding="utf-8")
    with daemon(path) as (process, log):
        closed = f'needs_person{{channel="platform:{stand.cabinets[0].opa_id}"}} 1.0'
        wait(lambda: stand.mailbox and closed in page(free_port, "metrics"))
        secret.write_text(right, encoding="utf-8")
        process.send_signal(signal.SIGHUP)
        accepted = re.compile(r"^sedlink_rounds_accepted (\d+)", re.MULTILINE)
        wait(lambda: int(accepted.search(page(free_port, "metrics"))[1]) >= len(stand.cases))
        said += [Path(f"/proc/{process.pid}/cmdline").read_text(encoding="utf-8"), page(free_port, "readyz")]
        said += [page(free_port, "metrics")]
    (number, *_rest) = (case.message.id for case in stand.cases)
    commands = [[part.format(id=number) for part in command] for command in COMMANDS]
    said += [log(), everything_said(path, *commands), (tmp_path / "facts.csv").read_text(encoding="utf-8")]
    with zipfile.ZipFile(tmp_path / "bundle.zip") as bundle:
        parts = {name: bundle.read(name).decode() for name in bundle.namelist()}
    assert {"README.txt", "versions.json", "settings.json", "journal.json", "log-1.txt"} == set(parts)
    assert json.loads(parts["journal.json"])["counts"]["received"] >= len(stand.cases)
    said += parts.values()
    assert_hidden(canaries(stand, stand.cases), "\n".join([*said, *map(str, stand.mailbox)]))


def assert_hidden(hidden, whole):
    assert len(whole) > 10_000
    shown = [re.search(rf".{{0,80}}\b{re.escape(value)}\b.{{0,60}}", whole) for value in hidden.values()]
    assert not any(shown), [found[0] for found in shown if found]


@contextmanager
def daemon(path):
    """Run the daemon; yield its process and what reads its log so far."""
    log = path.with_suffix(".log")
    with log.open("w", encoding="utf-8") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "cli", "run", "--config", str(path)],
            stderr=errors,
            env=environment(path),
        )
        try:
            yield process, lambda: log.read_text(encoding="utf-8")
            process.send_signal(signal.SIGTERM)
            process.wait(PATIENCE)
        finally:
            process.kill()
            process.wait()


def page(port, name):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/{name}", timeout=PATIENCE) as answer:
        return answer.read().decode()


def wait(condition):
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, "it did not come to an end"
        time.sleep(0.2)
