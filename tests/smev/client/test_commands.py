"""The commands of the exchange, against the stand: what they print, and their exit codes."""

import json
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from config.i18n import speaking
from smev.client.exchange import utc_now
from smev.client.store import Store
from smev.client.store.pruning import Pruned
from smev.commands import app
from stand.smev.running import SmevStand
from tests.smev.client.conftest import BusWorld
from tests.smev.transport_conformance import Clock, echo


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def world(stand, clock):
    return BusWorld(stand, None, clock, "1.1")


@pytest.fixture
def stand(tmp_path):
    with SmevStand(tmp_path / "stand") as running:  # its clock is the machine's, as the commands' is
        yield running


@pytest.fixture
def run(stand, tmp_path):
    access = stand.client
    (tmp_path / "smev.toml").write_text(
        f'[smev]\nurl = "{access.soap["1.1"]}"\nversion = "1.1"\ntrust = ["{access.files.bus}"]\n'
        f'file_store = "{access.ftp}"\ninline_limit = "10KB"\n'
        f'[smev.signer]\ncertificate = "{access.files.certificate}"\nkey = "{access.files.key}"\n',
        encoding="utf-8",
    )
    (tmp_path / "content.xml").write_bytes(echo("привет"))
    (tmp_path / "big.pdf").write_bytes(bytes(50_000))
    runner = CliRunner()

    def invoke(command, *arguments, code=0, language="en"):
        with speaking(language):
            line = [command, *map(str, arguments), "--config", str(tmp_path / "smev.toml")]
            result = runner.invoke(app, line)
        assert result.exit_code == code, result.output
        return json.loads(result.stdout) if "--json" in arguments else result.output

    return invoke


def test_a_conversation(run, world, tmp_path):
    assert "GetIncomingQueueStatistics" in run("check")
    sent = run("send", tmp_path / "content.xml", "-f", tmp_path / "big.pdf", "--key", "k1", "--json")
    assert (sent[0]["key"], sent[0]["state"]) == ("k1", "delivered")
    run("send", tmp_path / "content.xml", "--key", "k1")
    world.settle()
    assert run("stats", "--bus", "--json")["bus"]["SEDLINK.response"] == 1
    (came,) = run("queue", "responses", "--json")
    assert (came["key"], came["repeated"], came["errors"]) == ("k1", False, [])
    assert came["files"][0]["name"] == "big.pdf"
    assert run("queue") == ""
    assert [one["message_id"] for one in run("status", "k1", "--json")["answers"]] == [came["message_id"]]
    assert "привет" in run("show", came["message_id"])
    assert "SMEVSignature" in run("show", came["message_id"], "--raw")
    assert "CallerInformationSystemSignature" in run("show", "k1", "--raw") or "MessageMetadata" in run(
        "show", "k1", "--raw"
    )
    assert "waits to be handled" in run("replay", came["message_id"])
    shown = run("show", "--json")
    assert len(shown["outgoing"]) == len(shown["incoming"]) == 1
    assert world.held(sent[0]["message_id"]) == 1


def test_a_rejection_is_seen_without_opening_the_message(run, world, tmp_path):
    (tmp_path / "reject.xml").write_bytes(echo(answer="reject"))
    run("send", tmp_path / "reject.xml", "--key", "k")
    world.settle()
    assert "NO_DATA: the echo was asked to reject" in run("queue")
    assert "NO_DATA" in run("status", "k")
    (came,) = run("status", "k", "--json")["answers"]
    assert came["said"] == ["NO_DATA: the echo was asked to reject"]


def test_what_waits_for_a_person(run, world, tmp_path):
    world.trouble("send", "InvalidContent")
    assert "ОСТАНОВЛЕНО" in run("send", tmp_path / "content.xml", "--key", "k", code=1, language="ru")
    run("stats", code=1)
    assert "delivered" in run("send", "--again", "k")
    world.trouble("send", "UnknownMessageType")
    run("send", tmp_path / "content.xml", "--key", "other", code=1)
    run("send", "--cancel", "other")
    assert run("status", "other", "--json")["state"] == "cancelled"
    run("stats")


def test_what_is_repeated_by_itself(run, world, tmp_path):
    world.trouble("send", "cut_after")
    (entry,) = run("send", tmp_path / "content.xml", "--key", "k", "--json", code=4)
    assert (entry["next_step"], entry["in_doubt"]) == ("retry", True)
    assert "delivered" in run("send", "--again", "k")
    world.settle()
    world.trouble("receive", "error", 2)
    run("queue", code=4)


def test_a_broken_file_and_force(run, world, tmp_path):
    run("send", tmp_path / "content.xml", "-f", tmp_path / "big.pdf", "--key", "k")
    world.settle()
    world.trouble("file", "ftp_spoilt", 2)
    (came,) = run("queue", "--json", code=1)
    assert came["errors"][0]["code"] == "file-broken"
    identifier = came["message_id"]
    assert "NOT acknowledged" in run("show", identifier)
    run("ack", identifier, code=1)
    assert "acknowledged" in run("ack", identifier, "--force")
    run("ack", "unknown", code=2)
    run("send", tmp_path / "absent.xml", code=1)


def test_a_request_of_others_is_rejected(run, world):
    asked = world.ask_us(echo("who?"))
    run("queue", "requests")
    assert "delivered" in run("send", "--answer", asked, "--reject", "NO_DATA=нет сведений")
    run("send", "--answer", "unknown", "--reject", "NO_DATA=x", code=1)


def test_called_wrong(run, tmp_path):
    run("queue", "nonsense", code=2)
    run("status", "nothing", code=2)
    run("replay", "nothing", code=2)
    run("send", tmp_path / "content.xml", "--again", "k", code=2)
    run("send", "--reject", "NO_DATA=x", code=2)


def test_settings_that_cannot_be_used(run, tmp_path):
    (tmp_path / "smev.toml").write_text('[smev]\nurl = "http://smev.example.org"\n', encoding="utf-8")
    assert "smev.signer" in run("check", code=3)
    (tmp_path / "smev.toml").unlink()
    run("check", code=3)


def test_old_messages_lose_their_words_and_files_and_nothing_else(run, world, tmp_path):
    run("send", tmp_path / "content.xml", "-f", tmp_path / "big.pdf", "--key", "k1")
    world.settle()
    (came,) = run("queue", "--json")
    run("prune", "--older-than", "soon", code=2)
    assert run("prune", "--older-than", "1d", "--json")["sent"] == 0
    future = "gone: sent 0, received 0"
    assert future in run("prune", "--older-than", "1h")
    store, ahead = Store(tmp_path / "smev", utc_now), utc_now() + timedelta(minutes=1)
    due = store.pruning.due(ahead)
    assert (due.sent, due.received, due.files) == (1, 0, 1)  # nobody has handled the answer yet
    assert store.pruning.due(ahead, unhandled=True) == store.pruning.prune(ahead, ahead, unhandled=True)
    assert store.pruning.prune(ahead, ahead, unhandled=True) == Pruned(0, 0, 0, 0)
    store.close()
    assert not [path for path in (tmp_path / "smev/files").rglob("*") if path.is_file()]
    assert "привет".encode() not in (tmp_path / "smev/smev.db").read_bytes()
    assert run("show", came["message_id"], "--json")["pruned"]
    assert "taken out" in run("replay", came["message_id"], code=1)
    assert "taken out" in run("send", "--again", "k1", code=1)
    assert run("send", tmp_path / "content.xml", "--key", "k1", "--json")[0]["attempts"] == 1
    assert run("queue", "--json") == []
