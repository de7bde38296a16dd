"""`sedlink run` as a process: signals, sudden deaths, a second pass beside it."""

import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager

import pytest

from stand.running import Stand
from tests.exchange.setup import write_configuration

ENVIRONMENT = {**os.environ, "LC_ALL": "C"}
PATIENCE = 180  # seconds: how slow a loaded machine may be before we call it hung


def sedlink(path, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "cli", *arguments, "--config", str(path)],
        capture_output=True,
        text=True,
        env=ENVIRONMENT,
        timeout=PATIENCE,
        check=False,
    )


@contextmanager
def daemon(path, **more):
    log = path.with_suffix(".log").open("a", encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "cli", "run", "--config", str(path)],
        stderr=log,
        env={**ENVIRONMENT, **more},
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        log.close()


def wait(condition, seconds=PATIENCE):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, f"it did not come to an end in {seconds} s"
        time.sleep(0.1)


@pytest.fixture
def stand(tmp_path):
    with Stand(tmp_path / "stand", messages=12, seed=4) as running:
        yield running


@pytest.fixture
def path(tmp_path, stand):
    path = write_configuration(tmp_path, stand)
    assert sedlink(path, "db", "upgrade").returncode == 0
    return path


def test_sigterm_ends_it_in_good_order(path, stand):
    with daemon(path) as process:
        wait(stand.settled)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=PATIENCE) == 0
    assert stand.reconcile().exact
    assert sedlink(path, "status").returncode == 0


def test_sudden_deaths_lose_and_double_nothing(path, stand):
    text = path.read_text(encoding="utf-8").replace("[daemon]", '[daemon]\nlease = "4s"')
    path.write_text(text, encoding="utf-8")
    chance = random.Random(7)
    for _death in range(4):
        if stand.settled():
            break
        with daemon(path) as process:
            time.sleep(0.7 + chance.random())
            process.kill()
    for _life in range(3):  # systemd would start it again, too
        with daemon(path) as process:
            wait(lambda process=process: stand.settled() or process.poll() is not None)
        if stand.settled():
            break
    assert stand.settled(), path.with_suffix(".log").read_text(encoding="utf-8")[-4000:]
    assert stand.reconcile().exact


def test_sighup_takes_a_corrected_password_and_keeps_the_good_configuration(path, stand, tmp_path):
    secret = tmp_path / f"{stand.cabinets[0].opa_id}.secret"
    secret.write_text("не тот", encoding="utf-8")
    with daemon(path) as process:
        wait(
            lambda: (
                "platform" in sedlink(path, "status").stdout and "person" in sedlink(path, "status").stdout
            )
        )
        good = path.read_text(encoding="utf-8")
        path.write_text(good + "\n[nonsense]\n", encoding="utf-8")
        process.send_signal(signal.SIGHUP)
        wait(lambda: "nonsense" in path.with_suffix(".log").read_text(encoding="utf-8"))
        assert process.poll() is None
        path.write_text(good, encoding="utf-8")
        secret.write_text(stand.cabinets[0].secret, encoding="utf-8")
        process.send_signal(signal.SIGHUP)
        wait(stand.settled)
    assert stand.reconcile().exact


def test_systemd_and_the_operators_port(path, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    path.write_text(path.read_text(encoding="utf-8") + f"\n[health]\nport = {port}\n", encoding="utf-8")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(PATIENCE)
        with daemon(path, NOTIFY_SOCKET=str(tmp_path / "notify")) as process:
            assert listener.recv(100) == b"READY=1"
            pages = {
                name: urllib.request.urlopen(f"http://127.0.0.1:{port}/{name}", timeout=PATIENCE)
                .read()
                .decode()
                for name in ("healthz", "readyz", "metrics")
            }
            process.send_signal(signal.SIGTERM)
            assert listener.recv(100) == b"STOPPING=1"
            process.wait(timeout=PATIENCE)
    assert "sedlink_journal_readable 1.0" in pages["metrics"]
    assert pages["healthz"]


def test_a_second_pass_exits_at_once(path, tmp_path):
    from connector.sync import alone

    with alone(tmp_path / "files" / "sync.lock"):
        result = sedlink(path, "sync")
    assert result.returncode == 4
    assert str(os.getpid()) in result.stderr
    assert sedlink(path, "sync").returncode in (0, 1)


def test_tables_that_cannot_be_used_are_said_in_a_sentence(path, tmp_path):
    with sqlite3.connect(tmp_path / "sedlink.db") as database:
        database.execute("CREATE TABLE mapping_edition (stranger TEXT)")
    database.close()
    result = sedlink(path, "run")
    assert result.returncode == 5, result.stderr
    assert "cannot be used" in result.stderr
    assert "Traceback" not in result.stderr
