"""The stand as a whole: its own addresses, its page, its mailbox, its configuration, its command."""

import json
import os
import signal
import smtplib
import subprocess
import sys
from email.message import EmailMessage

import httpx
import pytest

from config.load import load
from stand.running import Stand
from stand.snippet import write_config
from tests.stand.toy import ToyRelay
from tests.stand.wire import open_client


@pytest.fixture
def admin(stand):
    headers = {"Authorization": f"Bearer {stand.admin_token}"}
    with httpx.Client(base_url=stand.base_url, headers=headers) as client:
        yield client


def test_its_own_addresses_want_their_token(stand, client):
    assert httpx.get(f"{stand.base_url}/stand/ledger").status_code == 401
    assert client.get("/stand/ledger").status_code == 401  # a cabinet's token is not the stand's


def test_the_record_is_read_in_parts_and_reconciled_over_http(stand, admin):
    first = admin.get("/stand/ledger", params={"limit": 2}).json()
    rest = admin.get("/stand/ledger", params={"after": 2}).json()
    assert [one["n"] for one in first + rest] == list(range(1, len(first + rest) + 1))
    one = stand.platform.items()[0].message.id
    count = admin.get("/stand/reconciliation", params={"parked": f"{one}/1"}).json()
    assert (count["offered"], len(count["lost"]), count["parked"]) == (12, 11, [f"{one}/1"])


def test_messages_rework_and_ratings_are_made_over_http(stand, admin):
    assert len(admin.post("/stand/messages", json={"count": 2}).json()["ids"]) == 2
    assert len(stand.platform.items()) == 14
    one = stand.platform.items()[0].message.id
    assert admin.post("/stand/rework", json={"id": one, "comment": "рано"}).status_code == 400
    assert admin.post("/stand/rating", json={"id": one, "rating": 6}).status_code == 400
    assert admin.post("/stand/rating", json={"id": one, "rating": 5}).status_code == 200
    assert admin.post("/stand/rating", json={"id": 5, "rating": 5}).status_code == 404
    assert admin.post("/stand/messages", json={"count": 0}).status_code == 400
    assert admin.post("/stand/nothing", json={}).status_code == 404
    assert admin.get("/stand/state").json()["mails"] == 0


def test_a_rework_that_no_plan_foresaw_opens_a_second_round(tmp_path):
    with Stand(tmp_path, messages=3, seed=9, fsync=False) as stand:
        ToyRelay(stand).run()
        closed = next(item for item in stand.platform.items() if item.closed)
        assert stand.rework(closed.message.id, "Не сделано") == closed.round
        relay = ToyRelay(stand)
        relay.run()
        assert stand.reconcile().exact
        with open_client(
            stand, next(c for c in stand.cabinets if c.opa_id == closed.message.opa_id)
        ) as client:
            path = f"/appeal-service/external-appeal-system/appeals/{closed.message.id}"
            assert client.get(path).json()["rework"] == {"number": closed.round, "comment": "Не сделано"}


def test_the_page_is_whole_in_itself_and_escapes_what_citizens_write(stand):
    with smtplib.SMTP("127.0.0.1", stand.mail_port) as smtp:
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = "a@example.org", "b@example.org", "Канал <b>закрыт</b>"
        mail.set_content("Причина: пароль")
        smtp.send_message(mail)
    (kept,) = stand.mailbox
    assert (kept.recipients, kept.subject) == (("b@example.org",), "Канал <b>закрыт</b>")
    assert "пароль" in kept.text
    page = httpx.get(f"{stand.base_url}/").text
    assert "Стенд: платформа и СЭД" in page
    assert "&lt;b&gt;закрыт" in page
    assert "http://" not in page.replace(stand.base_url, "")
    assert "<script" not in page


def test_the_configuration_it_writes_is_read_by_sedlink_and_never_overwrites_yours(stand, tmp_path):
    path = write_config(stand, tmp_path / "conf")
    settings = load(path, environ={})
    assert [cabinet.opa_id for cabinet in settings.cabinet] == [one.opa_id for one in stand.cabinets]
    assert settings.cabinet[0].secret.reveal() == stand.cabinets[0].secret
    assert all(one.stat().st_mode & 0o077 == 0 for one in (tmp_path / "conf" / "secrets").iterdir())
    assert write_config(stand, tmp_path / "conf") == path
    path.write_text("# mine\n")
    assert write_config(stand, tmp_path / "conf").name == "sedlink.new.toml"
    assert path.read_text() == "# mine\n"


def test_two_runs_in_one_folder_are_two_records(tmp_path):
    for _run in range(2):
        with Stand(tmp_path, messages=2, fsync=False) as stand:
            assert stand.reconcile().offered == 2
    assert len(list(tmp_path.glob("ledger*.jsonl"))) == 2


def run_command(*words, **environ):
    command = [sys.executable, "-m", "cli", "stand", "--port", "0", *words]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **environ}
    )


def test_the_command_runs_until_ctrl_c_and_reconciles(tmp_path):
    with run_command("--dir", str(tmp_path), "--messages", "5", "--json") as process:
        start = json.loads(process.stdout.readline())
        assert start["messages"] == 5
        assert httpx.get(start["page"]).status_code == 200
        process.send_signal(signal.SIGINT)
        end = json.loads(process.stdout.readline())
        assert (end["offered"], end["received"]) == (5, 0)
        assert process.wait(20) == 0
        assert process.stderr.read() == ""


@pytest.mark.parametrize(
    ("words", "code", "named"),
    [
        (("--faults", "slwo"), 2, "slwo"),
        (("--feed", "nothing.csv"), 2, "nothing.csv"),
        (("--feed", "nothing.csv", "--map", "unheard-of"), 2, "unheard-of"),
    ],
)
def test_the_command_says_what_is_wrong(tmp_path, words, code, named):
    with run_command("--dir", str(tmp_path), *words, LC_ALL="ru_RU.UTF-8") as process:
        assert process.wait(20) == code
        told = process.stderr.read()
        assert named in told
        assert "Traceback" not in told


def test_a_busy_port_is_said(stand, tmp_path):
    port = stand.base_url.rpartition(":")[2]
    with run_command("--dir", str(tmp_path), "--port", port) as process:
        assert process.wait(20) == 1
        assert "Traceback" not in process.stderr.read()


def test_without_its_extra_the_command_names_it(tmp_path):
    program = "import sys; sys.modules['werkzeug'] = None; import cli; cli.main()"
    result = subprocess.run(
        [sys.executable, "-c", program, "stand", "--dir", str(tmp_path / "stand")],
        capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"}, check=False, timeout=300,
    )  # fmt: skip
    assert result.returncode == 1
    assert result.stderr == "error: the stand needs the extra `stand`: pip install sedlink[stand]\n"
