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
from contextlib import suppress
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
]  # fmt: skip
PEOPLE = ("surname", "email", "phone", "postAddress")


def everything_said(path, *arguments, **environment):
    result = subprocess.run(
        [sys.executable, "-m", "cli", *arguments, "--config", str(path)],
        capture_output=True,
        text=True,
        env={**os.environ, "LC_ALL": "C", **environment},
        cwd=path.parent,
        timeout=60,
        check=False,
    )
    return result.stdout + result.stderr


def canaries(stand, cases):
    """Return what must never show: by what it is."""
    found = {f"secret of {one.opa_id}": one.secret for one in stand.cabinets}
    found["secret of the platform"] = stand.oauth.secret
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


def test_no_command_log_mail_or_metric_shows_a_secret_or_a_person(tmp_path, free_port):
    cabinets = make_cabinets(2, 9)
    cases = [renamed(case) for case in make_cases(10, cabinets, seed=9, now=datetime.now(UTC))]
    with Stand(tmp_path / "stand", cabinets=cabinets, cases=cases, faults="all", seed=9) as stand:
        path = write_configuration(tmp_path, stand)
        mail = f'[mail]\nhost = "127.0.0.1"\nport = {stand.mail_port}\nsecurity = "none"\n'
        mail += 'sender = "sedlink@example.org"\nrecipients = ["admin@example.org"]\n'
        health = f'\n[health]\nport = {free_port}\n\n[log]\nlevel = "debug"\n'
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("[daemon]", '[daemon]\nalert_after = "1s"') + mail + health, "utf-8")
        wrong = tmp_path / f"{stand.cabinets[0].opa_id}.secret"
        right = wrong.read_text(encoding="utf-8")
        said = [everything_said(path, "status"), everything_said(path, "db", "upgrade")]
        wrong.write_text("канарейка-не-тот-пароль", encoding="utf-8")
        said += [daemon_said(path, free_port, seconds=6)]
        wrong.write_text(right, encoding="utf-8")
        said += [daemon_said(path, free_port, seconds=12)]
        (number, *_rest) = (case.message.id for case in cases)
        said += [everything_said(path, *(part.format(id=number) for part in command)) for command in COMMANDS]
        said += [str(one) for one in stand.mailbox]
        said += [(tmp_path / "facts.csv").read_text(encoding="utf-8")]
        hidden = canaries(stand, cases)
    hidden["a wrong password"] = "канарейка-не-тот-пароль"
    whole = "\n".join(said)
    assert len(whole) > 10_000
    assert "received" in whole, "the daemon did nothing that could have shown anything"
    shown = {what: value for what, value in hidden.items() if re.search(rf"\b{re.escape(value)}\b", whole)}
    assert not shown, [
        re.search(rf".{{0,80}}\b{re.escape(value)}\b.{{0,60}}", whole)[0] for value in shown.values()
    ]


def daemon_said(path, port, *, seconds):
    """Let the daemon run for a moment; return its log and its metrics."""
    log = path.with_suffix(f".{seconds}.log")
    with log.open("w", encoding="utf-8") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "cli", "run", "--config", str(path)],
            stderr=errors,
            env={**os.environ, "LC_ALL": "C"},
        )
        until = time.monotonic() + seconds
        pages = []
        while time.monotonic() < until:
            with (
                suppress(OSError),  # it is only starting
                urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer,
            ):
                pages = [answer.read().decode()]
            time.sleep(0.5)
        command_line = Path(f"/proc/{process.pid}/cmdline").read_text(encoding="utf-8")
        process.send_signal(signal.SIGTERM)
        process.wait(30)
    return "\n".join([log.read_text(encoding="utf-8"), command_line, *pages])
