"""The faults of the published client (uploader-client 0.7.2), each a test of ours; the client as a peer."""

import json
import logging
import os
import socket
import subprocess
import threading
from pathlib import Path

import pytest

from connector.errors import RetryableError
from exporter.marts.datamart.csvfile import header, record
from exporter.marts.datamart.packing import key_of
from exporter.marts.datamart.statuses import Code
from stand.faults import Fault, FaultPlan, Pains
from tests.exporter.datamart.conftest import MOSCOW, PROFILE, Mart, rows_of

ROOT = Path(__file__).parents[3]
ROWS = rows_of(40)


@pytest.fixture
def peer():
    python = Path(os.environ.get("SEDLINK_PEERS", ROOT / ".venv-peers")) / "bin" / "python"
    if not python.is_file():
        pytest.skip("no published client: run `make peers`")

    def upload(mart, path, operation="upload"):
        script = Path(__file__).parent / "peer_upload.py"
        command = [python, script, mart.server.base_url, "appeals", PROFILE.table, operation, path]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
        return json.loads(done.stdout)

    return upload


def file_of(path, rows, prefix="sed1"):
    lines = [record(PROFILE.column, {**row, "key": key_of(row, prefix)}, MOSCOW) for row in rows]
    path.write_bytes("\n".join((header(PROFILE.column), *lines)).encode())
    return path


def test_the_published_client_and_ours_bring_equal_rows(peer, tmp_path):
    with Mart() as theirs, Mart() as ours:
        told = peer(theirs, file_of(tmp_path / "f.csv", ROWS))
        assert (told["error"], told["code"]) == (None, 3)
        ours.upload(tmp_path, ROWS)
        assert ours.rows == theirs.rows
        assert len(ours.rows) == len(ROWS)


def test_a_wrong_row_of_either_is_code_7_with_its_reason(peer, tmp_path):
    path = file_of(tmp_path / "f.csv", ROWS)
    path.write_bytes(path.read_bytes().replace(b'"true"', b'"yes"', 1))
    with Mart() as mart:
        told = peer(mart, path)
        assert told["code"] == 7
        assert "not a boolean: yes" in told["description"]
        assert mart.rows == {}
        client = mart.client()
        request = client.upload(PROFILE.table, "upload", path)
        statuses = [client.status(request) for _ in range(6)]
        client.close()
        assert statuses[-1].code is Code.CONTROL_FAILED
        assert statuses[-1].description == told["description"]


def silent_server():
    """Takes connections and never answers."""
    server = socket.create_server(("127.0.0.1", 0))
    taken = []
    threading.Thread(target=lambda: [taken.append(server.accept()) for _ in range(2)], daemon=True).start()
    return server, taken


def test_the_configured_time_out_is_kept_and_a_time_out_is_retried():
    server, taken = silent_server()
    with Mart() as mart:
        client = mart.client(url=f"http://127.0.0.1:{server.getsockname()[1]}", silence=0.2, attempts=2)
        with pytest.raises(RetryableError, match="ReadTimeout"):
            client.status("x")
        client.close()
        assert len(taken) == 2
        assert len(mart.sleeps) == 1
    for connection, _address in taken:
        connection.close()
    server.close()


@pytest.mark.parametrize("fault", [Fault.CUT_BEFORE, Fault.CUT_AFTER, Fault.ERROR, Fault.GARBAGE])
def test_a_broken_connection_is_retried_and_the_rows_are_there_once(tmp_path, fault):
    plan = FaultPlan([fault], probability=1.0, max_in_row=1, pains=Pains(retry_after=0))
    with Mart(faults=plan) as mart:
        mart.upload(tmp_path, ROWS)
        assert len(mart.rows) == len(ROWS)
        assert plan.struck()[fault] >= 2


def test_a_refused_token_is_renewed_once(tmp_path):
    with Mart(password="тайна") as mart:
        mart.upload(tmp_path, ROWS[:20])
        assert mart.app.tokens_given == 1
        client = mart.client()
        client.status("00000000-0000-0000-0000-000000000000")
        mart.app.expire_tokens()
        assert client.status("00000000-0000-0000-0000-000000000000").code is Code.NOT_FOUND
        client.close()
        assert mart.app.tokens_given == 3


def test_retry_after_is_kept(tmp_path):
    plan = FaultPlan([Fault.TOO_MANY], probability=1.0, max_in_row=1, pains=Pains(retry_after=17))
    with Mart(faults=plan) as mart:
        mart.upload(tmp_path, ROWS)
        assert 17.0 in mart.sleeps


def test_neither_body_nor_password_is_logged(tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    with Mart(password="тайна-пароль") as mart:
        mart.upload(tmp_path, ROWS)
    assert "bytes" in caplog.text
    assert ROWS[0]["category"] not in caplog.text
    assert "тайна-пароль" not in caplog.text
