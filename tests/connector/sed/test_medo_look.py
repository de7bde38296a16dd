"""`sedlink sed read`: what a message, an envelope, a container or a folder says, and its troubles."""

import json
from datetime import date

import pytest
from typer.testing import CliRunner

from cli import app
from connector.appeal import key_uuid
from connector.sed.testing import Store, an_appeal
from tests.connector.sed.medo_peer import MailService


@pytest.fixture
def read():
    """Run the command; return its exit code, its JSON or lines, its complaint."""

    def run(path, *options):
        result = CliRunner().invoke(app, ["sed", "read", str(path), *options])
        told = json.loads(result.stdout) if "--json" in options and result.stdout else result.stdout
        return result.exit_code, told, result.stderr

    return run


@pytest.fixture
def peer(tmp_path):
    peer = MailService(tmp_path)
    peer.sed().register(an_appeal(), (), Store().open)
    peer.register(an_appeal().key, "Т-1", date(2024, 3, 5))
    return peer


def test_a_folder_an_envelope_and_a_message(read, peer):
    (folder,) = peer.settings.folder_in.iterdir()
    code, told, _error = read(folder, "--json")
    assert code == 0
    assert told["envelope"]["addresses"] == ["PRIMER~MEDO"]
    assert told["message"]["notice"]["num"] == {"number": "Т-1", "on": "2024-03-05"}
    assert read(folder / "letter.LTR", "--json")[1]["envelope"] == told["envelope"]
    code, text, _error = read(folder / "notification.xml")
    assert "message.notice.num.number\tТ-1" in text.splitlines()


def test_what_we_send_is_shown_too(read, peer):
    code, told, _error = read(peer.settings.folder_out / str(key_uuid(an_appeal().key)), "--json")
    assert (code, told["message"]["document"]["kind"]) == (0, "Обращение")


def test_a_container(read, tmp_path):
    peer = MailService(tmp_path, version="2.7.1")
    peer.sed().register(an_appeal(), (), Store().open)
    code, told, _error = read(peer.settings.folder_out / str(key_uuid(an_appeal().key)), "--json")
    assert (code, told["message"]["container"]) == (0, "document.edc.zip")
    assert told["document"]["num"]["number"] == "ПОС-500123"


def test_everything_wrong_with_a_folder_is_said(read, tmp_path):
    (tmp_path / "a.LTR").write_bytes(b"\0")
    (tmp_path / "notification.xml").write_bytes(b"<html/>")
    code, told, _error = read(tmp_path, "--json")
    assert (code, len(told["troubles"])) == (1, 3)


def test_what_is_no_message_is_an_error(read, tmp_path):
    path = tmp_path / "a.xml"
    path.write_bytes(b"<a/>")
    code, text, error = read(path)
    assert (code, text) == (1, "")
    assert "a.xml" in error
    assert read(tmp_path / "nothing")[0] == 2
